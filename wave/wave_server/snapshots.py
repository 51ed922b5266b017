"""The stored form of a wavelet's complete state: participants, documents, time of the last delta.

    format      1 byte, 1
    packing     1 byte: 0 as is, 1 zlib
    then, packed:
        timestamp, number of participants, each participant,
        number of documents, each document's id and protobuf DocumentOperation

Numbers are unsigned LEB128; texts (UTF-8) and operations have their length in bytes before them.
Equal states give equal bytes: documents go in the order of their ids. Version and history hash
stand beside the state in the store.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, final

from wave_ot.docop import DocOp
from wave_ot.errors import OperationError
from wave_ot.protobuf import decode_document_operation, encode_document_operation
from wave_server.errors import CorruptHistory

_FORMAT: Final = 1
_PLAIN: Final = 0
_ZLIB: Final = 1
_WORTH_PACKING: Final = 256  # bytes; below, zlib saves less than it costs
_LEVEL: Final = 1


@final
@dataclass(frozen=True, slots=True)
class State:
    """What a snapshot holds. ``timestamp``: of the last delta in it, in ms since 1970."""

    timestamp: int
    participants: Sequence[str]
    documents: Mapping[str, DocOp]


def encode_state(state: State) -> bytes:
    """The bytes to store. Linear in the state."""
    out = bytearray()
    _put_number(out, state.timestamp)
    _put_number(out, len(state.participants))
    for participant in state.participants:
        _put_bytes(out, participant.encode("utf-8"))
    _put_number(out, len(state.documents))
    for document_id in sorted(state.documents):
        _put_bytes(out, document_id.encode("utf-8"))
        _put_bytes(out, encode_document_operation(state.documents[document_id]))
    if len(out) < _WORTH_PACKING:
        return bytes((_FORMAT, _PLAIN)) + out
    return bytes((_FORMAT, _ZLIB)) + zlib.compress(out, _LEVEL)


def decode_state(data: bytes) -> State:
    """Read what ``encode_state`` wrote. Raises CorruptHistory when it is anything else."""
    reader = _Reader(_unpacked(data))
    timestamp = reader.number()
    participants = [reader.text() for _ in range(reader.number())]
    documents: dict[str, DocOp] = {}
    for _ in range(reader.number()):
        document_id = reader.text()
        documents[document_id] = reader.operation()
    if not reader.ended():
        raise CorruptHistory("a snapshot goes on after its end")
    return State(timestamp, participants, documents)


def _unpacked(data: bytes) -> bytes:
    if data[:1] != bytes((_FORMAT,)):
        raise CorruptHistory(f"a snapshot of a format that this version does not know: {data[:1].hex() or 'empty'}")
    if data[1:2] == bytes((_PLAIN,)):
        return data[2:]
    if data[1:2] != bytes((_ZLIB,)):
        raise CorruptHistory(f"a snapshot packed in an unknown way: {data[1:2].hex() or 'cut off'}")
    unpacker = zlib.decompressobj()
    try:
        unpacked = unpacker.decompress(data[2:])
    except zlib.error as error:
        raise CorruptHistory(f"a snapshot cannot be unpacked: {error}") from error
    if not unpacker.eof or unpacker.unused_data:
        raise CorruptHistory("a snapshot is cut off, or something follows it")
    return unpacked


def _put_number(out: bytearray, number: int) -> None:
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)


def _put_bytes(out: bytearray, data: bytes) -> None:
    _put_number(out, len(data))
    out += data


@final
class _Reader:
    """Reads the unpacked state from its start. Methods raise CorruptHistory."""

    def __init__(self, data: bytes) -> None:
        self._data: Final = data
        self._position = 0

    def ended(self) -> bool:
        return self._position == len(self._data)

    def number(self) -> int:
        result = shift = 0
        for _ in range(10):
            byte = self._take(1)[0]
            result |= (byte & 0x7F) << shift
            if byte < 0x80:
                return result
            shift += 7
        raise CorruptHistory("a number in a snapshot is too long")

    def text(self) -> str:
        try:
            return self._take(self.number()).decode("utf-8")
        except UnicodeDecodeError as error:
            raise CorruptHistory(f"a text in a snapshot is not UTF-8: {error}") from error

    def operation(self) -> DocOp:
        try:
            return decode_document_operation(self._take(self.number()), trusted=True)
        except OperationError as error:
            raise CorruptHistory(f"a document in a snapshot cannot be read: {error}") from error

    def _take(self, count: int) -> bytes:
        end = self._position + count
        if end > len(self._data):
            raise CorruptHistory("a snapshot is cut off")
        taken = self._data[self._position : end]
        self._position = end
        return taken
