"""A plain text as a blip's document, and edits of the one as operations on the other.

The blip is ``<body><line/>TEXT</body>``. A newline of the text is an empty ``line`` element, since a blip
holds no control characters: it counts two items, any other character one.
"""

from __future__ import annotations

from collections.abc import Iterator

from traces.sessions import Edit
from wave_ot.components import (
    Characters,
    Component,
    DeleteCharacters,
    DeleteElementEnd,
    DeleteElementStart,
    ElementEnd,
    ElementStart,
    Retain,
)
from wave_ot.docop import DocOp

HEAD = 3  # items before the text: the start of body, then the first line's start and end
LINE = ElementStart("line", ())
END = ElementEnd()
DELETE_LINE = DeleteElementStart("line", ())
DELETE_END = DeleteElementEnd()

EMPTY_BLIP = DocOp((ElementStart("body", ()), LINE, END, END))
"""The operation that creates the blip of the empty text."""


def edit_operation(text: str, edit: Edit) -> DocOp:
    """The operation that makes ``edit`` on the blip of ``text``."""
    before = HEAD + edit.position + text.count("\n", 0, edit.position)
    end = edit.position + edit.deleted
    after = len(text) - end + text.count("\n", end) + 1
    gone = text[edit.position : end]
    return DocOp((Retain(before), *_deleted(gone), *_inserted(edit.inserted), Retain(after)))


def _inserted(text: str) -> Iterator[Component]:
    for number, piece in enumerate(text.split("\n")):
        if number:
            yield LINE
            yield END
        if piece:
            yield Characters(piece)


def _deleted(text: str) -> Iterator[Component]:
    for number, piece in enumerate(text.split("\n")):
        if number:
            yield DELETE_LINE
            yield DELETE_END
        if piece:
            yield DeleteCharacters(piece)


def text_of(blip: DocOp) -> str:
    """The text of a blip, given as the operation that creates it.

    Raises ValueError where there is anything but a body of lines and characters.
    """
    pieces: list[str] = []
    lines = 0
    for component in blip.components:
        match component:
            case Characters(text):
                pieces.append(text)
            case ElementStart("line", ()):
                pieces.append("\n" if lines else "")
                lines += 1
            case ElementStart("body", ()) | ElementEnd():
                pass
            case _:
                raise ValueError(f"not the blip of a plain text: {component}")
    return "".join(pieces)
