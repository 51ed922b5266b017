"""What goes into a host and what comes out of it: submissions, deltas, snapshots, cursors, readers.

Values, except for the ``encoded`` slots, in which an edge keeps its own encoding of a delta or a
snapshot, so that it is encoded once however many readers it has. The core never looks at them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, TypeAlias, final

from wave_ot.deltas import HashedVersion, Signature
from wave_ot.docop import DocOp
from wave_ot.wavelet_operations import WaveletOperation
from wave_server.errors import WaveError
from wave_server.names import WaveAddress, WaveId, WaveletName
from wave_server.originals import Original
from wave_server.participants import Participants
from wave_server.troubles import WaveletTroubles

Operations: TypeAlias = tuple[WaveletOperation, ...]


@final
@dataclass(frozen=True, slots=True)
class Submission:
    """Operations that an author wants applied, made for the state at ``target``.

    ``key`` names the submission among those of its author: the same key, sent again, is the same
    submission. None, for submissions of providers: a delta of the same author with the same
    operations, met while transforming, is taken for the original (the original server's rule).

    ``original`` is there when the author's provider has signed it already (``of``): its bytes are then kept as they
    are. Else the host encodes and signs.
    """

    target: HashedVersion
    operations: Operations
    key: str | None
    original: Original | None = None

    @staticmethod
    def of(original: Original, key: str | None = None) -> Submission:
        """The submission of a delta that its author's provider signed. Its author is the submitter."""
        return Submission(original.delta.target, original.delta.operations, key, original)


@final
@dataclass(slots=True, eq=False)
class Delta:
    """A delta in its place in a wavelet's history, its operations as they were applied.

    It leads from version ``at`` to ``version`` = at + len(operations); ``history_hash`` (20 bytes)
    belongs to ``version``. ``timestamp`` is in ms since 1970. Do not change it.
    """

    wavelet: WaveletName
    author: str
    at: int
    version: int
    history_hash: bytes
    timestamp: int
    operations: Operations
    key: str | None
    encoded: bytes | None = field(default=None, repr=False)


@final
@dataclass(slots=True, eq=False)
class WaveletSnapshot:
    """The whole state of a wavelet at ``version``. Documents are insertion-only operations; empty ones are left out."""

    wavelet: WaveletName
    version: int
    history_hash: bytes
    participants: tuple[str, ...]
    documents: Mapping[str, DocOp]
    encoded: bytes | None = field(default=None, repr=False)


@final
@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Where a submission landed in the history, durably."""

    wavelet: WaveletName
    at: int
    version: int
    history_hash: bytes
    timestamp: int


@final
@dataclass(frozen=True, slots=True)
class Cursor:
    """Somebody's selection in a document, from ``anchor`` to ``head``, in items. Never stored."""

    wavelet: WaveletName
    author: str
    document: str
    anchor: int
    head: int


class Committed(NamedTuple):
    """A delta that is in the store: ``applied`` are the bytes there, a ProtocolAppliedWaveletDelta."""

    delta: Delta
    applied: bytes
    before: Participants  # at the version that it applied to
    after: Participants


Reply: TypeAlias = Callable[[Acknowledgement | WaveError], None]
"""Told the outcome of a submission, exactly once."""

Observer: TypeAlias = Callable[[Committed], None]
"""Told of every committed delta, in the order of each wavelet's versions. It must not block or raise."""

CursorListener: TypeAlias = Callable[[Cursor], None]
"""Told where the cursors of this host's own readers are. It must not block or raise."""


class Reader(Protocol):
    """Somebody who has opened one wave. A host calls these from its event loop, in order.

    None of them may block or raise. After ``ended``, nothing more comes of that wavelet until the
    wave is opened again, or the wavelet becomes visible again (which starts with a snapshot).
    """

    @property
    def address(self) -> WaveAddress:
        """Who reads."""

    def opened(self, wave: WaveId, names: Sequence[WaveletName]) -> None:
        """The wave is open; these of its wavelets are visible, and follow."""

    def snapshot(self, snapshot: WaveletSnapshot) -> None:
        """Forget what you had of this wavelet: this is its state."""

    def delta(self, delta: Delta) -> None:
        """The next delta of a wavelet; its ``at`` is the version that the reader has."""

    def cursor(self, cursor: Cursor) -> None:
        """Somebody else's cursor moved."""

    def troubles(self, name: WaveletName, troubles: WaveletTroubles) -> None:
        """All that is amiss between this wavelet's providers; nothing any more when empty. Not told before that."""

    def ended(self, name: WaveletName, error: WaveError) -> None:
        """No more of this wavelet. After ``unavailable``, open the wave again."""


class DeltaSigner(Protocol):
    """Signs deltas for the host's domain."""

    def sign(self, delta: bytes, /) -> tuple[Signature, ...]:
        """The signatures over an encoded ProtocolWaveletDelta."""

    def refusal(self, domain: str, /) -> str | None:
        """Why nobody of another domain can take part in what this signs, as a clause; None when they can."""


@final
class Unsigned:
    """The signer of a domain that does not federate: no signatures."""

    def sign(self, delta: bytes, /) -> tuple[Signature, ...]:
        """No signature."""
        return ()

    def refusal(self, _domain: str, /) -> str | None:
        """Other domains take only what is signed."""
        return "this server shares no waves with other domains"


unsigned = Unsigned()


def acknowledge(delta: Delta) -> Acknowledgement:
    """The acknowledgement that the author of ``delta`` gets."""
    return Acknowledgement(delta.wavelet, delta.at, delta.version, delta.history_hash, delta.timestamp)
