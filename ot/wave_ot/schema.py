"""Document schemas: what elements, attributes and text a kind of document permits.

A schema answers questions about single items and their neighbours, so that an operation is checked
by what it touches: each insertion and attribute change, and the first child of each element whose
first child changes. The rest of the document was checked when it was made. Hence a document must
have obeyed its schema from its first operation on.
"""

from __future__ import annotations

from typing import Final, Protocol, final

from wave_ot.components import (
    ANNOTATION_BOUNDARY,
    CHARACTERS,
    ELEMENT_END,
    ELEMENT_START,
    REPLACE_ATTRIBUTES,
    RETAIN,
    UPDATE_ATTRIBUTES,
    Attributes,
    Characters,
    Component,
    DeleteCharacters,
    ElementStart,
    ReplaceAttributes,
    Retain,
    UpdateAttributes,
)
from wave_ot.docop import DocOp
from wave_ot.item_tree import ItemTree
from wave_ot.runs import START


class Schema(Protocol):
    """The questions that a schema answers. An element is named by its type, the document's top level by None."""

    def permits_child(self, parent: str | None, child: str) -> bool:
        """Whether an element ``child`` may stand directly in ``parent``."""

    def permits_attribute(self, element: str, name: str, value: str) -> bool:
        """Whether ``element`` may have the attribute ``name`` with this value."""

    def permits_text(self, parent: str | None, text: str) -> bool:
        """Whether ``text`` may stand directly in ``parent``. Asked once for each insertion, never for ""."""

    def required_first_child(self, parent: str | None) -> str | None:
        """The element that whatever ``parent`` holds must begin with, if there is one.

        An element ``parent`` must have it as its first child always; the top level, unless it is empty.
        """

    def single_root(self) -> bool:
        """Whether no more than one element may stand at the top level. Such a schema permits no text there."""


def schema_violation(tree: ItemTree, op: DocOp, schema: Schema) -> tuple[int, str] | None:
    """Position and reason of the first thing in ``op`` that ``schema`` does not permit; None if there is none.

    ``op`` must apply to ``tree``. Costs O(components * (depth + log n)).
    """
    reader = _Reader(tree, schema)
    for component in op.components:
        reason = reader.read(component)
        if reason is not None:
            return reader.position, reason
    reason = reader.finish()
    return None if reason is None else (reader.position, reason)


@final
class _Reader:
    """Reads an operation that applies. Methods return the reason for refusing, or None."""

    def __init__(self, tree: ItemTree, schema: Schema) -> None:
        self._tree: Final = tree
        self._schema: Final = schema
        self._inserting: Final[list[str]] = []  # the types of the inserted elements open here
        self._touched = False  # whether something was inserted or deleted since the last item kept
        self._required: str | None = None  # the element that the result's next item must start, if any
        self._roots = 0  # elements inserted at the top level
        self._keeps = False  # whether any item is kept
        self.position = 0

    def read(self, component: Component) -> str | None:
        """Take in the next component."""
        kind = component.kind
        if kind == ANNOTATION_BOUNDARY:
            return None
        if kind in (CHARACTERS, ELEMENT_START, ELEMENT_END):
            self._touch()
            return self._insert(component)
        if kind in (RETAIN, REPLACE_ATTRIBUTES, UPDATE_ATTRIBUTES):
            return self._keep(component)
        self._touch()
        self.position += len(component.text) if isinstance(component, DeleteCharacters) else 1
        return None

    def finish(self) -> str | None:
        """The operation has ended. A first child still required can only be that of an empty top level."""
        if self._roots + int(self._keeps) > 1 and self._schema.single_root():
            return "a second element at the top level, where the schema permits one"
        return None

    def _touch(self) -> None:
        """What follows the item last kept has changed: find out whether the schema requires something there."""
        if self._touched:
            return
        self._touched = True
        parent: str | None = None
        if self.position > 0:
            run = self._tree.run_of(self.position - 1)
            if run.kind != START:
                return
            assert run.element is not None
            parent = run.element.type
        self._required = self._schema.required_first_child(parent)

    def _next(self, started: str | None) -> str | None:
        """The result's next item is the start of an element of type ``started``, or none (None)."""
        required = self._required
        self._required = None
        if required is None or required == started:
            return None
        return f"the first thing here must be <{required}>"

    def _insert(self, component: Component) -> str | None:
        if isinstance(component, Characters):
            parent = self._parent()
            if not self._schema.permits_text(parent, component.text):
                return f"the schema does not permit this text in {_named(parent)}"
            return self._next(None)
        if isinstance(component, ElementStart):
            return self._insert_start(component)
        self._inserting.pop()
        return self._next(None)

    def _insert_start(self, start: ElementStart) -> str | None:
        parent = self._parent()
        if not self._schema.permits_child(parent, start.type):
            return f"the schema does not permit <{start.type}> in {_named(parent)}"
        if parent is None:
            self._roots += 1
        reason = self._next(start.type) or self._attributes(start.type, start.attributes)
        self._inserting.append(start.type)
        self._required = self._schema.required_first_child(start.type)
        return reason

    def _keep(self, component: Component) -> str | None:
        self._touched = False
        self._keeps = True
        reason: str | None = None
        if self._required is not None:
            element = self._tree.run_of(self.position).element
            reason = self._next(None if element is None else element.type)
        if isinstance(component, Retain):
            self.position += component.items
            return reason
        element = self._tree.run_of(self.position).element
        assert element is not None
        reason = reason or self._attributes(element.type, _new_attributes(component))
        if reason is None:
            self.position += 1
        return reason

    def _attributes(self, element: str, attributes: Attributes) -> str | None:
        for name, value in attributes:
            if not self._schema.permits_attribute(element, name, value):
                return f"the schema does not permit {name}={value!r} on <{element}>"
        return None

    def _parent(self) -> str | None:
        """The type of the innermost element around an insertion here."""
        if self._inserting:
            return self._inserting[-1]
        enclosing = self._tree.enclosing(self.position, 1)
        return enclosing[0].type if enclosing else None


def _new_attributes(component: Component) -> Attributes:
    """The attributes that an attribute change sets."""
    if isinstance(component, ReplaceAttributes):
        return component.new
    assert isinstance(component, UpdateAttributes)
    return tuple([(name, new) for name, _, new in component.changes if new is not None])


def _named(parent: str | None) -> str:
    return "the document's top level" if parent is None else f"<{parent}>"
