from __future__ import annotations

import itertools

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from history_examples import delta
from wave_server.names import WaveId, WaveletId, WaveletName
from wave_server.store import NewDelta, Store, StoreError, VersionConflict

numbers = itertools.count()

# (which wavelet, at, operations): small numbers, so that they collide often
proposals = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3), st.integers(1, 2)), min_size=1, max_size=4)


def outcome(stored: dict[WaveletName, list[NewDelta]], batch: list[NewDelta]) -> type[StoreError] | None:
    """What the tables' rules say of a batch: None when it may be stored."""
    begun = {name for name, history in stored.items() if history}
    for new in batch:
        if new.at == 0:
            begun.add(new.wavelet)
        elif new.wavelet not in begun:
            return StoreError
    seen = [row for history in stored.values() for row in history]
    for new in batch:
        if any(new.wavelet == row.wavelet and (new.at == row.at or new.version == row.version) for row in seen):
            return VersionConflict
        seen.append(new)
    return None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(batches=st.lists(proposals, min_size=1, max_size=6))
async def test_a_batch_is_stored_whole_or_refused_whole_by_the_rules(
    store: Store, batches: list[list[tuple[int, int, int]]]
) -> None:
    wave = WaveId("alpha.test", f"w+{next(numbers)}")
    names = [WaveletName(wave, WaveletId("alpha.test", f"conv+{number}")) for number in range(3)]
    stored: dict[WaveletName, list[NewDelta]] = {name: [] for name in names}
    for proposed in batches:
        batch = [delta(names[which], at, at + operations) for which, at, operations in proposed]
        expected = outcome(stored, batch)
        happened: type[Exception] | None = None
        try:
            await store.append(batch)
        except StoreError as error:
            happened = type(error)
        assert happened == expected
        if happened is None:
            for new in batch:
                stored[new.wavelet].append(new)
    for name in names:
        loaded = await store.load(name)
        found = [] if loaded is None else loaded.deltas
        assert found == sorted(stored[name], key=lambda row: row.at)
    assert set(await store.wavelets_of(wave)) == {name for name in names if stored[name]}
