"""The Python client against a real server: edits survive cuts, refusals and restarts."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from pathlib import Path

import pytest

from serving.web_server import DOMAIN, NAME, WAVE, WebServer, web_server
from wave_ot.components import Characters
from wave_ot.docop import DocOp
from wave_ot.wavelet_operations import AddParticipant, MutateDocument
from wave_web.client import (
    Backoff,
    BlipText,
    ConnectionRefused,
    EditRefused,
    WaveClient,
    Wavelet,
    WaveletEnded,
    blip_of,
)
from wave_web.rate_limits import Rate
from wave_web.settings import SocketLimits, WebSettings

QUICK = Backoff(first=0.01, most=0.05)
BLIP = "b+1"


async def connected(server: WebServer, name: str) -> WaveClient:
    return await WaveClient.connect(server.url, name, backoff=QUICK)


async def made(client: WaveClient, *others: str, text: str = "") -> Wavelet:
    """The wavelet, made by this client and shared with the others."""
    view = await client.open(WAVE)
    add = [AddParticipant(f"{other}@{DOMAIN}") for other in others]
    return await client.create(view, NAME, *add, MutateDocument(BLIP, blip_of(text)))


async def joined(client: WaveClient) -> Wavelet:
    view = await client.open(WAVE)
    return await view.wavelet(NAME)


def cut_all(server: WebServer) -> None:
    """Drop every connection at once, as a failing network would."""
    for transport in server.sockets:
        transport.abort()


async def same(*wavelets: Wavelet) -> None:
    """Wait until all of them have everything that was typed, and see that they agree."""
    for wavelet in wavelets:
        await wavelet.settled()
    head = max(wavelet.replica.version.version for wavelet in wavelets)
    for wavelet in wavelets:
        await wavelet.reached(head)
    assert len({str(wavelet.replica.documents) for wavelet in wavelets}) == 1
    assert len({wavelet.replica.version for wavelet in wavelets}) == 1


async def test_two_people_type_at_once_and_see_the_same(server: WebServer) -> None:
    async with await connected(server, "alice") as alice, await connected(server, "bob") as bob:
        ours = [await made(alice, "bob"), await joined(bob)]
        texts = [BlipText(wavelet.replica, BLIP) for wavelet in ours]
        for letter in "hello":
            for wavelet, text in zip(ours, texts, strict=True):
                wavelet.apply(text.edit(len(text.text), 0, letter))
        await same(*ours)
        assert Counter(texts[0].text) == Counter("hello" * 2)


async def test_a_wave_opened_before_the_wavelet_is_shared_gets_it_then(server: WebServer) -> None:
    async with await connected(server, "alice") as alice, await connected(server, "bob") as bob:
        view = await bob.open(WAVE)
        assert view.wavelets == {}
        mine = await made(alice, text="hello")
        mine.add_participant(bob.address)
        theirs = await view.wavelet(NAME)
        await same(mine, theirs)
        assert theirs.participants == ("alice@example.com", "bob@example.com")


async def test_typing_goes_on_while_connections_are_cut(server: WebServer) -> None:
    dice = random.Random(7)
    async with await connected(server, "alice") as alice, await connected(server, "bob") as bob:
        ours = [await made(alice, "bob"), await joined(bob)]
        texts = [BlipText(wavelet.replica, BLIP) for wavelet in ours]
        typed = [chr(0x4E00 + number) for number in range(300)]
        for letter in typed:
            who = dice.randrange(2)
            ours[who].apply(texts[who].edit(dice.randrange(len(texts[who].text) + 1), 0, letter))
            if dice.random() < 0.05:
                cut_all(server)
            if dice.random() < 0.3:
                await ours[who].settled()
        await same(*ours)
        assert alice.connects > 3
        assert Counter(texts[0].text) == Counter(typed)


async def test_clients_resume_when_the_server_has_been_away(tmp_path: Path) -> None:
    async with web_server(tmp_path) as server:
        port = int(server.url.rpartition(":")[2])
        alice, bob = await connected(server, "alice"), await connected(server, "bob")
        ours = [await made(alice, "bob"), await joined(bob)]
        texts = [BlipText(wavelet.replica, BLIP) for wavelet in ours]
    for wavelet, text, letter in zip(ours, texts, "ab", strict=True):
        wavelet.apply(text.edit(0, 0, letter))
        assert not wavelet.replica.settled
    async with web_server(tmp_path, port=port):
        await same(*ours)
        assert Counter(texts[0].text) == Counter("ab")
        await alice.close()
        await bob.close()


async def test_typing_goes_on_while_the_database_is_away(server: WebServer) -> None:
    async with await connected(server, "alice") as alice, await connected(server, "bob") as bob:
        ours = [await made(alice, "bob"), await joined(bob)]
        texts = [BlipText(wavelet.replica, BLIP) for wavelet in ours]
        typed = [chr(0x4E00 + number) for number in range(60)]
        for number, letter in enumerate(typed):
            ours[number % 2].apply(texts[number % 2].edit(0, 0, letter))
            if number % 20 == 5:
                server.store.failures = 2
            if number % 5 == 0:
                await ours[number % 2].settled()
        await same(*ours)
        assert server.store.failures == 0
        assert Counter(texts[0].text) == Counter(typed)


async def test_a_refused_edit_is_undone_and_raised_once_and_typing_goes_on(server: WebServer) -> None:
    async with await connected(server, "alice") as alice, await connected(server, "bob") as bob:
        ours = [await made(alice, "bob", text="x"), await joined(bob)]
        ours[0].edit("b+2", DocOp([Characters("text outside a body")]))
        ours[0].apply(BlipText(ours[0].replica, BLIP).edit(1, 0, "y"))
        with pytest.raises(EditRefused) as caught:
            await ours[0].settled()
        assert caught.value.edit.code == "invalid-operation"
        await same(*ours)
        assert ours[0].document("b+2").size == 0
        assert BlipText(ours[1].replica, BLIP).text == "xy"


async def test_a_wavelet_that_exists_cannot_be_made_by_a_stranger(server: WebServer) -> None:
    async with await connected(server, "alice") as alice, await connected(server, "mallory") as mallory:
        await made(alice)
        with pytest.raises(EditRefused) as caught:
            await made(mallory)
        assert caught.value.edit.code in ("forbidden", "bad-version", "conflict")
        assert (await mallory.open(WAVE)).wavelets == {}


async def test_a_removed_participant_is_told(server: WebServer) -> None:
    async with await connected(server, "alice") as alice, await connected(server, "bob") as bob:
        ours = [await made(alice, "bob"), await joined(bob)]
        ours[0].remove_participant("bob@example.com")
        with pytest.raises(WaveletEnded):
            await ours[1].wait_for(lambda: False)
        with pytest.raises(WaveletEnded):
            ours[1].add_participant("carol@example.com")


async def test_rate_limits_slow_a_client_down_and_lose_nothing(tmp_path: Path) -> None:
    limits = SocketLimits(connection_operations=Rate(per_second=50, burst=3))
    async with (
        web_server(tmp_path, WebSettings(socket=limits)) as server,
        await connected(server, "alice") as alice,
    ):
        wavelet = await made(alice)
        text = BlipText(wavelet.replica, BLIP)
        for letter in "abcdef":
            wavelet.apply(text.edit(len(text.text), 0, letter))
            await wavelet.settled()
        assert text.text == "abcdef"


async def test_a_wrong_token_is_refused_at_once(server: WebServer) -> None:
    with pytest.raises(ConnectionRefused):
        await WaveClient.connect(server.url, "12345")


async def test_a_revoked_token_ends_the_client(server: WebServer) -> None:
    async with await connected(server, "alice") as alice:
        wavelet = await made(alice)
        server.accounts.revoked.add("alice")
        await server.sockets.check_credentials()
        with pytest.raises(ConnectionRefused):
            await wavelet.wait_for(lambda: False)


async def test_cursors_are_shown_to_the_others(server: WebServer) -> None:
    async with await connected(server, "alice") as alice, await connected(server, "bob") as bob:
        ours = [await made(alice, "bob", text="hello"), await joined(bob)]
        seen: asyncio.Future[tuple[str, str, int, int]] = asyncio.get_running_loop().create_future()
        ours[1].on_cursor = lambda *cursor: seen.set_result(cursor)
        ours[0].place_cursor(BLIP, 3, 5)
        assert await seen == ("alice@example.com", BLIP, 3, 5)


async def test_changes_are_shown_as_far_as_asked(server: WebServer) -> None:
    async with await connected(server, "alice") as alice, await connected(server, "bob") as bob:
        ours = [await made(alice, "bob"), await joined(bob)]
        texts = [BlipText(wavelet.replica, BLIP) for wavelet in ours]
        start = ours[0].replica.version.version
        ours[1].replica.pause_delivery()
        for letter in "ab":
            ours[0].apply(texts[0].edit(len(texts[0].text), 0, letter))
            await ours[0].settled()
        await ours[1].reached(start + 2)
        assert texts[1].text == ""
        ours[1].replica.deliver_through(start + 1)
        assert texts[1].text == "a"
        ours[1].replica.resume_delivery()
        await same(*ours)
