"""Which characters text and values may hold, and what an XML name is.

Barred everywhere are surrogates (a Python string holds one only when it is alone) and the 66
noncharacters. Control characters, U+FFFD, private use and bidirectional marks are allowed here;
a schema may refuse them. Source: OT.md, rule V2; XML 1.0, fifth edition, productions 4 and 5,
which is the edition that the conformance vectors follow (U+10000 starts a name, U+00D7 does not).
"""

from __future__ import annotations

import re
from typing import Final

_NONCHARACTERS: Final = "\ufdd0-\ufdef" + "".join(
    chr(plane * 0x10000 + low) for plane in range(17) for low in (0xFFFE, 0xFFFF)
)
_BARRED: Final = re.compile(f"[{chr(0xD800)}-{chr(0xDFFF)}{_NONCHARACTERS}]")

_NAME_START: Final = (
    ":A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d\u2070-\u218f"
    "\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_NAME: Final = re.compile(f"[{_NAME_START}][-.0-9\u00b7\u0300-\u036f\u203f-\u2040{_NAME_START}]*")


def has_barred_character(text: str) -> bool:
    """Whether ``text`` holds a surrogate or a noncharacter."""
    return not text.isascii() and _BARRED.search(text) is not None


def is_xml_name(text: str) -> bool:
    """Whether ``text`` is a Name of XML 1.0, fifth edition, without the noncharacters that XML lets pass."""
    return _NAME.fullmatch(text) is not None and not has_barred_character(text)
