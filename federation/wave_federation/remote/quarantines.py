"""Copies whose host has contradicted itself: they stand still, their readers are told, the evidence is kept.

Source: DESIGN.md, section 9.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final, final

import msgspec

from wave_federation.persistence import FederationStore
from wave_federation.trouble_board import TroubleBoard
from wave_ot.deltas import HashedVersion
from wave_server.names import WaveletName
from wave_server.troubles import Trouble, TroubleKind

_log: Final = logging.getLogger(__name__)


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What contradicts what. ``theirs`` and ``ours`` are ProtocolAppliedWaveletDelta, as far as there is one."""

    host: str
    sender: str  # the service that it came from, proved by its stream
    received_at: int  # ms since 1970
    fault: str
    head_version: int  # where our copy stands
    head_hash: bytes
    theirs: bytes | None = None
    ours: bytes | None = None


@final
class Quarantines:
    """All of them. ``clock`` gives ms since 1970."""

    def __init__(self, store: FederationStore, troubles: TroubleBoard, clock: Callable[[], int]) -> None:
        self._store: Final = store
        self._troubles: Final = troubles
        self._clock: Final = clock
        self._names: Final[set[WaveletName]] = set()

    def __contains__(self, name: WaveletName) -> bool:
        return name in self._names

    async def start(self) -> None:
        """Put those that were quarantined before into quarantine again. Raises StoreUnavailable."""
        for row in await self._store.all_quarantines():
            self._enter(row.wavelet, row.since, row.reason)

    async def put(
        self,
        name: WaveletName,
        *,
        sender: str,
        fault: str,
        head: HashedVersion,
        theirs: bytes | None = None,
        ours: bytes | None = None,
    ) -> None:
        """Continue a copy no more, and keep what shows why. Raises StoreUnavailable."""
        now = self._clock()
        evidence = Evidence(
            host=name.host,
            sender=sender,
            received_at=now,
            fault=fault,
            head_version=head.version,
            head_hash=head.history_hash,
            theirs=theirs,
            ours=ours,
        )
        reason = (
            f"{name.host} has sent something that contradicts what it sent before or what was signed. "
            f"This wave stands still here at what could be verified; nothing of it is lost. ({fault})"
        )
        _log.error("%s is in quarantine at version %d: %s", name.path, head.version, fault)
        self._enter(name, now, reason)
        await self._store.add_quarantine(name, now, reason, msgspec.msgpack.encode(evidence))

    def _enter(self, name: WaveletName, since: int, reason: str) -> None:
        self._names.add(name)
        self._troubles.put(name, Trouble(TroubleKind.QUARANTINED, name.host, since, reason))
