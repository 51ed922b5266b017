"""The errors of the core. Each carries the code that the edges hand to clients, and says what to do next.

    WaveError                    internal
    ├── CorruptHistory           internal           what the store holds of a wavelet cannot be right
    ├── InvalidRequest           invalid-request    the message is not what the protocol asks for
    ├── InvalidOperation         invalid-operation  it does not apply here, or breaks the document's schema
    ├── BadVersion               bad-version        its target version and hash are not in the history
    ├── Forbidden                forbidden          the author may not do this, or may not know
    ├── NotFound                 not-found          nothing of that name is hosted here
    ├── TooLarge                 too-large          a limit of this server
    ├── Conflict                 conflict           the name is taken, or somebody else changed it first
    ├── Unavailable              unavailable        a passing trouble: send the same again
    ├── Quarantined              quarantined        the wavelet's host contradicts itself, so the copy stands still
    ├── Gap                      bad-version        of another host's deltas, some before this one are missing
    └── Diverged                 conflict           another host's delta does not fit the history that it gave us

Source: DESIGN.md, sections 4 and 8.
"""

from __future__ import annotations

from typing import ClassVar

from wave_ot.deltas import HashedVersion


class WaveError(Exception):
    """Base of every error that the core raises on purpose. ``str()`` is one line for people."""

    code: ClassVar[str] = "internal"


class CorruptHistory(WaveError):
    """What the store holds of a wavelet cannot be read or does not fit together: ``groundswell verify`` tells where."""


class InvalidRequest(WaveError):
    """The request itself is malformed; sending it again cannot help."""

    code = "invalid-request"


class InvalidOperation(WaveError):
    """The operation cannot be applied: ill-formed, not for this state, or against the schema. Nothing changed."""

    code = "invalid-operation"


class BadVersion(WaveError):
    """The version and history hash that a submission targets were never this wavelet's: open it again."""

    code = "bad-version"


class Forbidden(WaveError):
    """The author is no participant. The same for wavelets that do not exist, so that names cannot be probed."""

    code = "forbidden"


class NotFound(WaveError):
    """Nothing of that name is hosted by this server."""

    code = "not-found"


class TooLarge(WaveError):
    """A limit of this server is exceeded; the message names the limit."""

    code = "too-large"


class Conflict(WaveError):
    """Somebody else has taken the name, or the version, first."""

    code = "conflict"


class Unavailable(WaveError):
    """The server cannot do it now. Sending the same submission again, with its key, is safe."""

    code = "unavailable"


class Quarantined(WaveError):
    """The host of the wavelet has contradicted its own history: the copy here is shown, and not written to."""

    code = "quarantined"


class Gap(WaveError):
    """Another host's delta does not follow yet: those from ``head``, where the copy stands, to ``at`` are missing."""

    code = "bad-version"

    def __init__(self, message: str, head: HashedVersion, at: HashedVersion) -> None:
        super().__init__(message)
        self.head = head
        self.at = at


class Diverged(WaveError):
    """A delta of another host cannot be part of the history that this host has given us. The evidence:

    ``theirs``, the applied delta, which says that it applies at ``at``; and ``ours``, the applied delta that the copy
    has in that place, or, at its head, the last that it has; None when there is none.
    """

    code = "conflict"

    def __init__(self, message: str, at: HashedVersion, theirs: bytes, ours: bytes | None = None) -> None:
        super().__init__(message)
        self.at = at
        self.theirs = theirs
        self.ours = ours
