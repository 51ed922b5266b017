"""The way to one domain: sends what its outbox says is due, and feeds it what became of that."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, final

from wave_federation.errors import FederationError
from wave_federation.hosting.outbox import Confirmed, Outbox, Standing
from wave_federation.hosting.recent import AppliedAt, RecentDeltas
from wave_federation.persistence import Confirmation, FederationStore
from wave_federation.protocol.messages import WaveletUpdate
from wave_federation.protocol.writing import update_payload
from wave_federation.routing.answers import Refusal
from wave_federation.routing.router import Router
from wave_federation.routing.wave_services import WaveService
from wave_federation.services import Spokesmen
from wave_federation.stanzas import Kind, make_stanza, new_id
from wave_federation.trouble_board import TroubleBoard
from wave_ot.deltas import HashedVersion
from wave_server.errors import WaveError
from wave_server.names import WaveletName
from wave_server.store.destination_rows import Destination
from wave_server.troubles import Trouble, TroubleKind

UPDATE_DELTAS: Final = 200  # in one update, at most
UPDATE_BYTES: Final = 200_000  # of applied deltas in one update; base64 and XML make them a third more
TROUBLE_SECONDS: Final = 10.0  # without a confirmation before readers are told
# What a link, or the domain's server, says where the domain as a whole is not to be reached. RFC 6120 §8.3.3.
_UNREACHABLE: Final = frozenset({"remote-server-not-found", "remote-server-timeout", "service-unavailable", "gone"})

_log: Final = logging.getLogger(__name__)


@final
@dataclass(frozen=True, slots=True)
class ChannelPorts:
    """What every channel uses. ``now`` gives seconds since 1970, ``confirm`` notes how far a domain has come."""

    service: str  # the address of our wave service
    store: FederationStore
    router: Router
    spokesmen: Spokesmen
    troubles: TroubleBoard
    now: Callable[[], float]
    confirm: Callable[[Confirmation], None]
    recent: RecentDeltas


@final
class Channel:
    """One domain's. ``outbox`` may be filled before ``start``, and at any time by ``owe``."""

    def __init__(self, domain: str, outbox: Outbox, ports: ChannelPorts) -> None:
        self.domain: Final = domain
        self.outbox: Final = outbox
        self._ports: Final = ports
        self._wake: Final = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._heads: Final[dict[str, HashedVersion]] = {}  # by the id of the update that leads there
        self._troubled: Final[set[WaveletName]] = set()
        self._stored = _row(domain, outbox, None)
        self._last_contact: int | None = None

    def start(self) -> None:
        """Begin to send."""
        self._task = asyncio.get_running_loop().create_task(self._run(), name=f"deliveries to {self.domain}")

    async def stop(self) -> None:
        """Send nothing more. What is under way may still arrive, and is sent again after the next start."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def owe(self, name: WaveletName, delivered: int, goal: int, until: int | None) -> None:
        """See Outbox.owe."""
        self.outbox.owe(name, delivered, goal, until)
        self._wake.set()

    def contact(self) -> None:
        """Something authentic has come from the domain."""
        self._last_contact = self._ms()
        if self.outbox.contact():
            _log.info("%s is back: sending what it is owed", self.domain)
            self._wake.set()

    def reconnected(self) -> None:
        """The link to the domain broke and is there again."""
        self._heads.clear()
        self.outbox.reconnected()
        self._wake.set()

    def receipt(self, message: str) -> None:
        """The domain has confirmed a message."""
        self._last_contact = self._ms()
        head = self._heads.pop(message, None)
        confirmed = self.outbox.receipt(message)
        self._wake.set()
        if confirmed is None or head is None:
            return
        self._ports.confirm(Confirmation(confirmed.wavelet, self.domain, confirmed.version))
        self._lift(confirmed.wavelet)
        if confirmed.complete:
            self._announce(confirmed, head)

    def error(self, message: str, refusal: Refusal) -> None:
        """A message has come back with an error."""
        self._heads.pop(message, None)
        now = self._ports.now()
        if refusal.condition in _UNREACHABLE:
            flight = self.outbox.failed(message, str(refusal), now)
        else:
            flight = self.outbox.refused(message, str(refusal), now)
            if flight is not None:
                self._put_trouble(flight.wavelet, now)
        if flight is not None:
            _log.warning("%s of %s did not reach %s: %s", flight.end, flight.wavelet.path, self.domain, refusal)
            self._wake.set()

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            now = self._ports.now()
            for flight in self.outbox.expire(now):
                _log.warning("%s has not confirmed %s of %s", self.domain, flight.end, flight.wavelet.path)
            for name in self.outbox.due(now):
                await self._send(name)
            self._show_troubles()
            await self._remember()
            await self._rest()

    async def _rest(self) -> None:
        """Wait until something happens, or is due."""
        times = [time for time in (self.outbox.next_time(), self._next_trouble()) if time is not None]
        pause = max(0.0, min(times) - self._ports.now()) if times else None
        try:
            async with asyncio.timeout(pause):
                await self._wake.wait()
        except TimeoutError:
            pass

    async def _send(self, name: WaveletName) -> None:
        delivered = self.outbox.delivered(name)
        if delivered is None:
            return
        end = self.outbox.end(name)
        try:
            service = await self._ports.spokesmen.service_of(self.domain)
            fitting = _fitting(await self._deltas(name, delivered, end))
            if not fitting:
                _log.error("%s has no delta at version %d, which %s is owed", name.path, delivered, self.domain)
                self.outbox.hold(name, "the history has a gap", self._ports.now())
                return
            self._send_update(name, service, fitting, end)
        except (FederationError, WaveError) as error:
            self.outbox.unreachable(str(error), self._ports.now())

    async def _deltas(self, name: WaveletName, start: int, end: int) -> Sequence[AppliedAt]:
        """Some of what is owed, from where the domain stands."""
        recent = self._ports.recent.since(name, start, end, UPDATE_DELTAS)
        if recent:
            return recent
        rows = await self._ports.store.deltas(name, start, end, UPDATE_DELTAS)
        return [AppliedAt(row.at, row.version, row.history_hash, row.applied) for row in rows]

    def _send_update(self, name: WaveletName, service: WaveService, deltas: Sequence[AppliedAt], end: int) -> None:
        head = HashedVersion(deltas[-1].version, deltas[-1].history_hash)
        # An original server confirms no notice of a version that it has not applied yet (FEDERATION.md, section 4)
        committed = head if service.features and head.version == end else None
        update = WaveletUpdate(name, tuple(delta.applied for delta in deltas), committed)
        message = new_id()
        self._post(service, update, message)
        self._heads[message] = head
        self.outbox.sent(name, message, head.version, self._ports.now())
        self._peer = service

    def _announce(self, confirmed: Confirmed, head: HashedVersion) -> None:
        """Tell an original server that it has everything; ours has been told with the deltas."""
        if self._peer.features:
            return
        try:
            self._post(self._peer, WaveletUpdate(confirmed.wavelet, (), head), new_id())
        except FederationError as error:  # it is repeated with the next delta
            _log.info("a commit notice of %s to %s is left out: %s", confirmed.wavelet.path, self.domain, error)

    def _post(self, service: WaveService, update: WaveletUpdate, message: str) -> None:
        ports = self._ports
        payload = update_payload(update)
        ports.router.send(
            make_stanza(Kind.MESSAGE, ports.service, service.address, *payload, type="normal", id=message)
        )

    # Troubles and memory

    def _show_troubles(self) -> None:
        owed = self.outbox.wavelets_owed()
        for name in self._troubled.difference(owed):
            self._lift(name)
        for name in owed:
            since = self.outbox.unconfirmed_since(name)
            if since is not None and since + TROUBLE_SECONDS <= self._ports.now():
                self._put_trouble(name, since)

    def _next_trouble(self) -> float | None:
        """When readers are to be told next, unless the domain confirms in time."""
        owed = [name for name in self.outbox.wavelets_owed() if name not in self._troubled]
        times = [since for name in owed if (since := self.outbox.unconfirmed_since(name)) is not None]
        return min(times) + TROUBLE_SECONDS if times else None

    def _put_trouble(self, name: WaveletName, since: float) -> None:
        reason = self.outbox.last_error or "it does not answer"
        message = f"{self.domain} does not get what is written here: {reason}"
        self._troubled.add(name)
        self._ports.troubles.put(name, Trouble(TroubleKind.NOT_DELIVERED, self.domain, int(since * 1000), message))

    def _lift(self, name: WaveletName) -> None:
        if name in self._troubled:
            self._troubled.discard(name)
            self._ports.troubles.lift(name, TroubleKind.NOT_DELIVERED, self.domain)

    async def _remember(self) -> None:
        """Store how sending goes, when that has changed."""
        row = _row(self.domain, self.outbox, self._stored.last_contact)
        if row == self._stored:
            return
        row = row._replace(last_contact=self._last_contact)
        try:
            await self._ports.store.put_destination(row)
            self._stored = row
        except WaveError as error:
            _log.warning("how sending to %s goes could not be noted: %s", self.domain, error)

    def _ms(self) -> int:
        return int(self._ports.now() * 1000)


def _fitting(deltas: Sequence[AppliedAt]) -> list[AppliedAt]:
    """As many of the deltas as go into one update, one at least."""
    fitting: list[AppliedAt] = []
    size = 0
    for delta in deltas:
        size += len(delta.applied)
        if fitting and size > UPDATE_BYTES:
            break
        fitting.append(delta)
    return fitting


def _row(domain: str, outbox: Outbox, last_contact: int | None) -> Destination:
    failing = outbox.failing_since
    if failing is None:
        return Destination(domain, last_contact)
    return Destination(
        domain,
        last_contact,
        failing_since=int(failing * 1000),
        attempts=outbox.attempts,
        retry_at=int(outbox.retry_at * 1000),
        last_error=outbox.last_error,
        given_up_at=int(failing * 1000) if outbox.standing is Standing.GIVEN_UP else None,
    )
