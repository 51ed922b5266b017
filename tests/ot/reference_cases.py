"""Random documents and operations from a seed, denser and faster than the Hypothesis strategies.

Operations are valid for their document but seldom tidy: updates that change nothing, null to null, empty boundaries,
changes to what is open already, text and retains cut into pieces, keys that stay open over deletions. ``Density`` says
how much of everything there is; each case draws its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

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

from .oracle import Annotations, Content, Item, State, Update
from .reference_validator import utf16

KEYS = ("k", "l", "m", "\U00010400", "\uff21")  # U+10400 sorts before U+FF21
NAMES = ("a", "b", "c")
VALUES = (None, "1", "2", "")
TEXT = "abxy\u00e9\U0001f30a"


@dataclass(frozen=True)
class Density:
    """Chances between 0 and 1, and the annotation keys in use."""

    keys: tuple[str, ...]
    insert: float  # before each item
    delete: float  # of each character or whole element
    attributes: float  # changed, of each element start that is kept
    open: float  # of each key, before each item
    close: float  # of each open key, before each item
    redundant: float  # changes and boundaries that change nothing
    split: float  # between two items of one component


def random_density(rng: Random) -> Density:
    chances = (0.0, 0.1, 0.3, 0.6)
    return Density(
        keys=KEYS[: rng.randrange(len(KEYS) + 1)],
        insert=rng.choice(chances),
        delete=rng.choice(chances),
        attributes=rng.choice(chances),
        open=rng.choice(chances),
        close=rng.choice((0.1, 0.3, 0.6)),
        redundant=rng.choice(chances),
        split=rng.choice((0.0, 0.3)),
    )


def random_state(rng: Random) -> State:
    """A document of up to about sixteen items, most of them annotated."""
    contents: list[Content] = []
    for _ in range(rng.randrange(5)):
        contents += random_content(rng, depth=2)
    state = [Item(content) for content in contents]
    for _ in range(rng.randrange(6)):
        start = rng.randrange(len(state) + 1)
        end = rng.randint(start, len(state))
        key, value = rng.choice(KEYS), rng.choice(VALUES[1:])
        state[start:end] = [Item(item.content, {**item.annotations, key: value or ""}) for item in state[start:end]]
    return state


def random_content(rng: Random, depth: int) -> list[Content]:
    """Some characters, or an element with more in it."""
    if depth == 0 or rng.random() < 0.5:
        return [rng.choice(TEXT) for _ in range(rng.randint(1, 4))]
    inner = [content for _ in range(rng.randrange(3)) for content in random_content(rng, depth - 1)]
    return [ElementStart(rng.choice("pq"), random_attributes(rng)), *inner, ElementEnd()]


def random_attributes(rng: Random) -> Attributes:
    return tuple((name, value) for name in NAMES if (value := rng.choice(VALUES)) is not None)


def random_operation(rng: Random, state: State) -> DocOp:
    """An operation that is valid for the state."""
    writer = _Writer(rng, state, random_density(rng))
    while writer.position < len(state):
        writer.step()
    writer.maybe_insert()
    return writer.finish()


class _Writer:
    def __init__(self, rng: Random, state: State, density: Density) -> None:
        self.rng = rng
        self.state = state
        self.density = density
        self.position = 0
        self.open: Update = {}
        self.neighbour: Annotations = {}  # of the last item that was kept or inserted
        self.components: list[Component] = []

    def step(self) -> None:
        """Maybe an insertion, then one item kept, or one character or element deleted."""
        self.maybe_insert()
        content = self.state[self.position].content
        if not isinstance(content, ElementEnd) and self._chance(self.density.delete):
            depth = self._delete()
            while depth:
                depth += self._delete()
        else:
            self._keep(content)

    def maybe_insert(self) -> None:
        while self._chance(self.density.insert):
            inherited = self.state[self.position - 1].annotations if self.position else {}
            for content in random_content(self.rng, depth=2):
                self._annotate(inherited)
                self._add(Characters(content) if isinstance(content, str) else content)

    def finish(self) -> DocOp:
        self._switch_to({})
        return DocOp(self.components)

    def _keep(self, content: Content) -> None:
        self._annotate(self.state[self.position].annotations)
        if isinstance(content, ElementStart) and self._chance(self.density.attributes):
            self._add(self._attribute_change(content.attributes))
        else:
            self._add(Retain(1))
        self.position += 1

    def _attribute_change(self, old: Attributes) -> Component:
        if self.rng.random() < 0.5:
            return ReplaceAttributes(old, random_attributes(self.rng))
        values = dict(old)
        names = [name for name in NAMES if self.rng.random() < 0.5]
        return UpdateAttributes(tuple((name, values.get(name), self.rng.choice(VALUES)) for name in names))

    def _delete(self) -> int:
        """Delete one item; how much deeper that leads into deleted elements comes back."""
        item = self.state[self.position]
        self.position += 1
        update: Update = {}
        for key in {*item.annotations, *self.neighbour, *self.density.keys}:
            old, new = item.annotations.get(key), self.neighbour.get(key)
            if old != new or self._chance(self.density.redundant):
                update[key] = old, new
        self._switch_to(update)
        match item.content:
            case ElementStart(type_, attributes):
                self._add(DeleteElementStart(type_, attributes))
                return 1
            case ElementEnd():
                self._add(DeleteElementEnd())
                return -1
            case character:
                self._add(DeleteCharacters(str(character)))
                return 0

    def _annotate(self, present: Annotations) -> None:
        """Open, close and keep updates for an item that is kept or inserted."""
        update: Update = {}
        for key in self.density.keys:
            old = present.get(key)
            if key in self.open and self.open[key][0] == old and not self._chance(self.density.close):
                update[key] = self.open[key]
            elif self._chance(self.density.open):
                update[key] = old, old if self._chance(self.density.redundant) else self.rng.choice(VALUES)
        self._switch_to(update)
        values: dict[str, str | None] = {**present, **{key: new for key, (_, new) in update.items()}}
        self.neighbour = {key: value for key, value in values.items() if value is not None}

    def _switch_to(self, update: Update) -> None:
        ends = sorted((key for key in self.open if key not in update), key=utf16)
        keys = sorted((key for key, values in update.items() if self._is_news(key, values)), key=utf16)
        if ends or keys or self._chance(self.density.redundant / 4):
            self.components.append(AnnotationBoundary(tuple(ends), tuple((key, *update[key]) for key in keys)))
        self.open = update

    def _is_news(self, key: str, values: tuple[str | None, str | None]) -> bool:
        return self.open.get(key) != values or self._chance(self.density.redundant / 4)

    def _add(self, component: Component) -> None:
        last = self.components[-1] if self.components and not self._chance(self.density.split) else None
        match last, component:
            case Retain(items), Retain(more):
                self.components[-1] = Retain(items + more)
            case Characters(text), Characters(more_text):
                self.components[-1] = Characters(text + more_text)
            case DeleteCharacters(text), DeleteCharacters(more_text):
                self.components[-1] = DeleteCharacters(text + more_text)
            case _:
                self.components.append(component)

    def _chance(self, chance: float) -> bool:
        return self.rng.random() < chance
