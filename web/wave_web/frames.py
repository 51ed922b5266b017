"""WebSocket frames of the server's side: bytes in, messages out; messages in, bytes out. RFC 6455 section 5.

The framing is our own because two things are asked of it that a ready-made reader does not do. A message over
the limit is skipped, not fatal, so that its sender gets an error and keeps the connection. And an outgoing
frame is plain bytes, made once and written to every reader, since a server's frames carry no mask.
"""

from __future__ import annotations

import struct
from typing import Final, TypeAlias

CONTINUATION: Final = 0x0
TEXT: Final = 0x1
BINARY: Final = 0x2
CLOSE: Final = 0x8
PING: Final = 0x9
PONG: Final = 0xA
OVERSIZED: Final = -1
"""Not an opcode of the wire: stands for a data message that was longer than the limit and has been skipped."""

Frame: TypeAlias = tuple[int, bytes]
"""``(opcode, payload)``; data messages come whole, with the opcode of their first fragment."""

NORMAL_CLOSURE: Final = 1000
GOING_AWAY: Final = 1001
PROTOCOL_ERROR: Final = 1002
INVALID_TEXT: Final = 1007
MESSAGE_TOO_BIG: Final = 1009
UNAUTHENTICATED: Final = 4401
SLOW_READER: Final = 4408

_DATA_OPCODES: Final = frozenset({TEXT, BINARY})
_CONTROL_OPCODES: Final = frozenset({CLOSE, PING, PONG})
_CODES_ON_THE_WIRE: Final = frozenset({1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014})


class FrameError(Exception):
    """The peer broke RFC 6455: close the connection with ``close_code``."""

    def __init__(self, close_code: int, message: str) -> None:
        super().__init__(message)
        self.close_code = close_code


def frame(opcode: int, payload: bytes) -> bytes:
    """One whole unmasked frame."""
    size = len(payload)
    if size < 126:
        return bytes((0x80 | opcode, size)) + payload
    if size < 65536:
        return struct.pack("!BBH", 0x80 | opcode, 126, size) + payload
    return struct.pack("!BBQ", 0x80 | opcode, 127, size) + payload


def text_frame(payload: bytes) -> bytes:
    """One whole text message; ``payload`` is UTF-8."""
    return frame(TEXT, payload)


def close_frame(code: int, reason: str) -> bytes:
    """A close frame; the reason is cut to what a control frame can hold (123 bytes)."""
    cut = reason.encode()[:123].decode(errors="ignore").encode()
    return frame(CLOSE, struct.pack("!H", code) + cut)


def close_code(payload: bytes) -> int:
    """The code in a close frame's payload, 1005 when there is none. RFC 6455 §7.1.5, §7.4.

    Raises FrameError for a payload or a code that must not be sent.
    """
    if not payload:
        return 1005
    if len(payload) == 1:
        raise FrameError(PROTOCOL_ERROR, "a close frame's payload has no bytes or at least two")
    code = int.from_bytes(payload[:2], "big")
    if code not in _CODES_ON_THE_WIRE and not 3000 <= code < 5000:
        raise FrameError(PROTOCOL_ERROR, f"close code {code} must not be sent")
    decoded_text(payload[2:])
    return code


def decoded_text(payload: bytes) -> str:
    """The text of a text message. Raises FrameError when it is not UTF-8 (RFC 6455 §8.1)."""
    try:
        return payload.decode()
    except UnicodeDecodeError as error:
        raise FrameError(INVALID_TEXT, "a text message is not UTF-8") from error


def unmasked(payload: bytes, mask: bytes) -> bytes:
    """The payload with its mask taken off, by one exclusive-or over the whole. RFC 6455 §5.3."""
    size = len(payload)
    key = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "little") ^ int.from_bytes(key, "little")).to_bytes(size, "little")


class FrameReader:
    """Cuts what a client sends into messages. Holds at most one message of ``max_message`` bytes.

    A longer message is skipped as it arrives, and comes out as OVERSIZED when it ends; one that announces or
    reaches more than ``max_skipped`` bytes raises FrameError with MESSAGE_TOO_BIG. After an error feed nothing more.
    """

    __slots__ = (
        "_buffer",
        "_fragments",
        "_max_message",
        "_max_skipped",
        "_needed",
        "_opcode",
        "_oversized",
        "_size",
        "_skip",
    )

    def __init__(self, max_message: int, max_skipped: int) -> None:
        self._max_message = max_message
        self._max_skipped = max_skipped
        self._buffer: bytearray | None = None  # an incomplete frame
        self._needed = 0  # bytes until which that frame cannot be complete
        self._opcode = CONTINUATION  # of the fragmented message that is under way; CONTINUATION: there is none
        self._fragments: list[bytes] | None = None
        self._size = 0  # bytes of the message under way, skipped ones too
        self._skip = 0  # payload bytes of the current frame that are still to be thrown away
        self._oversized = False

    def feed(self, data: bytes) -> list[Frame]:
        """The messages that ``data`` completes, in order. Raises FrameError when the peer broke the protocol."""
        if self._buffer is not None:
            self._buffer += data
            if len(self._buffer) < self._needed:
                return []
            data = bytes(self._buffer)
            self._buffer = None
        frames: list[Frame] = []
        position = 0
        if self._skip:
            position = min(self._skip, len(data))
            self._skip -= position
            if self._skip:
                return frames
            self._end_skipped(frames)
        while True:
            after = self._read(data, position, frames)
            if after == position:
                break
            position = after
        if position < len(data):
            self._buffer = bytearray(data[position:])
        return frames

    def _read(self, data: bytes, start: int, frames: list[Frame]) -> int:
        """Read one frame at ``start``; where the next one starts, or ``start`` when this one is not complete."""
        available = len(data) - start
        self._needed = 6  # two bytes and the mask
        if available < 6:
            return start
        first, second = data[start], data[start + 1]
        if first & 0x70:
            raise FrameError(PROTOCOL_ERROR, "reserved bits are set, and no extension was agreed")
        if not second & 0x80:
            raise FrameError(PROTOCOL_ERROR, "a client's frames must be masked")
        size = second & 0x7F
        mask_at = start + 2
        if size == 126:
            mask_at += 2
            if available < 8:
                return start
            size = int.from_bytes(data[start + 2 : mask_at], "big")
        elif size == 127:
            mask_at += 8
            if available < 14:
                return start
            size = int.from_bytes(data[start + 2 : mask_at], "big")
        opcode, final = first & 0x0F, bool(first & 0x80)
        self._check_header(opcode, final, size)
        payload_at = mask_at + 4
        if opcode < CLOSE and (self._oversized or self._size + size > self._max_message):
            return self._start_skipping(data, payload_at, opcode, final, size, frames)
        end = payload_at + size
        if end > len(data):
            self._needed = end - start
            return start
        payload = unmasked(data[payload_at:end], data[mask_at:payload_at])
        self._deliver(opcode, final, payload, frames)
        return end

    def _check_header(self, opcode: int, final: bool, size: int) -> None:
        if opcode in _CONTROL_OPCODES:
            if size > 125 or not final:
                raise FrameError(PROTOCOL_ERROR, "a control frame is whole and has at most 125 bytes")
        elif opcode in _DATA_OPCODES:
            if self._opcode != CONTINUATION:
                raise FrameError(PROTOCOL_ERROR, "a new message started before the last one ended")
        elif opcode != CONTINUATION:
            raise FrameError(PROTOCOL_ERROR, f"opcode {opcode} has no meaning")
        elif self._opcode == CONTINUATION:
            raise FrameError(PROTOCOL_ERROR, "a continuation without a message to continue")
        if opcode < CLOSE and self._size + size > self._max_skipped:
            raise FrameError(MESSAGE_TOO_BIG, f"a message may have at most {self._max_message} bytes")

    def _deliver(self, opcode: int, final: bool, payload: bytes, frames: list[Frame]) -> None:
        if opcode >= CLOSE or (final and opcode != CONTINUATION):
            frames.append((opcode, payload))
            return
        if opcode != CONTINUATION:
            self._opcode = opcode
            self._fragments = []
        assert self._fragments is not None
        self._fragments.append(payload)
        # Every fragment weighs something, or a peer could send empty ones for ever.
        self._size += len(payload) + 1
        if final:
            frames.append((self._opcode, b"".join(self._fragments)))
            self._forget_message()

    def _start_skipping(
        self, data: bytes, payload_at: int, opcode: int, final: bool, size: int, frames: list[Frame]
    ) -> int:
        self._oversized = True
        self._fragments = None
        self._size += size + 1
        # While skipping, _opcode says whether fragments are to follow.
        self._opcode = CONTINUATION if final else (opcode or self._opcode)
        end = min(payload_at + size, len(data))
        self._skip = payload_at + size - end
        if not self._skip:
            self._end_skipped(frames)
        return end

    def _end_skipped(self, frames: list[Frame]) -> None:
        if self._opcode == CONTINUATION:
            frames.append((OVERSIZED, b""))
            self._forget_message()

    def _forget_message(self) -> None:
        self._opcode = CONTINUATION
        self._fragments = None
        self._size = 0
        self._oversized = False
