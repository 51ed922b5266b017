"""The annotation updates of two concurrent operations, as transform walks along both.

Each side has a ``Tracker``. What its operation says at the place reached is *tracked*; what its
result says there is *active*, which differs where both sides update one key: there the client
wins (T10). Deleting over annotations that the other side changed needs care, because a deletion
must reset annotations to those of the nearest surviving item on its left (A5): for that a tracker
remembers, as *passing*, what each key's active update was at the last item that both sides keep,
when it has changed since (T11). Source: OT.md, T10 and T11.
"""

from __future__ import annotations

from typing import Final, final

from mypy_extensions import mypyc_attr

from wave_ot.components import AnnotationBoundary
from wave_ot.normalization import OperationWriter, ValueChange


@mypyc_attr(acyclic=True)
@final
class Tracker:
    """The annotation updates of one side; its changes go to that side's result at once."""

    __slots__ = ("_out", "_passing", "_suspended", "active", "tracked")

    def __init__(self, out: OperationWriter) -> None:
        self._out: Final = out
        self.tracked: Final[dict[str, ValueChange]] = {}
        self.active: Final[dict[str, ValueChange]] = {}
        self._passing: Final[dict[str, ValueChange | None]] = {}  # None: no update was active there
        self._suspended: Final[dict[str, ValueChange | None]] = {}  # active before the deletion under way

    def change(self, key: str, values: ValueChange) -> None:
        """Make ``values`` the active update of ``key``."""
        present = self.active.get(key)
        if present is None or not present.same_as(values):
            if key not in self._passing:
                self._passing[key] = present
            self.active[key] = values
        self._out.change(key, values)

    def end(self, key: str) -> None:
        """Make no update of ``key`` active."""
        if key not in self._passing:
            self._passing[key] = self.active.get(key)
        self.active.pop(key, None)
        self._out.end(key)

    def keep_item(self) -> None:
        """Both sides keep an item here: the passing record starts anew behind it."""
        if self._passing:
            self._passing.clear()

    def begin_deletion(self, other: Tracker) -> None:
        """Reset what the deleted items hold because of ``other`` to what their surviving left neighbour holds."""
        for key, at_neighbour in other._passing.items():
            own = self.active.get(key)
            now = other.active.get(key)
            self._suspended[key] = own
            if at_neighbour is not None:
                self.change(key, ValueChange(_value_held(own, now, at_neighbour), at_neighbour.new))
            elif now is not None:
                self.change(key, ValueChange(now.new, now.old if own is None else own.new))

    def end_deletion(self) -> None:
        """Return to the updates that were active before the deletion."""
        self._passing.clear()
        if self._suspended:
            for key, values in self._suspended.items():
                if values is None:
                    self.end(key)
                else:
                    self.change(key, values)
            self._suspended.clear()


def _value_held(own: ValueChange | None, other_now: ValueChange | None, other_before: ValueChange) -> str | None:
    """The value that a deleted item holds after the other side's operation."""
    if own is not None:
        return own.old
    return other_before.old if other_now is None else other_now.new


def follow_client(boundary: AnnotationBoundary, client: Tracker, server: Tracker) -> None:
    """Take in a boundary of the client's operation."""
    for key in boundary.ends:
        if client.tracked.pop(key, None) is not None:
            client.end(key)
            theirs = server.tracked.get(key)
            if theirs is not None:
                server.change(key, theirs)
    for key, old, new in boundary.changes:
        values = ValueChange(old, new)
        if _is_news(client, key, values):
            theirs = server.tracked.get(key)
            if theirs is None:
                client.change(key, values)
            else:
                client.change(key, ValueChange(theirs.new, new))
                server.end(key)


def follow_server(boundary: AnnotationBoundary, server: Tracker, client: Tracker) -> None:
    """Take in a boundary of the server's operation."""
    for key in boundary.ends:
        if server.tracked.pop(key, None) is not None:
            theirs = client.tracked.get(key)
            if theirs is None:
                server.end(key)
            else:
                client.change(key, theirs)
    for key, old, new in boundary.changes:
        values = ValueChange(old, new)
        if _is_news(server, key, values):
            theirs = client.tracked.get(key)
            if theirs is None:
                server.change(key, values)
            else:
                client.change(key, ValueChange(new, theirs.new))


def _is_news(side: Tracker, key: str, values: ValueChange) -> bool:
    """Track an update of ``key``; False when the same one was open already, which changes nothing (N2)."""
    present = side.tracked.get(key)
    side.tracked[key] = values
    return present is None or not present.same_as(values)
