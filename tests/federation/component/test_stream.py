"""A component's stream against servers that do what servers should not, and that come and go."""

from __future__ import annotations

import asyncio
import hashlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeAlias

import pytest

from peers.credentials import Certify
from wave_federation.component.connection import ComponentSettings
from wave_federation.component.stream import open_stream
from wave_federation.component.transport import ComponentTransport
from wave_federation.errors import LinkFailed
from wave_federation.links.backoff import Backoff
from wave_federation.links.link import LinkSettings
from wave_federation.links.policy import DomainPolicy
from wave_federation.links.queue import QueueLimits
from wave_federation.links.transport import LinkChanged, LinkState
from wave_federation.stanzas import Kind, Stanza, make_stanza
from wave_federation.xml.limits import XmlLimits

SERVICE: Final = "wave.alpha.test"
SECRET: Final = "s3cret"
HEADER: Final = (
    "<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' "
    "xmlns:stream='http://etherx.jabber.org/streams' id='i&amp;d' from='wave.alpha.test'>"
)
QUICK: Final = LinkSettings(backoff=Backoff(first=0.001, cap=0.001), stays_open=True, settling_time=0.0)


class Talk:
    """The server's end of one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def send(self, text: str) -> None:
        self.writer.write(text.encode())

    async def until(self, text: str) -> str:
        return (await self.reader.readuntil(text.encode())).decode()

    async def shake_hands(self) -> None:
        await self.until(f'to="{SERVICE}">')
        self.send(HEADER)
        digest = hashlib.sha1(f"i&d{SECRET}".encode()).hexdigest()
        await self.until(f"{digest}</handshake>")
        self.send("<handshake/>")

    async def rest(self) -> str:
        return (await self.reader.read()).decode()


Script: TypeAlias = Callable[[Talk], Awaitable[None]]


@asynccontextmanager
async def server(script: Script, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Runs ``script`` for each connection; its port. What goes wrong in a script fails the test."""
    talks: list[asyncio.Task[None]] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await script(Talk(reader, writer))
        finally:
            writer.close()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.append(asyncio.create_task(talk(reader, writer)))

    listening = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=tls)
    async with listening:
        yield listening.sockets[0].getsockname()[1]
        await asyncio.gather(*talks)


class User:
    """Told of a stream's life."""

    def __init__(self) -> None:
        self.ended: asyncio.Future[LinkFailed | None] = asyncio.get_running_loop().create_future()

    def stream_writable(self) -> None:
        """There is room."""

    def stream_ended(self, error: LinkFailed | None) -> None:
        self.ended.set_result(error)


def settings(port: int, **changes: object) -> ComponentSettings:
    return ComponentSettings(SERVICE, SECRET, "127.0.0.1", port, **changes)  # type: ignore[arg-type]


async def opened(port: int, **changes: object) -> tuple[User, list[Stanza]]:
    user, heard = User(), list[Stanza]()
    await open_stream(settings(port, **changes), heard.append, user)
    return user, heard


async def refused(script: Script, **changes: object) -> str:
    """Why a stream could not be opened."""
    async with server(script) as port:
        with pytest.raises(LinkFailed) as caught:
            await opened(port, **changes)
    return str(caught.value)


async def test_nobody_there_is_said_so() -> None:
    async with server(Talk.shake_hands) as port:
        pass
    with pytest.raises(LinkFailed, match=rf"127\.0\.0\.1:{port} cannot be reached"):
        await opened(port)


async def test_a_server_that_says_nothing_is_given_up() -> None:
    async def silent(talk: Talk) -> None:
        await talk.rest()

    assert "did not answer the component's handshake within 0.05 s" in await refused(silent, handshake_seconds=0.05)


async def test_a_server_that_hangs_up_is_said_so() -> None:
    async def hang_up(talk: Talk) -> None:
        await talk.until(">")

    assert "closed the stream before the handshake was over" in await refused(hang_up)


@pytest.mark.parametrize(
    ("sent", "condition", "reason"),
    [
        (HEADER.replace("component:accept", "client"), "invalid-namespace", "no stream of a component"),
        (HEADER.replace("etherx", "other"), "invalid-namespace", "no stream of a component"),
        ("<!DOCTYPE x [<!ENTITY a 'b'>]>" + HEADER, "restricted-xml", "document type"),
        (HEADER + "<!-- x -->", "restricted-xml", "comments"),
        (HEADER + f"<message from='b.test' to='{SERVICE}'/>", "not-authorized", "handshake is not over"),
        (HEADER + "<x>" + "y" * 1001, "policy-violation", "1000 bytes"),
    ],
)
async def test_a_server_that_breaks_the_protocol_is_told_how(sent: str, condition: str, reason: str) -> None:
    said: list[str] = []

    async def script(talk: Talk) -> None:
        await talk.until(f'to="{SERVICE}">')
        talk.send(sent)
        said.append(await talk.rest())

    message = await refused(script, limits=XmlLimits(stanza_bytes=1000))
    assert "broke the protocol" in message
    assert reason in message
    assert f"<{condition} xmlns=" in said[0]
    assert said[0].endswith("</stream:stream>")


@pytest.mark.parametrize(
    ("sent", "condition"),
    [
        ("<message from='b.test'/>", "improper-addressing"),
        (f"<message to='{SERVICE}'/>", "improper-addressing"),
        ("<message from='b.test' to='alpha.test'/>", "host-unknown"),
        (f"<other from='b.test' to='{SERVICE}'/>", "unsupported-stanza-type"),
        (f"<message xmlns='jabber:client' from='b.test' to='{SERVICE}'/>", "unsupported-stanza-type"),
        (f"<message from='b.test' to='{SERVICE}'>{'x' * 1000}</message>", "policy-violation"),
        ("&undeclared;", "restricted-xml"),
    ],
)
async def test_after_the_handshake_the_same_rules_hold(sent: str, condition: str) -> None:
    said: list[str] = []

    async def script(talk: Talk) -> None:
        await talk.shake_hands()
        talk.send(sent)
        said.append(await talk.rest())

    async with server(script) as port:
        user, heard = await opened(port, limits=XmlLimits(stanza_bytes=1000))
        error = await user.ended
    assert error is not None
    assert f"<{condition} xmlns=" in said[0]
    assert heard == []


async def test_stanzas_come_in_the_namespace_of_servers_with_all_that_is_in_them() -> None:
    async def script(talk: Talk) -> None:
        await talk.shake_hands()
        talk.send(
            f" <message from='b.test' to='{SERVICE}' type='error'><body>x</body>"
            "<e xmlns='urn:x'><body>kept</body></e><error type='cancel'/></message></stream:stream>"
        )

    async with server(script) as port:
        user, heard = await opened(port)
        assert await user.ended is None
    (stanza,) = heard
    assert [str(element.tag) for element in stanza.element.iter()] == [
        "{jabber:server}message", "{jabber:server}body", "{urn:x}e", "{urn:x}body", "{jabber:server}error"]  # fmt: skip


async def test_a_stream_error_ends_the_stream_with_its_reason() -> None:
    async def script(talk: Talk) -> None:
        await talk.shake_hands()
        talk.send(
            "<stream:error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>"
        )

    async with server(script) as port:
        user, _ = await opened(port)
        error = await user.ended
    assert str(error) == f"127.0.0.1:{port} ended the stream: conflict"


async def test_the_secret_is_not_shown() -> None:
    assert SECRET not in repr(settings(1))


async def test_without_tls_no_stream_leaves_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wave_federation.component.connection._is_here", lambda _: False)
    said: list[str] = []

    async def script(talk: Talk) -> None:
        said.append(await talk.rest())

    assert "is another machine: set up TLS" in await refused(script)
    assert said == [""]


async def test_over_tls_the_servers_certificate_must_be_for_the_configured_host(
    certify: Certify, authority_file: Path
) -> None:
    credentials = certify("localhost")
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    serving.load_cert_chain(credentials.certificate, credentials.private_key)
    trusting = ssl.create_default_context(cafile=str(authority_file))

    async def script(talk: Talk) -> None:
        await talk.shake_hands()
        await talk.until("</stream:stream>")
        talk.send("</stream:stream>")

    async def until_cut(talk: Talk) -> None:
        await talk.rest()

    async with server(script, serving) as port:
        stream = await open_stream(
            ComponentSettings(SERVICE, SECRET, "localhost", port, tls=trusting), lambda _: None, User()
        )
        assert stream.facts.tls_version == "TLSv1.3"
        assert stream.facts.certificate_expires is not None
        stream.close()
        await stream.closed
    async with server(until_cut, serving) as port:
        with pytest.raises(LinkFailed, match="certificate"):
            await opened(port, tls=trusting)  # 127.0.0.1 is not named


class Service:
    """A transport with what it heard and which links came and went."""

    def __init__(self, port: int, link: LinkSettings = QUICK) -> None:
        self.transport = ComponentTransport(settings(port), DomainPolicy(), link=link)
        self.heard: asyncio.Queue[Stanza] = asyncio.Queue()
        self.changes: asyncio.Queue[bool] = asyncio.Queue()
        self.transport.listen(self.heard.put_nowait)
        self.transport.observe(self._changed)

    def _changed(self, change: LinkChanged) -> None:
        self.changes.put_nowait(change.up)


def message(number: int) -> Stanza:
    return make_stanza(Kind.MESSAGE, SERVICE, "beta.test", id=f"m{number}")


async def test_a_server_that_restarts_is_found_again_and_gets_what_waited_in_order() -> None:
    connections = 0

    async def script(talk: Talk) -> None:
        nonlocal connections
        connections += 1
        await talk.shake_hands()
        if connections == 1:
            return
        for number in range(3):
            assert f'id="m{number}"' in await talk.until("/>")
        await talk.until("</stream:stream>")
        talk.send("</stream:stream>")

    async with server(script) as port:
        service = Service(port)
        await service.transport.start()
        assert await service.changes.get()
        assert not await service.changes.get()
        for number in range(3):
            service.transport.send(message(number))
        assert await service.changes.get()
        await service.transport.stop()


async def test_what_waits_too_long_for_a_server_comes_back() -> None:
    async with server(Talk.shake_hands) as port:
        pass
    service = Service(port, replace(QUICK, queue=QueueLimits(patience=0.05)))
    await service.transport.start()
    service.transport.send(message(1))
    service.transport.send(make_stanza(Kind.MESSAGE, SERVICE, "beta.test", type="error"))
    error = await service.heard.get()
    assert (error.id, str(error.sender), error.type) == ("m1", "beta.test", "error")
    assert error.element.find(".//{*}remote-server-timeout") is not None
    await service.transport.stop()
    assert service.heard.empty()


async def test_a_service_that_is_never_answered_can_be_stopped() -> None:
    async def silent(talk: Talk) -> None:
        await talk.rest()

    async with server(silent) as port:
        service = Service(port)
        await service.transport.start()
        await asyncio.sleep(0)
        assert service.transport.status()[0].state is LinkState.CONNECTING
        await service.transport.stop()
