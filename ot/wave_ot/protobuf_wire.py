"""The wire format of protocol buffers, as far as the Wave messages need it: varints and blocks.

A message is a sequence of fields; a field is a tag, ``number << 3 | wire type``, and a value. Written
by hand because the messages are few, their bytes are hashed and signed, and the engine compiles.

Source: protobuf encoding guide (proto2).
"""

from __future__ import annotations

from typing import Final, final

from wave_ot.errors import MalformedOperation

VARINT: Final = 0
FIXED64: Final = 1
BLOCK: Final = 2  # bytes, text or a nested message, its length before it
FIXED32: Final = 5

_UINT64_MASK: Final = 0xFFFFFFFFFFFFFFFF
_INT64_LIMIT: Final = 1 << 63
_INT32_LIMIT: Final = 1 << 31
_MAX_FIELD_NUMBER: Final = (1 << 29) - 1
_LAST_BYTE: Final = tuple(bytes((value,)) for value in range(0x80))
_BYTE: Final = tuple(bytes((value | 0x80,)) for value in range(0x80))


def varint(value: int) -> bytes:
    """The varint of an int64: seven bits to a byte, the lowest first. Negative ones take ten bytes."""
    if 0 <= value < 0x80:
        return _LAST_BYTE[value]
    rest = value & _UINT64_MASK if value < 0 else value
    written = _BYTE[rest & 0x7F]
    rest >>= 7
    while rest >= 0x80:
        written += _BYTE[rest & 0x7F]
        rest >>= 7
    return written + _LAST_BYTE[rest]


def block(tag: bytes, content: bytes) -> bytes:
    """A field of wire type BLOCK: its tag, the content's length, the content."""
    size = len(content)
    return tag + (_LAST_BYTE[size] if size < 0x80 else varint(size)) + content


def text_block(tag: bytes, text: str) -> bytes:
    """A field of type string. Raises MalformedOperation for a lone surrogate, which UTF-8 cannot carry."""
    try:
        return block(tag, text.encode("utf-8"))
    except UnicodeEncodeError as error:
        raise MalformedOperation(f"a lone surrogate, at character {error.start}, cannot be encoded as UTF-8") from error


@final
class Reader:
    """Reads the fields of one message from ``data``, strictly: everything malformed raises MalformedOperation.

    ``base`` is the offset of ``data`` in the outermost message, for error messages. Use: while ``more()``,
    take ``tag()``, then the value with the method of its type, or ``skip(tag)`` for fields not known.
    Unknown fields are skipped, as the format wants; groups, long out of use, are refused.
    """

    __slots__ = ("_position", "base", "data", "end")

    def __init__(self, data: bytes, base: int = 0) -> None:
        self.data: Final = data
        self.base: Final = base
        self.end: Final = len(data)
        self._position = 0

    def more(self) -> bool:
        """Whether another field follows."""
        return self._position < self.end

    def offset(self) -> int:
        """The offset of the next byte in the outermost message."""
        return self.base + self._position

    def tag(self) -> int:
        """The next field's number and wire type, ``number << 3 | wire type``."""
        position = self._position
        first = self.data[position]
        if 0x08 <= first < 0x80:
            self._position = position + 1
            return first
        tag = self._varint()
        if not 0 < tag >> 3 <= _MAX_FIELD_NUMBER:
            self._position = position
            raise self.malformed(f"the field number {tag >> 3} is out of range")
        return tag

    def int64(self) -> int:
        """A varint as a signed 64-bit number."""
        value = self._varint()
        return value if value < _INT64_LIMIT else value - (1 << 64)

    def count(self) -> int:
        """A varint as an int64 that counts something. Raises when it is negative."""
        value = self.int64()
        if value < 0:
            raise self.malformed(f"{value} is no count")
        return value

    def int32(self) -> int:
        """A varint as a signed 32-bit number. Raises when it does not fit, where others might cut bits off."""
        value = self.int64()
        if not -_INT32_LIMIT <= value < _INT32_LIMIT:
            raise self.malformed(f"{value} does not fit 32 bits")
        return value

    def boolean(self) -> bool:
        """A varint as a truth value: anything but zero is true."""
        return self._varint() != 0

    def block(self) -> bytes:
        """The content of a field of wire type BLOCK."""
        size = self._varint()
        start = self._position
        if size > self.end - start:
            raise self.malformed(f"a field of {size} bytes goes beyond the end of its message")
        self._position = start + size
        return self.data[start : start + size]

    def text(self) -> str:
        """The content of a field of type string, which must be UTF-8 without surrogates."""
        content = self.block()
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError as error:
            self._position -= len(content) - error.start
            raise self.malformed(f"text is not UTF-8 ({error.reason})") from error

    def skip(self, tag: int) -> None:
        """Pass over the value of an unknown field."""
        wire_type = tag & 7
        if wire_type == VARINT:
            self._varint()
        elif wire_type == BLOCK:
            self.block()
        elif wire_type in (FIXED64, FIXED32):
            size = 8 if wire_type == FIXED64 else 4
            if size > self.end - self._position:
                raise self.malformed("the message ends in the middle of a number")
            self._position += size
        else:
            raise self.malformed(f"field {tag >> 3} has the wire type {wire_type}, which is not supported")

    def unknown(self, tag: int, known: int) -> None:
        """Skip a field that the message's own loop did not take: one above ``known``, its highest number.

        Raises when the number is known, for then the wire type is wrong.
        """
        if tag >> 3 <= known:
            raise self.malformed(f"field {tag >> 3} has the wrong wire type, {tag & 7}")
        self.skip(tag)

    def malformed(self, reason: str) -> MalformedOperation:
        """The error for what was met at the current position."""
        return MalformedOperation(f"{reason}, at byte {self.offset()}")

    def _varint(self) -> int:
        data = self.data
        position = self._position
        end = self.end
        value = 0
        shift = 0
        while position < end:
            byte = data[position]
            position += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                if value > _UINT64_MASK:
                    break
                self._position = position
                return value
            shift += 7
            if shift == 70:
                break
        else:
            raise self.malformed("the message ends in the middle of a varint")
        raise self.malformed("a varint has more than 64 bits")
