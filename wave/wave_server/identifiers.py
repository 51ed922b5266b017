"""Domains and local ids: what they may hold, how their tokens are joined, how new ones are made.

A local id is a sequence of tokens joined by ``+`` (``w+4ks3``, ``user+bob@example.com``). Inside a
token ``~`` escapes ``~``, ``+`` and ``!``.

Sources: Wave identifier specification (2010); CONVERSATION.md, "Identifiers"; RFC 3987 ``ucschar``.
Where specification and original server differ, see docs/names.md.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from typing import Final

from wave_server.errors import InvalidRequest

MAX_DOMAIN_LENGTH: Final = 253  # characters, RFC 1035 without the final dot
RANDOM_BYTES: Final = (
    9  # 72 bits: over the 64 that the specification asks for, and 12 base64 characters without padding
)

ESCAPE: Final = "~"
TOKEN_SEPARATOR: Final = "+"  # noqa: S105 - joins the tokens of an id; no secret
LEGACY_SEPARATOR: Final = "!"  # between domain and local id in the older form, and in wavelet URIs
PER_USER: Final = "user+"  # how the ids of wavelets with one user's own data begin: user+address
_SPECIAL: Final = frozenset((ESCAPE, TOKEN_SEPARATOR, LEGACY_SEPARATOR))

# No limit of 63 characters to a label: the original accepts longer ones, so they may occur in history.
_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_DOMAIN: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")

# Planes 1 to 14 each lack their last two code points; plane 14 starts late (RFC 3987 §2.2).
_UCSCHAR: Final = "\u00a0-\ud7ff\uf900-\ufdcf\ufdf0-\uffef" + "".join(
    f"{chr(plane * 0x10000 + (0x1000 if plane == 14 else 0))}-{chr(plane * 0x10000 + 0xFFFD)}" for plane in range(1, 15)
)
_IDENTIFIER: Final = re.compile(rf"[A-Za-z0-9\-._~+*@{_UCSCHAR}]+")


class InvalidName(InvalidRequest):
    """A domain, id, address or name that does not have the form asked for."""


def is_valid_domain(text: str) -> bool:
    """Whether ``text`` is a lower-case ASCII domain name of at most 253 characters."""
    return len(text) <= MAX_DOMAIN_LENGTH and _DOMAIN.fullmatch(text) is not None


def is_valid_identifier(text: str) -> bool:
    """Whether ``text`` may be the local id of a wave or wavelet under the 2010 specification."""
    return _IDENTIFIER.fullmatch(text) is not None


def new_identifier(prefix: str, random_bytes: Callable[[int], bytes]) -> str:
    """A fresh local id such as ``w+Xk3…``: ``prefix``, then 72 random bits in URL-safe base64.

    ``random_bytes(n)`` returns n unpredictable bytes, as ``secrets.token_bytes`` does.
    """
    return f"{prefix}{TOKEN_SEPARATOR}{base64.urlsafe_b64encode(random_bytes(RANDOM_BYTES)).decode('ascii')}"


def escape_token(token: str) -> str:
    """Escape one token so that it can be joined with others."""
    return "".join(ESCAPE + character if character in _SPECIAL else character for character in token)


def unescape_token(text: str) -> str:
    """The token that ``escape_token`` made ``text`` from. Raises InvalidName for anything it cannot make."""
    token = []
    for character, escaped in _characters(text):
        if character in _SPECIAL and not escaped:
            raise InvalidName(f"{text!r} holds an unescaped {character!r}: write {ESCAPE + character!r}")
        token.append(character)
    return "".join(token)


def split_tokens(text: str) -> list[str]:
    """The unescaped tokens of a local id, one at least. Raises InvalidName when it is not escaped properly."""
    return [unescape_token(part) for part in split_escaped(text, TOKEN_SEPARATOR)]


def split_escaped(text: str, separator: str) -> list[str]:
    """Split at each ``separator`` without an escape before it, leaving escapes as they are.

    Raises InvalidName when an escape is followed by anything but an escapable character.
    """
    parts = [""]
    for character, escaped in _characters(text):
        if escaped:
            parts[-1] += ESCAPE + character
        elif character == separator:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def has_special_characters(text: str) -> bool:
    """Whether ``escape_token`` would change ``text``."""
    return not _SPECIAL.isdisjoint(text)


def check_legacy_identifier(text: str) -> None:
    """Raise InvalidName unless ``text`` can be a local id in the older form ``domain!id``.

    Any characters will do, but ``~`` must escape something and ``!`` must be escaped.
    """
    if not text:
        raise InvalidName("the local id is empty")
    if len(split_escaped(text, LEGACY_SEPARATOR)) != 1:
        raise InvalidName(f"the local id {text!r} holds an unescaped '!'")


def _characters(text: str) -> Iterator[tuple[str, bool]]:
    """Each character of ``text`` with whether it was escaped, the escapes themselves left out."""
    escaped = False
    for character in text:
        if escaped and character not in _SPECIAL:
            raise InvalidName(f"{text!r} escapes {character!r}, which needs none: '~' itself is written '~~'")
        if escaped or character != ESCAPE:
            yield character, escaped
            escaped = False
        else:
            escaped = True
    if escaped:
        raise InvalidName(f"{text!r} ends in the middle of an escape: '~' itself is written '~~'")
