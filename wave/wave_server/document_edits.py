"""Reading and editing small data documents by their elements. Pure.

``elements`` lists what is in a document with the place of each element, in items; ``DocumentEdits`` collects
changes to it and builds the one operation that makes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, final

from wave_ot.components import (
    Characters,
    Component,
    DeleteElementEnd,
    DeleteElementStart,
    ElementEnd,
    ElementStart,
    Retain,
    UpdateAttributes,
)
from wave_ot.docop import DocOp
from wave_ot.ordering import sorted_names

ROOT: Final = "data"  # the root element of per-user documents, which may be left out


@final
@dataclass(slots=True, eq=False)
class Element:
    """An element of a document: its start tag is item ``start``, its end tag item ``end``."""

    type: str
    attributes: Mapping[str, str]
    parent: Element | None
    start: int
    end: int = 0


def elements(document: DocOp | None) -> list[Element]:
    """The elements in document order; none of a document that is absent. ``document`` holds insertions only."""
    found: list[Element] = []
    open_elements: list[Element] = []
    position = 0
    for component in () if document is None else document.components:
        if isinstance(component, ElementStart):
            parent = open_elements[-1] if open_elements else None
            element = Element(component.type, dict(component.attributes), parent, position)
            found.append(element)
            open_elements.append(element)
            position += 1
        elif isinstance(component, ElementEnd):
            open_elements.pop().end = position
            position += 1
        elif isinstance(component, Characters):
            position += len(component.text)
    return found


def integer(text: str | None) -> int:
    """A version written in an attribute; 0 when it is absent or no number."""
    return int(text) if text is not None and text.isascii() and text.isdigit() else 0


@final
class DocumentEdits:
    """Changes to one document, each of another element, made together."""

    def __init__(self, document: DocOp | None) -> None:
        self.elements: Final = elements(document)
        self._size: Final = _size(document)
        self._updates: Final[dict[int, list[Component]]] = {}  # by the item that they take the place of
        self._removed: Final[set[int]] = set()  # starts of removed elements
        self._insertions: Final[dict[int, list[Component]]] = {}  # by the item that they go before

    def set(self, element: Element, name: str, value: str) -> None:
        """Give an attribute another value."""
        self._updates[element.start] = [UpdateAttributes(((name, element.attributes.get(name), value),))]

    def remove(self, element: Element) -> None:
        """Remove an element, which must be empty."""
        attributes = _sorted(element.attributes)
        self._updates[element.start] = [DeleteElementStart(element.type, attributes), DeleteElementEnd()]
        self._removed.add(element.start)

    def add(
        self, type_: str, attributes: Mapping[str, str], children: Sequence[tuple[str, Mapping[str, str]]] = ()
    ) -> None:
        """Add an element, with empty children, at the end of the document: inside its root where it has one."""
        root = next((each for each in self.elements if each.parent is None and each.type == ROOT), None)
        at = self._size if root is None else root.end
        inner = [component for child in children for component in _empty(*child)]
        self._insert(at, [ElementStart(type_, _sorted(attributes)), *inner, ElementEnd()])

    def add_into(self, parent: Element, children: Iterable[tuple[str, Mapping[str, str]]]) -> None:
        """Add empty elements at the end of another."""
        self._insert(parent.end, [component for child in children for component in _empty(*child)])

    def build(self) -> DocOp | None:
        """The operation; None when nothing was changed."""
        if not (self._updates or self._insertions):
            return None
        components: list[Component] = []
        position = 0
        for place in sorted({*self._updates, *self._insertions}):
            if place > position:
                components.append(Retain(place - position))
                position = place
            components += self._insertions.get(place, ())
            if place in self._updates:
                components += self._updates[place]
                position = place + (2 if place in self._removed else 1)
        if position < self._size:
            components.append(Retain(self._size - position))
        return DocOp(components)

    def _insert(self, at: int, components: list[Component]) -> None:
        self._insertions.setdefault(at, []).extend(components)


def _empty(type_: str, attributes: Mapping[str, str]) -> list[Component]:
    return [ElementStart(type_, _sorted(attributes)), ElementEnd()]


def _sorted(attributes: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((name, attributes[name]) for name in sorted_names(attributes))


def _size(document: DocOp | None) -> int:
    components = () if document is None else document.components
    return sum(
        len(each.text) if isinstance(each, Characters) else isinstance(each, ElementStart | ElementEnd)
        for each in components
    )
