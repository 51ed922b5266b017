"""Random damage to operations: what no longer fits the document, and what is no operation at all."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TypeAlias

from wave_ot.components import (
    AnnotationBoundary,
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

from .oracle import Content, Item, State
from .reference_cases import random_attributes

# Texts and names at the borders of what is allowed: noncharacters, surrogates, letters that start no XML name.
TEXTS = ("", "a", "ab", "\x00", "\ufffd", "\ud800", "\udfff", "\ufdd0", "\ufdef", "\ufffe", "\U0001f30a", "\U0002fffe")
NAMES = ("", "a", "b", "p", "a1", "1a", "a-", "-", "a\u00b7", "\u00b7", "\u00d7", "\ufdd0", "a\ufffe", "\U00010400")
KEYS = ("", "k", "l", "m", "k?", "@", "\ud800", "\uffff", "\U00010400", "\uff21")
VALUES = (None, "", "1", "2", "\ud800", "\ufffe", "\ufffd", "\U0001f30a")

Change: TypeAlias = Callable[[Random, Component], Component]


def remodelled(rng: Random, state: State) -> State:
    """Another document of the same length: some elements made characters, some characters made elements."""
    contents = [item.content for item in state]
    for _ in range(6):
        start, end = sorted(rng.randrange(len(contents) + 1) for _ in range(2))
        match contents[start:end]:
            case [str(), *inner, str()] if _is_balanced(inner):
                contents[start] = ElementStart(rng.choice("pq"), random_attributes(rng))
                contents[end - 1] = ElementEnd()
            case [ElementStart(), *inner, ElementEnd()] if _is_balanced(inner):
                contents[start] = contents[end - 1] = rng.choice("ab")
    return [Item(content, item.annotations) for content, item in zip(contents, state, strict=True)]


def _is_balanced(contents: list[Content]) -> bool:
    depth = 0
    for content in contents:
        depth += isinstance(content, ElementStart) - isinstance(content, ElementEnd)
        if depth < 0:
            return False
    return depth == 0


def misfit(rng: Random, operation: DocOp) -> DocOp:
    """The operation with one or two components dropped, doubled, moved or changed, mostly still well-formed."""
    return _damaged(rng, operation, _changed)


def malformed(rng: Random, operation: DocOp) -> DocOp:
    """The operation with one or two components dropped, doubled, moved or replaced by odd ones, often ill-formed."""
    return _damaged(rng, operation, lambda rng, _: odd_component(rng))


def odd_component(rng: Random) -> Component:
    """A component of any kind, whose contents are likely not to be allowed."""
    names = [rng.choice(NAMES) for _ in range(rng.randrange(3))]
    attributes = tuple((name, rng.choice(VALUES) or "") for name in names)
    updates = tuple((name, rng.choice(VALUES), rng.choice(VALUES)) for name in names)
    changes = tuple((rng.choice(KEYS), rng.choice(VALUES), rng.choice(VALUES)) for _ in range(rng.randrange(3)))
    ends = tuple(rng.choice(KEYS) for _ in range(rng.randrange(3)))
    return rng.choice(
        (
            Retain(rng.randint(-1, 2)),
            Characters(rng.choice(TEXTS)),
            ElementStart(rng.choice(NAMES), attributes),
            ElementEnd(),
            DeleteCharacters(rng.choice(TEXTS)),
            DeleteElementStart(rng.choice(NAMES), attributes),
            DeleteElementEnd(),
            ReplaceAttributes(attributes, random_attributes(rng)),
            UpdateAttributes(updates),
            AnnotationBoundary(ends, changes),
        )
    )


def _damaged(rng: Random, operation: DocOp, change: Change) -> DocOp:
    components = list(operation.components)
    for _ in range(rng.randint(1, 2)):
        index = rng.randrange(len(components) + 1)
        what = rng.random()
        if index == len(components):
            components.append(odd_component(rng) if change is not _changed else Retain(1))
        elif what < 0.2:
            del components[index]
        elif what < 0.35:
            components.insert(index, rng.choice(components))
        elif what < 0.5:
            other = rng.randrange(len(components))
            components[index], components[other] = components[other], components[index]
        else:
            components[index] = change(rng, components[index])
    return DocOp(components)


def _changed(rng: Random, component: Component) -> Component:
    attributes = random_attributes(rng)
    match component:
        case Retain(items):
            return rng.choice((Retain(items + 1), Retain(max(1, items - 1)), DeleteCharacters("ab" * items)))
        case DeleteCharacters(text):
            return rng.choice((DeleteCharacters(text + "a"), Retain(len(text)), DeleteCharacters("a" * len(text))))
        case Characters(text):
            return rng.choice((Characters(text + "a"), Characters("z" * len(text))))
        case DeleteElementStart(type_, old):
            return rng.choice((DeleteElementStart("q", old), DeleteElementStart(type_, attributes), Retain(1)))
        case DeleteElementEnd():
            return rng.choice((Retain(1), DeleteCharacters("b"), DeleteElementStart("p", ())))
        case ReplaceAttributes(old, new):
            return rng.choice((ReplaceAttributes(attributes, new), Retain(1), DeleteElementStart("p", old)))
        case UpdateAttributes(changes):
            other = tuple((name, old, "2") for name, old, _ in changes[1:])
            return rng.choice((UpdateAttributes(other), UpdateAttributes((("a", "1", "2"),)), Retain(1)))
        case AnnotationBoundary(ends, changes):
            other = tuple((key, old, "2") for key, old, _ in changes)
            return rng.choice((AnnotationBoundary(ends, other), AnnotationBoundary((), (("k", "1", "2"),))))
        case ElementStart():
            return ElementStart("q", attributes)
        case _:
            return component
