"""Which old snapshots are kept: enough of them that any past state is near one, few enough to be small.

Source: docs/decisions/0008-keyframes.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

NEWEST_KEPT: Final = 2  # whatever their size: the one that loading starts from, and one to fall back to
SPACING: Final = 4_000  # operations between two keyframes, where the size allows it
BYTES_PER_OPERATION: Final = 32  # that keyframes may take, in all; the deltas take three to ten times as much
NEWEST_SIZES: Final = 16  # or so many times the size of the newest snapshot, where that is more


class Keyframe(NamedTuple):
    """A stored snapshot: its version and the bytes that its state takes."""

    version: int
    size: int


def surplus(stored: Sequence[Keyframe]) -> list[int]:
    """The versions of the snapshots that are to be removed; ``stored`` is in the order of versions.

    One stays where the next would be more than SPACING operations after the one kept before. If what stays takes
    more bytes than it may, the spacing is doubled until it does not. What one call leaves, the next, with newer
    snapshots, does not thin out but for their size: it does not matter how often this is called.
    """
    newest = stored[-NEWEST_KEPT:]
    older = stored[:-NEWEST_KEPT]
    if not older:
        return []
    budget = max(NEWEST_SIZES * newest[-1].size, BYTES_PER_OPERATION * newest[-1].version)
    spacing = SPACING
    kept = _spaced(older, newest[0].version, spacing)
    while kept and sum(each.size for each in kept) > budget:
        spacing *= 2
        kept = _spaced(kept, newest[0].version, spacing)
    staying = {each.version for each in kept}
    return [each.version for each in older if each.version not in staying]


def _spaced(stored: Sequence[Keyframe], end: int, spacing: int) -> list[Keyframe]:
    """As few of ``stored`` as leave no gap above ``spacing`` that is not there anyway; one more follows at ``end``."""
    kept: list[Keyframe] = []
    last = 0  # the empty state of version 0 is known without a snapshot
    following = [*(each.version for each in stored[1:]), end]
    for each, after in zip(stored, following, strict=True):
        if after - last > spacing:
            kept.append(each)
            last = each.version
    return kept
