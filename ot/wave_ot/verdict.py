"""What a judgement of an operation says: a verdict, and where and why it went wrong."""

from __future__ import annotations

from enum import Enum
from typing import Final, final


class Verdict(Enum):
    """How an operation stands to a document. The worst one that applies is given."""

    VALID = "VALID"
    INVALID_SCHEMA = "INVALID_SCHEMA"
    """It applies, but leaves something that the document's schema does not permit."""
    INVALID_DOCUMENT = "INVALID_DOCUMENT"
    """It is an operation, but not one on this document."""
    ILL_FORMED = "ILL_FORMED"
    """It is an operation on no document at all."""


@final
class Violation:
    """Why an operation is refused. ``position`` counts items of the document before the operation."""

    __slots__ = ("position", "reason", "verdict")

    def __init__(self, verdict: Verdict, reason: str, position: int) -> None:
        self.verdict: Final = verdict
        self.reason: Final = reason
        self.position: Final = position

    def __str__(self) -> str:
        return f"{self.reason}, at item {self.position} of the document"

    def __repr__(self) -> str:
        return f"Violation({self.verdict}, {self.reason!r}, {self.position})"
