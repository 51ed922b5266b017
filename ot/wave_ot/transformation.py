"""Transformation: two concurrent operations, rebased over each other.

The reference takes four steps: it splits each operation into its insertions and the rest, transforms
the parts pairwise and composes them again (OT.md, T1). This is the same in one walk over both
operations. What the four steps settle about order is this: at one place of the document, first what
the client says there up to its last insertion, then the server likewise, then the client's and
the server's remaining boundaries, then the next item.
"""

from __future__ import annotations

from typing import Final, final

from mypy_extensions import i64, mypyc_attr

from wave_ot.annotation_tracking import Tracker, follow_client, follow_server
from wave_ot.attributes import agreeing, rebased, updated, without
from wave_ot.components import (
    DELETE_CHARACTERS,
    DELETE_ELEMENT_END,
    DELETE_ELEMENT_START,
    REPLACE_ATTRIBUTES,
    RETAIN,
    AnnotationBoundary,
    Attributes,
    Component,
    DeleteElementStart,
    ReplaceAttributes,
    Retain,
    UpdateAttributes,
)
from wave_ot.cursor import Cursor, described, size
from wave_ot.docop import DocOp
from wave_ot.errors import TransformError
from wave_ot.inversion import inverse
from wave_ot.normalization import OperationWriter

_ONE_ITEM: Final = Retain(1)


def transform(client: DocOp, server: DocOp) -> tuple[DocOp, DocOp]:
    """Rebase two concurrent operations over each other: ``(client', server')``, both in normal form.

    Both must be well-formed and read the same document. ``client`` then ``server'`` and ``server``
    then ``client'`` lead to the same document (TP1). At one place the client's insertion comes first,
    and where both change a value, the client's change stands. Linear in components; lengths count items.

    Raises TransformError when the operations cannot have been made on one document.
    Source: OT.md, T1 to T12.
    """
    return _Transformation(client, server).run()


@mypyc_attr(acyclic=True, free_list_len=1)
@final
class _Side:
    """One of the two operations: where we are in it, and its result so far."""

    __slots__ = ("cursor", "deletion_depth", "out", "tracker")

    def __init__(self, op: DocOp) -> None:
        self.cursor: Final = Cursor(op)
        self.out: Final = OperationWriter()
        self.tracker: Tracker | None = None  # both sides get one with the first boundary of either
        self.deletion_depth = 0  # elements whose deletion this operation has started and not yet ended


@mypyc_attr(acyclic=True, free_list_len=1)
@final
class _Transformation:
    """One transformation under way."""

    __slots__ = ("_client", "_server")

    def __init__(self, client: DocOp, server: DocOp) -> None:
        self._client: Final = _Side(client)
        self._server: Final = _Side(server)

    def run(self) -> tuple[DocOp, DocOp]:
        client, server = self._client, self._server
        while True:
            if client.cursor.left == 0:
                self._pass_insertions(client, server)
            if server.cursor.left == 0:
                self._pass_insertions(server, client)
            client_goes_on = self._reach_item(client)
            server_goes_on = self._reach_item(server)
            if not client_goes_on or not server_goes_on:
                break
            self._pass_items(min(client.cursor.left, server.cursor.left))
        if client_goes_on or server_goes_on:
            longer = "client" if client_goes_on else "server"
            raise TransformError(f"the {longer}'s operation reads more items than the other: not of one document")
        return client.out.finish(), server.out.finish()

    def _pass_insertions(self, side: _Side, other: _Side) -> None:
        """Take in what one side says at this place, up to its last insertion."""
        cursor = side.cursor
        for _ in range(cursor.insertions_ahead()):
            component = cursor.next()
            if isinstance(component, AnnotationBoundary):
                self._follow(side, component)
            else:
                assert component is not None
                _insert(side, other, component)

    def _reach_item(self, side: _Side) -> bool:
        """Take in the remaining boundaries at this place and enter the next item; False at the operation's end."""
        cursor = side.cursor
        while cursor.left == 0:
            component = cursor.next()
            if component is None:
                return False
            if isinstance(component, AnnotationBoundary):
                self._follow(side, component)
            else:
                cursor.enter()
        return True

    def _follow(self, side: _Side, boundary: AnnotationBoundary) -> None:
        client, server = self._client.tracker, self._server.tracker
        if client is None or server is None:
            client = self._client.tracker = Tracker(self._client.out)
            server = self._server.tracker = Tracker(self._server.out)
        if side is self._client:
            follow_client(boundary, client, server)
        else:
            follow_server(boundary, server, client)

    def _pass_items(self, items: i64) -> None:
        """Take in the next ``items`` items, which both operations treat as one piece."""
        client, server = self._client, self._server
        if server.cursor.current.kind == RETAIN:
            server.cursor.skip(items)
            _pass_retained(client, server, client.cursor.take(items))
        elif client.cursor.current.kind == RETAIN:
            client.cursor.skip(items)
            _pass_retained(server, client, server.cursor.take(items))
        else:
            _pass_contested(client, server, client.cursor.take(items), server.cursor.take(items))


def _keep(one: _Side, other: _Side) -> None:
    """Both sides keep the next item."""
    if one.tracker is not None:
        one.tracker.keep_item()
    if other.tracker is not None:
        other.tracker.keep_item()


def _insert(side: _Side, other: _Side, component: Component) -> None:
    """One side inserts: the other keeps it, or deletes it with the element around (T3)."""
    if other.deletion_depth > 0:
        _delete(other, side, inverse(component))
    else:
        _keep(side, other)
        side.out.write(component)
        other.out.write(Retain(size(component)))


def _delete(side: _Side, other: _Side, component: Component) -> None:
    """Write a deletion to one side's result, the other having kept the items (T11)."""
    if side.tracker is None or other.tracker is None:
        side.out.write(component)
    else:
        side.tracker.begin_deletion(other.tracker)
        side.out.write(component)
        side.tracker.end_deletion()


def _pass_retained(side: _Side, other: _Side, component: Component) -> None:
    """One side does ``component`` to items that the other retains."""
    kind = component.kind
    if DELETE_CHARACTERS <= kind <= DELETE_ELEMENT_END:
        _delete(side, other, component)
        _count_depth(side, kind)
    else:
        _keep(side, other)
        side.out.write(component)
        other.out.write(component if kind == RETAIN else _ONE_ITEM)


def _count_depth(side: _Side, kind: int) -> None:
    if kind == DELETE_ELEMENT_START:
        side.deletion_depth += 1
    elif kind == DELETE_ELEMENT_END:
        side.deletion_depth -= 1


def _pass_contested(client: _Side, server: _Side, mine: Component, theirs: Component) -> None:
    """Both sides delete or change the same items: ``mine`` is the client's component, ``theirs`` the server's."""
    if isinstance(mine, DeleteElementStart) and isinstance(theirs, (ReplaceAttributes, UpdateAttributes)):
        _delete(client, server, _delete_changed(mine, theirs))
        client.deletion_depth += 1
    elif isinstance(theirs, DeleteElementStart) and isinstance(mine, (ReplaceAttributes, UpdateAttributes)):
        _delete(server, client, _delete_changed(theirs, mine))
        server.deletion_depth += 1
    elif mine.kind >= REPLACE_ATTRIBUTES and theirs.kind >= REPLACE_ATTRIBUTES:
        _keep(client, server)
        client_component, server_component = _settle_attributes(mine, theirs)
        client.out.write(client_component)
        server.out.write(server_component)
    elif mine == theirs:  # both delete the same: nothing is left to do (T5)
        _count_depth(client, mine.kind)
        _count_depth(server, theirs.kind)
    else:
        raise _clash(mine, theirs)


def _delete_changed(deletion: DeleteElementStart, change: ReplaceAttributes | UpdateAttributes) -> DeleteElementStart:
    """The deletion of an element start whose attributes the other side has changed (T6)."""
    if isinstance(change, UpdateAttributes):
        return DeleteElementStart(
            deletion.type, _matching(updated(deletion.attributes, change.changes), deletion, change)
        )
    if deletion.attributes != change.old:
        raise _clash(deletion, change)
    return DeleteElementStart(deletion.type, change.new)


def _settle_attributes(mine: Component, theirs: Component) -> tuple[Component, Component]:
    """What each side still does where both change the attributes of one element start (T7, T8, T9)."""
    if isinstance(mine, ReplaceAttributes):
        if isinstance(theirs, UpdateAttributes):
            return _replace_updated(mine, theirs), _ONE_ITEM
        assert isinstance(theirs, ReplaceAttributes)
        if mine.old != theirs.old:
            raise _clash(mine, theirs)
        return ReplaceAttributes(theirs.new, mine.new), _ONE_ITEM
    assert isinstance(mine, UpdateAttributes)
    if isinstance(theirs, ReplaceAttributes):
        return _ONE_ITEM, _replace_updated(theirs, mine)
    assert isinstance(theirs, UpdateAttributes)
    if not agreeing(mine.changes, theirs.changes):
        raise _clash(mine, theirs)
    return (
        UpdateAttributes(rebased(mine.changes, theirs.changes)),
        UpdateAttributes(without(theirs.changes, mine.changes)),
    )


def _replace_updated(replacement: ReplaceAttributes, update: UpdateAttributes) -> ReplaceAttributes:
    """A replacement wins over an update, whichever side it is on (T8)."""
    old = _matching(updated(replacement.old, update.changes), replacement, update)
    return ReplaceAttributes(old, replacement.new)


def _matching(attributes: Attributes | None, one: Component, other: Component) -> Attributes:
    if attributes is None:
        raise _clash(one, other)
    return attributes


def _clash(one: Component, other: Component) -> TransformError:
    return TransformError(f"{described(one)} meets {described(other)}: the operations are not of one document")
