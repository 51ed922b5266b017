"""When a wavelet's state is stored anew, and doing it off the hot path.

A wavelet loads from its newest snapshot plus the deltas after it, so these must stay few whatever
the length of the history; and a snapshot costs as much as the state is large, so it must be
spread over enough deltas. Both hold when one is taken after ``snapshot_operations`` operations, or
later, when the deltas weigh a quarter of the state.
"""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import Final, final

from wave_server.commits import Commit, Committer
from wave_server.errors import WaveError
from wave_server.hosted import Hosted
from wave_server.limits import HostLimits
from wave_server.snapshots import State, encode_state
from wave_server.store import Store, StoredSnapshot
from wave_server.submission import WaveletSnapshot

_log: Final = logging.getLogger(__name__)

_WEIGHT: Final = 4  # a snapshot is due when the deltas since the last weigh 1/4 of it
_LONGEST: Final = 10  # or after so many times ``snapshot_operations``, however large it is
_LEISURE: Final = 10  # a wavelet that leaves memory is stored after 1/10 of ``snapshot_operations``
_OFF_LOOP: Final = 20_000  # items from which the encoding is worth a thread


@final
class SnapshotWriter:
    """Stores snapshots of committed states in the background."""

    def __init__(self, store: Store, committer: Committer, limits: HostLimits) -> None:
        self._store: Final = store
        self._committer: Final = committer
        self._operations: Final = limits.snapshot_operations
        self._tasks: Final[set[asyncio.Task[None]]] = set()

    async def stop(self) -> None:
        """Finish what has begun."""
        await asyncio.gather(*self._tasks)

    def grew(self, hosted: Hosted, operations: int, size: int) -> None:
        """A delta was committed, of so many operations and bytes: take a snapshot if one is due."""
        hosted.operations_since_snapshot += operations
        hosted.bytes_since_snapshot += size
        since = hosted.operations_since_snapshot
        if since < self._operations or hosted.snapshotting:
            return
        if hosted.bytes_since_snapshot * _WEIGHT >= hosted.state_bytes or since >= self._operations * _LONGEST:
            self._take(hosted)

    def leaving(self, hosted: Hosted) -> None:
        """The wavelet leaves memory: store its state if that spares the next load something."""
        if hosted.operations_since_snapshot * _LEISURE >= self._operations and not hosted.snapshotting:
            self._take(hosted)

    def _take(self, hosted: Hosted) -> None:
        """Take the state at the head now; store it when the head is committed, which may be later."""
        hosted.snapshotting = True
        hosted.operations_since_snapshot = 0
        hosted.bytes_since_snapshot = 0
        snapshot, timestamp = hosted.wavelet.snapshot(), hosted.wavelet.timestamp
        settle = partial(self._durable, hosted, snapshot, timestamp)
        if hosted.committed == snapshot.version:
            settle(None)
        else:
            self._committer.put(Commit(hosted.name, None, settle))

    def _durable(self, hosted: Hosted, snapshot: WaveletSnapshot, timestamp: int, error: WaveError | None) -> None:
        if error is not None:  # the state never came true
            hosted.snapshotting = False
            return
        task = asyncio.get_running_loop().create_task(self._write(hosted, snapshot, timestamp), name="snapshot")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _write(self, hosted: Hosted, snapshot: WaveletSnapshot, timestamp: int) -> None:
        """Encode and store. A failure costs a slower load, nothing else: the next snapshot comes in its time."""
        state = State(timestamp, snapshot.participants, snapshot.documents)
        try:
            if hosted.wavelet.items() < _OFF_LOOP:
                encoded = encode_state(state)
            else:
                encoded = await asyncio.to_thread(encode_state, state)
            await self._store.put_snapshot(
                StoredSnapshot(snapshot.wavelet, snapshot.version, snapshot.history_hash, encoded)
            )
            hosted.state_bytes = len(encoded)
        except WaveError as error:
            _log.warning("no snapshot of %s at version %d: %s", hosted.name.path, snapshot.version, error)
        finally:
            hosted.snapshotting = False
