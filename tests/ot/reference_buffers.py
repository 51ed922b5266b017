"""What the literal reference algorithms share: their refusal, their attribute arithmetic, their two normalizers.

The modules ``reference_*`` follow the original implementation step by step, slowly and without regard to the
engine, so that the engine can be held against them on any operation. Attribute maps and updates are those of the
original: an update is checked against the values it meets, but not where it comes after the last attribute.

Source: OT.md, rules N1 to N5; the original's ImmutableStateMap, ImmutableUpdateMap, AnnotationsNormalizer,
RangeNormalizer and DocOpBuffer.
"""

from __future__ import annotations

from wave_ot.components import (
    AnnotationBoundary,
    Attributes,
    Changes,
    Characters,
    Component,
    DeleteCharacters,
    Retain,
)
from wave_ot.docop import DocOp

from .reference_validator import is_well_formed, utf16


class Refused(Exception):
    """The reference refuses: a TransformException, an OperationException or a failed precondition."""


def updated(attributes: Attributes, changes: Changes) -> Attributes:
    """Attributes after an update; both sorted. Refused when an old value is not what is there."""
    result: list[tuple[str, str]] = []
    left = list(attributes)
    for name, old, new in changes:
        while left and utf16(left[0][0]) < utf16(name):
            result.append(left.pop(0))
        if left and left[0][0] == name:
            if left.pop(0)[1] != old:
                raise Refused(f"attribute {name} is not {old}")
        elif left and old is not None:  # with nothing left, the original does not look at the old value
            raise Refused(f"attribute {name} is not set")
        if new is not None:
            result.append((name, new))
    return tuple(result + left)


def chained(first: Changes, second: Changes) -> Changes:
    """One update that does what two do, one after the other. Refused when they do not meet."""
    result = {name: (old, new) for name, old, new in first}
    for name, old, new in second:
        if name in result and result[name][1] != old:
            raise Refused(f"attribute {name} would not be {old}")
        result[name] = (result[name][0] if name in result else old, new)
    return tuple((name, *result[name]) for name in sorted(result, key=utf16))


def reversed_changes(changes: Changes) -> Changes:
    return tuple((name, new, old) for name, old, new in changes)


def boundary(ends: list[str], changes: list[tuple[str, str | None, str | None]]) -> AnnotationBoundary:
    """A boundary as the algorithms make it. Refused when a key is empty, barred or named twice."""
    keys = [*ends, *(key for key, _, _ in changes)]
    if len(set(keys)) != len(keys) or any(not key or "?" in key or "@" in key for key in keys):
        raise Refused(f"annotation keys {keys}")
    return AnnotationBoundary(tuple(ends), tuple(changes))


class RangeNormalizer:
    """Joins neighbouring retains, insertions and deletions of text; ``finish`` wants a well-formed operation."""

    def __init__(self) -> None:
        self._components: list[Component] = []

    def take(self, component: Component) -> None:
        last = self._components[-1] if self._components else None
        match component, last:
            case (Retain(items), _) if items <= 0:
                return
            case (Characters("") | DeleteCharacters(""), _):
                return
            case Retain(more), Retain(items):
                self._components[-1] = Retain(items + more)
            case Characters(more), Characters(text):
                self._components[-1] = Characters(text + more)
            case DeleteCharacters(more), DeleteCharacters(text):
                self._components[-1] = DeleteCharacters(text + more)
            case _:
                self._components.append(component)

    def finish(self) -> DocOp:
        operation = DocOp(self._components)
        if not is_well_formed(operation):
            raise Refused(f"the result is ill-formed: {operation}")
        return operation


class Normalizer:
    """Holds boundaries back until an item follows, and hands what is left of them to a RangeNormalizer."""

    def __init__(self) -> None:
        self._ranges = RangeNormalizer()
        self._open: dict[str, tuple[str | None, str | None]] = {}
        self._pending: dict[str, tuple[str | None, str | None] | None] = {}

    def take(self, component: Component) -> None:
        match component:
            case AnnotationBoundary(ends, changes):
                self._pending |= {key: (old, new) for key, old, new in changes}
                self._pending |= dict.fromkeys(ends)
            case Retain(items) if items <= 0:
                pass
            case Characters("") | DeleteCharacters(""):
                pass
            case _:
                self._flush()
                self._ranges.take(component)

    def finish(self) -> DocOp:
        self._flush()
        return self._ranges.finish()

    def _flush(self) -> None:
        ends, changes = [], []
        for key in sorted(self._pending, key=utf16):
            values = self._pending[key]
            if values is None:
                if self._open.pop(key, None) is not None:
                    ends.append(key)
            elif self._open.get(key) != values:
                self._open[key] = values
                changes.append((key, *values))
        if ends or changes:
            self._ranges.take(AnnotationBoundary(tuple(ends), tuple(changes)))
        self._pending.clear()
