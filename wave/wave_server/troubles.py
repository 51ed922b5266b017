"""What keeps a wavelet from its other providers, told to those who read it and to nobody else."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias, final

from wave_server.names import WaveletName


@final
class TroubleKind(StrEnum):
    """The kinds of trouble, as clients are told them."""

    HOST_UNREACHABLE = "host-unreachable"  # the wavelet's host: what is written here waits
    NOT_DELIVERED = "not-delivered"  # a participants' domain: what is written does not get there
    QUARANTINED = "quarantined"  # the host contradicts its own history: the copy here stands still


@final
@dataclass(frozen=True, slots=True)
class Trouble:
    """One trouble with one domain. ``since`` is in ms since 1970; ``message`` is one line for people."""

    kind: TroubleKind
    domain: str
    since: int
    message: str


WaveletTroubles: TypeAlias = tuple[Trouble, ...]


@final
class Troubles:
    """The troubles of wavelets, loaded or not. In memory only: who found them says so again after a start."""

    __slots__ = ("_of",)

    def __init__(self) -> None:
        self._of: dict[WaveletName, WaveletTroubles] = {}

    def of(self, name: WaveletName) -> WaveletTroubles:
        """Those of a wavelet."""
        return self._of.get(name, ())

    def put(self, name: WaveletName, troubles: WaveletTroubles) -> bool:
        """Let a wavelet have these and no others. Returns whether that changes anything."""
        if self.of(name) == troubles:
            return False
        if troubles:
            self._of[name] = troubles
        else:
            del self._of[name]
        return True


def is_quarantined(troubles: WaveletTroubles) -> bool:
    """Whether nothing may be added to the wavelet."""
    return any(trouble.kind is TroubleKind.QUARANTINED for trouble in troubles)
