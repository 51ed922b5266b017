"""The frames that carry what a host tells its readers, encoded once however many readers there are."""

from __future__ import annotations

from typing import final

from msgspec import UNSET

from wave_ot.wavelet_json import operations_to_json
from wave_server.submission import Acknowledgement, Cursor, Delta, WaveletSnapshot
from wave_web.frames import text_frame
from wave_web.socket_protocol import Ack, CursorMessage, DeltaMessage, Snapshot, encode, encode_hash


def snapshot_frame(snapshot: WaveletSnapshot) -> bytes:
    """The frame of a snapshot, kept with it."""
    if snapshot.encoded is None:
        message = Snapshot(
            snapshot.wavelet.path,
            snapshot.version,
            encode_hash(snapshot.history_hash),
            list(snapshot.participants),
            {document_id: op.to_json() for document_id, op in snapshot.documents.items()},
        )
        snapshot.encoded = text_frame(encode(message))
    return snapshot.encoded


def ack_frame(request_id: int, acknowledgement: Acknowledgement) -> bytes:
    """The frame that answers the submission ``request_id``."""
    message = Ack(
        request_id,
        acknowledgement.wavelet.path,
        acknowledgement.at,
        acknowledgement.version,
        encode_hash(acknowledgement.history_hash),
        acknowledgement.timestamp,
    )
    return text_frame(encode(message))


@final
class SharedFrames:
    """Frames for many readers. A delta keeps its own; the last one with a key and the last cursor are kept here.

    That is enough: a host hands a delta or a cursor to all its readers before it goes on to the next.
    """

    __slots__ = ("_cursor", "_cursor_frame", "_keyed", "_keyed_frame")

    def __init__(self) -> None:
        self._keyed: Delta | None = None
        self._keyed_frame = b""
        self._cursor: Cursor | None = None
        self._cursor_frame = b""

    def delta(self, delta: Delta) -> bytes:
        """The frame for all readers but the author's."""
        if delta.encoded is None:
            delta.encoded = text_frame(encode(_delta_message(delta)))
        return delta.encoded

    def keyed_delta(self, delta: Delta) -> bytes:
        """The frame for the author's own connections, with the submission's key."""
        if self._keyed is not delta:
            message = _delta_message(delta)
            message.key = UNSET if delta.key is None else delta.key
            self._keyed_frame = text_frame(encode(message))
            self._keyed = delta
        return self._keyed_frame

    def cursor(self, cursor: Cursor) -> bytes:
        """The frame of a cursor."""
        if self._cursor is not cursor:
            message = CursorMessage(cursor.wavelet.path, cursor.author, cursor.document, cursor.anchor, cursor.head)
            self._cursor_frame = text_frame(encode(message))
            self._cursor = cursor
        return self._cursor_frame


def _delta_message(delta: Delta) -> DeltaMessage:
    return DeltaMessage(
        delta.wavelet.path,
        delta.author,
        delta.at,
        operations_to_json(delta.operations),
        delta.version,
        encode_hash(delta.history_hash),
        delta.timestamp,
    )
