"""Applying operations the slow and obvious way: one object per item, one dictionary of annotations each.

The rules are A1 to A6 of OT.md, checked one by one. Tests hold the engine against this.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TypeAlias

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

Content: TypeAlias = str | ElementStart | ElementEnd
Annotations: TypeAlias = dict[str, str]
Update: TypeAlias = dict[str, tuple[str | None, str | None]]


class DoesNotApply(Exception):
    """The operation is not valid for the document."""


@dataclass(frozen=True)
class Item:
    """One character, element start or element end, with its annotations; absent ones have no entry."""

    content: Content
    annotations: Annotations = field(default_factory=dict)


State: TypeAlias = list[Item]


def after(document: DocOp, *operations: DocOp) -> DocOp:
    """The document, an insertion-only operation in canonical form, after some operations."""
    state = state_of(document)
    for operation in operations:
        state = applied(state, operation)
    return document_of(state)


def state_of(document: DocOp) -> State:
    return applied([], document)


def document_of(state: State) -> DocOp:
    """The insertion that makes a state: no annotations that say "absent", text in runs as long as they go."""
    components: list[Component] = []
    open_keys: Annotations = {}
    for item in [*state, Item("")]:
        ends = [key for key in open_keys if key not in item.annotations]
        starts = [key for key, value in item.annotations.items() if open_keys.get(key) != value]
        if ends or starts:
            changes = [(key, None, item.annotations[key]) for key in sorted(starts, key=utf16_key)]
            components.append(AnnotationBoundary(tuple(sorted(ends, key=utf16_key)), tuple(changes)))
        open_keys = item.annotations
        if item.content != "":
            components.append(Characters(item.content) if isinstance(item.content, str) else item.content)
    return normalize(DocOp(components))


def applied(state: State, operation: DocOp) -> State:
    """The items after an operation. Raises DoesNotApply."""
    application = _Application(state)
    for component in operation.components:
        application.take(component)
    if application.position != len(state) or application.update:
        raise DoesNotApply("items are left over, or annotations open")
    return application.result


class _Application:
    def __init__(self, state: State) -> None:
        self.state = state
        self.position = 0
        self.update: Update = {}
        self.result: State = []

    def take(self, component: Component) -> None:
        match component:
            case Retain(items):
                for _ in range(items):
                    self.keep(self.next().content)
            case Characters(text):
                for character in text:
                    self.insert(character)
            case ElementStart() | ElementEnd():
                self.insert(component)
            case DeleteCharacters(text):
                for character in text:
                    self.delete(character)
            case DeleteElementStart(element, attributes):
                self.delete(ElementStart(element, attributes))
            case DeleteElementEnd():
                self.delete(ElementEnd())
            case ReplaceAttributes(old, new):
                start = self.next_start(old)
                self.keep(ElementStart(start.type, new))
            case UpdateAttributes():
                start = self.next_start(None)
                self.keep(ElementStart(start.type, _updated(start.attributes, component)))
            case AnnotationBoundary(ends, changes):
                for key in ends:
                    del self.update[key]
                for key, before, now in changes:
                    self.update[key] = before, now

    def next(self) -> Item:
        if self.position == len(self.state):
            raise DoesNotApply("past the end")
        return self.state[self.position]

    def next_start(self, expected: Attributes | None) -> ElementStart:
        content = self.next().content
        if not isinstance(content, ElementStart) or (expected is not None and content.attributes != expected):
            raise DoesNotApply(f"no such element start: {content}")
        return content

    def keep(self, content: Content) -> None:
        annotations = self.updated(self.next().annotations)
        self.result.append(replace(self.next(), content=content, annotations=annotations))
        self.position += 1

    def insert(self, content: Content) -> None:
        inherited = self.state[self.position - 1].annotations if self.position else {}
        self.result.append(Item(content, self.updated(inherited)))

    def delete(self, content: Content) -> None:
        item = self.next()
        if item.content != content:
            raise DoesNotApply(f"{item.content!r} is not {content!r}")
        neighbour = self.result[-1].annotations if self.result else {}
        if self.updated(item.annotations) != neighbour:
            raise DoesNotApply(f"a deletion leaves {self.updated(item.annotations)} beside {neighbour}")
        self.position += 1

    def updated(self, annotations: Annotations) -> Annotations:
        values: dict[str, str | None] = dict(annotations)
        for key, (before, now) in self.update.items():
            if values.get(key) != before:
                raise DoesNotApply(f"annotation {key} is {values.get(key)}, not {before}")
            values[key] = now
        return {key: value for key, value in values.items() if value is not None}


def _updated(attributes: Attributes, update: UpdateAttributes) -> Attributes:
    values: dict[str, str | None] = dict(attributes)
    for name, old, new in update.changes:
        if values.get(name) != old:
            raise DoesNotApply(f"attribute {name} is {values.get(name)}, not {old}")
        values[name] = new
    present = {name: value for name, value in values.items() if value is not None}
    return tuple((name, present[name]) for name in sorted(present, key=utf16_key))
