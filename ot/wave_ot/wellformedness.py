"""Whether components make an operation at all, which takes no document to tell.

Source: OT.md, rules V2 to V4. Everything here costs the same whatever the document's length.
"""

from __future__ import annotations

from typing import Final, final

from wave_ot.characters import has_barred_character, is_xml_name
from wave_ot.components import (
    ANNOTATION_BOUNDARY,
    CHARACTERS,
    DELETE_CHARACTERS,
    DELETE_ELEMENT_END,
    DELETE_ELEMENT_START,
    ELEMENT_END,
    ELEMENT_START,
    RETAIN,
    AnnotationBoundary,
    Attributes,
    Changes,
    Characters,
    Component,
    DeleteCharacters,
    DeleteElementStart,
    ElementStart,
    ReplaceAttributes,
    Retain,
    UpdateAttributes,
)
from wave_ot.docop import DocOp
from wave_ot.ordering import utf16_less
from wave_ot.verdict import Verdict, Violation


def is_well_formed(op: DocOp) -> bool:
    """Whether ``op`` could apply to some document, as far as the operation alone can tell."""
    return ill_formedness(op) is None


def ill_formedness(op: DocOp) -> Violation | None:
    """The first thing that makes ``op`` ill-formed, or None. Linear in its components and their text."""
    reader = _Reader()
    for component in op.components:
        reason = reader.read(component)
        if reason is not None:
            return Violation(Verdict.ILL_FORMED, reason, reader.position)
    reason = reader.finish()
    if reason is not None:
        return Violation(Verdict.ILL_FORMED, reason, reader.position)
    return None


@final
class _Reader:
    """What has been read of an operation so far. Methods return the reason for refusing, or None."""

    def __init__(self) -> None:
        self.position = 0  # items of the original document consumed
        self.inserting = 0  # insertions of elements that have started and not ended
        self.deleting = 0
        self.after_boundary = False
        self.open_keys: Final[set[str]] = set()

    def read(self, component: Component) -> str | None:
        kind = component.kind
        if kind == ANNOTATION_BOUNDARY:
            assert isinstance(component, AnnotationBoundary)
            return self.boundary(component)
        self.after_boundary = False
        if kind == RETAIN:
            assert isinstance(component, Retain)
            return self.retain(component.items)
        if kind in (CHARACTERS, ELEMENT_START, ELEMENT_END):
            return self.insertion(component)
        if kind in (DELETE_CHARACTERS, DELETE_ELEMENT_START, DELETE_ELEMENT_END):
            return self.deletion(component)
        return self.attribute_change(component)

    def finish(self) -> str | None:
        if self.inserting > 0:
            return "an inserted element starts but never ends"
        if self.deleting > 0:
            return "the deletion of an element starts but never ends"
        if self.open_keys:
            return f"the annotation update of {min(self.open_keys)!r} is never ended"
        return None

    def retain(self, items: int) -> str | None:
        if self.inserting > 0 or self.deleting > 0:
            return "a retain inside an insertion or deletion of an element"
        if items <= 0:
            return f"a retain of {items} items: at least 1 is needed"
        self.position += items
        return None

    def insertion(self, component: Component) -> str | None:
        if self.deleting > 0:
            return "an insertion inside the deletion of an element"
        if isinstance(component, Characters):
            return _text_reason(component.text)
        if isinstance(component, ElementStart):
            self.inserting += 1
            return _element_reason(component.type, component.attributes)
        if self.inserting == 0:
            return "an element end without its start"
        self.inserting -= 1
        return None

    def deletion(self, component: Component) -> str | None:
        if self.inserting > 0:
            return "a deletion inside an inserted element"
        reason: str | None = None
        items = 1
        if isinstance(component, DeleteCharacters):
            reason = _text_reason(component.text)
            items = len(component.text)
        elif isinstance(component, DeleteElementStart):
            self.deleting += 1
            reason = _element_reason(component.type, component.attributes)
        elif self.deleting == 0:
            reason = "the deletion of an element end without that of its start"
        else:
            self.deleting -= 1
        if reason is None:
            self.position += items
        return reason

    def attribute_change(self, component: Component) -> str | None:
        if self.inserting > 0 or self.deleting > 0:
            return "an attribute change inside an insertion or deletion of an element"
        if isinstance(component, ReplaceAttributes):
            reason = _attributes_reason(component.old) or _attributes_reason(component.new)
        else:
            assert isinstance(component, UpdateAttributes)
            reason = _update_reason(component.changes)
        if reason is None:
            self.position += 1
        return reason

    def boundary(self, component: AnnotationBoundary) -> str | None:
        if self.after_boundary:
            return "two annotation boundaries side by side"
        self.after_boundary = True
        reason = _boundary_reason(component)
        if reason is not None:
            return reason
        for key in component.ends:
            if key not in self.open_keys:
                return f"the annotation update of {key!r} ends without having started"
        for key in component.ends:
            self.open_keys.remove(key)
        for change in component.changes:
            self.open_keys.add(change[0])
        return None


def _text_reason(text: str) -> str | None:
    if not text:
        return "characters without any text"
    if has_barred_character(text):
        return "text with a surrogate or a noncharacter"
    return None


def _element_reason(element: str, attributes: Attributes) -> str | None:
    if not is_xml_name(element):
        return f"the element type {element!r} is not an XML name"
    return _attributes_reason(attributes)


def _attributes_reason(attributes: Attributes) -> str | None:
    previous: str | None = None
    for name, value in attributes:
        reason = _attribute_name_reason(previous, name) or _value_reason("attribute", name, value)
        if reason is not None:
            return reason
        previous = name
    return None


def _update_reason(changes: Changes) -> str | None:
    previous: str | None = None
    for name, old, new in changes:
        reason = (
            _attribute_name_reason(previous, name)
            or _value_reason("attribute", name, old)
            or _value_reason("attribute", name, new)
        )
        if reason is not None:
            return reason
        previous = name
    return None


def _attribute_name_reason(previous: str | None, name: str) -> str | None:
    if not is_xml_name(name):
        return f"the attribute name {name!r} is not an XML name"
    return _order_reason("attribute names", previous, name)


def _boundary_reason(boundary: AnnotationBoundary) -> str | None:
    previous: str | None = None
    for key in boundary.ends:
        reason = _annotation_key_reason(previous, key)
        if reason is not None:
            return reason
        previous = key
    previous = None
    ended = set(boundary.ends)
    for key, old, new in boundary.changes:
        reason = (
            _annotation_key_reason(previous, key)
            or _value_reason("annotation", key, old)
            or _value_reason("annotation", key, new)
        )
        if reason is not None:
            return reason
        if key in ended:
            return f"the annotation update of {key!r} both ends and changes in one boundary"
        previous = key
    return None


def _annotation_key_reason(previous: str | None, key: str) -> str | None:
    if "?" in key or "@" in key:
        return f"the annotation key {key!r} holds '?' or '@'"
    if has_barred_character(key):
        return f"the annotation key {key!r} holds a surrogate or a noncharacter"
    return _order_reason("annotation keys", previous, key)


def _order_reason(what: str, previous: str | None, name: str) -> str | None:
    """Rule V3: names and keys increase strictly, by UTF-16 code unit."""
    if previous is None or utf16_less(previous, name):
        return None
    return f"{what} out of order: {previous!r} before {name!r}"


def _value_reason(what: str, name: str, value: str | None) -> str | None:
    if value is not None and has_barred_character(value):
        return f"the value of the {what} {name!r} holds a surrogate or a noncharacter"
    return None
