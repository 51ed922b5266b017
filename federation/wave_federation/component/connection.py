"""One connection of a component to its server: slixmpp connects, shakes hands and writes; our own parser reads.

slixmpp's parser expands entities and has no limits. Here every byte of the peer goes to ``xml.stream_parser``, as on
streams between servers. Source: XEP-0114 §3.
"""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from dataclasses import dataclass, field
from typing import Final, cast, final
from xml.etree import ElementTree

from slixmpp.componentxmpp import ComponentXMPP

from wave_federation.component.conversion import to_server
from wave_federation.domains import canonical_domain
from wave_federation.errors import LinkFailed, RemoteProtocolError
from wave_federation.links.outgoing import StreamUser
from wave_federation.links.transport import StanzaListener
from wave_federation.namespaces import COMPONENT, STREAM_ERRORS, STREAMS, qualified
from wave_federation.stanzas import Element, read_stanza
from wave_federation.xml.limits import XmlLimits
from wave_federation.xml.stream_parser import (
    ElementParsed,
    Offence,
    ParserEvent,
    StreamClosed,
    StreamOpened,
    StreamParser,
)
from wave_federation.xml.writing import stream_end, stream_error

_HANDSHAKE: Final = qualified(COMPONENT, "handshake")
_STREAM_ERROR: Final = qualified(STREAMS, "error")


@final
@dataclass(frozen=True, slots=True)
class ComponentSettings:
    """Which server, and as what. A plain stream goes to this machine only: the handshake proves us, not the server."""

    domain: str  # ours, canonical, as that server knows the component
    secret: str = field(repr=False)
    host: str = "127.0.0.1"
    port: int = 5347
    tls: ssl.SSLContext | None = None  # that trusts the server's certificate for ``host``; None: plain
    limits: XmlLimits = field(default_factory=XmlLimits)
    handshake_seconds: float = 15.0

    @property
    def address(self) -> str:
        """``host:port``."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@final
class Connection(ComponentXMPP):
    """From connecting to the end, once. slixmpp takes the name ``send`` for itself: see ``stream``."""

    def __init__(self, settings: ComponentSettings, hear: StanzaListener, user: StreamUser) -> None:
        super().__init__(settings.domain, settings.secret, settings.host, settings.port)  # type: ignore[no-untyped-call]
        self.ready: Final[asyncio.Future[None]] = self.loop.create_future()  # LinkFailed where it does not come to it
        self.closed: Final[asyncio.Future[None]] = self.loop.create_future()
        self._settings: Final = settings
        self._hear: Final = hear
        self._user: Final = user
        self._reader: Final = StreamParser(settings.limits)
        self._paused = False
        self._error: LinkFailed | None = None
        self.enable_plaintext = settings.tls is None
        if settings.tls is not None:
            self.tls_services = {"component"}
            self.ssl_context = settings.tls
        self.add_event_handler("connection_failed", self._connection_failed)

    # ---- what the stream asks for ----

    @property
    def is_ready(self) -> bool:
        """Whether the handshake succeeded; the connection may have ended since."""
        return self.ready.done() and not self.ready.cancelled() and self.ready.exception() is None

    @property
    def writable(self) -> bool:
        """Whether there is room for a stanza."""
        return self.transport is not None and not self._paused and not self.transport.is_closing()

    def give_up(self) -> None:
        """End the attempt, or cut the connection; nobody is told."""
        self.ready.cancel()
        self.cancel_connection_attempt()
        if self.transport is not None:
            self.abort()
        else:
            self._end()

    # ---- what slixmpp and asyncio tell ----

    def connection_made(self, transport: asyncio.BaseTransport, send_event: bool = True) -> None:
        """Begin the stream, unless the secret would leave this machine unencrypted."""
        if self._settings.tls is None and not _is_here(transport):
            self._error = LinkFailed(f"{self._settings.address} is another machine: set up TLS for the component")
            self.cancel_connection_attempt()
            cast("asyncio.Transport", transport).abort()
            return
        super().connection_made(transport, send_event)

    def data_received(self, data: bytes | str) -> None:
        """Read with our parser, and do what it finds."""
        assert isinstance(data, bytes)
        try:
            for event in self._reader.feed(data):
                self._take(event)
        except RemoteProtocolError as error:
            self._error = LinkFailed(f"{self._settings.address} broke the protocol: {error}")
            if self.transport is not None:
                self.send_raw(stream_error(error) + stream_end())
                self.transport.close()

    def pause_writing(self) -> None:
        """The server reads too slowly."""
        self._paused = True

    def resume_writing(self) -> None:
        """It has caught up."""
        self._paused = False
        if self.is_ready:
            self._user.stream_writable()

    def connection_lost(self, exception: BaseException | None) -> None:
        """It is over."""
        super().connection_lost(exception)
        if self._error is None and exception is not None:
            self._error = LinkFailed(f"the connection to {self._settings.address} broke: {exception}")
        self._end()

    def _connection_failed(self, reason: object) -> None:
        """One attempt is enough: when the next one comes is the link's decision."""
        self.cancel_connection_attempt()
        self._error = LinkFailed(f"{self._settings.address} cannot be reached: {reason}")
        self._end()

    def _end(self) -> None:
        if self.closed.done():
            return
        self.closed.set_result(None)
        if self._run_out_filters is not None:
            self._run_out_filters.cancel()
        if self.is_ready:
            self._user.stream_ended(self._error)
        elif not self.ready.done():
            fault = f"{self._settings.address} closed the stream before the handshake was over"
            self.ready.set_exception(self._error or LinkFailed(fault))

    # ---- what the server sends ----

    def _take(self, event: ParserEvent) -> None:
        match event:
            case StreamOpened(namespace=namespace, attributes=attributes, content_namespace=content):
                if namespace != STREAMS or content != COMPONENT:
                    raise RemoteProtocolError("this is no stream of a component", condition="invalid-namespace")
                root = ElementTree.Element("stream", {"id": attributes.get("id", "")})
                self.start_stream_handler(root)  # type: ignore[no-untyped-call]
            case ElementParsed(element=element):
                self._take_element(element)
            case StreamClosed():
                self.abort()
            case Offence(error=error):
                raise error

    def _take_element(self, element: Element) -> None:
        if element.tag == _STREAM_ERROR:
            self._error = LinkFailed(f"{self._settings.address} ended the stream: {_condition(element)}")
        elif self.is_ready:
            stanza = read_stanza(to_server(element))
            if canonical_domain(stanza.recipient.domain) != self._settings.domain:
                raise RemoteProtocolError("this is not the component for that domain", condition="host-unknown")
            self._hear(stanza)
        elif element.tag == _HANDSHAKE:
            self._handle_handshake(None)  # type: ignore[no-untyped-call]
            self.ready.set_result(None)
        else:
            raise RemoteProtocolError("the handshake is not over", condition="not-authorized")


def _is_here(transport: asyncio.BaseTransport) -> bool:
    peer = transport.get_extra_info("peername")
    return bool(peer) and ipaddress.ip_address(peer[0]).is_loopback


def _condition(error: Element) -> str:
    names = (str(child.tag) for child in error)
    prefix = f"{{{STREAM_ERRORS}}}"
    return next((name.removeprefix(prefix) for name in names if name.startswith(prefix)), "no reason given")
