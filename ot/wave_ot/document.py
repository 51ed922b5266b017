"""Document: the state that operations apply to, changed in place."""

from __future__ import annotations

from typing import Final, final

from wave_ot.annotations import NO_ANNOTATIONS, AnnotationMap, AnnotationUpdate, boundary_between
from wave_ot.attributes import updated
from wave_ot.components import (
    ANNOTATION_BOUNDARY,
    CHARACTERS,
    DELETE_CHARACTERS,
    ELEMENT_END,
    ELEMENT_START,
    RETAIN,
    AnnotationBoundary,
    Characters,
    Component,
    DeleteCharacters,
    ElementEnd,
    ElementStart,
    ReplaceAttributes,
    Retain,
    UpdateAttributes,
)
from wave_ot.docop import DocOp
from wave_ot.errors import InvalidOperation
from wave_ot.item_tree import ItemTree
from wave_ot.planning import Planner
from wave_ot.runs import END, START, TEXT, Run, text_runs
from wave_ot.schema import Schema, schema_violation
from wave_ot.verdict import Verdict, Violation
from wave_ot.wellformedness import ill_formedness


@final
class Document:
    """A structured document: characters, element starts and element ends in a row, each with annotations.

    Make one with ``Document.empty()`` or ``Document.from_op(op)`` and change it with ``apply``.
    Positions and lengths count items, and a character is one Unicode code point. Two documents are
    equal when their items and annotations are; a document is not hashable, since it changes.
    Reading also moves a finger inside: one document belongs to one thread.
    """

    __hash__ = None  # type: ignore[assignment]

    def __init__(self) -> None:
        self._tree: Final = ItemTree()

    @staticmethod
    def empty() -> Document:
        """A document without any items."""
        return Document()

    @staticmethod
    def from_op(op: DocOp) -> Document:
        """The document that ``op``, which only inserts, makes of the empty one.

        Raises InvalidOperation when it is ill-formed, or does not apply to the empty document.
        """
        document = Document()
        document.apply(op)
        return document

    @property
    def size(self) -> int:
        """The document's length in items."""
        return self._tree.size

    def check(self, op: DocOp, schema: Schema | None = None) -> Violation | None:
        """What is wrong with ``op`` on this document, or None when ``apply`` would do it. Changes nothing.

        Ill-formedness comes first, then what does not fit the document, then what ``schema``
        does not permit. Costs O(components * log n + runs deleted or annotated).
        """
        violation = ill_formedness(op)
        if violation is not None:
            return violation
        planner = Planner(self._tree)
        return self._plan(planner, op) or self._judge(op, schema)

    def apply(self, op: DocOp, schema: Schema | None = None) -> None:
        """Change this document as ``op`` says. Costs as ``check`` does, whatever the document's length.

        Raises InvalidOperation, with the reason and the position, when ``check`` finds anything
        wrong; the document is then unchanged.
        """
        violation = ill_formedness(op)
        if violation is None:
            planner = Planner(self._tree)
            violation = self._plan(planner, op) or self._judge(op, schema)
            if violation is None:
                _Writer(self._tree, planner.inserted).write(op)
                return
        raise InvalidOperation(str(violation))

    def _plan(self, planner: Planner, op: DocOp) -> Violation | None:
        for component in op.components:
            reason = planner.read(component)
            if reason is not None:
                return Violation(Verdict.INVALID_DOCUMENT, reason, planner.position)
        reason = planner.finish()
        return None if reason is None else Violation(Verdict.INVALID_DOCUMENT, reason, planner.position)

    def _judge(self, op: DocOp, schema: Schema | None) -> Violation | None:
        found = None if schema is None else schema_violation(self._tree, op, schema)
        return None if found is None else Violation(Verdict.INVALID_SCHEMA, found[1], found[0])

    def enclosing(self, position: int) -> tuple[ElementStart, ...]:
        """The starts of the elements open just before item ``position``, outermost first.

        Raises IndexError when there is no such place.
        """
        if not 0 <= position <= self.size:
            raise IndexError(f"position {position} in a document of {self.size} items")
        return tuple(reversed(self._tree.enclosing(position, self.size)))

    def text(self, start: int = 0, end: int | None = None) -> str:
        """The characters among the items from ``start`` to ``end`` (default: the end), without tags.

        Raises IndexError when the range is not inside the document.
        """
        stop = self.size if end is None else end
        if not 0 <= start <= stop <= self.size:
            raise IndexError(f"items {start} to {stop} of a document of {self.size} items")
        tree = self._tree
        pieces: list[str] = []
        position = start
        while position < stop:
            run = tree.run_of(position)
            offset = tree.offset - 1
            taken = min(run.length - offset, stop - position)
            if run.kind == TEXT:
                pieces.append(run.text[offset : offset + taken])
            position += taken
        return "".join(pieces)

    def to_op(self) -> DocOp:
        """The operation that makes this document of the empty one, in canonical form.

        Its texts are as long as they can be, and its boundaries mention only what changes and is
        not null, so equal documents give equal operations. Linear in the document's length.
        """
        components: list[Component] = []
        pieces: list[str] = []
        current: AnnotationMap = NO_ANNOTATIONS
        for run in self._tree.runs():
            boundary = boundary_between(current, run.annotations)
            if pieces and (run.kind != TEXT or boundary is not None):
                components.append(Characters("".join(pieces)))
                pieces = []
            if boundary is not None:
                components.append(boundary)
                current = run.annotations
            if run.kind == TEXT:
                pieces.append(run.text)
            elif run.kind == START:
                assert run.element is not None
                components.append(run.element)
            else:
                components.append(_THE_END)
        if pieces:
            components.append(Characters("".join(pieces)))
        last = boundary_between(current, NO_ANNOTATIONS)
        if last is not None:
            components.append(last)
        return DocOp(components)

    def check_invariants(self) -> None:
        """Raise AssertionError when the inner structure is not what it should be. Linear; for tests."""
        self._tree.check()
        assert self._tree.enclosing(self.size, self.size) == [], "an element without its end"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Document) and self.size == other.size and self.to_op() == other.to_op()

    def __repr__(self) -> str:
        return f"Document.from_op({self.to_op()!r})"


_THE_END: Final = ElementEnd()


@final
class _Writer:
    """Carries out an operation that a Planner has found to apply, with the annotations that it found."""

    def __init__(self, tree: ItemTree, inserted: list[AnnotationMap]) -> None:
        self._tree: Final = tree
        self._inserted: Final = inserted  # for each insertion
        self._insertions = 0  # done or waiting
        self._position = 0  # in the result, before what waits
        self._new: list[Run] = []  # waits to be inserted at position
        self._deleted = 0  # items that wait to be deleted at position
        self._update: AnnotationUpdate | None = None

    def write(self, op: DocOp) -> None:
        """Do it all. Insertions and deletions at one place are done in one go."""
        for component in op.components:
            kind = component.kind
            if kind in (CHARACTERS, ELEMENT_START, ELEMENT_END):
                self._insert(component)
            elif kind == DELETE_CHARACTERS:
                assert isinstance(component, DeleteCharacters)
                self._deleted += len(component.text)
            elif kind == RETAIN:
                assert isinstance(component, Retain)
                self._flush()
                self._retain(component.items)
            elif kind == ANNOTATION_BOUNDARY:
                assert isinstance(component, AnnotationBoundary)
                if self._update is None:
                    self._update = AnnotationUpdate()
                self._update.read(component)
            elif isinstance(component, (ReplaceAttributes, UpdateAttributes)):
                self._flush()
                self._change_attributes(component)
                self._retain(1)
            else:
                self._deleted += 1
        self._flush()

    def _insert(self, component: Component) -> None:
        annotations = self._inserted[self._insertions]
        self._insertions += 1
        if isinstance(component, Characters):
            self._new.extend(text_runs(component.text, annotations))
        elif isinstance(component, ElementStart):
            self._new.append(Run(START, "", component, annotations))
        else:
            self._new.append(Run(END, "", None, annotations))

    def _flush(self) -> None:
        if not self._new and self._deleted == 0:
            return
        items = 0
        for run in self._new:
            items += run.length
        self._tree.replace(self._position, self._deleted, self._new)
        self._position += items
        self._new = []
        self._deleted = 0

    def _retain(self, items: int) -> None:
        if self._update is not None and not self._update.is_empty():
            self._tree.annotate(self._position, items, self._update)
        self._position += items

    def _change_attributes(self, component: Component) -> None:
        element = self._tree.run_of(self._position).element
        assert element is not None
        if isinstance(component, ReplaceAttributes):
            attributes = component.new
        else:
            assert isinstance(component, UpdateAttributes)
            changed = updated(element.attributes, component.changes)
            assert changed is not None
            attributes = changed
        self._tree.set_element(self._position, ElementStart(element.type, attributes))
