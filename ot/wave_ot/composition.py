"""Composition: one operation that does what two do in sequence.

Source: OT.md, C1 to C5.
"""

from __future__ import annotations

from typing import Final, final

from mypy_extensions import i64, mypyc_attr

from wave_ot.attributes import inverted, merged, updated
from wave_ot.components import (
    ANNOTATION_BOUNDARY,
    CHARACTERS,
    DELETE_CHARACTERS,
    DELETE_ELEMENT_END,
    ELEMENT_END,
    RETAIN,
    AnnotationBoundary,
    Attributes,
    Characters,
    Component,
    DeleteCharacters,
    DeleteElementEnd,
    DeleteElementStart,
    ElementEnd,
    ElementStart,
    ReplaceAttributes,
    UpdateAttributes,
)
from wave_ot.cursor import Cursor, described
from wave_ot.docop import DocOp
from wave_ot.errors import ComposeError
from wave_ot.normalization import OperationWriter, ValueChange


def compose(first: DocOp, second: DocOp) -> DocOp:
    """The operation, in normal form, that does what ``first`` and then ``second`` do.

    Both must be well-formed, and ``second`` must read the document that ``first`` leaves. Where both
    act at one place, the deletions of ``first`` come before the insertions of ``second``, and these
    before the content that ``first`` inserts next (C1). Linear in components.

    Raises ComposeError when the lengths differ, when the second operation deletes or changes
    something other than what the first left there, or when the result would be ill-formed.
    """
    return _Composition(first, second).run()


@mypyc_attr(acyclic=True, free_list_len=1)
@final
class _Composition:
    """One composition under way. Items pass from the first operation through the second, pair by pair."""

    __slots__ = ("_annotations", "_first", "_out", "_second")

    def __init__(self, first: DocOp, second: DocOp) -> None:
        self._first: Final = Cursor(first)
        self._second: Final = Cursor(second)
        self._out: Final = OperationWriter()
        self._annotations: _ComposedAnnotations | None = None  # until the first boundary

    def run(self) -> DocOp:
        first, second = self._first, self._second
        while self._advance_first():
            if not self._advance_second():
                raise ComposeError("the second operation ends before the document that the first leaves")
            if self._annotations is not None:
                self._annotations.flush_both()
            self._pass(min(first.left, second.left))
        if self._second.left > 0 or self._advance_second():
            raise ComposeError("the second operation goes on after the end of the document that the first leaves")
        annotations = self._annotations
        if annotations is not None:
            annotations.flush_both()
        result = self._out.finish()
        if self._out.leaves_annotations_open():
            raise ComposeError("an annotation is still open at the end: one of the operations is ill-formed")
        return result

    def _advance_first(self) -> bool:
        """Come to the next item that the first operation leaves, writing its deletions; False at its end."""
        first = self._first
        while first.left == 0:
            component = first.next()
            if component is None:
                return False
            kind = component.kind
            if kind == ANNOTATION_BOUNDARY:
                assert isinstance(component, AnnotationBoundary)
                self._annotated().queue_first(component)
            elif DELETE_CHARACTERS <= kind <= DELETE_ELEMENT_END:
                if self._annotations is not None:
                    self._annotations.flush_first()
                self._out.write(component)
            else:
                first.enter()
        return True

    def _advance_second(self) -> bool:
        """Come to the next item that the second operation reads, writing its insertions; False at its end."""
        second = self._second
        while second.left == 0:
            component = second.next()
            if component is None:
                return False
            kind = component.kind
            if kind == ANNOTATION_BOUNDARY:
                assert isinstance(component, AnnotationBoundary)
                self._annotated().queue_second(component)
            elif CHARACTERS <= kind <= ELEMENT_END:
                if self._annotations is not None:
                    self._annotations.flush_second()
                self._out.write(component)
            else:
                second.enter()
        return True

    def _annotated(self) -> _ComposedAnnotations:
        annotations = self._annotations
        if annotations is None:
            annotations = self._annotations = _ComposedAnnotations(self._out)
        return annotations

    def _pass(self, items: i64) -> None:
        """Let the next ``items`` items that the first operation leaves go through the second."""
        first, second = self._first, self._second
        if second.current.kind == RETAIN:
            second.skip(items)
            self._out.write(first.take(items))
        elif first.current.kind == RETAIN:
            first.skip(items)
            self._out.write(second.take(items))
        else:
            combined = _combined(first.take(items), second.take(items))
            if combined is not None:
                self._out.write(combined)


def _combined(first: Component, second: Component) -> Component | None:
    """What becomes of one piece that the first operation inserts or changes, and the second deletes or changes.

    None when nothing is left of it. The pieces have the same number of items (C2, C3).
    """
    if isinstance(first, Characters):
        if isinstance(second, DeleteCharacters) and first.text == second.text:
            return None
    elif isinstance(first, ElementStart):
        return _combined_start(first, second)
    elif isinstance(first, ElementEnd):
        if isinstance(second, DeleteElementEnd):
            return None
    elif isinstance(first, ReplaceAttributes):
        return _combined_replacement(first, second)
    elif isinstance(first, UpdateAttributes):
        return _combined_update(first, second)
    raise _misfit(first, second)


def _combined_start(first: ElementStart, second: Component) -> Component | None:
    """An inserted element start, then a deletion or a change of its attributes."""
    if isinstance(second, DeleteElementStart):
        if first.type == second.type and first.attributes == second.attributes:
            return None
    elif isinstance(second, ReplaceAttributes):
        if first.attributes == second.old:
            return ElementStart(first.type, second.new)
    elif isinstance(second, UpdateAttributes):
        return ElementStart(first.type, _meeting(updated(first.attributes, second.changes), first, second))
    raise _misfit(first, second)


def _combined_replacement(first: ReplaceAttributes, second: Component) -> Component:
    """Replaced attributes, then a deletion of the element start or a further change."""
    if isinstance(second, DeleteElementStart):
        if first.new == second.attributes:
            return DeleteElementStart(second.type, first.old)
    elif isinstance(second, ReplaceAttributes):
        if first.new == second.old:
            return ReplaceAttributes(first.old, second.new)
    elif isinstance(second, UpdateAttributes):
        return ReplaceAttributes(first.old, _meeting(updated(first.new, second.changes), first, second))
    raise _misfit(first, second)


def _combined_update(first: UpdateAttributes, second: Component) -> Component:
    """Updated attributes, then a deletion of the element start or a further change."""
    if isinstance(second, DeleteElementStart):
        before = _meeting(updated(second.attributes, inverted(first.changes)), first, second)
        return DeleteElementStart(second.type, before)
    if isinstance(second, ReplaceAttributes):
        return ReplaceAttributes(_meeting(updated(second.old, inverted(first.changes)), first, second), second.new)
    if isinstance(second, UpdateAttributes):
        changes = merged(first.changes, second.changes)
        if changes is not None:
            return UpdateAttributes(changes)
    raise _misfit(first, second)


def _meeting(attributes: Attributes | None, first: Component, second: Component) -> Attributes:
    if attributes is None:
        raise _misfit(first, second)
    return attributes


def _misfit(first: Component, second: Component) -> ComposeError:
    return ComposeError(
        f"the second operation has {described(second)} that does not fit {described(first)} of the first"
    )


@mypyc_attr(acyclic=True)
@final
class _ComposedAnnotations:
    """The annotation updates of both operations, merged key by key.

    Where both update a key the result goes from the old value of the first to the new one of the
    second, unchecked; where one does, it is that one (C4). Boundaries wait in a queue of their own
    until something is written behind them: deletions of the first release only its queue, insertions
    of the second only the other, everything else both.
    """

    __slots__ = ("_first", "_first_queue", "_out", "_second", "_second_queue")

    def __init__(self, out: OperationWriter) -> None:
        self._out: Final = out
        self._first: dict[str, ValueChange] = {}  # what each operation's released boundaries leave open
        self._second: dict[str, ValueChange] = {}
        self._first_queue: list[AnnotationBoundary] = []
        self._second_queue: list[AnnotationBoundary] = []

    def queue_first(self, boundary: AnnotationBoundary) -> None:
        self._first_queue.append(boundary)

    def queue_second(self, boundary: AnnotationBoundary) -> None:
        self._second_queue.append(boundary)

    def flush_both(self) -> None:
        self.flush_first()
        self.flush_second()

    def flush_first(self) -> None:
        if self._first_queue:
            for boundary in self._first_queue:
                self._release_first(boundary)
            self._first_queue = []

    def flush_second(self) -> None:
        if self._second_queue:
            for boundary in self._second_queue:
                self._release_second(boundary)
            self._second_queue = []

    def _release_first(self, boundary: AnnotationBoundary) -> None:
        for key in boundary.ends:
            self._first.pop(key, None)
            later = self._second.get(key)
            if later is None:
                self._out.end(key)
            else:
                self._out.change(key, later)
        for key, old, new in boundary.changes:
            values = ValueChange(old, new)
            self._first[key] = values
            later = self._second.get(key)
            self._out.change(key, values if later is None else ValueChange(old, later.new))

    def _release_second(self, boundary: AnnotationBoundary) -> None:
        for key in boundary.ends:
            self._second.pop(key, None)
            earlier = self._first.get(key)
            if earlier is None:
                self._out.end(key)
            else:
                self._out.change(key, earlier)
        for key, old, new in boundary.changes:
            values = ValueChange(old, new)
            self._second[key] = values
            earlier = self._first.get(key)
            self._out.change(key, values if earlier is None else ValueChange(earlier.old, new))
