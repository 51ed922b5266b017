"""Protocol buffers, byte for byte against the reference, and against bytes that nobody should send."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wave_ot.components import (
    AnnotationBoundary,
    Characters,
    DeleteCharacters,
    DeleteElementStart,
    ElementEnd,
    ElementStart,
    ReplaceAttributes,
    Retain,
    UpdateAttributes,
)
from wave_ot.deltas import SHA1_RSA, AppliedDelta, HashedVersion, Signature, SignedDelta, SignerInfo, WaveletDelta
from wave_ot.docop import DocOp
from wave_ot.errors import MalformedOperation
from wave_ot.protobuf import (
    decode_applied_delta,
    decode_delta,
    decode_document_operation,
    decode_hashed_version,
    decode_operation,
    decode_signature,
    decode_signed_delta,
    decode_signer_info,
    encode_applied_delta,
    encode_delta,
    encode_document_operation,
    encode_hashed_version,
    encode_operation,
    encode_signature,
    encode_signed_delta,
    encode_signer_info,
)
from wave_ot.protobuf_wire import Reader, varint
from wave_ot.wavelet_operations import AddParticipant, MutateDocument, NoOp, RemoveParticipant, WaveletOperation

from .test_wavelet_operations import from_vector
from .vectors import vectors

Json = Any
DECODERS: list[Callable[[bytes], object]] = [
    decode_applied_delta,
    decode_delta,
    decode_document_operation,
    decode_hashed_version,
    decode_operation,
    decode_signature,
    decode_signed_delta,
    decode_signer_info,
]


def hashed_version(value: Json) -> HashedVersion:
    return HashedVersion(value["version"], b64decode(value["history_hash"]))


def wavelet_delta(value: Json) -> WaveletDelta:
    operations = tuple(from_vector(operation) for operation in value["operation"])
    return WaveletDelta(
        hashed_version(value["hashed_version"]), value["author"], operations, tuple(value["address_path"])
    )


def signed_delta(value: Json) -> SignedDelta:
    def signature(value: Json) -> Signature:
        assert value["signature_algorithm"] == "SHA1_RSA"
        return Signature(b64decode(value["signature_bytes"]), b64decode(value["signer_id"]), SHA1_RSA)

    return SignedDelta(b64decode(value["delta"]), tuple(signature(item) for item in value["signature"]))


def applied_delta(value: Json) -> AppliedDelta:
    applied_at = value["hashed_version_applied_at"]
    return AppliedDelta(
        signed_delta(value["signed_original_delta"]),
        applied_at and hashed_version(applied_at),
        value["operations_applied"],
        value["application_timestamp"],
    )


# How each type of case is read from its JSON, encoded and decoded.
TYPES: dict[str, tuple[Callable[[Json], Any], Callable[[Any], bytes], Callable[[bytes], Any]]] = {
    "ProtocolDocumentOperation": (DocOp.from_json, encode_document_operation, decode_document_operation),
    "ProtocolWaveletDelta": (wavelet_delta, encode_delta, decode_delta),
    "ProtocolSignedDelta": (signed_delta, encode_signed_delta, decode_signed_delta),
    "ProtocolAppliedWaveletDelta": (applied_delta, encode_applied_delta, decode_applied_delta),
}
CASES = [pytest.param(case, id=case["id"]) for case in vectors("protobuf") if not case.get("odd")]
ODD_CASES = [pytest.param(case, id=case["id"]) for case in vectors("protobuf") if case.get("odd")]


@pytest.mark.parametrize("case", CASES)
def test_encoding_gives_the_reference_s_bytes(case: dict[str, Any]) -> None:
    from_json, encode, _ = TYPES[case["type"]]
    assert encode(from_json(case["json"])) == b64decode(case["bytes"])


@pytest.mark.parametrize("case", CASES)
def test_decoding_gives_what_the_reference_reads(case: dict[str, Any]) -> None:
    from_json, _, decode = TYPES[case["type"]]
    assert decode(b64decode(case["bytes"])) == from_json(case["json"])


@pytest.mark.parametrize("case", ODD_CASES)
def test_odd_bytes_are_read_or_refused_as_by_the_reference(case: dict[str, Any]) -> None:
    data = b64decode(case["bytes"])
    if "deserialise_error" in case:
        with pytest.raises(MalformedOperation):
            decode_document_operation(data)
    else:
        assert decode_document_operation(data) == DocOp.from_json(case["deserialised"])


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in vectors("signing")])
def test_signatures_and_signers_give_the_reference_s_bytes(case: dict[str, Any]) -> None:
    signature, signer = b64decode(case["signature_message"]), b64decode(case["signer_info_bytes"])
    assert decode_signature(signature) == Signature(
        b64decode(case["signature"]), b64decode(case["signer_id"]), SHA1_RSA
    )
    assert decode_signer_info(signer).domain == case["domain"]
    assert encode_signature(decode_signature(signature)) == signature
    assert encode_signer_info(decode_signer_info(signer)) == signer


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in vectors("hashes")])
def test_encoding_anew_what_the_reference_applied_gives_its_bytes(case: dict[str, Any]) -> None:
    for delta in case["deltas"]:
        data = b64decode(delta["applied_delta"])
        applied = decode_applied_delta(data)
        assert applied.operations_applied == delta["operations_applied"]
        assert encode_applied_delta(applied) == data
        assert encode_delta(decode_delta(applied.signed.delta)) == applied.signed.delta


texts = st.text(st.characters(codec="utf-8"), max_size=8)
attributes = st.lists(st.tuples(texts, texts), max_size=3, unique_by=lambda pair: pair[0]).map(
    lambda pairs: tuple(sorted(pairs, key=lambda pair: pair[0].encode("utf-16-be")))
)
optional = st.none() | texts
changes = st.lists(st.tuples(texts, optional, optional), max_size=3, unique_by=lambda change: change[0]).map(
    lambda items: tuple(sorted(items, key=lambda change: change[0].encode("utf-16-be")))
)
components = st.one_of(
    st.builds(Retain, st.integers(-(2**31), 2**31 - 1)),
    st.builds(Characters, texts),
    st.builds(DeleteCharacters, texts),
    st.builds(ElementStart, texts, attributes),
    st.just(ElementEnd()),
    st.builds(DeleteElementStart, texts, attributes),
    st.builds(ReplaceAttributes, attributes, attributes),
    st.builds(UpdateAttributes, changes),
    st.builds(AnnotationBoundary, st.lists(texts, max_size=3).map(tuple), changes),
)
doc_ops = st.builds(DocOp, st.lists(components, max_size=6))
operations: st.SearchStrategy[WaveletOperation] = st.one_of(
    st.builds(AddParticipant, texts),
    st.builds(RemoveParticipant, texts),
    st.just(NoOp()),
    st.builds(MutateDocument, texts, doc_ops),
)
hashed_versions = st.builds(HashedVersion, st.integers(0, 2**63 - 1), st.binary(max_size=20))
deltas = st.builds(
    WaveletDelta, hashed_versions, texts, st.lists(operations, max_size=4).map(tuple), st.lists(texts).map(tuple)
)
signatures = st.builds(Signature, st.binary(), st.binary(), st.integers(-(2**31), 2**31 - 1))
signed_deltas = st.builds(SignedDelta, st.binary(), st.lists(signatures, max_size=2).map(tuple))
applied_deltas = st.builds(
    AppliedDelta,
    signed_deltas,
    st.none() | hashed_versions,
    st.integers(0, 2**31 - 1),
    st.integers(-(2**63), 2**63 - 1),
)


@given(doc_ops)
def test_document_operations_survive_even_ill_formed_ones(op: DocOp) -> None:
    assert decode_document_operation(encode_document_operation(op), trusted=True) == op


@given(deltas)
def test_deltas_survive(delta: WaveletDelta) -> None:
    assert decode_delta(encode_delta(delta), trusted=True) == delta


@given(operations, hashed_versions)
def test_operations_and_versions_survive(operation: WaveletOperation, version: HashedVersion) -> None:
    assert decode_operation(encode_operation(operation), trusted=True) == operation
    assert decode_hashed_version(encode_hashed_version(version)) == version


@given(applied_deltas)
def test_applied_deltas_survive(applied: AppliedDelta) -> None:
    assert decode_applied_delta(encode_applied_delta(applied)) == applied


@given(st.integers(0, 3), texts, st.lists(st.binary(), max_size=3).map(tuple))
def test_signers_survive(algorithm: int, domain: str, certificates: tuple[bytes, ...]) -> None:
    info = SignerInfo(algorithm, domain, certificates)
    assert decode_signer_info(encode_signer_info(info)) == info


@given(st.integers(-(2**63), 2**63 - 1))
@example(127)
@example(128)
@example(-1)
def test_varints_survive(value: int) -> None:
    assert Reader(varint(value)).int64() == value


def refuses_or_reads(data: bytes) -> None:
    for decode in DECODERS:
        with suppress(MalformedOperation):
            decode(data)


@given(st.binary(max_size=64))
def test_any_bytes_are_read_or_refused_and_nothing_else_happens(data: bytes) -> None:
    refuses_or_reads(data)


@given(case=st.sampled_from(vectors("protobuf")), data=st.data())
def test_damaged_bytes_are_read_or_refused_and_nothing_else_happens(case: dict[str, Any], data: st.DataObject) -> None:
    damaged = bytearray(b64decode(case["bytes"]))
    for _ in range(data.draw(st.integers(1, 3))):
        if damaged:
            damaged[data.draw(st.integers(0, len(damaged) - 1))] ^= data.draw(st.integers(1, 255))
    refuses_or_reads(bytes(damaged))
    refuses_or_reads(bytes(damaged[: data.draw(st.integers(0, len(damaged)))]))


def field(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\x0a", "ends in the middle of a varint, at byte 1"),
        (b"\x0a\x05ab", "a field of 5 bytes goes beyond the end of its message, at byte 2"),
        (b"\x0a\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", "more than 64 bits"),
        (b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f", "more than 64 bits"),
        (b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "goes beyond the end"),
        (b"\x08\x01", "field 1 has the wrong wire type, 0, at byte 1"),
        (b"\x00", "the field number 0 is out of range, at byte 0"),
        (b"\x13\x14", "field 2 has the wire type 3, which is not supported"),
        (b"\x11\x01\x02", "ends in the middle of a number"),
        (field(1, b"\x28\x80\x80\x80\x80\x08"), "does not fit 32 bits"),
        (field(1, field(2, b"a\xff")), "text is not UTF-8 .*, at byte 5"),
        (field(1, field(2, b"\xed\xa0\x80")), "text is not UTF-8"),
        (field(1, field(3, b"")), "the element has no type, at byte 4"),
        (field(1, field(3, field(1, b"p") + field(2, field(1, b"a")))), "lacks its name or its value"),
        (field(1, field(10, field(2, field(2, b"a")))), "a change lacks its key"),
        (field(1, b"\x20\x01"), "ill-formed"),
    ],
)
def test_malformed_operations_are_refused_with_the_byte_at_fault(data: bytes, message: str) -> None:
    with pytest.raises(MalformedOperation, match=message):
        decode_document_operation(data)


@pytest.mark.parametrize(
    ("decode", "data", "message"),
    [
        (decode_hashed_version, b"\x08\x01", "lacks its version or its hash"),
        (decode_hashed_version, b"\x08" + varint(-1) + field(2, b""), "-1 is no count"),
        (decode_operation, b"", "must be of one kind, not of 0"),
        (decode_operation, field(1, b"a@b") + field(2, b"a@b"), "must be of one kind, not of 2"),
        (decode_operation, field(3, field(1, b"b+1")), "lacks its document's id or its components"),
        (decode_delta, field(2, b"a@b"), "lacks its hashed version or its author"),
        (decode_signed_delta, field(2, b""), "a signature lacks"),
        (decode_signed_delta, b"", "a signed delta lacks its delta"),
        (decode_applied_delta, field(1, field(1, b"")) + b"\x18" + varint(-1), "cannot have been applied"),
        (decode_applied_delta, field(1, field(1, b"")), "an applied delta lacks"),
        (decode_signer_info, b"\x08\x01", "a signer lacks"),
    ],
)
def test_incomplete_messages_are_refused(decode: Callable[[bytes], object], data: bytes, message: str) -> None:
    with pytest.raises(MalformedOperation, match=message):
        decode(data)


def test_lone_surrogates_are_refused_in_encoding() -> None:
    with pytest.raises(MalformedOperation, match="surrogate"):
        encode_document_operation(DocOp([Characters("a\ud800")]))


def test_unknown_fields_are_skipped_whatever_their_type() -> None:
    unknown = field(99, b"later") + varint(98 << 3) + b"\x01" + varint(97 << 3 | 1) + bytes(8)
    unknown += varint(96 << 3 | 5) + bytes(4)
    version = HashedVersion(5, b"hash")
    assert decode_hashed_version(unknown + encode_hashed_version(version) + unknown) == version
    assert decode_document_operation(unknown + field(1, unknown + field(2, b"a") + unknown)) == DocOp([Characters("a")])


def test_fields_may_come_in_any_order() -> None:
    assert decode_hashed_version(field(2, b"hash") + b"\x08\x05") == HashedVersion(5, b"hash")


def test_of_several_kinds_set_in_a_component_the_first_counts() -> None:
    both = field(1, b"\x28\x03" + field(2, b"a"))
    assert decode_document_operation(both) == DocOp([Characters("a")])


def test_a_field_given_twice_counts_last_and_a_message_given_twice_is_merged() -> None:
    texts_twice = field(1, field(2, b"a") + field(2, b"b"))
    assert decode_document_operation(texts_twice) == DocOp([Characters("b")])
    one = field(1, b"p") + field(2, field(1, b"a") + field(2, b"1"))
    two = field(1, b"q") + field(2, field(1, b"b") + field(2, b"2"))
    merged = field(1, field(3, one) + field(3, two)) + field(1, b"\x20\x01")
    assert decode_document_operation(merged) == DocOp([ElementStart("q", (("a", "1"), ("b", "2"))), ElementEnd()])


def test_attributes_are_sorted_by_utf_16_code_unit() -> None:
    def pair(key: str) -> bytes:
        return field(2, field(1, key.encode()) + field(2, b"1"))

    data = field(1, field(3, field(1, b"p") + pair("\uff21") + pair("\U00010400"))) + field(1, b"\x20\x01")
    assert decode_document_operation(data).components[0] == ElementStart("p", (("\U00010400", "1"), ("\uff21", "1")))
