"""Group commit by itself, on a store that the test plays."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

import pytest

from wave_server.commits import Commit, Committer
from wave_server.errors import WaveError
from wave_server.names import WaveletName
from wave_server.store import NewDelta, StoreUnavailable, VersionConflict

A = WaveletName.parse_path("example.com/w+a/~/conv+root")
B = WaveletName.parse_path("example.com/w+b/~/conv+root")


class Played:
    """Keeps each append waiting until the test says how it ends."""

    def __init__(self) -> None:
        self.calls: asyncio.Queue[tuple[list[NewDelta], asyncio.Future[None]]] = asyncio.Queue()

    async def append(self, batch: Sequence[NewDelta]) -> None:
        end: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.calls.put_nowait((list(batch), end))
        await end


class Ledger:
    """The settlements, in order, by the label of their commit."""

    def __init__(self, committer: Committer) -> None:
        self.settled: list[tuple[str, str]] = []
        self._committer = committer

    def put(self, name: WaveletName, label: str, *, row: bool = True) -> None:
        at = len(label)
        delta = NewDelta(name, at, at + 1, b"h" * 20, label, 0, b"", None, None) if row else None
        self._committer.put(Commit(name, delta, partial(self._settle, label)))

    def _settle(self, label: str, error: WaveError | None) -> None:
        self.settled.append((label, "ok" if error is None else error.code))


def rows(batch: Sequence[NewDelta]) -> list[str]:
    return [row.author for row in batch]


async def started(batch: int = 100) -> tuple[Played, Committer, Ledger]:
    store = Played()
    committer = Committer(store.append, batch)
    committer.start()
    return store, committer, Ledger(committer)


async def test_batches_gather_while_one_is_written_and_are_bounded() -> None:
    store, committer, ledger = await started(batch=3)
    ledger.put(A, "1")
    batch, end = await store.calls.get()
    for label in "2345":
        ledger.put(A, label)
    assert (rows(batch), ledger.settled, len(committer)) == (["1"], [], 4)
    end.set_result(None)
    batch, end = await store.calls.get()
    assert rows(batch) == ["2", "3", "4"]
    end.set_result(None)
    batch, end = await store.calls.get()
    end.set_result(None)
    await committer.stop()
    assert ledger.settled == [(label, "ok") for label in "12345"]


async def test_what_only_waits_is_settled_in_its_turn_without_being_written() -> None:
    store, committer, ledger = await started()
    ledger.put(A, "1")
    ledger.put(A, "marker", row=False)
    batch, end = await store.calls.get()
    assert (rows(batch), ledger.settled) == (["1"], [])
    end.set_result(None)
    await committer.stop()
    ledger_only = [label for label, _ in ledger.settled]
    assert ledger_only == ["1", "marker"]
    assert store.calls.empty()


async def test_a_failure_takes_everything_of_its_wavelets_with_it_and_nothing_else() -> None:
    store, committer, ledger = await started(batch=2)
    ledger.put(A, "1")
    ledger.put(A, "2")
    ledger.put(B, "other")
    ledger.put(A, "3")
    _, end = await store.calls.get()
    end.set_exception(StoreUnavailable("away"))
    batch, end = await store.calls.get()
    assert rows(batch) == ["other"]
    assert ledger.settled == [(label, "unavailable") for label in "123"]
    end.set_result(None)
    await committer.stop()
    assert ledger.settled[-1] == ("other", "ok")


async def test_a_conflict_costs_its_own_wavelet_only() -> None:
    store, committer, ledger = await started()
    ledger.put(A, "1")
    ledger.put(B, "2")
    _, end = await store.calls.get()
    end.set_exception(VersionConflict(A, 1))
    batch, end = await store.calls.get()
    assert rows(batch) == ["2"]
    end.set_result(None)
    await committer.stop()
    assert ledger.settled == [("1", "unavailable"), ("2", "ok")]


async def test_a_delta_that_cannot_be_written_does_not_take_other_wavelets_with_it() -> None:
    store, committer, ledger = await started()
    ledger.put(A, "1")
    ledger.put(B, "2")
    for ends in (RuntimeError("A's row is bad"), RuntimeError("A's row is bad"), None):
        _, end = await store.calls.get()
        if ends is None:
            end.set_result(None)
        else:
            end.set_exception(ends)
    await committer.stop()
    assert ledger.settled == [("1", "unavailable"), ("2", "ok")]


async def test_a_fault_of_the_store_settles_the_batch_and_the_writer_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store, committer, ledger = await started()
    ledger.put(A, "1")
    _, end = await store.calls.get()
    end.set_exception(RuntimeError("a bug"))
    await asyncio.sleep(0)
    ledger.put(A, "2")
    _, end = await store.calls.get()
    end.set_result(None)
    await committer.stop()
    assert ledger.settled == [("1", "unavailable"), ("2", "ok")]
    assert "a bug" in caplog.text


async def test_one_settlement_that_raises_does_not_keep_the_others_waiting(caplog: pytest.LogCaptureFixture) -> None:
    store, committer, ledger = await started()

    def broken(error: WaveError | None) -> None:
        raise RuntimeError("broken")

    committer.put(Commit(A, None, broken))
    ledger.put(A, "1")
    _, end = await store.calls.get()
    end.set_result(None)
    await committer.stop()
    assert ledger.settled == [("1", "ok")]
    assert "broken" in caplog.text


async def test_what_comes_after_the_end_is_refused_at_once() -> None:
    _, committer, ledger = await started()
    await committer.stop()
    ledger.put(A, "1")
    assert ledger.settled == [("1", "unavailable")]
