"""Remote changes on their way to what the person sees: let through at once, or held back. Pure.

While they are held, edits made on the older text are rebased over them, and they over the edits, exactly as
between client and server. So a test, or a person who asks for quiet, can choose what is seen when, and all
copies still converge.
"""

from __future__ import annotations

from collections import deque
from typing import final

from wave_ot.wavelet_operations import WaveletOperation, transform_operations
from wave_web.client.operations import Operations


@final
class Delivery:
    """The remote operations that have arrived and are not yet shown, oldest first, by the version they led to."""

    __slots__ = ("_author", "_held", "_through")

    def __init__(self, author: str) -> None:
        self._author = author
        self._held: deque[tuple[int, Operations]] = deque()
        self._through: int | None = None  # show what led to versions up to this one; None: everything

    @property
    def waiting(self) -> int:
        """How many remote changes are held back."""
        return len(self._held)

    def pause(self) -> None:
        """Hold back what has not been shown yet."""
        self._through = -1

    def through(self, version: int | None) -> Operations:
        """From now on show what led to versions up to ``version``; None: everything. Returns what is due now."""
        self._through = version
        due: list[WaveletOperation] = []
        while self._held and (version is None or self._held[0][0] <= version):
            due += self._held.popleft()[1]
        return tuple(due)

    def arrived(self, operations: Operations, version: int) -> Operations:
        """Remote operations that led to ``version``. Returns those to show now."""
        if not operations or (not self._held and (self._through is None or version <= self._through)):
            return operations
        self._held.append((version, operations))
        return ()

    def edited(self, operations: Operations) -> Operations:
        """An edit made on what is shown. Returns it as it applies after everything that has arrived.

        Raises TransformError when it contradicts what is held back; nothing has changed then.
        """
        if not self._held:
            return operations
        held: list[tuple[int, Operations]] = []
        for version, theirs in self._held:
            operations, theirs_after = transform_operations(operations, self._author, theirs)
            held.append((version, theirs_after))
        self._held = deque(held)
        return operations
