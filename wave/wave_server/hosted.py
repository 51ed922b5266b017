"""A wavelet that is loaded, with its readers; and the waves that they are parts of. No I/O.

Readers see what is committed. ``Wavelet`` runs ahead of that by the deltas that are on their way
to the store; ``Hosted`` knows how far the store is, and hands out deltas when they get there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, final

from wave_ot.deltas import HashedVersion
from wave_server import access
from wave_server.errors import WaveError
from wave_server.names import WaveId, WaveletName
from wave_server.participants import Participants
from wave_server.submission import Cursor, Delta, Reader, Reply, WaveletSnapshot
from wave_server.troubles import WaveletTroubles
from wave_server.wavelet import Prepared, Wavelet


@final
class Deferred:
    """A submission that waits until its reader knows where it stands: so acknowledgements come after older deltas."""

    __slots__ = ("reply", "submit")

    def __init__(self, submit: Callable[[], None], reply: Reply) -> None:
        self.submit: Final = submit
        self.reply: Final = reply


@final
class View:
    """One reader's view of one wave. ``opening``: it has not been told yet which wavelets there are.

    A reader may close its view at any time, also from inside one of its own methods: once ``closed``, it is told
    nothing more.
    """

    __slots__ = ("closed", "deferred", "ended", "opening", "reader", "wave", "wavelets")

    def __init__(self, wave: WaveId, reader: Reader) -> None:
        self.wave: Final = wave
        self.reader: Final = reader
        self.wavelets: Final[set[Hosted]] = set()  # those it reads, or joins
        self.ended: Final[set[WaveletName]] = set()  # of which it hears again when it has opened the wave again
        self.opening = True
        self.closed = False
        self.deferred: Final[list[Deferred]] = []  # what its reader submitted while it was opening


@final
class Hosted:
    """A loaded wavelet, how far it is committed, and who reads it."""

    __slots__ = (
        "_joining",
        "_snapshot",
        "audience",
        "bytes_since_snapshot",
        "committed",
        "last_used",
        "lost",
        "name",
        "operations_since_snapshot",
        "pending",
        "snapshotting",
        "state_bytes",
        "troubles",
        "views",
        "wavelet",
    )

    def __init__(self, wavelet: Wavelet, now: int, troubles: WaveletTroubles = ()) -> None:
        self.name: Final = wavelet.name
        self.wavelet: Final = wavelet
        self.committed = wavelet.head.version
        self.audience: Participants = wavelet.participants  # at version ``committed``
        self.views: tuple[View, ...] = ()  # a new one with each change: it can be walked over while readers close
        self.pending = 0  # submissions that wait for the store
        self.lost = False  # memory and store have parted: this object is dead
        self.last_used = now  # ms
        self.troubles = troubles
        self.operations_since_snapshot = 0
        self.bytes_since_snapshot = 0
        self.state_bytes = 0  # of the newest stored snapshot
        self.snapshotting = False
        self._joining: list[tuple[View, WaveletSnapshot]] = []
        self._snapshot: WaveletSnapshot | None = None

    @property
    def is_idle(self) -> bool:
        """Whether nobody reads it and nothing is on its way to the store."""
        return not (self.views or self._joining or self.pending)

    def snapshot(self) -> WaveletSnapshot:
        """The state at the head; the same object, with its encoding, while the head stays."""
        if self._snapshot is None or self._snapshot.version != self.wavelet.head.version:
            self._snapshot = self.wavelet.snapshot()
        return self._snapshot

    def forget_snapshot(self) -> None:
        """Free the snapshot kept for readers."""
        self._snapshot = None

    def is_visible_to(self, view: View) -> bool:
        """Whether the view's reader may read what is committed."""
        return access.may_read(view.reader.address, self.audience)

    def join(self, view: View, known: list[Delta] | None = None) -> None:
        """Make ``view`` a reader: first the deltas ``known`` lists (after the version that it has), else a snapshot.

        A snapshot is of the head; where that is not committed yet, it is held back until it is,
        and the deltas up to it are not sent.
        """
        if view.closed:
            return
        view.wavelets.add(self)
        if known is not None:
            self.views = (*self.views, view)
            for delta in known:
                if not view.closed:
                    view.reader.delta(delta)
            self._warn(view)
        elif self.committed == self.wavelet.head.version:
            self._begin(view, self.snapshot())
        else:
            self._joining.append((view, self.snapshot()))

    def leave(self, view: View) -> None:
        """Forget a view."""
        view.wavelets.discard(self)
        self.views = tuple(other for other in self.views if other is not view)
        self._joining = [(joining, snapshot) for joining, snapshot in self._joining if joining is not view]

    def publish(self, prepared: Prepared, origin: Reader | None) -> bool:
        """``prepared`` is committed: hand it to the readers but ``origin``, and its state to those who join there.

        Returns whether it changed the participants, who are then to be told.
        """
        delta = prepared.delta
        changed = prepared.participants is not self.audience
        self.committed = delta.version
        self.audience = prepared.participants
        for view in self.views:
            if view.reader is not origin and not view.closed:
                view.reader.delta(delta)
        self._snapshot = None
        if self._joining:
            self._admit(delta.version)
        return changed

    def _admit(self, version: int) -> None:
        """Those whose snapshot is of ``version`` get it now."""
        waiting = self._joining
        self._joining = [(view, snapshot) for view, snapshot in waiting if snapshot.version > version]
        for view, snapshot in waiting:
            if snapshot.version <= version and not view.closed:
                self._begin(view, snapshot)

    def _begin(self, view: View, snapshot: WaveletSnapshot) -> None:
        self.views = (*self.views, view)
        view.reader.snapshot(snapshot)
        self._warn(view)

    def _warn(self, view: View) -> None:
        if self.troubles and not view.closed:
            view.reader.troubles(self.name, self.troubles)

    def show_troubles(self, troubles: WaveletTroubles) -> None:
        """The troubles are these now: tell the readers."""
        self.troubles = troubles
        for view in self.views:
            if not view.closed:
                view.reader.troubles(self.name, troubles)

    def show_cursor(self, cursor: Cursor, origin: View | None) -> None:
        """Somebody's cursor moved: tell the readers but ``origin``."""
        for view in self.views:
            if view is not origin and not view.closed:
                view.reader.cursor(cursor)

    def expel(self) -> None:
        """End the views of those who are no longer participants."""
        for view in self._all_views():
            if not self.is_visible_to(view) and not view.closed:
                self.leave(view)
                view.reader.ended(self.name, access.removed(self.name))

    def end(self, error: WaveError) -> None:
        """End every view with ``error``, until it is opened again."""
        for view in self._all_views():
            if not view.closed:
                self.leave(view)
                view.ended.add(self.name)
                view.reader.ended(self.name, error)

    def committed_after(self, known: HashedVersion) -> list[Delta] | None:
        """The committed deltas after a version that is recent; None when it is not in the committed history."""
        if known.version > self.committed:
            return None
        later = self.wavelet.recent.after(known)
        return None if later is None else [delta for delta in later if delta.version <= self.committed]

    def _all_views(self) -> list[View]:
        return [*self.views, *(view for view, _ in self._joining)]


@final
class OpenWave:
    """The loaded wavelets of one wave and the views of it."""

    __slots__ = ("views", "wavelets")

    def __init__(self) -> None:
        self.views: Final[list[View]] = []
        self.wavelets: Final[dict[WaveletName, Hosted]] = {}

    def view_of(self, reader: Reader) -> View | None:
        """The view that belongs to ``reader``."""
        for view in self.views:
            if view.reader is reader:
                return view
        return None
