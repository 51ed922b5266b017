"""What comes of a request: a result, or one of three failures. RFC 6120, sections 8.2.3 and 8.3."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, final

from wave_federation.errors import FederationError
from wave_federation.namespaces import RETRY, SERVER, STANZA_ERRORS, qualified
from wave_federation.stanzas import Element, Stanza

MAX_RETRY_AFTER: Final = 86_400  # seconds: what a peer may put us off for
_MAX_TEXT: Final = 300  # characters
_TYPES: Final = frozenset({"auth", "cancel", "continue", "modify", "wait"})
_TEXT: Final = qualified(STANZA_ERRORS, "text")


@final
@dataclass(frozen=True, slots=True)
class Refusal:
    """A stanza error, as read from a stanza of type ``error``. RFC 6120 §8.3.2."""

    condition: str  # "undefined-condition" where the peer names none
    type: str  # "cancel" where the peer gives none that is known
    text: str  # the peer's own words, on one line and not at any length; may be empty
    retry_after: int | None  # seconds, at most MAX_RETRY_AFTER

    def __str__(self) -> str:
        return f"{self.condition} ({self.text})" if self.text else self.condition


class RequestFailed(FederationError):
    """A request has no result. The message names who was asked."""


@final
class RequestRefused(RequestFailed):
    """The other side, or the link on its way there, answered with an error: see ``refusal``."""

    def __init__(self, asked: str, refusal: Refusal) -> None:
        super().__init__(f"{asked} answered {refusal}")
        self.refusal = refusal


@final
class NoAnswer(RequestFailed):
    """Nothing came back in time. It may have been carried out all the same."""


@final
class UnusableAnswer(RequestFailed):
    """A result came back that breaks the protocol."""


def read_refusal(stanza: Stanza) -> Refusal:
    """What a stanza of type ``error`` says. Total: whatever is missing or unknown gets the mildest reading."""
    report = stanza.element.find(qualified(SERVER, "error"))
    if report is None:
        return Refusal("undefined-condition", "cancel", "", None)
    kind = report.get("type", "")
    return Refusal(
        condition=_condition(report),
        type=kind if kind in _TYPES else "cancel",
        text=_one_line(report.findtext(_TEXT, "")[:_MAX_TEXT]),
        retry_after=_retry_after(report),
    )


def _one_line(text: str) -> str:
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())


def _condition(report: Element) -> str:
    prefix = f"{{{STANZA_ERRORS}}}"
    names = (str(child.tag) for child in report)
    conditions = (name.removeprefix(prefix) for name in names if name.startswith(prefix) and name != _TEXT)
    return next(conditions, "undefined-condition")[:_MAX_TEXT]


def _retry_after(report: Element) -> int | None:
    hint = report.find(qualified(RETRY, "retry"))
    value = hint.get("after", "") if hint is not None else ""
    if not (value.isascii() and value.isdigit()):
        return None
    return min(int(value[:9]), MAX_RETRY_AFTER)
