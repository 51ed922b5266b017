"""The messages of wave.v1: what goes in comes out, and what is not one of them is refused with its place."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wave_ot.components import Characters, Retain
from wave_ot.docop import DocOp
from wave_ot.wavelet_json import operations_to_json
from wave_ot.wavelet_operations import AddParticipant, MutateDocument, NoOp, RemoveParticipant
from wave_server.errors import InvalidRequest
from wave_web import socket_protocol as protocol
from wave_web.socket_protocol import (
    Ack,
    Close,
    CursorMessage,
    DeltaMessage,
    ErrorMessage,
    MalformedMessage,
    Open,
    Opened,
    Ping,
    PlaceCursor,
    Pong,
    Snapshot,
    Submit,
    TroubleJson,
    TroublesMessage,
    Watch,
    Watching,
)

OPERATIONS = (
    AddParticipant("a@b"),
    RemoveParticipant("a@b"),
    NoOp(),
    MutateDocument("b+1", DocOp([Retain(3), Characters("x")])),
)
CLIENT_MESSAGES: list[protocol.ClientMessage] = [
    Open(1, "example.com/w+a"),
    Open(1, "example.com/w+a", {"example.com/w+a/~/conv+root": (3, "aGFzaA")}),
    Submit(2, "example.com/w+a/~/conv+root", "k-1", 3, "aGFzaA", operations_to_json(OPERATIONS)),
    Close("example.com/w+a"),
    PlaceCursor("example.com/w+a/~/conv+root", "b+1", 3, 4),
    Watch(3),
    Ping(4),
]
SERVER_MESSAGES: list[protocol.ServerMessage] = [
    Opened(1, "example.com/w+a", ["example.com/w+a/~/conv+root"]),
    Snapshot("example.com/w+a/~/conv+root", 3, "aGFzaA", ["a@b"], {"b+1": [{"chars": "x"}]}),
    DeltaMessage("example.com/w+a/~/conv+root", "a@b", 3, operations_to_json(OPERATIONS), 7, "aGFzaA", 1, "k-1"),
    Ack(2, "example.com/w+a/~/conv+root", 3, 7, "aGFzaA", 1),
    CursorMessage("example.com/w+a/~/conv+root", "a@b", "b+1", 3, 4),
    ErrorMessage("rate-limited", "wait", id=2, retry_after=100),
    TroublesMessage("example.com/w+a/~/conv+root", [TroubleJson("quarantined", "example.com", 1, "it stands still")]),
    TroublesMessage("example.com/w+a/~/conv+root", []),
    Watching(3),
    Pong(4),
]


@pytest.mark.parametrize("message", CLIENT_MESSAGES, ids=lambda message: type(message).__name__)
def test_client_messages_round_trip(message: protocol.ClientMessage) -> None:
    assert protocol.decode_client_message(protocol.encode(message)) == message


@pytest.mark.parametrize("message", SERVER_MESSAGES, ids=lambda message: type(message).__name__)
def test_server_messages_round_trip(message: protocol.ServerMessage) -> None:
    assert protocol.decode_server_message(protocol.encode(message)) == message


def test_the_shapes_of_the_design() -> None:  # DESIGN.md, section 8
    assert protocol.encode(CLIENT_MESSAGES[1]) == (
        b'{"type":"open","id":1,"wave":"example.com/w+a","known":{"example.com/w+a/~/conv+root":[3,"aGFzaA"]}}'
    )
    assert protocol.encode(ErrorMessage("forbidden", "no")) == b'{"type":"error","code":"forbidden","message":"no"}'


def test_operations_round_trip() -> None:
    assert protocol.decode_operations(operations_to_json(OPERATIONS)) == OPERATIONS
    with pytest.raises(InvalidRequest, match="operation 1"):
        protocol.decode_operations([{"noop": True}, {"noop": 1}])


@given(st.binary(max_size=40))
def test_hashes_are_url_safe_and_round_trip(history_hash: bytes) -> None:
    text = protocol.encode_hash(history_hash)
    assert not set("+/=\n") & set(text)
    assert protocol.decode_hash(text) == protocol.decode_hash(text + "==") == history_hash


@pytest.mark.parametrize("text", ["a", "a+b=", "a/bc", "ä", "a b c", "ab\ncd", "=ab="])
def test_what_is_not_base64url_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest):
        protocol.decode_hash(text)


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes_are_a_message_or_malformed(data: bytes) -> None:
    with suppress(MalformedMessage, UnicodeDecodeError):  # and no other error
        protocol.decode_client_message(data)


def test_the_id_is_found_in_what_is_otherwise_wrong() -> None:
    for text, expected in ((b'{"id":7,"x":[{}]}', 7), (b'{"id":"7"}', None), (b'{"x":' + b"[" * 99_999, None)):
        with pytest.raises(MalformedMessage) as caught:
            protocol.decode_client_message(text)
        assert caught.value.id == expected
