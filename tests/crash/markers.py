"""Edits that can be told apart: each inserts one marker, and no marker is ever cut in two."""

from __future__ import annotations

WIDTH = 11


def marker(client: int, number: int) -> str:
    """The text of edit ``number`` of ``client``, always WIDTH characters."""
    text = f"<{client:02}.{number:06}>"
    assert len(text) == WIDTH, text
    return text


def markers_in(text: str) -> list[str]:
    """The markers that a text consists of. Raises AssertionError where it is not made of whole ones."""
    found = [text[start : start + WIDTH] for start in range(0, len(text), WIDTH)]
    torn = [piece for piece in found if len(piece) != WIDTH or piece[0] != "<" or piece[-1] != ">"]
    assert not torn, torn[:5]
    return found
