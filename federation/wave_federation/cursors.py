"""Participants' cursors across domains: messages that are never stored, receipted or repeated.

A remote sends its users' cursors to the wavelet's host, which shows them and passes them on. Somebody who types moves
their cursor with each key: of one author, wavelet and document no more than some go out each second, the newest last.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import Final, TypeAlias, final

from wave_federation.domains import canonical_domain
from wave_federation.errors import FederationError, StanzaRefused
from wave_federation.namespaces import CURSORS, qualified
from wave_federation.protocol.messages import CursorMessage
from wave_federation.protocol.reading import read_cursor
from wave_federation.protocol.writing import cursor_payload
from wave_federation.routing.router import Router
from wave_federation.services import Spokesmen
from wave_federation.stanzas import Kind, Stanza, make_stanza
from wave_server.errors import WaveError
from wave_server.host import WaveHost
from wave_server.names import InvalidName, WaveAddress, WaveletName
from wave_server.participants import foreign_domains
from wave_server.submission import Cursor

INTERVAL: Final = 0.1  # seconds between two of one author in one wavelet
MAX_FIELD: Final = 1_000  # characters of an author or a document id

_Author: TypeAlias = tuple[WaveletName, str]

_log: Final = logging.getLogger(__name__)


@final
class CursorExchange:
    """Sends and shows cursors for ``domain``. ``service`` is the address of our wave service."""

    def __init__(self, *, domain: str, service: str, router: Router, spokesmen: Spokesmen) -> None:
        self._domain: Final = domain
        self._service: Final = service
        self._router: Final = router
        self._spokesmen: Final = spokesmen
        self._newest: Final[dict[_Author, Cursor | None]] = {}  # to be sent when the interval is over
        self._timers: Final[dict[_Author, asyncio.TimerHandle]] = {}
        self._tasks: Final[set[asyncio.Task[None]]] = set()
        self._host: WaveHost | None = None
        router.handle(Kind.MESSAGE, "headline", qualified(CURSORS, "cursor"), self._hear)

    def connect(self, host: WaveHost) -> None:
        """The core that shows cursors."""
        self._host = host

    async def stop(self) -> None:
        """Send nothing more."""
        for timer in self._timers.values():
            timer.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def moved(self, cursor: Cursor) -> None:
        """A CursorListener of the core: the cursor of one of our users has moved."""
        author = (cursor.wavelet, cursor.author)
        if author in self._timers:
            self._newest[author] = cursor
            return
        self._send_soon(cursor, except_for="")
        loop = asyncio.get_running_loop()
        self._timers[author] = loop.call_later(INTERVAL, self._interval_over, author)

    def _interval_over(self, author: _Author) -> None:
        del self._timers[author]
        cursor = self._newest.pop(author, None)
        if cursor is not None:
            self.moved(cursor)

    def _send_soon(self, cursor: Cursor, *, except_for: str) -> None:
        task = asyncio.get_running_loop().create_task(self._send(cursor, except_for), name="cursor")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self, cursor: Cursor, except_for: str) -> None:
        message = CursorMessage(cursor.wavelet, cursor.author, cursor.document, cursor.anchor, cursor.head)
        try:
            audience = await self._audience(cursor.wavelet)
        except WaveError as error:  # the next one may be shown
            _log.debug("a cursor in %s is shown to nobody: %s", cursor.wavelet.path, error)
            return
        for domain in audience:
            if domain == except_for:
                continue
            try:
                service = await self._spokesmen.service_of(domain)
                if CURSORS in service.features:
                    payload = cursor_payload(message)
                    stanza = make_stanza(Kind.MESSAGE, self._service, service.address, payload, type="headline")
                    self._router.send(stanza)
            except FederationError as error:
                _log.debug("a cursor is not shown at %s: %s", domain, error)

    async def _audience(self, name: WaveletName) -> Iterable[str]:
        """The domains that are to see a cursor: of a copy its host, else all that take part."""
        if name.host != self._domain:
            return (name.host,)
        assert self._host is not None
        snapshot = await self._host.read(name)
        return () if snapshot is None else sorted(foreign_domains(name, dict.fromkeys(snapshot.participants)))

    async def _hear(self, stanza: Stanza) -> None:
        message = read_cursor(stanza)
        service = canonical_domain(stanza.sender.domain)
        try:
            author = WaveAddress.parse(message.author[:MAX_FIELD])
        except InvalidName as error:
            raise StanzaRefused(str(error), condition="bad-request", type="modify") from error
        host = message.wavelet.host
        # The host may bring anybody's, others only those of their own users
        speaker = author.domain if host == self._domain else host
        if author.domain == self._domain or not await self._spokesmen.speaks_for(service, speaker):
            raise StanzaRefused(f"{service} does not speak for {speaker}", condition="forbidden", type="auth")
        document = message.document[:MAX_FIELD]
        cursor = Cursor(message.wavelet, str(author), document, message.anchor, message.head)
        assert self._host is not None
        try:
            self._host.show_cursor(cursor)
        except WaveError as error:
            _log.debug("a cursor of %s is not shown: %s", author, error)
            return
        if host == self._domain:
            self._send_soon(cursor, except_for=author.domain)
