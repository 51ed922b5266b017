"""One delta of a local user on its way to the host of a wavelet."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, final

from wave_federation.routing.answers import Refusal
from wave_server.errors import (
    BadVersion,
    Forbidden,
    InvalidOperation,
    InvalidRequest,
    NotFound,
    TooLarge,
    WaveError,
)
from wave_server.names import WaveAddress, WaveletName
from wave_server.submission import Acknowledgement, Reader, Reply, Submission

# What a host refuses for good, in the words that the author's client knows. What is not listed may pass: RFC 6120
# §8.3.3; an original server answers nearly everything with bad-request.
_FINAL: Final[dict[str, Callable[[str], WaveError]]] = {
    "forbidden": Forbidden,
    "conflict": BadVersion,
    "not-acceptable": InvalidOperation,
    "bad-request": InvalidRequest,
    "item-not-found": NotFound,
    "policy-violation": TooLarge,
    "not-allowed": Forbidden,
    "not-authorized": Forbidden,
}


@final
class Pending:
    """A submission that waits for its turn, or is under way once it is ``signed``.

    ``origin`` is the newest reader through which it came; everybody who has submitted it under its key is answered.
    """

    def __init__(self, name: WaveletName, author: WaveAddress, key: str, submission: Submission | None) -> None:
        self.name: Final = name
        self.author: Final = author
        self.key: Final = key
        self.submission: Final = submission  # None: read from the store after a restart, and so signed
        self.origin: Reader | None = None
        self.signed = b""  # ProtocolSignedDelta
        self.original = b""  # the ProtocolWaveletDelta in it
        self.signers: tuple[bytes, ...] = ()  # ids
        self.row = 0
        self.settled: Final = asyncio.Event()  # it has been answered
        self._replies: list[Reply] = []

    def add(self, origin: Reader | None, reply: Reply) -> None:
        """Somebody waits for the outcome."""
        self.origin = origin
        self._replies.append(reply)

    def answer(self, outcome: Acknowledgement | WaveError) -> None:
        """Tell everybody who waits, once."""
        replies, self._replies = self._replies, []
        self.settled.set()
        for reply in replies:
            reply(outcome)


def final_error(refusal: Refusal) -> WaveError | None:
    """The error for the author when a host refuses for good; None when it may take the same delta later."""
    if refusal.type == "wait" or is_unknown_signer(refusal):
        return None
    error = _FINAL.get(refusal.condition)
    return None if error is None else error(refusal.text or f"the wave's host refuses it: {refusal.condition}")


def is_unknown_signer(refusal: Refusal) -> bool:
    """Whether the host wants the signer posted first; the original says so in words alone (FEDERATION.md, 4)."""
    return "unknown signer" in refusal.text.lower()
