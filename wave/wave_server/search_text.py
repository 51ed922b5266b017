"""Text to words, the same for what is searched and for what is searched for, on both databases. Pure.

A word is a run of letters and digits, without case and accents. A character of a script that is written without
spaces is a word of its own, so that any part of such a text is found. Both databases are given words, not text:
neither's own idea of a word matters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

LONGEST_WORD: Final = 64  # characters; longer ones are cut, in texts and in queries alike
INDEXED_BYTES: Final = 600_000  # of the different words of a wavelet: a tsvector holds no more than 1 MB in all
_WORD_BYTES: Final = 24  # that a word takes there besides its own, with its places and its beginnings

# Han, Hiragana, Katakana, Bopomofo; Thai, Lao, Myanmar, Khmer
_UNSPACED: Final = (
    r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3100-\u312f\u31a0-\u31ff"
    r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_WORD: Final = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")


@dataclass(frozen=True, slots=True)
class SearchWords:
    """What the search knows of a wavelet. ``facets`` are made by ``facet``."""

    facets: tuple[str, ...]
    title: tuple[str, ...]
    body: tuple[str, ...]

    @property
    def hash(self) -> bytes:
        """Equal for equal words."""
        hashed = blake2b(digest_size=16)
        for part in (self.facets, self.title, self.body):
            hashed.update(" ".join(part).encode() + b"\n")
        return hashed.digest()


def words(text: str) -> list[str]:
    """The words of a text, in order: letters and digits, nothing else."""
    return [match[0][:LONGEST_WORD] for match in _WORD.finditer(_folded(text)) if match[0].isalnum()]


def indexed_words(texts: Iterable[str]) -> tuple[str, ...]:
    """The words of all the texts, as far as the index has room for them."""
    found: list[str] = []
    known: set[str] = set()
    room = INDEXED_BYTES
    for text in texts:
        for word in words(text):
            if word not in known:
                room -= len(word.encode()) + _WORD_BYTES
                if room < 0:
                    return tuple(found)
                known.add(word)
            found.append(word)
    return tuple(found)


def facet(kind: str, value: str) -> str:
    """The word that stands for a fact about a wavelet, such as who takes part: ASCII letters and digits only."""
    return blake2b(f"{kind}:{value}".encode(), digest_size=12).hexdigest()


def tag_key(tag: str) -> str:
    """What two tags have in common that are the same for a search: case and white space do not count."""
    return " ".join(_folded(tag).split())


def _folded(text: str) -> str:
    """Without compatibility forms, case and combining marks."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(each for each in decomposed if not unicodedata.combining(each)).casefold()
