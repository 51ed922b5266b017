"""Deltas as protocol buffers: what is hashed, signed, stored and sent between providers.

``encode_…`` writes fields in the order of their numbers, byte for byte as the original does. ``decode_…``
takes all that the format allows, in any order, and raises MalformedOperation, with the offset of the byte
at fault, for everything else. Never encode anew what was received: keep its bytes.

Costs are linear in the bytes. Limiting their number is up to the caller.

Source: FEDERATION.md, section 1; OT.md, P1.
"""

from __future__ import annotations

from typing import Final

from wave_ot.deltas import AppliedDelta, HashedVersion, Signature, SignedDelta, SignerInfo, WaveletDelta
from wave_ot.docop import DocOp
from wave_ot.errors import MalformedOperation
from wave_ot.protobuf_operations import decode_components, encode_components
from wave_ot.protobuf_wire import Reader, block, text_block, varint
from wave_ot.wavelet_operations import AddParticipant, MutateDocument, NoOp, RemoveParticipant, WaveletOperation
from wave_ot.wellformedness import ill_formedness

# The tags of fields 1 to 4, as numbers and as bytes, by wire type.
_VARINT_1: Final = 0x08
_VARINT_3: Final = 0x18
_VARINT_4: Final = 0x20
_BLOCK_1: Final = 0x0A
_BLOCK_2: Final = 0x12
_BLOCK_3: Final = 0x1A
_BLOCK_4: Final = 0x22
_TAG_1: Final = b"\x0a"
_TAG_2: Final = b"\x12"
_TAG_3: Final = b"\x1a"
_TAG_4: Final = b"\x22"

_NO_OP: Final = b"\x20\x01"


def encode_document_operation(op: DocOp) -> bytes:
    """The ProtocolDocumentOperation of ``op``. Raises MalformedOperation for lone surrogates, as all of these do."""
    return encode_components(op)


def decode_document_operation(data: bytes, *, trusted: bool = False) -> DocOp:
    """The operation in a ProtocolDocumentOperation.

    Raises MalformedOperation, also for an ill-formed operation, as the original does, unless the bytes are
    ``trusted`` because this server wrote them.
    """
    return _document_operation(data, 0, trusted)


def _document_operation(data: bytes, base: int, trusted: bool) -> DocOp:
    op = decode_components(data, base)
    if not trusted:
        violation = ill_formedness(op)
        if violation is not None:
            raise MalformedOperation(f"the operation at byte {base} is ill-formed: {violation}")
    return op


def encode_hashed_version(version: HashedVersion) -> bytes:
    """The ProtocolHashedVersion of ``version``."""
    return b"\x08" + varint(version.version) + block(_TAG_2, version.history_hash)


def decode_hashed_version(data: bytes, base: int = 0) -> HashedVersion:
    """The version in a ProtocolHashedVersion."""
    reader = Reader(data, base)
    version = -1
    history_hash: bytes | None = None
    while reader.more():
        tag = reader.tag()
        if tag == _VARINT_1:
            version = reader.count()
        elif tag == _BLOCK_2:
            history_hash = reader.block()
        else:
            reader.unknown(tag, 2)
    if version < 0 or history_hash is None:
        raise reader.malformed("a hashed version lacks its version or its hash")
    return HashedVersion(version, history_hash)


def encode_operation(operation: WaveletOperation) -> bytes:
    """The ProtocolWaveletOperation of ``operation``."""
    if isinstance(operation, MutateDocument):
        content = text_block(_TAG_1, operation.document_id) + block(_TAG_2, encode_components(operation.op))
        return block(_TAG_3, content)
    if isinstance(operation, AddParticipant):
        return text_block(_TAG_1, operation.address)
    if isinstance(operation, RemoveParticipant):
        return text_block(_TAG_2, operation.address)
    return _NO_OP


def decode_operation(data: bytes, base: int = 0, *, trusted: bool = False) -> WaveletOperation:
    """The operation in a ProtocolWaveletOperation, which must have exactly one kind set."""
    reader = Reader(data, base)
    add: str | None = None
    remove: str | None = None
    mutate: bytes | None = None
    no_op = False
    start = base
    while reader.more():
        tag = reader.tag()
        if tag == _BLOCK_3:
            mutate = (mutate or b"") + reader.block()
            start = reader.offset() - len(mutate)
        elif tag == _BLOCK_1:
            add = reader.text()
        elif tag == _BLOCK_2:
            remove = reader.text()
        elif tag == _VARINT_4:
            reader.boolean()  # false means the same: the field is set
            no_op = True
        else:
            reader.unknown(tag, 4)
    kinds = (add is not None) + (remove is not None) + (mutate is not None) + no_op
    if kinds != 1:
        raise reader.malformed(f"a wavelet operation must be of one kind, not of {kinds}")
    if mutate is not None:
        return _mutate_document(mutate, start, trusted)
    if add is not None:
        return AddParticipant(add)
    if remove is not None:
        return RemoveParticipant(remove)
    return NoOp()


def _mutate_document(data: bytes, base: int, trusted: bool) -> MutateDocument:
    reader = Reader(data, base)
    document_id: str | None = None
    op: bytes | None = None
    start = base
    while reader.more():
        tag = reader.tag()
        if tag == _BLOCK_1:
            document_id = reader.text()
        elif tag == _BLOCK_2:
            op = (op or b"") + reader.block()
            start = reader.offset() - len(op)
        else:
            reader.unknown(tag, 2)
    if document_id is None or op is None:
        raise reader.malformed("a document operation lacks its document's id or its components")
    return MutateDocument(document_id, _document_operation(op, start, trusted))


def encode_delta(delta: WaveletDelta) -> bytes:
    """The ProtocolWaveletDelta of ``delta``."""
    parts = [block(_TAG_1, encode_hashed_version(delta.target)), text_block(_TAG_2, delta.author)]
    parts += [block(_TAG_3, encode_operation(operation)) for operation in delta.operations]
    parts += [text_block(_TAG_4, address) for address in delta.address_path]
    return b"".join(parts)


def decode_delta(data: bytes, *, trusted: bool = False) -> WaveletDelta:
    """The delta in a ProtocolWaveletDelta. ``trusted`` as for ``decode_document_operation``."""
    reader = Reader(data)
    target: bytes | None = None
    target_start = 0
    author: str | None = None
    operations: list[WaveletOperation] = []
    address_path: list[str] = []
    while reader.more():
        tag = reader.tag()
        if tag == _BLOCK_3:
            content = reader.block()
            operations.append(decode_operation(content, reader.offset() - len(content), trusted=trusted))
        elif tag == _BLOCK_1:
            target = (target or b"") + reader.block()
            target_start = reader.offset() - len(target)
        elif tag == _BLOCK_2:
            author = reader.text()
        elif tag == _BLOCK_4:
            address_path.append(reader.text())
        else:
            reader.unknown(tag, 4)
    if target is None or author is None:
        raise reader.malformed("a delta lacks its hashed version or its author")
    return WaveletDelta(decode_hashed_version(target, target_start), author, tuple(operations), tuple(address_path))


def encode_signature(signature: Signature) -> bytes:
    """The ProtocolSignature of ``signature``."""
    blocks = block(_TAG_1, signature.value) + block(_TAG_2, signature.signer_id)
    return blocks + b"\x18" + varint(signature.algorithm)


def decode_signature(data: bytes, base: int = 0) -> Signature:
    """The signature in a ProtocolSignature. Whether the algorithm is a known one is not judged."""
    reader = Reader(data, base)
    value: bytes | None = None
    signer_id: bytes | None = None
    algorithm: int | None = None
    while reader.more():
        tag = reader.tag()
        if tag == _BLOCK_1:
            value = reader.block()
        elif tag == _BLOCK_2:
            signer_id = reader.block()
        elif tag == _VARINT_3:
            algorithm = reader.int32()
        else:
            reader.unknown(tag, 3)
    if value is None or signer_id is None or algorithm is None:
        raise reader.malformed("a signature lacks its bytes, its signer or its algorithm")
    return Signature(value, signer_id, algorithm)


def encode_signed_delta(signed: SignedDelta) -> bytes:
    """The ProtocolSignedDelta of ``signed``."""
    field = block(_TAG_1, signed.delta)
    if not signed.signatures:
        return field
    return field + b"".join([block(_TAG_2, encode_signature(signature)) for signature in signed.signatures])


def decode_signed_delta(data: bytes, base: int = 0) -> SignedDelta:
    """The bytes of the delta, and its signatures, in a ProtocolSignedDelta. The delta itself is not decoded."""
    reader = Reader(data, base)
    delta: bytes | None = None
    signatures: list[Signature] = []
    while reader.more():
        tag = reader.tag()
        if tag == _BLOCK_1:
            delta = reader.block()
        elif tag == _BLOCK_2:
            content = reader.block()
            signatures.append(decode_signature(content, reader.offset() - len(content)))
        else:
            reader.unknown(tag, 2)
    if delta is None:
        raise reader.malformed("a signed delta lacks its delta")
    return SignedDelta(delta, tuple(signatures))


def encode_applied_delta(applied: AppliedDelta) -> bytes:
    """The ProtocolAppliedWaveletDelta of ``applied``: the bytes that the history hash covers."""
    encoded = block(_TAG_1, encode_signed_delta(applied.signed))
    if applied.applied_at is not None:
        encoded += block(_TAG_2, encode_hashed_version(applied.applied_at))
    return encoded + b"\x18" + varint(applied.operations_applied) + b"\x20" + varint(applied.timestamp)


def decode_applied_delta(data: bytes) -> AppliedDelta:
    """The delta in a ProtocolAppliedWaveletDelta, its author's delta still as bytes (``decode_delta``)."""
    reader = Reader(data)
    signed: bytes | None = None
    applied_at: bytes | None = None
    signed_start = applied_start = 0
    operations_applied = -1
    timestamp: int | None = None
    while reader.more():
        tag = reader.tag()
        if tag == _BLOCK_1:
            signed = (signed or b"") + reader.block()
            signed_start = reader.offset() - len(signed)
        elif tag == _BLOCK_2:
            applied_at = (applied_at or b"") + reader.block()
            applied_start = reader.offset() - len(applied_at)
        elif tag == _VARINT_3:
            operations_applied = reader.int32()
            if operations_applied < 0:
                raise reader.malformed(f"{operations_applied} operations cannot have been applied")
        elif tag == _VARINT_4:
            timestamp = reader.int64()
        else:
            reader.unknown(tag, 4)
    if signed is None or operations_applied < 0 or timestamp is None:
        raise reader.malformed("an applied delta lacks its signed delta, its number of operations or its timestamp")
    version = None if applied_at is None else decode_hashed_version(applied_at, applied_start)
    return AppliedDelta(decode_signed_delta(signed, signed_start), version, operations_applied, timestamp)


def encode_signer_info(info: SignerInfo) -> bytes:
    """The ProtocolSignerInfo of ``info``."""
    certificates = b"".join([block(_TAG_3, certificate) for certificate in info.certificates])
    return b"\x08" + varint(info.hash_algorithm) + text_block(_TAG_2, info.domain) + certificates


def decode_signer_info(data: bytes) -> SignerInfo:
    """The signer in a ProtocolSignerInfo. Neither its algorithm nor its certificates are judged."""
    reader = Reader(data)
    hash_algorithm: int | None = None
    domain: str | None = None
    certificates: list[bytes] = []
    while reader.more():
        tag = reader.tag()
        if tag == _VARINT_1:
            hash_algorithm = reader.int32()
        elif tag == _BLOCK_2:
            domain = reader.text()
        elif tag == _BLOCK_3:
            certificates.append(reader.block())
        else:
            reader.unknown(tag, 3)
    if hash_algorithm is None or domain is None:
        raise reader.malformed("a signer lacks its hash algorithm or its domain")
    return SignerInfo(hash_algorithm, domain, tuple(certificates))
