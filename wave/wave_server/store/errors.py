"""The errors of the store. None leaves a part of a batch or of a transaction behind.

WaveError
└── StoreError             internal      the caller asked for what cannot be
    ├── VersionConflict    conflict      somebody else appended at that version
    ├── StoreUnavailable   unavailable   the database did not answer, or not in time
    └── WrongSchema        internal      the database is not at the revision this program needs
"""

from __future__ import annotations

from wave_server.errors import Conflict, Unavailable, WaveError
from wave_server.names import WaveletName


class StoreError(WaveError):
    """Base of every error that the store raises on purpose."""


class VersionConflict(StoreError, Conflict):
    """The wavelet has a delta at that version already: whoever appended is not alone, and must load it again."""

    def __init__(self, wavelet: WaveletName, at: int) -> None:
        super().__init__(f"{wavelet} already has a delta at version {at}: load the wavelet again")
        self.wavelet = wavelet
        self.at = at


class StoreUnavailable(StoreError, Unavailable):
    """The database failed. Whether what was being written is there is unknown: read before writing again."""


class WrongSchema(StoreError):
    """The database's tables are not those of this version of the program."""
