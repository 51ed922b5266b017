"""Whether an operation applies to a document, and what applying it takes.

One walk over the components, which looks only at the items that they touch. Nothing is changed, so
an operation that fails on its last component has done no harm.

Source: OT.md, rules A1 to A6. What an operation leaves an item's annotations to be is in each case
``AnnotationUpdate.updated`` of the annotations it had, or, inserted, of those of the original item
to its left. A deletion is in order when the annotations it leads to are those of the nearest
surviving item to the left: that is rule A5 in one sentence.
"""

from __future__ import annotations

from typing import Final, final

from wave_ot.annotations import AnnotationMap, AnnotationUpdate
from wave_ot.attributes import updated
from wave_ot.components import (
    ANNOTATION_BOUNDARY,
    CHARACTERS,
    DELETE_CHARACTERS,
    DELETE_ELEMENT_START,
    ELEMENT_END,
    ELEMENT_START,
    REPLACE_ATTRIBUTES,
    RETAIN,
    UPDATE_ATTRIBUTES,
    AnnotationBoundary,
    Component,
    DeleteCharacters,
    DeleteElementStart,
    ReplaceAttributes,
    Retain,
    UpdateAttributes,
)
from wave_ot.item_tree import ItemTree
from wave_ot.runs import END, START, TEXT, Run


@final
class Planner:
    """Reads the components of a well-formed operation. Methods return the reason for refusing, or None."""

    def __init__(self, tree: ItemTree) -> None:
        self._tree: Final = tree
        self._size: Final = tree.size
        self._update: AnnotationUpdate | None = None  # None while no boundary has been met
        # The final annotations of the nearest surviving item to the left; None: those of the item left of position
        self._target: AnnotationMap | None = None
        self.position = 0
        self.inserted: Final[list[AnnotationMap]] = []  # the annotations of each insertion, in order

    def read(self, component: Component) -> str | None:
        """Take in the next component."""
        kind = component.kind
        if kind == RETAIN:
            assert isinstance(component, Retain)
            return self._retain(component.items)
        if kind in (CHARACTERS, ELEMENT_START, ELEMENT_END):
            return self._insert()
        if kind == DELETE_CHARACTERS:
            assert isinstance(component, DeleteCharacters)
            return self._delete_characters(component.text)
        if kind == ANNOTATION_BOUNDARY:
            assert isinstance(component, AnnotationBoundary)
            if self._update is None:
                self._update = AnnotationUpdate()
            self._update.read(component)
            return None
        if self.position == self._size:
            return "the operation goes past the end of the document"
        run = self._tree.run_of(self.position)
        if kind in (REPLACE_ATTRIBUTES, UPDATE_ATTRIBUTES):
            return self._change_attributes(run, component)
        return self._delete_element(run, component)

    def finish(self) -> str | None:
        """The operation has ended."""
        if self.position < self._size:
            return f"the operation ends before the document, which has {self._size} items"
        return None

    def _updated(self, annotations: AnnotationMap) -> AnnotationMap | None:
        return annotations if self._update is None else self._update.updated(annotations)

    def _mismatch(self, annotations: AnnotationMap) -> str:
        assert self._update is not None
        return self._update.mismatch(annotations)

    def _retain(self, items: int) -> str | None:
        end = self.position + items
        if end > self._size:
            return f"a retain of {items} items goes past the end of the document, which has {self._size}"
        if self._update is None or self._update.is_empty():
            self.position = end
            self._target = None
            return None
        while self.position < end:
            run = self._tree.run_of(self.position)
            self._target = self._updated(run.annotations)
            if self._target is None:
                return self._mismatch(run.annotations)
            self.position = min(end, self.position + run.length - self._tree.offset + 1)
        return None

    def _insert(self) -> str | None:
        inherited = self._tree.annotations_before(self.position)
        annotations = self._updated(inherited)
        if annotations is None:
            return self._mismatch(inherited)
        self._target = annotations
        self.inserted.append(annotations)
        return None

    def _change_attributes(self, run: Run, component: Component) -> str | None:
        if run.kind != START:
            return "there is no element start here whose attributes could change"
        assert run.element is not None
        if isinstance(component, ReplaceAttributes):
            applies = component.old == run.element.attributes
        else:
            assert isinstance(component, UpdateAttributes)
            applies = updated(run.element.attributes, component.changes) is not None
        if not applies:
            return f"the attributes of <{run.element.type}> here are not those that the operation changes"
        return self._retain(1)

    def _delete_characters(self, text: str) -> str | None:
        if self.position + len(text) > self._size:
            return "the operation deletes past the end of the document"
        start = 0
        while start < len(text):
            run = self._tree.run_of(self.position)
            if run.kind != TEXT:
                return "characters to delete, where the document has an element"
            offset = self._tree.offset - 1
            end = min(len(text), start + run.length - offset)
            if not run.text.startswith(text[start:end], offset):
                return f"the characters to delete are not those of the document ({text[start:end]!r})"
            reason = self._delete(run, end - start)
            if reason is not None:
                return reason
            start = end
        return None

    def _delete_element(self, run: Run, component: Component) -> str | None:
        if component.kind == DELETE_ELEMENT_START:
            assert isinstance(component, DeleteElementStart)
            element = run.element
            if element is None:
                return f"no element starts here, where <{component.type}> is to be deleted"
            if element.type != component.type or element.attributes != component.attributes:
                return f"the element here, <{element.type}>, is not the one to be deleted, or has other attributes"
        elif run.kind != END:
            return "no element ends here, where one is to be deleted"
        return self._delete(run, 1)

    def _delete(self, run: Run, items: int) -> str | None:
        """Delete ``items`` items of ``run`` from position on: rule A5."""
        if self._target is None:
            self._target = self._tree.annotations_before(self.position)
        annotations = self._updated(run.annotations)
        if annotations is None:
            return self._mismatch(run.annotations)
        if annotations is not self._target and annotations != self._target:
            return "a deletion that does not reset the annotations to those of the item to the left"
        self.position += items
        return None
