"""One stream of a component to its server, as links use streams: opened, written to, told of, closed."""

from __future__ import annotations

import asyncio
import ssl
from typing import Final, final

from wave_federation.component.connection import ComponentSettings, Connection
from wave_federation.component.conversion import component_bytes
from wave_federation.errors import LinkFailed
from wave_federation.links.outgoing import StreamUser
from wave_federation.links.transport import StanzaListener
from wave_federation.stanzas import Stanza
from wave_federation.streams.connection import StreamFacts

CLOSE_SECONDS: Final = 5.0


@final
class ComponentStream:
    """A stream after the handshake. See OutgoingStream."""

    def __init__(self, connection: Connection, address: str) -> None:
        self.closed: Final = connection.closed
        self.facts: Final = _facts(connection, address)
        self._connection: Final = connection

    @property
    def writable(self) -> bool:
        """Whether there is room for a stanza."""
        return self._connection.writable

    def send(self, stanza: Stanza) -> None:
        """Write a stanza."""
        self._connection.send_raw(component_bytes(stanza.element))

    def close(self) -> None:
        """End the stream and let the server, for at most CLOSE_SECONDS, do so too; ``closed`` tells when it is over."""
        self._connection.disconnect(CLOSE_SECONDS, ignore_send_queue=True)


async def open_stream(settings: ComponentSettings, hear: StanzaListener, user: StreamUser) -> ComponentStream:
    """Connect and shake hands. Raises LinkFailed, with a sentence."""
    connection = Connection(settings, hear, user)
    try:
        async with asyncio.timeout(settings.handshake_seconds):
            connection.connect(settings.host, settings.port)
            await asyncio.shield(connection.ready)
    except TimeoutError as error:
        seconds = f"{settings.handshake_seconds:g} s"
        raise LinkFailed(f"{settings.address} did not answer the component's handshake within {seconds}") from error
    finally:
        if not connection.is_ready:
            connection.give_up()
    return ComponentStream(connection, settings.address)


def _facts(connection: Connection, address: str) -> StreamFacts:
    tls = connection.transport.get_extra_info("ssl_object") if connection.transport is not None else None
    if tls is None:
        return StreamFacts(address, "", None)
    return StreamFacts(address, tls.version() or "", float(ssl.cert_time_to_seconds(tls.getpeercert()["notAfter"])))
