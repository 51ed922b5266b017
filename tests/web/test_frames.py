"""RFC 6455 framing on the server's side."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wave_web import frames
from wave_web.frames import BINARY, CLOSE, CONTINUATION, OVERSIZED, PING, TEXT, Frame, FrameError, FrameReader

MASK = b"\x37\xfa\x21\x3d"


def client_frame(opcode: int, payload: bytes, *, final: bool = True, mask: bytes = MASK) -> bytes:
    unmasked = bytearray(frames.frame(opcode, payload))
    if not final:
        unmasked[0] &= 0x7F
    header = unmasked[: len(unmasked) - len(payload)]
    header[1] |= 0x80
    return bytes(header) + mask + frames.unmasked(payload, mask)


def in_pieces(reader: FrameReader, data: bytes, size: int) -> list[Frame]:
    return [frame for at in range(0, len(data), size) for frame in reader.feed(data[at : at + size])]


def test_the_masked_hello_of_the_rfc() -> None:  # RFC 6455 §5.7
    assert FrameReader(100, 100).feed(bytes.fromhex("818537fa213d7f9f4d5158")) == [(TEXT, b"Hello")]


def test_the_fragmented_hello_with_a_ping_in_between() -> None:  # RFC 6455 §5.7, masked
    data = client_frame(TEXT, b"Hel", final=False) + client_frame(PING, b"Hello") + client_frame(CONTINUATION, b"lo")
    assert FrameReader(100, 100).feed(data) == [(PING, b"Hello"), (TEXT, b"Hello")]


def test_the_lengths_of_the_rfc() -> None:  # RFC 6455 §5.7
    assert frames.frame(BINARY, bytes(256))[:4] == bytes.fromhex("827e0100")
    assert frames.frame(BINARY, bytes(65536))[:10] == bytes.fromhex("827f0000000000010000")


@given(
    payloads=st.lists(st.one_of(st.binary(max_size=300), st.just(bytes(70_000))), max_size=4),
    mask=st.binary(min_size=4, max_size=4),
    size=st.integers(1, 400),
)
def test_messages_arrive_whole_however_the_bytes_are_cut(payloads: list[bytes], mask: bytes, size: int) -> None:
    data = b"".join(client_frame(TEXT, payload, mask=mask) for payload in payloads)
    assert in_pieces(FrameReader(100_000, 100_000), data, size) == [(TEXT, payload) for payload in payloads]


@given(
    sizes=st.lists(st.integers(0, 30), min_size=1, max_size=5), size=st.integers(1, 50), opcode=st.sampled_from([1, 2])
)
def test_a_message_over_the_limit_is_skipped_and_the_next_one_is_read(sizes: list[int], size: int, opcode: int) -> None:
    parts = [
        client_frame(opcode if at == 0 else CONTINUATION, bytes(part), final=at == len(sizes) - 1)
        for at, part in enumerate(sizes)
    ]
    data = b"".join(parts) + client_frame(TEXT, b"next")
    first = (opcode, bytes(sum(sizes))) if sum(sizes) + len(sizes) - 1 <= 40 else (OVERSIZED, b"")
    assert in_pieces(FrameReader(40, 1000), data, size) == [first, (TEXT, b"next")]


def test_a_message_far_over_the_limit_closes_with_1009() -> None:
    with pytest.raises(FrameError) as caught:
        FrameReader(10, 1000).feed(client_frame(TEXT, bytes(2000))[:20])
    assert caught.value.close_code == 1009


@pytest.mark.parametrize(
    "data",
    [
        b"\x81\x05Hello!",  # not masked
        client_frame(TEXT, b"x").replace(b"\x81", b"\xc1", 1),  # a reserved bit
        client_frame(3, b"x"),
        client_frame(11, b"x"),
        client_frame(CONTINUATION, b"x"),
        client_frame(PING, bytes(126)),
        client_frame(PING, b"x", final=False),
        client_frame(TEXT, b"x", final=False) + client_frame(TEXT, b"y"),
    ],
)
def test_what_breaks_the_protocol_closes_with_1002(data: bytes) -> None:
    with pytest.raises(FrameError) as caught:
        FrameReader(100, 100).feed(data)
    assert caught.value.close_code == 1002


@given(data=st.binary(max_size=200), size=st.integers(1, 50))
def test_any_bytes_give_messages_or_a_frame_error(data: bytes, size: int) -> None:
    reader = FrameReader(64, 128)
    with suppress(FrameError):  # and no other error
        for opcode, payload in in_pieces(reader, data, size):
            assert opcode in (TEXT, BINARY, CLOSE, PING, frames.PONG, OVERSIZED)
            assert len(payload) <= 125


def test_close_codes() -> None:
    assert frames.close_code(b"") == 1005
    assert frames.close_code(frames.close_frame(4401, "é" * 100)[2:]) == 4401
    for payload in (b"\x03", b"\x03\xed", b"\x00\x01"):
        with pytest.raises(FrameError):
            frames.close_code(payload)
    with pytest.raises(FrameError) as caught:
        frames.close_code(b"\x03\xe8\xff")
    assert caught.value.close_code == 1007
