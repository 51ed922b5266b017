"""What was committed last is sent without reading it again, and nothing else is taken for it."""

from __future__ import annotations

from wave_federation.hosting.recent import AppliedAt, RecentDeltas
from wave_server.names import WaveletName
from wave_server.submission import Committed, Delta

ONE, OTHER = (WaveletName.parse_path(f"alpha.test/w+{name}/~/conv+root") for name in ("one", "other"))
EVER = 1_000


def put(recent: RecentDeltas, at: int, *, name: WaveletName = ONE, size: int = 10) -> None:
    delta = Delta(name, "ada@alpha.test", at, at + 2, b"h", 0, (), None)
    recent.put(Committed(delta, b"x" * size, {}, {}))


def starts(found: list[AppliedAt]) -> list[int]:
    return [delta.at for delta in found]


def test_a_stretch_is_given_from_where_it_is_asked_for() -> None:
    recent = RecentDeltas()
    for at in (0, 2, 4, 6):
        put(recent, at)
    assert starts(recent.since(ONE, 2, EVER, 10)) == [2, 4, 6]
    assert starts(recent.since(ONE, 2, 6, 10)) == [2, 4]
    assert starts(recent.since(ONE, 0, EVER, 2)) == [0, 2]


def test_what_is_not_there_from_its_beginning_is_not_given() -> None:
    recent = RecentDeltas()
    put(recent, 4)
    assert recent.since(ONE, 2, EVER, 10) == []
    assert recent.since(ONE, 5, EVER, 10) == []
    assert recent.since(ONE, 6, EVER, 10) == []
    assert recent.since(OTHER, 4, EVER, 10) == []


def test_a_gap_drops_what_came_before_it() -> None:
    recent = RecentDeltas()
    for at in (0, 2, 8):
        put(recent, at)
    assert recent.since(ONE, 0, EVER, 10) == []
    assert starts(recent.since(ONE, 8, EVER, 10)) == [8]


def test_what_changed_longest_ago_goes_first() -> None:
    recent = RecentDeltas(most=50)
    put(recent, 0, name=OTHER, size=20)
    put(recent, 2, name=OTHER, size=20)
    put(recent, 0, size=20)
    assert starts(recent.since(OTHER, 2, EVER, 10)) == [2]
    assert recent.since(OTHER, 0, EVER, 10) == []
    put(recent, 2, size=20)
    assert recent.since(OTHER, 2, EVER, 10) == []
    assert starts(recent.since(ONE, 0, EVER, 10)) == [0, 2]
    put(recent, 4, size=100)
    assert recent.since(ONE, 4, EVER, 10) == []
