"""The annotations of an item, and the update of them that is open at some place of an operation."""

from __future__ import annotations

from typing import Final, TypeAlias, final

from wave_ot.components import AnnotationBoundary
from wave_ot.ordering import sorted_names

AnnotationMap: TypeAlias = tuple[tuple[str, str], ...]
"""``(key, value)`` pairs, in UTF-16 order; what is absent is not in it. Shared between items, never changed."""

NO_ANNOTATIONS: Final[AnnotationMap] = ()


@final
class AnnotationUpdate:
    """The map from key to ``(old, new)`` that boundaries edit and that applies to what follows (OT.md, rule A2)."""

    def __init__(self) -> None:
        self._changes: Final[dict[str, tuple[str | None, str | None]]] = {}
        self._read: AnnotationMap | None = None  # the last map given to updated(), and what it gave: ranges are long
        self._made: AnnotationMap | None = None

    def is_empty(self) -> bool:
        """Whether no key is open."""
        return not self._changes

    def read(self, boundary: AnnotationBoundary) -> None:
        """Take in a boundary, which must be well-formed here."""
        self._read = None
        for key in boundary.ends:
            del self._changes[key]
        for key, old, new in boundary.changes:
            self._changes[key] = (old, new)

    def updated(self, annotations: AnnotationMap) -> AnnotationMap | None:
        """``annotations`` with every open key changed from its old to its new value; None when an old value differs.

        The very same object comes back when nothing changes.
        """
        if not self._changes:
            return annotations
        if annotations is not self._read:
            self._made = self._update(annotations)
            self._read = annotations
        return self._made

    def _update(self, annotations: AnnotationMap) -> AnnotationMap | None:
        values: dict[str, str] = dict(annotations)
        changed = False
        for key, (old, new) in self._changes.items():
            if values.get(key) != old:
                return None
            if old == new:
                continue
            changed = True
            if new is None:
                del values[key]
            else:
                values[key] = new
        if not changed:
            return annotations
        return tuple([(key, values[key]) for key in sorted_names(values)])

    def mismatch(self, annotations: AnnotationMap) -> str:
        """Why ``updated(annotations)`` is None, in words."""
        values: dict[str, str] = dict(annotations)
        for key, (old, _) in self._changes.items():
            if values.get(key) != old:
                return f"the annotation {key!r} is {values.get(key)!r} here, not {old!r}"
        raise ValueError("the update applies to these annotations")


def boundary_between(left: AnnotationMap, right: AnnotationMap) -> AnnotationBoundary | None:
    """The boundary that leads from items inserted with ``left`` to items inserted with ``right``; None if equal."""
    if left == right:
        return None
    before: dict[str, str] = dict(left)
    after: dict[str, str] = dict(right)
    ends = tuple([key for key, _ in left if key not in after])
    changes = tuple([(key, None, value) for key, value in right if before.get(key) != value])
    return AnnotationBoundary(ends, changes)
