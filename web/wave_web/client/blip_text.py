"""A blip's body as plain text, and edits of that text as document operations. Pure.

The document is ``<body><line/>TEXT</body>``. A newline of the text is a further empty ``line`` element, since
blips hold no control characters: it counts two items, every other character (a code point) one. Text with
annotations, or with other elements among it, needs operations of one's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, final

from wave_ot.components import (
    AnnotationBoundary,
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
from wave_ot.document import Document
from wave_ot.wavelet_operations import MutateDocument, WaveletOperation
from wave_web.client.replica import Replica

_LINE: Final = ElementStart("line", ())
_END: Final = ElementEnd()
_HEAD: Final = 3  # items before the text: the body's start, and the first line's start and end
_TAIL: Final = 1


def blip_of(text: str) -> DocOp:
    """The operation that creates a blip with this text."""
    return DocOp([ElementStart("body", ()), _LINE, _END, *_inserted(text), _END])


@final
class BlipText:
    """The text of one blip of a replica. Make it once: it remembers where it was last, so that typing on is cheap.

    An edit costs what lies between it and the last one, and no more.
    """

    def __init__(self, replica: Replica, document_id: str) -> None:
        self._replica: Final = replica
        self._document_id: Final = document_id
        self._item = _HEAD  # a place in the document, between characters
        self._offset = 0  # the same place in the text
        replica.watchers.append(self)

    def close(self) -> None:
        """Follow the replica no more."""
        self._replica.watchers.remove(self)

    @property
    def text(self) -> str:
        """The whole text. Linear in its length."""
        return _text(self._document.to_op().components)

    def edit(self, position: int, deleted: int, inserted: str) -> MutateDocument:
        """The operation that deletes ``deleted`` characters at ``position`` and inserts ``inserted`` there.

        Hand it to ``edit`` of the replica or wavelet before anything else changes. Raises IndexError when the
        text does not reach that far.
        """
        document = self._document
        start = self._seek(document, position)
        end = self._seek(document, position + deleted)
        self._item, self._offset = start, position
        components: list[Component] = [Retain(start)]
        _delete(document, start, end, components)
        components += _inserted(inserted)
        components.append(Retain(document.size - end))
        return MutateDocument(self._document_id, DocOp(components))

    # ---- Watcher: keeps the remembered place where it was while others edit before it ----

    def changed(self, operation: WaveletOperation, *, local: bool) -> None:
        """Something in the replica has changed."""
        if not isinstance(operation, MutateDocument) or operation.document_id != self._document_id:
            return
        shift = _shift(operation.op, self._item)
        if shift is None or not _HEAD <= self._item + shift[0] <= self._document.size - _TAIL:
            self.replaced()
        else:
            self._item += shift[0]
            self._offset += shift[1]

    def replaced(self) -> None:
        """The whole state is new: remember the start."""
        self._item = _HEAD
        self._offset = 0

    # ----

    @property
    def _document(self) -> Document:
        return self._replica.document(self._document_id)

    def _seek(self, document: Document, position: int) -> int:
        """The item at a place of the text, found from the remembered place or the start, whichever is nearer."""
        item, offset = self._item, self._offset
        if position < offset - position:
            item, offset = _HEAD, 0
        odd = 0  # half a line passed
        while offset < position:
            step = position - offset  # never too far: no character has less than one item
            if item + step > document.size - _TAIL:
                raise IndexError(f"position {position} is past the end of the text of {self._document_id}")
            characters = len(document.text(item, item + step))
            lines, odd = divmod(step - characters + odd, 2)
            item, offset = item + step, offset + characters + lines
        while offset > position:
            step = offset - position
            if item - step < _HEAD:
                raise IndexError(f"position {position} is before the start of the text of {self._document_id}")
            characters = len(document.text(item - step, item))
            lines, odd = divmod(step - characters + odd, 2)
            item, offset = item - step, offset - characters - lines
        return item


def _shift(op: DocOp, place: int) -> tuple[int, int] | None:
    """How many items and characters longer the document gets before ``place``; None when that is deleted itself."""
    item = characters = tags = 0
    for component in op.components:
        if isinstance(component, Characters):
            characters += len(component.text)
        elif isinstance(component, ElementStart | ElementEnd):
            tags += 1
        elif isinstance(component, DeleteCharacters):
            item += len(component.text)
            if item > place:
                return None
            characters -= len(component.text)
        elif isinstance(component, DeleteElementStart | DeleteElementEnd):
            item += 1
            tags -= 1
        elif isinstance(component, Retain):
            item += component.items
        elif not isinstance(component, AnnotationBoundary):
            item += 1  # an attribute change
        if item >= place:
            break
    lines, odd = divmod(tags, 2)
    return None if odd else (characters + tags, characters + lines)


def _inserted(text: str) -> list[Component]:
    components: list[Component] = []
    for number, piece in enumerate(text.split("\n")):
        if number:
            components += (_LINE, _END)
        if piece:
            components.append(Characters(piece))
    return components


def _delete(document: Document, start: int, end: int, components: list[Component]) -> None:
    """Append the deletion of these items, halving the range until it is all text or one tag."""
    text = document.text(start, end)
    if len(text) == end - start:
        last = components[-1]
        if isinstance(last, DeleteCharacters):
            components[-1] = DeleteCharacters(last.text + text)
        elif text:
            components.append(DeleteCharacters(text))
    elif end - start > 1:
        middle = (start + end) // 2
        _delete(document, start, middle, components)
        _delete(document, middle, end, components)
    else:
        outside, inside = document.enclosing(start), document.enclosing(end)
        if len(inside) > len(outside):
            components.append(DeleteElementStart(inside[-1].type, inside[-1].attributes))
        else:
            components.append(DeleteElementEnd())


def _text(components: Sequence[Component]) -> str:
    pieces: list[str] = []
    for component in components:
        if isinstance(component, Characters):
            pieces.append(component.text)
        elif isinstance(component, ElementStart) and component.type == _LINE.type:
            pieces.append("\n")
    return "".join(pieces).removeprefix("\n")
