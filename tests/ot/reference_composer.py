"""The original's composition, literally: whichever operation is ahead waits for the other to catch up.

Source: OT.md, rules C1 to C5 and L3; the original's Composer.
"""

from __future__ import annotations

from wave_ot.components import (
    AnnotationBoundary,
    Characters,
    Component,
    DeleteCharacters,
    DeleteElementEnd,
    DeleteElementStart,
    ElementEnd,
    ElementStart,
    ReplaceAttributes,
    Retain,
    UpdateAttributes,
)
from wave_ot.docop import DocOp

from .reference_buffers import Normalizer, Refused, boundary, chained, reversed_changes, updated


def reference_compose(first: DocOp, second: DocOp) -> DocOp:
    """The composition. Refused when the reference refuses, which is less often than it might (L3)."""
    return _Composer().compose(first, second)


class _AnnotationQueue:
    """The boundaries of one operation that no item has followed yet, and its update as far as they were flushed."""

    def __init__(self, output: Normalizer, *, first: bool) -> None:
        self.output = output
        self.first = first
        self.open: dict[str, tuple[str | None, str | None]] = {}
        self.events: list[AnnotationBoundary] = []
        self.other: _AnnotationQueue = self

    def flush(self) -> None:
        for event in self.events:
            self._unqueue(event)
        self.events.clear()

    def _unqueue(self, event: AnnotationBoundary) -> None:
        ends, changes = [], []
        for key in event.ends:
            if key in self.other.open:
                changes.append((key, *self.other.open[key]))
            else:
                ends.append(key)
            self.open.pop(key, None)
        for key, old, new in event.changes:
            theirs = self.other.open.get(key)
            if theirs is None:
                changes.append((key, old, new))
            else:
                changes.append((key, old, theirs[1]) if self.first else (key, theirs[0], new))
            self.open[key] = (old, new)
        self.output.take(boundary(ends, changes))


class _Composer:
    """``held`` is what is left of the component of the operation that is ahead, ``of_first`` whose it is."""

    def __init__(self) -> None:
        self.output = Normalizer()
        self.before = _AnnotationQueue(self.output, first=True)
        self.after = _AnnotationQueue(self.output, first=False)
        self.before.other, self.after.other = self.after, self.before
        self.held: Component | None = None
        self.of_first = False

    def compose(self, first: DocOp, second: DocOp) -> DocOp:
        rest = iter(second.components)
        for component in first.components:
            self._take_first(component)
            while self.held is not None and self.of_first:
                following = next(rest, None)
                if following is None:
                    raise Refused("the second operation is too short")
                self._take_second(following)
        self.held, self.of_first = None, True
        for component in rest:
            self._take_second(component)
        self._flush()
        return self.output.finish()

    def _take_first(self, component: Component) -> None:
        match component:
            case DeleteCharacters() | DeleteElementStart() | DeleteElementEnd():
                self.before.flush()
                self.output.take(component)
            case AnnotationBoundary():
                self.before.events.append(component)
            case _ if self.held is None:
                self.held, self.of_first = component, True
            case _:
                self._flush()
                self._first_meets_held(component, self.held)

    def _first_meets_held(self, component: Component, held: Component) -> None:
        """What the second operation has in hand is a retain, or a deletion of characters."""
        match held, component:
            case Retain(items), Retain(more):
                self.output.take(Retain(min(items, more)))
                self._hold_difference(Retain(more - items), Retain(items - more))
            case Retain(items), Characters(text):
                self.output.take(Characters(text[:items]))
                self._hold_difference(Characters(text[items:]), Retain(items - len(text)))
            case Retain(items), _:
                self.output.take(component)
                self._hold_difference(Retain(0), Retain(items - 1))
            case DeleteCharacters(text), Retain(items):
                self.output.take(DeleteCharacters(text[:items]))
                self._hold_difference(Retain(items - len(text)), DeleteCharacters(text[items:]))
            case DeleteCharacters(text), Characters(inserted):
                self._hold_difference(
                    Characters(inserted[len(text) :]), DeleteCharacters(text[len(inserted) :])
                )  # what they say is not compared
            case _:
                raise Refused(f"{held} of {component}")

    def _take_second(self, component: Component) -> None:
        match component:
            case Characters() | ElementStart() | ElementEnd():
                self.after.flush()
                self.output.take(component)
            case AnnotationBoundary():
                self.after.events.append(component)
            case _ if self.held is None:
                raise Refused(f"{component} past the end of the first operation")
            case _:
                self._second_meets_held(self.held, component)

    def _second_meets_held(self, held: Component, component: Component) -> None:
        match held, component:
            case Retain(items), Retain(more):
                self._emit(Retain(min(items, more)))
                self._hold_difference(Retain(items - more), Retain(more - items))
            case Retain(items), DeleteCharacters(text):
                self._emit(DeleteCharacters(text[:items]))
                self._hold_difference(Retain(items - len(text)), DeleteCharacters(text[items:]))
            case Retain(items), _:
                self._emit(component)
                self._hold_difference(Retain(items - 1), Retain(0))
            case Characters(text), Retain(items):
                self._emit(Characters(text[:items]))
                self._hold_difference(Characters(text[items:]), Retain(items - len(text)))
            case Characters(text), DeleteCharacters(deleted):
                self._flush()
                self._hold_difference(Characters(text[len(deleted) :]), DeleteCharacters(deleted[len(text) :]))
            case (ElementStart(), DeleteElementStart()) | (ElementEnd(), DeleteElementEnd()):
                self._flush()
                self.held = None
            case _, Retain(items):
                self._emit(held)
                self._hold_difference(Retain(0), Retain(items - 1))
            case _:
                self._emit(_combined(held, component))
                self.held = None

    def _emit(self, component: Component) -> None:
        self._flush()
        self.output.take(component)

    def _hold_difference(self, of_first: Component, of_second: Component) -> None:
        """Go on with whichever is not used up; at most one of them is not."""
        self.held = None
        for component, is_first in ((of_first, True), (of_second, False)):
            match component:
                case Retain(items) if items <= 0:
                    pass
                case Characters("") | DeleteCharacters(""):
                    pass
                case _:
                    self.held, self.of_first = component, is_first

    def _flush(self) -> None:
        self.before.flush()
        self.after.flush()


def _combined(held: Component, component: Component) -> Component:
    """C3: what becomes of an element start that both operations touch."""
    match held, component:
        case ElementStart(type_, _), ReplaceAttributes(_, new):
            return ElementStart(type_, new)
        case ElementStart(type_, attributes), UpdateAttributes(changes):
            return ElementStart(type_, updated(attributes, changes))
        case ReplaceAttributes(old, _), DeleteElementStart(type_, _):
            return DeleteElementStart(type_, old)
        case ReplaceAttributes(old, _), ReplaceAttributes(_, new):
            return ReplaceAttributes(old, new)
        case ReplaceAttributes(old, new), UpdateAttributes(changes):
            return ReplaceAttributes(old, updated(new, changes))
        case UpdateAttributes(changes), DeleteElementStart(type_, attributes):
            return DeleteElementStart(type_, updated(attributes, reversed_changes(changes)))
        case UpdateAttributes(changes), ReplaceAttributes(old, new):
            return ReplaceAttributes(updated(old, reversed_changes(changes)), new)
        case UpdateAttributes(first), UpdateAttributes(second):
            return UpdateAttributes(chained(first, second))
        case _:
            raise Refused(f"{component} of {held}")
