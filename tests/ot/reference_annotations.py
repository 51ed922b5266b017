"""The annotations of two concurrent operations, as the original tracks them while it transforms.

Source: OT.md, rules T10 and T11; the original's NoninsertionTransformer.AnnotationTracker.
"""

from __future__ import annotations

from wave_ot.components import AnnotationBoundary, Change

from .reference_buffers import Normalizer, boundary


class AnnotationTracker:
    """One operation's open update: as it came (``tracked``) and as it goes out (``active``).

    ``propagating`` remembers, for the keys that changed since the last item that both operations keep, what was active
    there; ``temporary``, during a deletion, what is to be active again after it. None stands for "not open".
    """

    def __init__(self, output: Normalizer, *, is_client: bool) -> None:
        self.output = output
        self.is_client = is_client
        self.other = self
        self.tracked: dict[str, tuple[str | None, str | None]] = {}
        self.active: dict[str, tuple[str | None, str | None]] = {}
        self.temporary: dict[str, tuple[str | None, str | None] | None] = {}
        self.propagating: dict[str, tuple[str | None, str | None] | None] = {}

    def register(self, event: AnnotationBoundary) -> None:
        """The operation has come to a boundary."""
        for key in event.ends:
            self.tracked.pop(key, None)
        self.tracked |= {key: (old, new) for key, old, new in event.changes}
        if self.is_client:
            self._process_of_client(event)
        else:
            self._process_of_server(event)

    def sync(self) -> None:
        self.propagating.clear()

    def commence_deletion(self) -> None:
        """Make what is deleted next reset whatever the other operation changed there."""
        changes: list[Change] = []
        for key, recorded in self.other.propagating.items():
            mine, theirs = self.active.get(key), self.other.active.get(key)
            self.temporary[key] = mine
            if recorded is not None:
                old, new = recorded
                if mine is not None:
                    old = mine[0]
                elif theirs is not None:
                    old = theirs[1]
                changes.append((key, old, new))
            elif theirs is not None:
                changes.append((key, theirs[1], theirs[0] if mine is None else mine[1]))
        self._commit([], changes)

    def conclude_deletion(self) -> None:
        ends = [key for key, values in self.temporary.items() if values is None]
        changes = [(key, *values) for key, values in self.temporary.items() if values is not None]
        self.sync()
        self._commit(ends, changes)
        self.temporary.clear()

    def _process_of_client(self, event: AnnotationBoundary) -> None:
        theirs = self.other.tracked
        client_changes = [(key, theirs[key][1] if key in theirs else old, new) for key, old, new in event.changes]
        server_ends = [key for key, _, _ in event.changes if key in theirs]
        server_changes = [(key, *theirs[key]) for key in event.ends if key in theirs]
        self._commit(list(event.ends), client_changes)
        self.other._commit(server_ends, server_changes)

    def _process_of_server(self, event: AnnotationBoundary) -> None:
        clients = self.other.tracked
        server_ends = [key for key in event.ends if key not in clients]
        server_changes = [change for change in event.changes if change[0] not in clients]
        client_changes = [(key, *clients[key]) for key in event.ends if key in clients]
        client_changes += [(key, new, clients[key][1]) for key, _, new in event.changes if key in clients]
        self._commit(server_ends, server_changes)
        self.other._commit([], client_changes)

    def _commit(self, ends: list[str], changes: list[Change]) -> None:
        for key in ends:
            self.propagating.setdefault(key, self.active.get(key))
            self.active.pop(key, None)
        for key, old, new in changes:
            if self.active.get(key) != (old, new):
                self.propagating.setdefault(key, self.active.get(key))
                self.active[key] = (old, new)
        self.output.take(boundary(ends, changes))
