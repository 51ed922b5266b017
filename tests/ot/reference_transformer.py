"""The original's transformation, literally: take both operations apart, four small transforms, compose again.

Each small transform drives two targets, one an operation, and lets whichever is behind take its next component. A
target that is ahead remembers, as ``ahead``, the component that led there; when the other one catches up, the two
components meet piece by piece.

Source: OT.md, rules T1 to T12; the original's Transformer, Decomposer, InsertionTransformer,
InsertionNoninsertionTransformer and NoninsertionTransformer.
"""

from __future__ import annotations

from typing import Protocol

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

from .reference_annotations import AnnotationTracker
from .reference_buffers import Normalizer, RangeNormalizer, Refused, chained, updated
from .reference_composer import reference_compose


def reference_transform(client: DocOp, server: DocOp) -> tuple[DocOp, DocOp]:
    """What the reference makes of two concurrent operations. Refused when it refuses (L1, L2)."""
    client_insertions, client_rest = decomposed(client)
    server_insertions, server_rest = decomposed(server)
    client_insertions, server_insertions = _insertions(client_insertions, server_insertions)
    client_insertions, server_rest = _insertions_and_rest(client_insertions, server_rest)
    server_insertions, client_rest = _insertions_and_rest(server_insertions, client_rest)
    client_rest, server_rest = _rests(client_rest, server_rest)
    return reference_compose(client_insertions, client_rest), reference_compose(server_insertions, server_rest)


def decomposed(operation: DocOp) -> tuple[DocOp, DocOp]:
    """The insertions of an operation, and all the rest of it, to be applied after them."""
    insertions, rest = Normalizer(), Normalizer()
    for component in operation.components:
        match component:
            case Characters() | ElementStart() | ElementEnd():
                insertions.take(component)
                rest.take(Retain(_length(component)))
            case AnnotationBoundary():
                rest.take(component)
            case _:
                insertions.take(Retain(_length(component)))
                rest.take(component)
    return insertions.finish(), rest.finish()


def _length(component: Component) -> int:
    match component:
        case Retain(items):
            return items
        case Characters(text) | DeleteCharacters(text):
            return len(text)
        case AnnotationBoundary():
            return 0
        case _:
            return 1


class _Target(Protocol):
    def take(self, component: Component) -> None: ...


class _Distance:
    """How many items of the common document the first target is ahead of the second; negative when behind."""

    def __init__(self) -> None:
        self.items = 0


def _interleave(first: DocOp, first_target: _Target, second: DocOp, second_target: _Target, ahead: _Distance) -> None:
    """Drive both targets. Refused when the second operation ends too early; what it has too much is only taken (L1)."""
    rest = iter(second.components)
    for component in first.components:
        first_target.take(component)
        while ahead.items > 0:
            following = next(rest, None)
            if following is None:
                raise Refused("the second operation is shorter than the first")
            second_target.take(following)
    for component in rest:
        second_target.take(component)


def _insertions(client: DocOp, server: DocOp) -> tuple[DocOp, DocOp]:
    ahead = _Distance()
    client_target = _InsertionTarget(ahead, 1)
    server_target = _InsertionTarget(ahead, -1)
    client_target.other, server_target.other = server_target, client_target
    _interleave(client, client_target, server, server_target, ahead)
    return client_target.output.finish(), server_target.output.finish()


class _InsertionTarget:
    """One of two operations that only insert."""

    def __init__(self, ahead: _Distance, sign: int) -> None:
        self.output = RangeNormalizer()
        self.ahead = ahead
        self.sign = sign
        self.other = self

    def take(self, component: Component) -> None:
        if not isinstance(component, Retain):
            self.output.take(component)
            self.other.output.take(Retain(_length(component)))
            return
        behind = -self.sign * self.ahead.items
        self.ahead.items += self.sign * component.items
        both = min(component.items, behind)
        if both > 0:
            self.output.take(Retain(both))
            self.other.output.take(Retain(both))


def _insertions_and_rest(insertions: DocOp, rest: DocOp) -> tuple[DocOp, DocOp]:
    ahead = _Distance()
    rest_target = _RestTarget(ahead)
    insertions_target = _InsertionsOverRest(ahead, rest_target)
    _interleave(insertions, insertions_target, rest, rest_target, ahead)
    return rest_target.insertions.finish(), rest_target.output.finish()


class _RestTarget:
    """The operation without insertions, when the other one only inserts. Knows how deep it is in deleted elements."""

    def __init__(self, ahead: _Distance) -> None:
        self.insertions = RangeNormalizer()
        self.output = Normalizer()
        self.distance = ahead
        self.depth = 0
        self.ahead: Component = Retain(1)

    def take(self, component: Component) -> None:
        if isinstance(component, AnnotationBoundary):
            self.output.take(component)
            return
        behind, size = self.distance.items, _length(component)
        self.distance.items -= size
        if size <= behind:
            self._resolve(component, size)
            return
        if behind > 0:
            component = self._resolve(component, behind)
        if behind >= 0 or isinstance(component, Retain):
            self.ahead = component

    def catch_up(self, items: int) -> None:
        """The insertions have come this much nearer to where this operation is."""
        self.ahead = self._resolve(self.ahead, items)

    def _resolve(self, component: Component, items: int) -> Component:
        """Carry out the first items of a component; what is left of it comes back."""
        if isinstance(component, DeleteCharacters):
            self.output.take(DeleteCharacters(component.text[:items]))
            return DeleteCharacters(component.text[items:])
        if isinstance(component, Retain):
            self.output.take(Retain(items))
            self.insertions.take(Retain(items))
            return component
        self.output.take(component)
        if isinstance(component, DeleteElementStart):
            self.depth += 1
        elif isinstance(component, DeleteElementEnd):
            self.depth -= 1
        else:
            self.insertions.take(Retain(1))
        return component


class _InsertionsOverRest:
    """The operation that only inserts, when the other one does not insert."""

    def __init__(self, ahead: _Distance, rest: _RestTarget) -> None:
        self.distance = ahead
        self.rest = rest

    def take(self, component: Component) -> None:
        if isinstance(component, Retain):
            behind = -self.distance.items
            self.distance.items += component.items
            if min(component.items, behind) > 0:
                self.rest.catch_up(min(component.items, behind))
        elif self.rest.depth > 0:
            self.rest.output.take(_deletion(component))
        else:
            self.rest.insertions.take(component)
            self.rest.output.take(Retain(_length(component)))


def _deletion(component: Component) -> Component:
    match component:
        case Characters(text):
            return DeleteCharacters(text)
        case ElementStart(type_, attributes):
            return DeleteElementStart(type_, attributes)
        case ElementEnd():
            return DeleteElementEnd()
        case _:
            raise AssertionError(f"no insertion: {component}")


def _rests(client: DocOp, server: DocOp) -> tuple[DocOp, DocOp]:
    ahead = _Distance()
    client_target = _NoninsertionTarget(ahead, 1)
    server_target = _NoninsertionTarget(ahead, -1)
    client_target.meet(server_target)
    server_target.meet(client_target)
    _interleave(client, client_target, server, server_target, ahead)
    return client_target.output.finish(), server_target.output.finish()


class _NoninsertionTarget:
    """One of two operations without insertions. ``sign`` is 1 for the client's, which wins, and -1 for the server's."""

    def __init__(self, ahead: _Distance, sign: int) -> None:
        self.output = Normalizer()
        self.tracker = AnnotationTracker(self.output, is_client=sign > 0)
        self.distance = ahead
        self.sign = sign
        self.ahead: Component = Retain(1)
        self.other = self

    def meet(self, other: _NoninsertionTarget) -> None:
        self.other = other
        self.tracker.other = other.tracker

    def take(self, component: Component) -> None:
        if isinstance(component, AnnotationBoundary):
            self.tracker.register(component)
            return
        behind, size = -self.sign * self.distance.items, _length(component)
        self.distance.items += self.sign * size
        if size <= behind:
            self._meet_ahead(component)
            return
        if behind > 0:  # only text and retains are longer than one item
            self._meet_ahead(_cut(component, 0, behind))
            component = _cut(component, behind, size)
        if behind >= 0 or isinstance(component, Retain):
            self.ahead = component

    def _meet_ahead(self, piece: Component) -> None:
        """A piece of this operation has come to where the other operation has been already."""
        theirs = self.other
        match theirs.ahead, piece:
            case DeleteCharacters(text), Retain(items):
                theirs.delete(DeleteCharacters(text[:items]))
                theirs.ahead = DeleteCharacters(text[items:])
            case DeleteCharacters(text), DeleteCharacters(same):
                theirs.ahead = DeleteCharacters(text[len(same) :])
            case (DeleteElementStart(), DeleteElementStart()) | (DeleteElementEnd(), DeleteElementEnd()):
                pass
            case ((DeleteElementStart() | DeleteElementEnd()), Retain()):
                theirs.delete(theirs.ahead)
            case Retain(), (DeleteCharacters() | DeleteElementStart() | DeleteElementEnd()):
                self.delete(piece)
            case DeleteElementStart(type_, attributes), (ReplaceAttributes() | UpdateAttributes()):
                theirs.delete(DeleteElementStart(type_, _changed(attributes, piece)))
            case ((ReplaceAttributes() | UpdateAttributes()), DeleteElementStart(type_, attributes)):
                self.delete(DeleteElementStart(type_, _changed(attributes, theirs.ahead)))
            case (
                (Retain() | ReplaceAttributes() | UpdateAttributes()),
                (Retain() | ReplaceAttributes() | UpdateAttributes()),
            ):
                self._both_keep(theirs.ahead, piece)
            case _:
                raise Refused(f"{piece} where the other operation has {theirs.ahead}")

    def _both_keep(self, ahead: Component, piece: Component) -> None:
        self.tracker.sync()
        self.other.tracker.sync()
        match ahead, piece:
            case Retain(), _:  # as long as it has to be
                self.output.take(piece)
                self.other.output.take(Retain(_length(piece)))
            case _, Retain():
                self.output.take(piece)
                self.other.output.take(ahead)
            case UpdateAttributes(changes), ReplaceAttributes():
                self._replace_updated(piece, changes)
            case ReplaceAttributes(), UpdateAttributes(changes):
                self.other._replace_updated(ahead, changes)
            case _ if self.sign > 0:
                _take_clash(self, piece, self.other, ahead)
            case _:
                _take_clash(self.other, ahead, self, piece)

    def _replace_updated(self, replacement: ReplaceAttributes, changes: Changes) -> None:
        """T8: whoever replaces, wins."""
        self.output.take(ReplaceAttributes(updated(replacement.old, changes), replacement.new))
        self.other.output.take(Retain(1))

    def delete(self, deletion: Component) -> None:
        self.tracker.commence_deletion()
        self.output.take(deletion)
        self.tracker.conclude_deletion()


def _cut(component: Component, start: int, end: int) -> Component:
    match component:
        case Retain():
            return Retain(end - start)
        case DeleteCharacters(text):
            return DeleteCharacters(text[start:end])
        case _:
            raise AssertionError(f"one item: {component}")


def _changed(attributes: Attributes, change: Component) -> Attributes:
    """T6: the attributes that a deleted element start has by now."""
    if isinstance(change, ReplaceAttributes):
        return change.new
    assert isinstance(change, UpdateAttributes)
    return updated(attributes, change.changes)


def _take_clash(client: _NoninsertionTarget, mine: Component, server: _NoninsertionTarget, theirs: Component) -> None:
    """Two replacements, or two updates, of one element's attributes (T7, T9)."""
    match mine, theirs:
        case ReplaceAttributes(_, mine_new), ReplaceAttributes(_, theirs_new):
            client.output.take(ReplaceAttributes(theirs_new, mine_new))
            server.output.take(Retain(1))
        case UpdateAttributes(my_changes), UpdateAttributes(their_changes):
            by_now = {name: new for name, _, new in their_changes}
            mine_rebased: Changes = ()
            for name, old, new in my_changes:
                mine_rebased = chained(mine_rebased, ((name, by_now.get(name, old), new),))
            names = {name for name, _, _ in my_changes}
            client.output.take(UpdateAttributes(mine_rebased))
            server.output.take(UpdateAttributes(tuple(change for change in their_changes if change[0] not in names)))
        case _:
            raise AssertionError(f"no clash: {mine}, {theirs}")
