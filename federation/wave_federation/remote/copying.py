"""Bringing a copy up to date: what its host applied is verified, gaps are filled from its history, faults quarantine.

Everything of one wavelet happens one after the other: its caller holds the wavelet's turn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, final

from wave_federation.errors import FederationError, InvalidSignature, UntrustedSigner
from wave_federation.persistence import FederationStore
from wave_federation.protocol.messages import HistoryRequest
from wave_federation.remote.asking import Asking, SignerFetches
from wave_federation.remote.quarantines import Quarantines
from wave_federation.routing.answers import RequestRefused, UnusableAnswer
from wave_federation.signers.registry import Signers
from wave_federation.signers.verification import verify_signed
from wave_ot.deltas import HashedVersion, SignedDelta
from wave_ot.history import version_zero
from wave_server.errors import Diverged, Gap, InvalidOperation
from wave_server.host import WaveHost
from wave_server.names import WaveletName
from wave_server.originals import ReceivedDelta, read_received

PAGE_BYTES: Final = 200_000  # of applied deltas that are asked for at once


class CopyFault(FederationError):
    """The host contradicts itself, or what it sends is not signed by whose it is said to be.

    The copy stands still; where there is none yet, none begins.
    """


@final
class Copying:
    """Takes in what hosts send. ``service`` is where a stanza came from: it speaks for the wavelet's host."""

    def __init__(
        self,
        *,
        host: WaveHost,
        store: FederationStore,
        signers: Signers,
        fetches: SignerFetches,
        asking: Asking,
        quarantines: Quarantines,
        signed_here: Callable[[WaveletName, SignedDelta], bool],
    ) -> None:
        """``signed_here`` says whether a delta is one that was sent from here, with its signatures."""
        self._signed_here: Final = signed_here
        self._host: Final = host
        self._store: Final = store
        self._signers: Final = signers
        self._fetches: Final = fetches
        self._asking: Final = asking
        self._quarantines: Final = quarantines

    async def take(self, name: WaveletName, deltas: Sequence[ReceivedDelta], service: str) -> HashedVersion:
        """Apply deltas, with what is missing before them. Where the copy stands, durably.

        Raises CopyFault, when the copy has been quarantined; WaveError and FederationError for what may pass.
        """
        try:
            await self._verify(name, deltas, service)
            return await self._host.receive(name, deltas)
        except Gap as gap:
            await self._fill(name, gap.head, gap.at, service)
            return await self._take_after_gap(name, deltas, service)
        except Diverged as fault:
            raise await self._diverged(name, fault, service) from fault

    async def reach(self, name: WaveletName, version: HashedVersion, service: str) -> HashedVersion:
        """The host says that its history has ``version``: get there, or see that we have been there.

        Raises as ``take``.
        """
        head = await self._host.head(name)
        if head.version < version.version:
            return await self._fill(name, head, version, service)
        if await self._hash_at(name, head, version.version) != version.history_hash:
            said = f"it says that version {version.version} has another hash than the one that it sent"
            raise await self._quarantine(name, said, head, service)
        return head

    async def compare(self, name: WaveletName, service: str) -> HashedVersion:
        """Ask a host of our kind where its wavelet stands, and get there. Raises as ``take``."""
        head = await self._host.head(name)
        try:
            page = await self._asking.history(name.host, HistoryRequest(name, head, head, PAGE_BYTES))
        except RequestRefused as refused:
            if refused.refusal.condition in ("conflict", "item-not-found"):
                said = f"its history no longer holds version {head.version}, which it sent before"
                raise await self._quarantine(name, said, head, service) from refused
            raise
        if page.head is None:
            raise UnusableAnswer(f"{name.host} did not say where {name.path} stands")
        if page.head.version < head.version:
            said = f"its history ends at version {page.head.version}, and it sent version {head.version} before"
            raise await self._quarantine(name, said, head, service)
        return await self.reach(name, page.head, service)

    async def _take_after_gap(self, name: WaveletName, deltas: Sequence[ReceivedDelta], service: str) -> HashedVersion:
        try:
            return await self._host.receive(name, deltas)
        except Gap as gap:
            raise UnusableAnswer(f"{name.host} leaves a gap in {name.path} after version {gap.head.version}") from gap
        except Diverged as fault:
            raise await self._diverged(name, fault, service) from fault

    async def _fill(self, name: WaveletName, head: HashedVersion, to: HashedVersion, service: str) -> HashedVersion:
        """Get the history from our head up to ``to``, page by page."""
        while head.version < to.version:
            before = head
            try:
                page = await self._asking.history(name.host, HistoryRequest(name, head, to, PAGE_BYTES))
            except RequestRefused as refused:
                if refused.refusal.condition == "conflict":
                    said = f"it refuses the history between versions {head.version} and {to.version}, which it named"
                    raise await self._quarantine(name, said, head, service) from refused
                raise
            if len(page.applied) > 1 and sum(map(len, page.applied)) > PAGE_BYTES:
                raise UnusableAnswer(f"{name.host} sends more of {name.path} at once than it was asked for")
            try:
                deltas = [read_received(applied) for applied in page.applied]
            except InvalidOperation as error:
                raise UnusableAnswer(f"{name.host} sends a history that cannot be read: {error}") from error
            try:
                await self._verify(name, deltas, service)
                head = await self._host.receive(name, deltas)
            except Diverged as fault:
                raise await self._diverged(name, fault, service) from fault
            if head.version <= before.version:
                raise UnusableAnswer(f"{name.host} gives no history after version {before.version} of {name.path}")
        return head

    async def _verify(self, name: WaveletName, deltas: Sequence[ReceivedDelta], service: str) -> None:
        """Check the signatures of those that the copy has not yet."""
        head = await self._host.head(name)
        for delta in deltas:
            if delta.at.version < head.version:
                continue  # the core compares it with what is there
            if self._signed_here(name, delta.applied.signed):
                continue
            timestamp = delta.applied.timestamp
            fetch = partial(self._fetches.fetch, name, delta.after, timestamp)
            try:
                await verify_signed(self._signers, delta.applied.signed, timestamp, fetch)
            except (InvalidSignature, UntrustedSigner) as error:
                said = f"version {delta.at.version} is not signed as it must be: {error}"
                raise await self._quarantine(name, said, head, service, theirs=delta.data) from error

    async def _diverged(self, name: WaveletName, fault: Diverged, service: str) -> CopyFault:
        head = await self._host.head(name)
        return await self._quarantine(name, str(fault), head, service, theirs=fault.theirs, ours=fault.ours)

    async def _quarantine(
        self,
        name: WaveletName,
        fault: str,
        head: HashedVersion,
        service: str,
        *,
        theirs: bytes | None = None,
        ours: bytes | None = None,
    ) -> CopyFault:
        if head.version == 0:  # there is no copy that could stand still, and nobody who reads it
            return CopyFault(f"{name.path} does not come here: {fault}")
        await self._quarantines.put(name, sender=service, fault=fault, head=head, theirs=theirs, ours=ours)
        return CopyFault(f"{name.path} is in quarantine: {fault}")

    async def _hash_at(self, name: WaveletName, head: HashedVersion, version: int) -> bytes | None:
        if version == head.version:
            return head.history_hash
        if version == 0:
            return version_zero(name.uri).history_hash
        return await self._store.hash_at(name, version)
