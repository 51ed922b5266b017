"""Every real stanza of the protocol is read, and what is written says the same in the same shape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from wave_federation.errors import StanzaRefused
from wave_federation.protocol import reading, writing
from wave_federation.stanzas import Element, Stanza, read_stanza
from wave_ot.protobuf import decode_applied_delta, decode_delta
from wire_captures import Captured, of_kind

READERS: dict[str, tuple[Callable[[Stanza], Any], Callable[[Any], Element]]] = {
    "submit-request": (reading.read_submit_request, writing.submit_request_payload),
    "submit-response": (reading.read_submit_response, writing.submit_response_payload),
    "history-request": (reading.read_history_request, writing.history_request_payload),
    "history-response": (reading.read_history_page, writing.history_page_payload),
    "get-signer-request": (reading.read_signer_request, writing.signer_request_payload),
    "get-signer-response": (reading.read_signer_response, writing.signer_response_payload),
    "post-signer-request": (reading.read_signer_post, writing.signer_post_payload),
}
# What the scripted peer sent malformed on purpose.
MALFORMED = {("run2-probe.component-alpha.jsonl.gz", number) for number in (42, 44, 46, 70, 78, 80, 84, 114, 121)}
SCRIPTED = "wave.pywave.test"  # a peer that also sent legal stanzas of other shapes than the original's
UPDATES = ("wavelet-update-delta", "wavelet-update-commit-notice", "wavelet-update-delta-commit-notice")


def shape(element: Element) -> tuple[Any, ...]:
    """Names, attributes and text, without what an XMPP server may change: prefixes, CDATA, xml:lang, white space."""
    attributes = {name: value for name, value in element.attrib.items() if not str(name).startswith("{")}
    text = "".join((element.text or "").split())
    return (str(element.tag), attributes, text, [shape(child) for child in element])


def place(captured: Captured) -> tuple[str, int]:
    """Where to look for a stanza that fails."""
    return captured.file, captured.number


def test_the_captures_hold_every_kind() -> None:
    for kind in (*READERS, *UPDATES, "receipt", "post-signer-response"):
        assert of_kind(kind), kind


@pytest.mark.parametrize("kind", READERS)
def test_requests_and_results_are_read_and_written_alike(kind: str) -> None:
    read, write = READERS[kind]
    for captured in of_kind(kind):
        stanza = read_stanza(captured.element)
        if place(captured) in MALFORMED:
            continue
        message = read(stanza)
        if str(stanza.sender) != SCRIPTED:
            assert shape(write(message)) == shape(captured.element[0]), place(captured)


@pytest.mark.parametrize("kind", READERS)
def test_what_is_malformed_in_the_captures_is_refused_as_bad_request(kind: str) -> None:
    read, _ = READERS[kind]
    for captured in of_kind(kind):
        if place(captured) in MALFORMED:
            with pytest.raises(StanzaRefused) as refused:
                read(read_stanza(captured.element))
            assert refused.value.condition == "bad-request", place(captured)


@pytest.mark.parametrize("kind", UPDATES)
def test_updates_are_read_and_written_alike(kind: str) -> None:
    for captured in of_kind(kind):
        stanza = read_stanza(captured.element)
        updates = reading.read_updates(stanza)
        assert updates, place(captured)
        if str(stanza.sender) != SCRIPTED:
            written = [shape(each) for each in writing.update_payload(updates[0])]
            assert written == [shape(each) for each in captured.element], place(captured)


def test_an_update_with_several_items_is_read_whole_and_in_order() -> None:
    several = [reading.read_updates(read_stanza(captured.element)) for captured in of_kind("wavelet-update-delta")]
    assert [len(updates) for updates in several if len(updates) > 1] == [3, 3]


def test_receipts_and_the_answer_to_a_posted_signer_have_the_captured_shapes() -> None:
    for captured in of_kind("receipt"):
        assert shape(captured.element[0]) == shape(writing.receipt_payload()), place(captured)
    for captured in of_kind("post-signer-response"):
        assert shape(captured.element[0]) == shape(writing.signer_posted_payload()), place(captured)


def test_every_delta_in_an_update_of_an_original_server_is_one_that_we_can_read() -> None:
    read = 0
    for captured in of_kind("wavelet-update-delta"):
        if "pywave" in str(captured.element.get("from")):
            continue  # the scripted peer sent broken ones, too
        for update in reading.read_updates(read_stanza(captured.element)):
            for applied in update.applied:
                decode_delta(decode_applied_delta(applied).signed.delta)
                read += 1
    assert read > 50
