"""What keeps waves from their other providers, gathered from whoever finds it, and shown in those waves alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias, final

from wave_server.names import WaveletName
from wave_server.troubles import Trouble, TroubleKind, WaveletTroubles

Show: TypeAlias = Callable[[WaveletName, WaveletTroubles], None]
"""``WaveHost.set_troubles``."""


@final
class TroubleBoard:
    """The troubles of each wavelet, one of each kind with each domain. ``show`` is told what changes."""

    def __init__(self, show: Show) -> None:
        self._show: Final = show
        self._of: Final[dict[WaveletName, dict[tuple[TroubleKind, str], Trouble]]] = {}

    def put(self, name: WaveletName, trouble: Trouble) -> None:
        """There is trouble. One that goes on keeps the time at which it began."""
        troubles = self._of.setdefault(name, {})
        known = troubles.get((trouble.kind, trouble.domain))
        if known is not None:
            trouble = Trouble(trouble.kind, trouble.domain, known.since, trouble.message)
        if trouble != known:
            troubles[trouble.kind, trouble.domain] = trouble
            self._tell(name)

    def lift(self, name: WaveletName, kind: TroubleKind, domain: str) -> None:
        """That trouble is over."""
        troubles = self._of.get(name)
        if troubles is not None and troubles.pop((kind, domain), None) is not None:
            if not troubles:
                del self._of[name]
            self._tell(name)

    def _tell(self, name: WaveletName) -> None:
        troubles = self._of.get(name, {})
        self._show(name, tuple(troubles[key] for key in sorted(troubles)))
