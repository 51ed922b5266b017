"""The order of attribute names and annotation keys: by UTF-16 code unit.

The reference compares Java strings, so U+10400 (a surrogate pair, from 0xD801) comes before
U+FF21, which Python's own order, by code point, puts the other way round. Source: OT.md, V3.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def utf16_key(text: str) -> bytes:
    """The sort key of ``text``: its UTF-16 code units, big end first. Lone surrogates have a place too."""
    return text.encode("utf-16-be", "surrogatepass")


def utf16_less(first: str, second: str) -> bool:
    """Whether ``first`` comes strictly before ``second``."""
    if first.isascii() or second.isascii():  # below every surrogate, so both orders agree
        return first < second
    return utf16_key(first) < utf16_key(second)


def sorted_names(names: Iterable[str]) -> list[str]:
    """The names in UTF-16 order; repetitions stay."""
    listed = list(names)
    if len(listed) > 1:
        listed.sort(key=utf16_key)
    return listed


def strictly_increasing(names: Sequence[str]) -> bool:
    """Whether each name comes before the next: in order and without repetition."""
    return all(utf16_less(names[index - 1], names[index]) for index in range(1, len(names)))
