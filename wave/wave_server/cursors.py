"""Cursors: where somebody is in a document. They are relayed, never stored, never part of history."""

from __future__ import annotations

from wave_server.errors import InvalidRequest
from wave_server.limits import HostLimits
from wave_server.submission import Cursor
from wave_server.wavelet import Wavelet


def placed(wavelet: Wavelet, author: str, document: str, anchor: int, head: int, limits: HostLimits) -> Cursor:
    """The cursor to show to others. Positions count items of the document.

    A client with edits in flight is ahead of the wavelet here: positions past the end are moved to
    the end. An absent document is an empty one. Raises InvalidRequest for what no client can mean.
    """
    if not 0 < len(document) <= limits.document_id_characters:
        raise InvalidRequest(f"a document id has 1 to {limits.document_id_characters} characters")
    for position in (anchor, head):
        if not 0 <= position <= limits.document_items:
            raise InvalidRequest(f"{position} is no position: they go from 0 to the document's size")
    size = wavelet.document_size(document)
    return Cursor(wavelet.name, author, document, min(anchor, size), min(head, size))
