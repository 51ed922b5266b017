"""How much XML a peer may send at once. RFC 6120, sections 4.9.3.14 (policy-violation), 13.12."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class XmlLimits:
    """What one stream may hold. The defaults serve after authentication. All are at least 1, sizes in bytes.

    Anything may be as large as its limit, and not a byte larger.
    """

    header_bytes: int = 8_192  # everything up to the end of the stream's start tag
    stanza_bytes: int = 524_288  # an element of the stream's first level, with all its markup
    tag_bytes: int = 65_536  # one tag behind the header, with its attributes
    attributes: int = 64  # in one tag; namespace declarations do not count
    depth: int = 64  # a stanza without children has depth 1
    elements: int = 10_000  # in one stanza, itself included
    vocabulary: int = 262_144  # characters of all the different names in a stream: libxml2 never forgets a name


BEFORE_AUTHENTICATION: Final = XmlLimits(stanza_bytes=10_000, tag_bytes=8_192, depth=16, elements=64)
