"""Percent-escaping in wavelet URIs and wave references, as the original server does it.

The version-zero history hash is the URI, so escaping must agree with the original to the byte, its
oddities included: a space is written ``+``, which itself stays bare, and a lone surrogate becomes ``%3F``.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from wave_server.identifiers import InvalidName

_BARE: Final = ":@!$&'()*+,;=-._~ "
_BAD_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ESCAPES: Final = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_REPLACEMENT: Final = "\ufffd"


def escape(text: str) -> str:
    """``text`` with everything percent-escaped but ASCII letters, digits and ``:@!$&'()*+,;=-._~``."""
    return quote(text, safe=_BARE, encoding="utf-8", errors="replace").replace(" ", "+")


def unescape(text: str) -> str:
    """Undo percent-escapes; ``+`` stays ``+``.

    Raises InvalidName when an escape is cut short or not hexadecimal, when the escaped bytes are
    not UTF-8, and for U+FFFD, which the original takes as a sign of the latter.
    """
    if _BAD_ESCAPE.search(text):
        raise InvalidName(f"{text!r} holds a '%' that two hexadecimal digits do not follow: write '%25' for '%'")
    try:
        unescaped = _ESCAPES.sub(lambda match: unquote_to_bytes(match.group()).decode("utf-8"), text)
    except UnicodeDecodeError as error:
        raise InvalidName(f"the percent-escapes in {text!r} are not UTF-8") from error
    if _REPLACEMENT in unescaped:
        raise InvalidName(f"{text!r} holds U+FFFD, the replacement character")
    return unescaped
