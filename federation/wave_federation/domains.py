"""Domains in the one form that our code compares: lower-case ASCII, with A-labels for names in other scripts.

People and peers may write a domain with capitals, with U-labels or with a dot at the end; certificates and DNS hold
A-labels. Bring each to its canonical form where it enters, and compare only canonical forms.

Source: RFC 7622 §3.2 (domain parts of addresses), RFC 5890 §2.3 (labels), RFC 1123 §2.1, UTS #46 (mapping).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import idna

from wave_federation.errors import InvalidDomain

MAX_DOMAIN_CHARACTERS: Final = 253  # RFC 1035 §2.3.4, without the dot at the end
_MAX_WRITTEN_CHARACTERS: Final = 1023  # of a domain part, RFC 7622 §3.2: what is longer is not even looked at
_QUOTED_CHARACTERS: Final = 80
_LABEL: Final = r"(?!xn--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ORDINARY: Final = re.compile(rf"(?:{_LABEL}\.)*{_LABEL}")


@lru_cache(maxsize=4_096)  # each stanza names a few, and mostly the same
def canonical_domain(text: str) -> str:
    """The canonical form of a domain, whichever way it is written: ``Bücher.Example.`` is ``xn--bcher-kva.example``.

    Canonical forms stay as they are. Raises InvalidDomain for what cannot be a domain in the DNS, and for IP addresses:
    no certificate proves one for a provider.
    """
    if len(text) > _MAX_WRITTEN_CHARACTERS:
        raise InvalidDomain(f"a domain of {len(text)} characters is too long: {MAX_DOMAIN_CHARACTERS} are the most")
    domain = text.lower().removesuffix(".")
    if not _ORDINARY.fullmatch(domain):
        domain = _encoded(text)
    if len(domain) > MAX_DOMAIN_CHARACTERS:
        raise InvalidDomain(f"{_quoted(text)} is longer than the {MAX_DOMAIN_CHARACTERS} characters of a domain")
    if domain.rpartition(".")[2].isdigit():
        raise InvalidDomain(f"{_quoted(text)} is an IP address or a number, not a domain")
    return domain


def unicode_domain(canonical: str) -> str:
    """A canonical domain as people read it, with U-labels: to show, never to compare."""
    return idna.decode(canonical) if "xn--" in canonical else canonical


def _encoded(text: str) -> str:
    try:
        domain = idna.encode(text, uts46=True, std3_rules=True).decode("ascii").removesuffix(".")
    except UnicodeError as error:  # IDNAError is one
        raise InvalidDomain(f"{_quoted(text)} is not a domain: {_shortened(str(error))}") from error
    if not domain:
        raise InvalidDomain("a domain has at least one label")
    return domain


def _quoted(text: str) -> str:
    """The text for a message, on one line, in ASCII, and not at any length."""
    return _shortened(ascii(text))


def _shortened(text: str) -> str:
    return text if len(text) <= _QUOTED_CHARACTERS else f"{text[:_QUOTED_CHARACTERS]}..."
