"""What a provider asks for that is not for it, and what it says without being asked."""

from __future__ import annotations

import asyncio

import pytest

from s2s.evil import RESULT, signed
from s2s.malice import (
    ALICE,
    ALPHA,
    BETA,
    BOB,
    CLOSED,
    MALLORY,
    NOWHERE,
    OWN,
    SHARED,
    TRAP,
    Attack,
    Scene,
    insertion,
)
from wave_federation.protocol.messages import CursorMessage, HistoryRequest, SignerRequest
from wave_federation.protocol.reading import read_history_page
from wave_federation.protocol.writing import cursor_payload, history_request_payload
from wave_federation.services import own_service
from wave_federation.stanzas import Kind, make_stanza
from wave_ot.deltas import HashedVersion
from wave_ot.history import version_zero
from wave_ot.wavelet_operations import RemoveParticipant
from wave_server.names import WaveletName

LIMIT = 1_000_000  # bytes


async def whole_history(scene: Scene, name: WaveletName) -> str:
    """Everything that there is of a wavelet."""
    return await scene.evil.ask_history(
        ALPHA, HistoryRequest(name, version_zero(name.uri), await scene.head(name), LIMIT)
    )


async def the_history_of_a_wavelet_that_the_domain_is_not_part_of(scene: Scene) -> str:
    return await whole_history(scene, CLOSED)


async def the_head_of_a_wavelet_that_the_domain_is_not_part_of(scene: Scene) -> str:
    head = await scene.head(CLOSED)
    return await scene.evil.ask_history(ALPHA, HistoryRequest(CLOSED, head, head, LIMIT))


async def the_history_of_a_wavelet_that_does_not_exist(scene: Scene) -> str:
    return await whole_history(scene, NOWHERE)


async def the_history_of_somebody_s_own_data(scene: Scene) -> str:
    return await whole_history(scene, OWN)


async def the_history_of_a_copy_from_who_does_not_host_it(scene: Scene) -> str:
    request = HistoryRequest(SHARED, version_zero(SHARED.uri), await scene.head(SHARED), LIMIT)
    return await scene.evil.ask_history(BETA, request)


async def a_history_from_a_wrong_hash(scene: Scene) -> str:
    start = HistoryRequest(SHARED, HashedVersion(0, b"\0" * 20), await scene.head(SHARED), LIMIT)
    return await scene.evil.ask_history(ALPHA, start)


async def a_history_to_a_wrong_hash(scene: Scene) -> str:
    end = HashedVersion((await scene.head(SHARED)).version, b"\0" * 20)
    return await scene.evil.ask_history(ALPHA, HistoryRequest(SHARED, version_zero(SHARED.uri), end, LIMIT))


async def a_history_beyond_the_head(scene: Scene) -> str:
    head = await scene.head(SHARED)
    end = HashedVersion(head.version + 1, head.history_hash)
    return await scene.evil.ask_history(ALPHA, HistoryRequest(SHARED, version_zero(SHARED.uri), end, LIMIT))


async def a_history_that_cuts_a_delta_in_two(scene: Scene) -> str:
    end = HashedVersion(1, (await scene.head(SHARED)).history_hash)
    return await scene.evil.ask_history(ALPHA, HistoryRequest(SHARED, version_zero(SHARED.uri), end, LIMIT))


async def a_history_that_ends_before_it_begins(scene: Scene) -> str:
    request = HistoryRequest(SHARED, await scene.head(SHARED), version_zero(SHARED.uri), LIMIT)
    return await scene.evil.ask_history(ALPHA, request)


async def the_signer_of_a_wavelet_that_the_domain_is_not_part_of(scene: Scene) -> str:
    return await scene.evil.ask_signer(ALPHA, SignerRequest(scene.beta.signer.id, CLOSED, await scene.head(CLOSED)))


async def the_signer_of_a_wavelet_that_does_not_exist(scene: Scene) -> str:
    return await scene.evil.ask_signer(ALPHA, SignerRequest(scene.beta.signer.id, NOWHERE, await scene.head(NOWHERE)))


async def a_signer_with_a_wrong_hash(scene: Scene) -> str:
    wrong = HashedVersion((await scene.head(SHARED)).version, b"\0" * 20)
    return await scene.evil.ask_signer(ALPHA, SignerRequest(scene.beta.signer.id, SHARED, wrong))


async def a_signer_that_there_is_not(scene: Scene) -> str:
    return await scene.evil.ask_signer(ALPHA, SignerRequest(b"\0" * 32, SHARED, await scene.head(SHARED)))


async def cursor(scene: Scene, to: str, author: str, name: WaveletName) -> str:
    payload = cursor_payload(CursorMessage(name, author, "notes", 0, 0))
    return await scene.evil.message(to, payload, kind="headline")


async def the_cursor_of_a_user_of_the_host(scene: Scene) -> str:
    return await cursor(scene, ALPHA, ALICE, SHARED)


async def the_cursor_of_a_user_of_a_third_domain(scene: Scene) -> str:
    return await cursor(scene, ALPHA, BOB, SHARED)


async def a_cursor_in_a_wavelet_that_another_hosts(scene: Scene) -> str:
    return await cursor(scene, BETA, MALLORY, SHARED)


async def the_cursor_of_a_user_of_ours_in_a_wavelet_of_its_own(scene: Scene) -> str:
    return await cursor(scene, BETA, BOB, TRAP)


async def the_cursor_of_nobody(scene: Scene) -> str:
    return await cursor(scene, ALPHA, "nobody", SHARED)


REFUSED: list[tuple[Attack, str]] = [
    (the_history_of_a_wavelet_that_the_domain_is_not_part_of, "forbidden"),
    (the_head_of_a_wavelet_that_the_domain_is_not_part_of, "forbidden"),
    (the_history_of_a_wavelet_that_does_not_exist, "forbidden"),
    (the_history_of_somebody_s_own_data, "forbidden"),
    (the_history_of_a_copy_from_who_does_not_host_it, "forbidden"),
    (a_history_from_a_wrong_hash, "conflict"),
    (a_history_to_a_wrong_hash, "conflict"),
    (a_history_beyond_the_head, "item-not-found"),
    (a_history_that_cuts_a_delta_in_two, "item-not-found"),
    (a_history_that_ends_before_it_begins, "bad-request"),
    (the_signer_of_a_wavelet_that_the_domain_is_not_part_of, "forbidden"),
    (the_signer_of_a_wavelet_that_does_not_exist, "forbidden"),
    (a_signer_with_a_wrong_hash, "conflict"),
    (a_signer_that_there_is_not, "item-not-found"),
    (the_cursor_of_a_user_of_the_host, "forbidden"),
    (the_cursor_of_a_user_of_a_third_domain, "forbidden"),
    (a_cursor_in_a_wavelet_that_another_hosts, "forbidden"),
    (the_cursor_of_a_user_of_ours_in_a_wavelet_of_its_own, "forbidden"),
    (the_cursor_of_nobody, "bad-request"),
]


@pytest.mark.parametrize(("attack", "condition"), REFUSED, ids=[attack.__name__ for attack, _ in REFUSED])
async def test_it_is_refused_and_changes_nothing(scene: Scene, attack: Attack, condition: str) -> None:
    before = await scene.stored()
    assert await attack(scene) == condition
    assert await scene.stored() == before
    await scene.all_is_well()


async def test_a_domain_that_was_removed_sees_nothing_after_its_removal(scene: Scene) -> None:
    removed = await scene.alpha.submit(SHARED, ALICE, (RemoveParticipant(MALLORY),), key="remove")
    until = HashedVersion(removed.version, removed.history_hash)
    await scene.all_is_well()
    assert await whole_history(scene, SHARED) == "item-not-found"
    seen = HistoryRequest(SHARED, version_zero(SHARED.uri), until, LIMIT)
    assert await scene.evil.ask_history(ALPHA, seen) == RESULT


async def test_however_much_is_asked_for_a_page_stays_small(scene: Scene) -> None:
    words = "evil" * 5_000
    for number in range(15):
        size = scene.size[SHARED]
        await scene.alpha.submit(SHARED, ALICE, (insertion(size, 0, words),), key=f"long{number}")
        scene.size[SHARED] += len(words)
    request = HistoryRequest(SHARED, version_zero(SHARED.uri), await scene.head(SHARED), 2**40)
    iq = make_stanza(Kind.IQ, scene.evil.service, own_service(ALPHA), history_request_payload(request), type="get")
    page = read_history_page(await scene.evil.router.request(iq))
    assert page.truncated is not None
    assert 0 < sum(map(len, page.applied)) <= 200_000
    await scene.all_is_well()


async def test_receipts_for_what_was_never_sent_and_for_what_was_sent_to_others_confirm_nothing(scene: Scene) -> None:
    scene.alpha.hub.ends[own_service(BETA)].up = False  # what is sent to beta from now on comes back
    size = scene.size[SHARED]
    await scene.alpha.submit(SHARED, ALICE, (insertion(size, 0, "x"),), key="unseen")
    scene.size[SHARED] += 1
    for update in list(scene.evil.updates):
        assert update.id is not None
        scene.evil.claim_receipt(ALPHA, update.id)
    scene.evil.claim_receipt(ALPHA, "never sent")
    head = await scene.head(SHARED)
    assert await scene.evil.ask_history(ALPHA, HistoryRequest(SHARED, head, head, LIMIT)) == RESULT
    (channel,) = [each for each in scene.alpha.provider.deliveries.channels() if each.domain == BETA]
    assert channel.outbox.wavelets_owed() == [SHARED]
    scene.alpha.hub.ends[own_service(BETA)].up = True
    await scene.all_is_well()


async def test_a_flood_is_refused_beyond_what_a_domain_may_occupy_and_others_write_on_meanwhile(scene: Scene) -> None:
    before = await scene.rows(CLOSED)
    head = await scene.head(CLOSED)
    forged = signed(scene.evil.signer.sign, MALLORY, head, insertion(5, 0, "evil"))
    async with asyncio.TaskGroup() as group:
        attacks = [group.create_task(scene.evil.submit(ALPHA, CLOSED, forged)) for _ in range(900)]
        group.create_task(scene.all_is_well())
    outcomes = {attack.result() for attack in attacks}
    assert outcomes == {"forbidden", "resource-constraint"}
    assert len(await scene.rows(CLOSED)) == len(before) + 2  # what all_is_well has written
    await scene.all_is_well()
