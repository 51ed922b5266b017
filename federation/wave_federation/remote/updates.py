"""Updates from the hosts of wavelets: taken in, in order, and confirmed when they are durable here.

A receipt says that everything in the message is in our store. What cannot be taken in is answered with an error, so
that the host sends it again later; an original server does not, and the next delta shows the gap.

Source: FEDERATION.md, sections 3 and 4; DESIGN.md, section 9.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeAlias, final

from wave_federation.domains import canonical_domain
from wave_federation.errors import FederationError, QueueFull, StanzaRefused
from wave_federation.hosting.refusals import refusal
from wave_federation.namespaces import PUBSUB_EVENT, qualified
from wave_federation.protocol.messages import WaveletUpdate
from wave_federation.protocol.reading import read_updates
from wave_federation.protocol.writing import receipt_payload
from wave_federation.remote.copying import CopyFault, Copying
from wave_federation.remote.quarantines import Quarantines
from wave_federation.remote.turns import Turns
from wave_federation.routing.complaints import Complaints
from wave_federation.routing.handlers import Later
from wave_federation.routing.router import Router
from wave_federation.services import Spokesmen
from wave_federation.stanzas import Element, Kind, Stanza, make_stanza
from wave_ot.wavelet_operations import AddParticipant
from wave_server.errors import Forbidden, InvalidOperation, InvalidRequest, Quarantined, WaveError
from wave_server.host import WaveHost
from wave_server.names import WaveletName
from wave_server.originals import ReceivedDelta, read_received

Welcome: TypeAlias = Callable[[WaveletName, Sequence[str]], Awaitable[bool]]
"""Whether a wave of another domain may be shared with these addresses of ours: an account's, or ``@domain``."""

RETRY_SECONDS: Final = 10

_log: Final = logging.getLogger(__name__)


@final
class UpdateService:
    """Serves updates for the copies of ``domain``. ``heard`` is told whose domain spoke, ``used`` which copy grew."""

    def __init__(
        self,
        *,
        domain: str,
        host: WaveHost,
        router: Router,
        spokesmen: Spokesmen,
        copying: Copying,
        quarantines: Quarantines,
        turns: Turns,
        welcome: Welcome,
        heard: Callable[[str], None],
        used: Callable[[WaveletName], None],
    ) -> None:
        self._domain: Final = domain
        self._host: Final = host
        self._router: Final = router
        self._spokesmen: Final = spokesmen
        self._copying: Final = copying
        self._quarantines: Final = quarantines
        self._turns: Final = turns
        self._welcome: Final = welcome
        self._heard: Final = heard
        self._used: Final = used
        self._not_taken: Final = Complaints(_log, "an update from %s could not be taken in: %s")
        router.handle(Kind.MESSAGE, "normal", qualified(PUBSUB_EVENT, "event"), self.update)

    async def update(self, stanza: Stanza) -> Later:
        """Take in a message of updates; other wavelets' messages are served meanwhile."""
        updates = read_updates(stanza)
        service = canonical_domain(stanza.sender.domain)
        for each in updates:
            host = each.wavelet.host
            if host == self._domain or not await self._spokesmen.speaks_for(service, host):
                raise StanzaRefused(f"{service} does not host {each.wavelet.uri}", condition="forbidden", type="auth")
            self._heard(host)
        return Later(self._take_all(stanza, updates, service))

    async def _take_all(self, stanza: Stanza, updates: Sequence[WaveletUpdate], service: str) -> Element | None:
        try:
            for update in updates:
                async with self._turns.of(update.wavelet):
                    await self._take(update, service)
        except (FederationError, WaveError) as error:
            self._not_taken.about(service, error)
            raise _refusal(error) from error
        self._confirm(stanza)
        return None

    async def _take(self, update: WaveletUpdate, service: str) -> None:
        name = update.wavelet
        if name in self._quarantines:
            raise StanzaRefused(f"{name.uri} is in quarantine here", condition="not-acceptable")
        try:
            deltas = [read_received(applied) for applied in update.applied]
        except InvalidOperation as error:
            raise StanzaRefused(str(error), condition="bad-request", type="modify") from error
        await self._check_invited(name, deltas)
        if deltas:
            await self._copying.take(name, deltas, service)
        if update.committed is not None:
            await self._copying.reach(name, update.committed, service)
        self._used(name)

    async def _check_invited(self, name: WaveletName, deltas: Sequence[ReceivedDelta]) -> None:
        """A wavelet comes here when it is shared with somebody here, and not otherwise."""
        if (await self._host.head(name)).version > 0:
            return
        added = [
            operation.address
            for delta in deltas
            for operation in delta.original.delta.operations
            if isinstance(operation, AddParticipant) and operation.address.rpartition("@")[2] == self._domain
        ]
        if not added or not await self._welcome(name, added):
            raise StanzaRefused("nobody here takes part in this wavelet", condition="item-not-found")

    def _confirm(self, stanza: Stanza) -> None:
        receipt = make_stanza(Kind.MESSAGE, stanza.recipient, stanza.sender, receipt_payload(), id=stanza.id)
        try:
            self._router.send(receipt)
        except (QueueFull, StanzaRefused) as error:  # then it comes again
            _log.warning("%s is not told that an update has arrived: %s", stanza.sender, error)


def _refusal(error: FederationError | WaveError) -> StanzaRefused:
    """What the host is told. Where trouble is ours, nothing of why: it sends again later."""
    match error:
        case StanzaRefused():
            return error
        case CopyFault() | Quarantined():
            return StanzaRefused(
                "this contradicts what came before it, or is not signed as it must be", condition="not-acceptable"
            )
        case Forbidden() | InvalidRequest():
            return refusal(error)
        case _:
            return StanzaRefused(
                "this cannot be taken in at the moment",
                condition="resource-constraint",
                type="wait",
                retry_after=RETRY_SECONDS,
            )
