"""What one host accepts and keeps in memory."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HostLimits:
    """Limits of a host. What exceeds one is refused with ``too-large``; memory limits only cause eviction."""

    participants: int = 1_000  # of one wavelet
    documents: int = 10_000  # of one wavelet, empty ones not counted
    document_items: int = 4_000_000  # of one document
    operations_per_delta: int = 1_000
    transformations: int = 100_000  # that one submission may take: its operations times those it was made without
    delta_bytes: int = 1_048_576  # of a delta as its author wrote it, in protobuf
    key_characters: int = 128  # of a submission key
    document_id_characters: int = 256

    recent_deltas: int = 32  # always kept in memory with a loaded wavelet, for transforming
    recent_deltas_most: int = 4_096  # kept while younger than recent_age
    recent_age: int = 5_000  # ms

    catch_up_deltas: int = 20_000  # how far a reader or a submission may be behind; beyond, it starts from a snapshot

    snapshot_operations: int = 500  # at least so many operations between two snapshots
    idle_wavelets: int = 1_000  # loaded, though nobody reads or writes them
    idle_items: int = 50_000_000  # in the documents of such wavelets together
    idle_time: int = 60_000  # ms after which such a wavelet leaves memory

    commit_deltas: int = 1_000  # of one transaction
    commit_queue: int = 50_000  # deltas that may wait for the store; more are refused as ``unavailable``
