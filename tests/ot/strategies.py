"""Hypothesis strategies: documents, and valid operations on a given document.

A document is an insertion-only operation in canonical form. ``documents()`` draws one with nested
elements, attributes, annotations and characters inside and outside the basic plane;
``operations(document)`` draws an operation that is valid for it, with every kind of component. The
drawn part is what the operation *wants* (insert here, delete that, annotate with these); old values
and the resets of annotations that deletions need (A5) follow from the document.
"""

from __future__ import annotations

from hypothesis import strategies as st

from wave_ot.components import (
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
    Retain,
    UpdateAttributes,
)
from wave_ot.docop import DocOp
from wave_ot.normalization import normalize
from wave_ot.ordering import utf16_key

from .oracle import Annotations, Content, Item, State, Update, document_of, state_of

# U+10400 sorts before U+FF21 by UTF-16 code unit, after it by code point: names must be sorted the first way.
NAMES = ("k", "l", "\U00010400", "\uff21")
VALUES = ("1", "2")
ELEMENTS = ("p", "line")

texts = st.text(alphabet="abc\u00e9\u4e16\U0001f30a", min_size=1, max_size=4)
element_types = st.sampled_from(ELEMENTS)
optional_values = st.sampled_from((None, *VALUES))


def _attributes(values: dict[str, str]) -> Attributes:
    return tuple((name, values[name]) for name in sorted(values, key=utf16_key))


attributes = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(VALUES), max_size=2).map(_attributes)
wishes = st.dictionaries(st.sampled_from(NAMES[:2] + NAMES[3:]), optional_values, max_size=2)


def _characters(text: str) -> list[Content]:
    return list(text)


def _element(inner: list[list[Content]], start: ElementStart) -> list[Content]:
    return [start, *(content for part in inner for content in part), ElementEnd()]


contents: st.SearchStrategy[list[Content]] = st.recursive(
    texts.map(_characters),
    lambda inner: st.builds(_element, st.lists(inner, max_size=2), st.builds(ElementStart, element_types, attributes)),
    max_leaves=3,
)
"""Text, or one element with what is in it: content that can be inserted anywhere."""


@st.composite
def documents(draw: st.DrawFn) -> DocOp:
    """A document of up to about twenty items."""
    parts = draw(st.lists(contents, max_size=4))
    items = [Item(content) for part in parts for content in part]
    for key, value in draw(st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(VALUES)), max_size=3)):
        start = draw(st.integers(0, len(items)))
        end = draw(st.integers(start, len(items)))
        items[start:end] = [Item(item.content, {**item.annotations, key: value}) for item in items[start:end]]
    return document_of(items)


@st.composite
def operations(draw: st.DrawFn, document: DocOp, *, max_steps: int = 6) -> DocOp:
    """An operation that is valid for the document: as an editor would send it, or cut into many small components."""
    state = state_of(document)
    script = _Script(state)
    for _ in range(draw(st.integers(0, max_steps))):
        _draw_step(draw, script)
    script.keep(len(state) - script.position)
    operation = script.finish()
    return normalize(operation) if draw(st.booleans()) else operation


@st.composite
def concurrent_operations(draw: st.DrawFn) -> tuple[DocOp, DocOp, DocOp]:
    """A document and two operations on it: ``(document, client, server)``."""
    document = draw(documents())
    return document, draw(operations(document)), draw(operations(document))


def _draw_step(draw: st.DrawFn, script: _Script) -> None:
    left = len(script.state) - script.position
    choices = ["insert", "annotate"] + (["keep", "keep", "delete"] if script.can_delete() else ["keep"] if left else [])
    if script.at_start() is not None:
        choices += ["replace", "update"]
    step = draw(st.sampled_from(choices))
    if step == "insert":
        script.insert(draw(contents))
    elif step == "annotate":
        script.wanted = draw(wishes)
    elif step == "keep":
        script.keep(draw(st.integers(1, left)))
    elif step == "delete":
        script.delete(draw(st.integers(1, 3)), redundant=draw(st.booleans()))
    elif step == "replace":
        script.replace(draw(attributes))
    else:
        script.update_attributes(draw(wishes))


class _Script:
    """Writes a valid operation, item by item, and knows what it has made of the document so far."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.position = 0
        self.wanted: dict[str, str | None] = {}  # the values that kept and inserted items shall get
        self._components: list[Component] = []
        self._open: Update = {}
        self._neighbour: Annotations = {}  # of the nearest surviving item on the left

    def insert(self, content: list[Content]) -> None:
        inherited = self.state[self.position - 1].annotations if self.position else {}
        for item in content:
            self._annotate(inherited)
            self._components.append(Characters(item) if isinstance(item, str) else item)

    def keep(self, items: int) -> None:
        for item in self.state[self.position : self.position + items]:
            self._annotate(item.annotations)
            self._retain()
        self.position += items

    def replace(self, new: Attributes) -> None:
        start = self.at_start()
        assert start is not None
        self._annotate(self.state[self.position].annotations)
        self._components.append(ReplaceAttributes(start.attributes, new))
        self.position += 1

    def update_attributes(self, wishes: dict[str, str | None]) -> None:
        start = self.at_start()
        assert start is not None
        values = dict(start.attributes)
        names = sorted(wishes, key=utf16_key)
        self._annotate(self.state[self.position].annotations)
        self._components.append(UpdateAttributes(tuple((name, values.get(name), wishes[name]) for name in names)))
        self.position += 1

    def delete(self, units: int, *, redundant: bool) -> None:
        """Delete up to ``units`` characters and whole elements, with or without updates that change nothing."""
        for _ in range(units):
            if not self.can_delete():
                return
            depth = 0
            while True:
                depth += self._delete_item(redundant=redundant)
                if depth == 0:
                    break

    def can_delete(self) -> bool:
        return self.position < len(self.state) and not isinstance(self.state[self.position].content, ElementEnd)

    def at_start(self) -> ElementStart | None:
        content = self.state[self.position].content if self.position < len(self.state) else None
        return content if isinstance(content, ElementStart) else None

    def finish(self) -> DocOp:
        self._switch_to({})
        return DocOp(self._components)

    def _delete_item(self, *, redundant: bool) -> int:
        """Delete the next item; how much deeper that leads into deleted elements comes back."""
        item = self.state[self.position]
        self.position += 1
        self._reset_to_neighbour(item.annotations, redundant=redundant)
        if isinstance(item.content, str):
            self._components.append(DeleteCharacters(item.content))
            return 0
        if isinstance(item.content, ElementStart):
            self._components.append(DeleteElementStart(item.content.type, item.content.attributes))
            return 1
        self._components.append(DeleteElementEnd())
        return -1

    def _annotate(self, present: Annotations) -> None:
        """Give the next item, which holds or inherits ``present``, the wanted values."""
        self._switch_to({key: (present.get(key), value) for key, value in self.wanted.items()})
        values = {**present, **self.wanted}
        self._neighbour = {key: value for key, value in values.items() if value is not None}

    def _reset_to_neighbour(self, present: Annotations, *, redundant: bool) -> None:
        keys = {*present, *self._neighbour, *(self.wanted if redundant else ())}
        reset = {key: (present.get(key), self._neighbour.get(key)) for key in keys}
        self._switch_to({key: (old, new) for key, (old, new) in reset.items() if redundant or old != new})

    def _switch_to(self, update: Update) -> None:
        ends = sorted((key for key in self._open if key not in update), key=utf16_key)
        starts = sorted((key for key in update if self._open.get(key) != update[key]), key=utf16_key)
        if ends or starts:
            self._components.append(AnnotationBoundary(tuple(ends), tuple((key, *update[key]) for key in starts)))
        self._open = update

    def _retain(self) -> None:
        last = self._components[-1] if self._components else None
        if isinstance(last, Retain):
            self._components[-1] = Retain(last.items + 1)
        else:
            self._components.append(Retain(1))
