"""The messages of the WebSocket protocol ``wave.v1``, both ways: JSON text to values, values to JSON text.

Pure: nothing here knows a connection. Shapes are strict: what is missing, unknown or of the wrong type is an
InvalidRequest that names the place. ``docs/protocol.md`` shows every message. Source: DESIGN.md, section 8.
"""

from __future__ import annotations

import binascii
from typing import Annotated, Any, Final, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

from wave_ot.deltas import HashedVersion
from wave_ot.errors import MalformedOperation
from wave_ot.wavelet_json import operations_from_json
from wave_ot.wavelet_operations import WaveletOperation
from wave_server.digests import Digest
from wave_server.errors import InvalidRequest

SUBPROTOCOL: Final = "wave.v1"

_MAX_INTEGER: Final = 2**53 - 1  # what every JSON reader takes for a whole number

Id: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=_MAX_INTEGER)]
Version: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=_MAX_INTEGER)]
Offset: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=_MAX_INTEGER)]
SubmissionKey: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._~-]{1,64}$")]
OperationJson: TypeAlias = Any
"""A wavelet operation in JSON; ``wave_ot.wavelet_json`` knows its shape and checks it."""
Components: TypeAlias = list[Any]
"""A document in JSON; ``DocOp.from_json`` checks its shape."""


# ---- what a client sends ----


class Open(msgspec.Struct, tag_field="type", tag="open", forbid_unknown_fields=True, omit_defaults=True):
    """Follow a wave; ``known`` has the version and hash of each wavelet that the client still holds."""

    id: Id
    wave: str
    known: dict[str, tuple[Version, str]] = {}


class Submit(msgspec.Struct, tag_field="type", tag="submit", forbid_unknown_fields=True):
    """Apply operations made at version ``at``; ``key`` is unique per submission, and the same when re-sent."""

    id: Id
    wavelet: str
    key: SubmissionKey
    at: Version
    hash: str
    ops: Annotated[list[OperationJson], msgspec.Meta(min_length=1)]


class Close(msgspec.Struct, tag_field="type", tag="close", forbid_unknown_fields=True):
    """Stop following a wave."""

    wave: str


class PlaceCursor(msgspec.Struct, tag_field="type", tag="cursor", forbid_unknown_fields=True):
    """Show the other readers where the sender's selection is: item offsets into a document."""

    wavelet: str
    doc: str
    anchor: Offset
    head: Offset


class Watch(msgspec.Struct, tag_field="type", tag="watch", forbid_unknown_fields=True):
    """Follow the sender's inbox: send the digests of waves as they change."""

    id: Id


class Ping(msgspec.Struct, tag_field="type", tag="ping", forbid_unknown_fields=True):
    """Is the server still there? Scripts in browsers see nothing of the frames that RFC 6455 has for this."""

    id: Id


ClientMessage: TypeAlias = Open | Submit | Close | PlaceCursor | Watch | Ping


# ---- what the server sends. No forbid_unknown_fields: a client skips what a later server adds ----


class Opened(msgspec.Struct, tag_field="type", tag="opened"):
    """The answer to Open, before the first snapshot or delta: the wavelets that the reader may see."""

    id: int
    wave: str
    wavelets: list[str]


class Snapshot(msgspec.Struct, tag_field="type", tag="snapshot"):
    """A wavelet's whole state at a version."""

    wavelet: str
    version: int
    hash: str
    participants: list[str]
    documents: dict[str, Components]


class DeltaMessage(msgspec.Struct, tag_field="type", tag="delta", omit_defaults=True):
    """A delta that was applied at ``at`` and led to ``version``; ``key`` only for its author's connections."""

    wavelet: str
    author: str
    at: int
    ops: list[OperationJson]
    version: int
    hash: str
    timestamp: int
    key: str | UnsetType = UNSET


class Ack(msgspec.Struct, tag_field="type", tag="ack"):
    """A submission is durable: it landed at ``at`` and led to ``version``."""

    id: int
    wavelet: str
    at: int
    version: int
    hash: str
    timestamp: int


class CursorMessage(msgspec.Struct, tag_field="type", tag="cursor"):
    """Where another reader's selection is."""

    wavelet: str
    author: str
    doc: str
    anchor: int
    head: int


class TroubleJson(msgspec.Struct):
    """What is amiss between a wavelet's providers; ``kind`` is a ``TroubleKind``, and may be one of a later server."""

    kind: str
    domain: str
    since: int
    message: str


class TroublesMessage(msgspec.Struct, tag_field="type", tag="troubles"):
    """All the troubles that a wavelet has now; none when the list is empty."""

    wavelet: str
    troubles: list[TroubleJson]


class Watching(msgspec.Struct, tag_field="type", tag="watching"):
    """The answer to Watch: from here on, what changes is told."""

    id: int


class Pong(msgspec.Struct, tag_field="type", tag="pong"):
    """The answer to Ping."""

    id: int


class DigestMessage(msgspec.Struct, tag_field="type", tag="digest"):
    """A wave of the inbox has changed for the reader; None: they do not see it any more."""

    wave: str
    digest: Digest | None


class ErrorMessage(msgspec.Struct, tag_field="type", tag="error", omit_defaults=True):
    """Something failed: the request ``id``; or, without one, the message before, or what ``wave``/``wavelet`` name.

    ``retry_after`` is in milliseconds, and says that the same message may succeed then.
    """

    code: str
    message: str
    id: int | UnsetType = UNSET
    wave: str | UnsetType = UNSET
    wavelet: str | UnsetType = UNSET
    retry_after: int | UnsetType = UNSET


ServerMessage: TypeAlias = (
    Opened
    | Snapshot
    | DeltaMessage
    | Ack
    | CursorMessage
    | TroublesMessage
    | Watching
    | Pong
    | DigestMessage
    | ErrorMessage
)


class _Envelope(msgspec.Struct):
    """What can be read of a message that is not one of ours: the request id, to answer it."""

    id: Id | UnsetType = UNSET


class _Typed(msgspec.Struct):
    type: str


class MalformedMessage(InvalidRequest):
    """A text message that is not one of the protocol; ``id`` is the request's, when it could be read."""

    def __init__(self, message: str, id: int | None = None) -> None:  # noqa: A002 - the protocol's word
        super().__init__(message)
        self.id = id


_client_messages: Final[msgspec.json.Decoder[ClientMessage]] = msgspec.json.Decoder(ClientMessage)
_server_messages: Final[msgspec.json.Decoder[ServerMessage]] = msgspec.json.Decoder(ServerMessage)
_envelopes: Final = msgspec.json.Decoder(_Envelope)
_types: Final = msgspec.json.Decoder(_Typed)
_SERVER_TYPES: Final = frozenset(
    {"opened", "snapshot", "delta", "ack", "cursor", "troubles", "watching", "pong", "digest", "error"}
)
_encoder: Final = msgspec.json.Encoder()


def decode_client_message(text: bytes) -> ClientMessage:
    """The message that a client sent. Raises MalformedMessage; UnicodeDecodeError when it is not UTF-8."""
    try:
        return _client_messages.decode(text)
    except RecursionError:
        raise MalformedMessage("the message is nested too deeply") from None
    except msgspec.MsgspecError as error:
        raise MalformedMessage(f"not a message of {SUBPROTOCOL}: {error}", request_id(text)) from error


def decode_server_message(text: bytes | str) -> ServerMessage | None:
    """The message that a server sent; None when it is of a type that this client does not know.

    Raises MalformedMessage.
    """
    try:
        return _server_messages.decode(text)
    except (msgspec.MsgspecError, RecursionError) as error:
        if _is_of_unknown_type(text):
            return None
        raise MalformedMessage(f"not a message of {SUBPROTOCOL}: {error}") from error


def encode(message: ClientMessage | ServerMessage) -> bytes:
    """The message as JSON, UTF-8."""
    return _encoder.encode(message)


def request_id(text: bytes) -> int | None:
    """The ``id`` of a message that need not be one of ours; None when it cannot be read."""
    try:
        found = _envelopes.decode(text).id
    except (msgspec.MsgspecError, RecursionError):
        return None
    return None if isinstance(found, UnsetType) else found


def _is_of_unknown_type(text: bytes | str) -> bool:
    try:
        return _types.decode(text).type not in _SERVER_TYPES
    except (msgspec.MsgspecError, RecursionError):
        return False


# ---- parts of messages ----


def encode_hash(history_hash: bytes) -> str:
    """A history hash as base64url without padding."""
    return binascii.b2a_base64(history_hash, newline=False).translate(_TO_URL_SAFE, b"=").decode("ascii")


def decode_hash(text: str) -> bytes:
    """The bytes of a history hash; padding is optional. Raises InvalidRequest."""
    try:
        raw = text.encode("ascii").rstrip(b"=")
        if b"+" in raw or b"/" in raw:
            raise ValueError
        return binascii.a2b_base64(raw.translate(_FROM_URL_SAFE) + b"=" * (-len(raw) % 4), strict_mode=True)
    except ValueError:  # binascii.Error and UnicodeEncodeError are ValueErrors
        raise InvalidRequest(f"the hash {text[:60]!r} is not base64url") from None


def decode_hashed_version(version: int, text: str) -> HashedVersion:
    """A version and its hash. Raises InvalidRequest when the hash is not base64url."""
    return HashedVersion(version, decode_hash(text))


def decode_operations(operations: list[OperationJson]) -> tuple[WaveletOperation, ...]:
    """The operations in a message's ``ops``. Raises InvalidRequest when one does not have the shape."""
    try:
        return operations_from_json(operations)
    except MalformedOperation as error:
        raise InvalidRequest(f"ops: {error}") from error


_TO_URL_SAFE: Final = bytes.maketrans(b"+/", b"-_")
_FROM_URL_SAFE: Final = bytes.maketrans(b"-_", b"+/")
