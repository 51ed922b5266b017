"""Cursor: walks the components of an operation, cut to whatever lengths the walk needs."""

from __future__ import annotations

from typing import Final, final

from mypy_extensions import i64, mypyc_attr

from wave_ot.components import (
    ANNOTATION_BOUNDARY,
    CHARACTERS,
    ELEMENT_END,
    AnnotationBoundary,
    Characters,
    Component,
    DeleteCharacters,
    Retain,
)
from wave_ot.docop import DocOp
from wave_ot.errors import MalformedOperation


@mypyc_attr(acyclic=True, free_list_len=1)
@final
class Cursor:
    """A place in an operation: between two components, or ``left`` items before the end of one.

    ``enter`` a component to consume its items with ``take`` or ``skip``; boundaries have none.
    """

    __slots__ = ("_components", "_count", "_index", "_size", "current", "left")

    def __init__(self, op: DocOp) -> None:
        self._components: Final = op.components
        self._count: Final[i64] = len(op.components)
        self._index: i64 = 0  # of the next component
        self._size: i64 = 0  # items of the current component
        self.current: Component = _NOTHING
        self.left: i64 = 0  # items of the current component not yet consumed

    def next(self) -> Component | None:
        """Step to the next component and return it; None at the end. Only between components."""
        if self._index == self._count:
            return None
        self.current = self._components[self._index]
        self._index += 1
        return self.current

    def insertions_ahead(self) -> i64:
        """How many of the next components come before the next item, up to and with the last insertion among them.

        What lies between are boundaries; those behind the last insertion do not count. Only between components.
        """
        index = last = self._index
        while index < self._count:
            kind = self._components[index].kind
            index += 1
            if CHARACTERS <= kind <= ELEMENT_END:
                last = index
            elif kind != ANNOTATION_BOUNDARY:
                break
        return last - self._index

    def enter(self) -> None:
        """Make the items of the current component available; an empty one has none. Raises MalformedOperation."""
        self.left = self._size = size(self.current)
        if self.left < 0:
            raise MalformedOperation(f"a retain of {self.left} items: there is no going back")

    def take(self, items: i64) -> Component:
        """Consume the next ``items`` items, at most ``left``: a component for just these."""
        start = self._size - self.left
        self.left -= items
        return self.current if items == self._size else piece(self.current, start, items)

    def skip(self, items: i64) -> None:
        """Consume the next ``items`` items, at most ``left``."""
        self.left -= items


_NOTHING: Final = Component(-1)


def size(component: Component) -> i64:
    """The items that a component covers; 0 for a boundary."""
    if isinstance(component, Retain):
        return component.items
    if isinstance(component, Characters):
        return len(component.text)
    if isinstance(component, DeleteCharacters):
        return len(component.text)
    return 0 if isinstance(component, AnnotationBoundary) else 1


def piece(component: Component, start: i64, items: i64) -> Component:
    """The part of a component from its item ``start`` on, ``items`` long. Elements have one item: all or nothing."""
    if isinstance(component, Retain):
        return Retain(items)
    if isinstance(component, Characters):
        return Characters(component.text[start : start + items])
    if isinstance(component, DeleteCharacters):
        return DeleteCharacters(component.text[start : start + items])
    return component


def described(component: Component) -> str:
    """A component for an error message: its kind and length, never its text, which may be long, or private."""
    items = size(component)
    return _KINDS[component.kind] if items < 2 else f"{_KINDS[component.kind]} ({items} items)"


_KINDS: Final = (
    "a retain",
    "an insertion of characters",
    "an element start",
    "an element end",
    "a deletion of characters",
    "a deletion of an element start",
    "a deletion of an element end",
    "a replacement of attributes",
    "an update of attributes",
    "an annotation boundary",
)
