"""The original's validation, literally: an automaton that is driven through the operation, one component at a time.

No schema. Only where OT.md overrules the original is it followed: supplementary characters are allowed in text.

Source: OT.md, rules A1 to A6 and V1 to V5; the original's DocOpAutomaton, DocOpValidator and Utf16Util.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from itertools import pairwise

from wave_ot.components import (
    AnnotationBoundary,
    Attributes,
    Changes,
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

from .oracle import Annotations, Item, State

NAME_START = (  # NameStartChar of XML 1.0, fifth edition
    *((0x3A, 0x3A), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A), (0xC0, 0xD6), (0xD8, 0xF6), (0xF8, 0x2FF)),
    *((0x370, 0x37D), (0x37F, 0x1FFF), (0x200C, 0x200D), (0x2070, 0x218F), (0x2C00, 0x2FEF), (0x3001, 0xD7FF)),
    *((0xF900, 0xFDCF), (0xFDF0, 0xFFFD), (0x10000, 0xEFFFF)),
)
NAME_FURTHER = ((0x2D, 0x2E), (0x30, 0x39), (0xB7, 0xB7), (0x300, 0x36F), (0x203F, 0x2040))


class IllFormed(Exception):
    """A component that makes the operation ill-formed, or an end too early."""


class Invalid(Exception):
    """A well-formed component that does not fit the document."""


@cache
def utf16(text: str) -> bytes:
    """The order of the original's strings: by UTF-16 code unit."""
    return text.encode("utf-16-be", "surrogatepass")


@cache
def is_valid_text(text: str) -> bool:
    """No lone surrogates and no noncharacters."""
    return not any(_is_barred(ord(character)) for character in text)


@cache
def is_xml_name(text: str) -> bool:
    codes = [ord(character) for character in text]
    return (
        bool(codes)
        and not any(map(_is_barred, codes))
        and _within(codes[0], NAME_START)
        and all(_within(code, NAME_START) or _within(code, NAME_FURTHER) for code in codes)
    )


def is_well_formed(operation: DocOp) -> bool:
    """Judged on the empty document, which most operations do not fit; that does not matter here."""
    return verdict([], operation) != "ILL_FORMED"


def verdict(state: State, operation: DocOp) -> str:
    """The worst of what is found; an ill-formed component ends the search."""
    automaton = _Automaton(state)
    found = "VALID"
    for component in operation.components:
        try:
            automaton.check(component)
        except IllFormed:
            return "ILL_FORMED"
        except Invalid:
            found = "INVALID_DOCUMENT"
        automaton.advance(component)
    try:
        automaton.check_finish()
    except IllFormed:
        return "ILL_FORMED"
    except Invalid:
        found = "INVALID_DOCUMENT"
    return found


def _is_barred(code: int) -> bool:
    return 0xD800 <= code <= 0xDFFF or 0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE


def _within(code: int, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(first <= code <= last for first, last in ranges)


class _Automaton:
    """``check`` judges a component and changes nothing; ``advance`` moves past one that is at least well-formed."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.position = 0  # may run past the end, once something was invalid
        self.inserting = 0
        self.deleting = 0
        self.update: dict[str, tuple[str | None, str | None]] = {}
        self.after_boundary = False
        self.target: Annotations | None = {}  # what deletions must leave; None: unknown, past the end

    def check(self, component: Component) -> None:
        match component:
            case Retain(items):
                self._check_retain(items)
            case Characters(text):
                _require(bool(text) and is_valid_text(text) and not self.deleting, "characters")
                self._check_insertion()
            case ElementStart(type_, attributes):
                _check_element(type_, attributes)
                _require(not self.deleting, "insertion inside deletion")
                self._check_insertion()
            case ElementEnd():
                _require(not self.deleting and self.inserting > 0, "element end")
                self._check_insertion()
            case DeleteCharacters(text):
                _require(bool(text) and is_valid_text(text) and not self.inserting, "delete characters")
                self._check_deleted_text(text)
            case DeleteElementStart(type_, attributes):
                _check_element(type_, attributes)
                _require(not self.inserting, "deletion inside insertion")
                self._check_start(attributes, type_)
                self._check_deletion(1)
            case DeleteElementEnd():
                _require(not self.inserting and self.deleting > 0, "delete element end")
                _expect(self.position < len(self.state) and isinstance(self._content(), ElementEnd), "no end here")
                self._check_deletion(1)
            case ReplaceAttributes(old, new):
                _check_attributes(old)
                _check_attributes(new)
                _require(not self.deleting and not self.inserting, "attribute change inside")
                self._check_start(old, None)
                self._check_retained(1)
            case UpdateAttributes(changes):
                self._check_update(changes)
            case AnnotationBoundary(ends, changes):
                self._check_boundary(ends, changes)

    def advance(self, component: Component) -> None:
        self.after_boundary = isinstance(component, AnnotationBoundary)
        match component:
            case Retain(items):
                self._keep(items)
            case ReplaceAttributes() | UpdateAttributes():
                self._keep(1)
            case Characters():
                self._keep(0)
            case ElementStart():
                self._keep(0)
                self.inserting += 1
            case ElementEnd():
                self._keep(0)
                self.inserting -= 1
            case DeleteCharacters(text):
                self.position += len(text)
            case DeleteElementStart():
                self.position += 1
                self.deleting += 1
            case DeleteElementEnd():
                self.position += 1
                self.deleting -= 1
            case AnnotationBoundary(ends, changes):
                for key in ends:
                    del self.update[key]
                self.update |= {key: (old, new) for key, old, new in changes}

    def check_finish(self) -> None:
        _require(not self.inserting and not self.deleting and not self.update, "unbalanced at the end")
        _expect(self.position == len(self.state), "the operation is shorter than the document")

    def _keep(self, items: int) -> None:
        self.position += items
        if self.position > len(self.state):
            self.target = None
            return
        values: dict[str, str | None] = dict(self._inherited())
        values |= {key: new for key, (_, new) in self.update.items()}
        self.target = {key: value for key, value in values.items() if value is not None}

    def _content(self) -> object:
        return self.state[self.position].content

    def _inherited(self) -> Annotations:
        return self.state[self.position - 1].annotations if 0 < self.position <= len(self.state) else {}

    def _check_retain(self, items: int) -> None:
        _require(items > 0 and not self.inserting and not self.deleting, "retain")
        _expect(self.position + items <= len(self.state), "retain past the end")
        self._check_retained(items)

    def _check_retained(self, items: int) -> None:
        for item in self._next(items):
            for key, (old, _) in self.update.items():
                _expect(item.annotations.get(key) == old, f"annotation {key} is not {old}")

    def _check_insertion(self) -> None:
        if self.position > len(self.state):
            return
        for key, (old, _) in self.update.items():
            _expect(self._inherited().get(key) == old, f"annotation {key} inherited is not {old}")

    def _check_deleted_text(self, text: str) -> None:
        there = [item.content for item in self._next(len(text))]
        _expect(there == list(text), "other characters, or too few")
        self._check_deletion(len(text))

    def _check_deletion(self, items: int) -> None:
        if self.target is None:
            return
        for item in self._next(items):
            for key, (old, new) in self.update.items():
                _expect(item.annotations.get(key) == old and new == self.target.get(key), f"annotation {key}")
            for key in {*item.annotations, *self.target} - {*self.update}:
                _expect(item.annotations.get(key) == self.target.get(key), f"annotation {key} is not reset")

    def _check_start(self, attributes: Attributes, type_: str | None) -> None:
        _expect(self.position < len(self.state), "no element start here")
        content = self._content()
        _expect(isinstance(content, ElementStart), "no element start here")
        assert isinstance(content, ElementStart)
        _expect(type_ in (None, content.type) and dict(attributes) == dict(content.attributes), "another element")

    def _check_update(self, changes: Changes) -> None:
        _require(all(is_xml_name(name) for name, _, _ in changes), "attribute name")
        _check_increasing([name for name, _, _ in changes])
        _require(all(_is_valid_value(value) for _, *values in changes for value in values), "attribute value")
        _require(not self.deleting and not self.inserting, "attribute change inside")
        _expect(self.position < len(self.state), "no element start here")
        content = self._content()
        _expect(isinstance(content, ElementStart), "no element start here")
        assert isinstance(content, ElementStart)
        values = dict(content.attributes)
        _expect(all(values.get(name) == old for name, old, _ in changes), "other attributes")
        self._check_retained(1)

    def _check_boundary(self, ends: tuple[str, ...], changes: Changes) -> None:
        _require(not self.after_boundary, "adjacent boundaries")
        changed = [key for key, _, _ in changes]
        for key in (*ends, *changed):
            _require("?" not in key and "@" not in key and is_valid_text(key), f"annotation key {key!r}")
        _check_increasing(list(ends))
        _check_increasing(changed)
        _require(all(key in self.update for key in ends), "an end of what is not open")
        _require(all(_is_valid_value(value) for _, *values in changes for value in values), "annotation value")
        _require(not {*ends} & {*changed}, "a key both ended and changed")

    def _next(self, items: int) -> Iterable[Item]:
        return self.state[self.position : self.position + items]


def _require(condition: bool, what: str) -> None:
    if not condition:
        raise IllFormed(what)


def _expect(condition: bool, what: str) -> None:
    if not condition:
        raise Invalid(what)


def _is_valid_value(value: str | None) -> bool:
    return value is None or is_valid_text(value)


def _check_element(type_: str, attributes: Attributes) -> None:
    _require(is_xml_name(type_), "element type")
    _check_attributes(attributes)


def _check_attributes(attributes: Attributes) -> None:
    _require(all(is_xml_name(name) and is_valid_text(value) for name, value in attributes), "attribute")
    _check_increasing([name for name, _ in attributes])


def _check_increasing(keys: list[str]) -> None:
    _require(all(utf16(one) < utf16(next_) for one, next_ in pairwise(keys)), f"order of {keys}")
