"""What is written is read back the same, for values of every kind; what cannot be meant is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from wave_federation.errors import StanzaRefused
from wave_federation.namespaces import PUBSUB, WAVE
from wave_federation.protocol import reading, writing
from wave_federation.protocol.messages import (
    CursorMessage,
    HistoryPage,
    HistoryRequest,
    SignerPost,
    SignerRequest,
    SubmitRequest,
    SubmitResponse,
    WaveletUpdate,
)
from wave_federation.stanzas import Element, Kind, Stanza, make_stanza, read_stanza
from wave_ot.deltas import MAX_VERSION, SHA256, SHA512, HashedVersion, SignerInfo
from wave_server.names import WaveletName

names = st.sampled_from(
    [
        WaveletName.parse_uri("wave://alpha.test/w+abc/conv+root"),
        WaveletName.parse_uri("wave://beta.test/alpha.test!w+abc/conv+x"),
    ]
)
numbers = st.integers(0, MAX_VERSION)
versions = st.builds(HashedVersion, numbers, st.binary(max_size=40))
blobs = st.binary(max_size=60)
signers = st.builds(
    SignerInfo,
    st.sampled_from([SHA256, SHA512]),
    st.just("alpha.test"),
    st.lists(st.binary(min_size=1, max_size=60), min_size=1, max_size=3).map(tuple),
)


def over_the_wire(*payload: Element, kind: Kind = Kind.IQ) -> Stanza:
    """The stanza as the other side reads it from its bytes."""
    stanza = make_stanza(kind, "wave.a.test", "wave.b.test", *payload, type="set")
    return read_stanza(etree.fromstring(etree.tostring(stanza.element)))


@given(wavelet=names, applied=st.lists(blobs, max_size=3).map(tuple), committed=st.none() | versions)
def test_updates_come_back(wavelet: WaveletName, applied: tuple[bytes, ...], committed: HashedVersion | None) -> None:
    update = WaveletUpdate(wavelet, applied, committed)
    assert reading.read_updates(over_the_wire(*writing.update_payload(update), kind=Kind.MESSAGE)) == [update]


@given(request=st.builds(SubmitRequest, names, blobs))
def test_submissions_come_back(request: SubmitRequest) -> None:
    assert reading.read_submit_request(over_the_wire(writing.submit_request_payload(request))) == request


@given(response=st.builds(SubmitResponse, numbers, versions, numbers, st.none() | st.just("Unknown signer")))
def test_results_of_submissions_come_back(response: SubmitResponse) -> None:
    assert reading.read_submit_response(over_the_wire(writing.submit_response_payload(response))) == response


@given(request=st.builds(HistoryRequest, names, versions, versions, st.none() | numbers))
def test_requests_for_history_come_back(request: HistoryRequest) -> None:
    assert reading.read_history_request(over_the_wire(writing.history_request_payload(request))) == request


@given(applied=st.lists(blobs, max_size=3).map(tuple), truncated=st.none() | numbers, head=st.none() | versions)
def test_pages_of_history_come_back(
    applied: tuple[bytes, ...], truncated: int | None, head: HashedVersion | None
) -> None:
    page = HistoryPage(applied, None if head is None else head.version, truncated, head)
    assert reading.read_history_page(over_the_wire(writing.history_page_payload(page))) == page


@given(request=st.builds(SignerRequest, blobs, names, versions), signer=signers)
def test_requests_for_signers_and_signers_come_back(request: SignerRequest, signer: SignerInfo) -> None:
    assert reading.read_signer_request(over_the_wire(writing.signer_request_payload(request))) == request
    assert reading.read_signer_response(over_the_wire(writing.signer_response_payload(signer))) == signer
    post = SignerPost(signer)
    assert reading.read_signer_post(over_the_wire(writing.signer_post_payload(post))) == post


@given(cursor=st.builds(CursorMessage, names, st.just("ada@a.test"), st.just("b+1"), numbers, numbers))
def test_cursors_come_back(cursor: CursorMessage) -> None:
    assert reading.read_cursor(over_the_wire(writing.cursor_payload(cursor), kind=Kind.MESSAGE)) == cursor


def history_request(**changes: str) -> Stanza:
    """A request for history with some attributes changed."""
    attributes = {
        "wavelet-name": "wave://a.test/w+a/conv+root",
        "start-version": "0",
        "start-version-hash": "AA==",
        "end-version": "3",
        "end-version-hash": "AA==",
        **{name.replace("_", "-"): value for name, value in changes.items()},
    }
    pubsub = etree.Element(f"{{{PUBSUB}}}pubsub")
    items = etree.SubElement(pubsub, f"{{{PUBSUB}}}items", node="wavelet")
    etree.SubElement(items, f"{{{WAVE}}}delta-history", attributes)
    return over_the_wire(pubsub)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"start_version": "-1"}, "start-version"),
        ({"start_version": "٣"}, "start-version"),
        ({"end_version": "9" * 19}, "end-version"),
        ({"end_version": "1" * 5000}, "end-version"),
        ({"end_version_hash": "A"}, "base64"),
        ({"end_version_hash": "AA=="[:3]}, "base64"),
        ({"wavelet_name": "a.test/w+a/conv+root"}, "wave://"),
        ({"response_length_limit": "many"}, "response-length-limit"),
    ],
)
def test_values_that_cannot_be_meant_are_refused_by_name(changes: dict[str, str], said: str) -> None:
    with pytest.raises(StanzaRefused, match=said) as refused:
        reading.read_history_request(history_request(**changes))
    assert (refused.value.condition, refused.value.type) == ("bad-request", "modify")


def test_white_space_in_base64_is_legal_and_other_characters_are_not() -> None:
    wrapped = over_the_wire(
        etree.fromstring(
            f"<pubsub xmlns='{PUBSUB}'><publish><item><submit-request xmlns='{WAVE}'>"
            "<delta wavelet-name='wave://a.test/w+a/conv+root'>\n  AQID\n  BA==\n</delta>"
            "</submit-request></item></publish></pubsub>"
        )
    )
    assert reading.read_submit_request(wrapped).delta == b"\x01\x02\x03\x04"
