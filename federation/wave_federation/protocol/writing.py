"""From messages to the elements that carry them: the payloads of stanzas, shaped as the original server's are."""

from __future__ import annotations

import binascii
from typing import Final

from lxml import etree

from wave_federation.namespaces import CURSORS, PUBSUB, PUBSUB_EVENT, RECEIPTS, WAVE, qualified
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
from wave_federation.stanzas import Element
from wave_ot.deltas import SHA256, SHA512, HashedVersion, SignerInfo

_ALGORITHM_NAMES: Final = {SHA256: "SHA256", SHA512: "SHA512"}


def update_payload(update: WaveletUpdate) -> list[Element]:
    """A request for a receipt, and the event."""
    event = _root(PUBSUB_EVENT, "event")
    item = _child(_child(event, PUBSUB_EVENT, "items"), PUBSUB_EVENT, "item")
    element = _wave(item, "wavelet-update", {"wavelet-name": update.wavelet.uri})
    for applied in update.applied:
        _wave(element, "applied-delta").text = _base64(applied)
    if update.committed is not None:
        _wave(element, "commit-notice", _versions(update.committed, "version", "history-hash"))
    return [_root(RECEIPTS, "request"), event]


def receipt_payload() -> Element:
    """The receipt; its stanza has the id of the message that it is for (XEP-0184 as it was in 2008)."""
    return _root(RECEIPTS, "received")


def submit_request_payload(request: SubmitRequest) -> Element:
    """For an iq of type set."""
    pubsub, item = _published("wavelet")
    delta = _wave(_wave(item, "submit-request"), "delta", {"wavelet-name": request.wavelet.uri})
    delta.text = _base64(request.delta)
    return pubsub


def submit_response_payload(response: SubmitResponse) -> Element:
    """For an iq of type result."""
    pubsub, item = _published(None)
    attributes = {
        "application-timestamp": str(response.timestamp),
        "operations-applied": str(response.operations_applied),
    }
    if response.error is not None:
        attributes["error-message"] = response.error
    element = _wave(item, "submit-response", attributes)
    _wave(element, "hashed-version", _versions(response.version, "version", "history-hash"))
    return pubsub


def history_request_payload(request: HistoryRequest) -> Element:
    """For an iq of type get."""
    attributes = {
        "wavelet-name": request.wavelet.uri,
        **_versions(request.start, "start-version", "start-version-hash"),
        **_versions(request.end, "end-version", "end-version-hash"),
    }
    if request.limit is not None:
        attributes["response-length-limit"] = str(request.limit)
    pubsub, items = _items("wavelet")
    _wave(items, "delta-history", attributes)
    return pubsub


def history_page_payload(page: HistoryPage) -> Element:
    """For an iq of type result: an item for each delta, then one for each of what else is said."""
    pubsub, items = _items(None)
    for applied in page.applied:
        _wave(_item(items), "applied-delta").text = _base64(applied)
    if page.head is not None:
        _wave(_item(items), "commit-notice", _versions(page.head, "version", "history-hash"))
    elif page.committed is not None:
        _wave(_item(items), "commit-notice", {"version": str(page.committed)})
    if page.truncated is not None:
        _wave(_item(items), "history-truncated", {"version": str(page.truncated)})
    return pubsub


def signer_request_payload(request: SignerRequest) -> Element:
    """For an iq of type get."""
    attributes = {
        "signer-id": _base64(request.signer_id),
        "wavelet-name": request.wavelet.uri,
        **_versions(request.at, "version", "history-hash"),
    }
    pubsub, items = _items("signer")
    _wave(items, "signer-request", attributes)
    return pubsub


def signer_response_payload(signer: SignerInfo) -> Element:
    """For an iq of type result."""
    pubsub, items = _items(None)
    _signature(items, signer)
    return pubsub


def signer_post_payload(post: SignerPost) -> Element:
    """For an iq of type set."""
    pubsub, item = _published("signer")
    _signature(item, post.signer)
    return pubsub


def signer_posted_payload() -> Element:
    """For the iq of type result that answers a post."""
    pubsub = _root(PUBSUB, "pubsub")
    item = _child(_child(pubsub, PUBSUB, "publish"), PUBSUB, "item", {"node": "signer"})
    _wave(item, "signature-response")
    return pubsub


def cursor_payload(cursor: CursorMessage) -> Element:
    """For a message of type headline."""
    element = _root(CURSORS, "cursor")
    for name, value in (
        ("wavelet-name", cursor.wavelet.uri),
        ("author", cursor.author),
        ("document", cursor.document),
        ("anchor", str(cursor.anchor)),
        ("head", str(cursor.head)),
    ):
        element.set(name, value)
    return element


def _signature(parent: Element, signer: SignerInfo) -> None:
    attributes = {"domain": signer.domain, "algorithm": _ALGORITHM_NAMES[signer.hash_algorithm]}
    element = _wave(parent, "signature", attributes)
    for certificate in signer.certificates:
        _wave(element, "certificate").text = _base64(certificate)


def _published(node: str | None) -> tuple[Element, Element]:
    """``pubsub/publish/item``: the outermost and the innermost."""
    pubsub = _root(PUBSUB, "pubsub")
    publish = _child(pubsub, PUBSUB, "publish", {} if node is None else {"node": node})
    return pubsub, _child(publish, PUBSUB, "item")


def _items(node: str | None) -> tuple[Element, Element]:
    """``pubsub/items``."""
    pubsub = _root(PUBSUB, "pubsub")
    return pubsub, _child(pubsub, PUBSUB, "items", {} if node is None else {"node": node})


def _item(items: Element) -> Element:
    return _child(items, PUBSUB, "item")


def _root(namespace: str, name: str) -> Element:
    return etree.Element(qualified(namespace, name), nsmap={None: namespace})


def _child(parent: Element, namespace: str, name: str, attributes: dict[str, str] | None = None) -> Element:
    return etree.SubElement(parent, qualified(namespace, name), attributes, nsmap={None: namespace})


def _wave(parent: Element, name: str, attributes: dict[str, str] | None = None) -> Element:
    return _child(parent, WAVE, name, attributes)


def _versions(version: HashedVersion, number: str, history_hash: str) -> dict[str, str]:
    return {number: str(version.version), history_hash: _base64(version.history_hash)}


def _base64(data: bytes) -> str:
    return binascii.b2a_base64(data, newline=False).decode("ascii")
