"""From what the store holds back to deltas and wavelets."""

from __future__ import annotations

from collections.abc import Sequence

from wave_ot.deltas import HashedVersion
from wave_ot.errors import OperationError
from wave_ot.protobuf import decode_applied_delta, decode_delta
from wave_server.errors import CorruptHistory, InvalidOperation
from wave_server.limits import HostLimits
from wave_server.names import WaveletName
from wave_server.snapshots import decode_state
from wave_server.store import StoredDelta, StoredWavelet
from wave_server.submission import Delta, DeltaSigner, Operations
from wave_server.wavelet import Wavelet


def delta_of(stored: StoredDelta) -> Delta:
    """A delta as readers get it, from its row. Raises CorruptHistory."""
    operations = operations_of(stored.wavelet, stored.version, stored.applied, stored.transformed)
    if stored.at + len(operations) != stored.version:
        raise CorruptHistory(f"{stored.wavelet.path}: the delta at {stored.at} does not lead to {stored.version}")
    return Delta(
        stored.wavelet,
        stored.author,
        stored.at,
        stored.version,
        stored.history_hash,
        stored.timestamp,
        operations,
        stored.key,
    )


def operations_of(name: WaveletName, version: int, applied: bytes, transformed: bytes | None) -> Operations:
    """The operations of the delta that leads to ``version``, as they were applied. Raises CorruptHistory."""
    try:
        delta = transformed or decode_applied_delta(applied).signed.delta
        return decode_delta(delta, trusted=True).operations
    except OperationError as error:
        raise CorruptHistory(f"{name.path}: the delta to version {version} cannot be read: {error}") from error


def from_snapshot(
    name: WaveletName, stored: StoredWavelet, *, domain: str, limits: HostLimits, signer: DeltaSigner
) -> Wavelet:
    """The wavelet as its newest snapshot has it; at version 0 when there is none. Raises CorruptHistory."""
    snapshot = stored.snapshot
    if snapshot is None:
        return Wavelet(name, domain=domain, limits=limits, signer=signer)
    state = decode_state(snapshot.state)
    try:
        wavelet = Wavelet(
            name,
            domain=domain,
            limits=limits,
            signer=signer,
            head=HashedVersion(snapshot.version, snapshot.history_hash),
            participants=state.participants,
            documents=state.documents,
        )
    except OperationError as error:
        raise CorruptHistory(f"{name.path}: the snapshot at {snapshot.version} is no state: {error}") from error
    wavelet.timestamp = state.timestamp
    return wavelet


def replay(wavelet: Wavelet, rows: Sequence[StoredDelta], limits: HostLimits) -> None:
    """Bring a wavelet forward by the deltas that follow in the store. Raises CorruptHistory."""
    for row in rows:
        try:
            wavelet.replay(delta_of(row))
        except InvalidOperation as error:
            raise CorruptHistory(f"{wavelet.name.path}: the delta at {row.at} does not apply: {error}") from error
    head = wavelet.head.version
    wavelet.recent.trim(head, wavelet.timestamp + limits.recent_age, limits)  # none of them is young
