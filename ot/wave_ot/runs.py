"""Runs: the pieces that a document's items are held in."""

from __future__ import annotations

from typing import Final, final

from wave_ot.annotations import AnnotationMap, AnnotationUpdate
from wave_ot.components import ElementStart

TEXT: Final = 0
START: Final = 1
END: Final = 2

LONGEST_TEXT: Final = 512
"""Characters in one run at most: an edit copies one run's text, and a run costs about 130 bytes besides."""

SHORT_TEXT: Final = 96
"""A run that shrinks below this is offered to its neighbours."""


@final
class Run:
    """Neighbouring items with the same annotations: some text, or one element start, or one element end."""

    __slots__ = ("annotations", "element", "kind", "length", "text")

    def __init__(self, kind: int, text: str, element: ElementStart | None, annotations: AnnotationMap) -> None:
        self.kind: Final = kind
        self.text = text  # "" unless TEXT
        self.element = element  # None unless START
        self.length = len(text) if kind == TEXT else 1
        self.annotations = annotations

    def part(self, start: int, end: int) -> Run:
        """The items from ``start`` to ``end`` of this run, as a run of their own."""
        if self.kind == TEXT:
            return Run(TEXT, self.text[start:end], None, self.annotations)
        return Run(self.kind, "", self.element, self.annotations)


def text_runs(text: str, annotations: AnnotationMap) -> list[Run]:
    """``text`` in runs of acceptable length."""
    if len(text) <= LONGEST_TEXT:
        return [Run(TEXT, text, None, annotations)]
    starts = range(0, len(text), LONGEST_TEXT)
    return [Run(TEXT, text[start : start + LONGEST_TEXT], None, annotations) for start in starts]


def may_join(left: Run, right: Run) -> bool:
    """Whether the two can be one run."""
    return (
        left.kind == TEXT
        and right.kind == TEXT
        and left.length + right.length <= LONGEST_TEXT
        and left.annotations == right.annotations
    )


def join_neighbours(runs: list[Run], start: int, end: int) -> None:
    """Join what can be joined in ``runs[start:end]`` and with the runs just outside, in place."""
    first = max(start - 1, 0)
    last = min(end + 1, len(runs))
    if last - first < 2:
        return
    joined = [runs[first]]
    for run in runs[first + 1 : last]:
        left = joined[-1]
        if may_join(left, run):
            joined[-1] = Run(TEXT, left.text + run.text, None, left.annotations)
        else:
            joined.append(run)
    if len(joined) < last - first:
        runs[first:last] = joined


def updated_runs(
    runs: list[Run], first: int, offset: int, items: int, update: AnnotationUpdate
) -> tuple[list[Run], int]:
    """Runs to take the place of ``runs[first:last]``, and that ``last``: ``items`` items are updated.

    They begin at ``offset`` in the first run; what stands before and after them in its run stays as it is.
    """
    made: list[Run] = []
    if offset > 0:
        made.append(runs[first].part(0, offset))
    last = first
    while items > 0:
        run = runs[last]
        end = min(run.length, offset + items)
        part = run.part(offset, end)
        annotations = update.updated(run.annotations)
        assert annotations is not None
        part.annotations = annotations
        made.append(part)
        if end < run.length:
            made.append(run.part(end, run.length))
        items -= end - offset
        offset = 0
        last += 1
    return made, last
