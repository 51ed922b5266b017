"""What goes into the store and comes out of it. Tuples, because a history has very many of them."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from wave_server.names import WaveletName


class DomainChange(NamedTuple):
    """Domains that begin to follow a wavelet hosted here, and those that have lost their last participant."""

    joined: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


class NewDelta(NamedTuple):
    """One delta to append: what was applied, and where it stands in its wavelet's history."""

    wavelet: WaveletName
    at: int  # the version it applies to
    version: int  # the version after it: at + operations applied
    history_hash: bytes  # after it, 20 bytes
    author: str
    timestamp: int  # milliseconds since 1970
    applied: bytes  # protobuf ProtocolAppliedWaveletDelta, the exact bytes that were hashed
    transformed: bytes | None  # protobuf ProtocolWaveletDelta as applied; None: equal to the original
    key: str | None  # the submission key, None when the submitter gave none
    domains: DomainChange | None = None  # who follows is committed with the delta; not read back


StoredDelta: TypeAlias = NewDelta  # one delta of a history, as read: field for field what was appended


class StoredSnapshot(NamedTuple):
    """A wavelet's complete state after the delta that ends at ``version``. ``state`` is the core's encoding."""

    wavelet: WaveletName
    version: int
    history_hash: bytes  # at that version, 20 bytes
    state: bytes


class StoredWavelet(NamedTuple):
    """What it takes to bring a wavelet into memory: its newest snapshot, if any, and every delta after it."""

    snapshot: StoredSnapshot | None
    deltas: list[StoredDelta]
