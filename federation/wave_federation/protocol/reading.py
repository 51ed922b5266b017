"""From stanzas to messages. The schema has seen the stanza before: here values are checked, not shapes.

Every function raises StanzaRefused(``bad-request``) that names the value. Nothing is read from what is left over.
"""

from __future__ import annotations

import binascii
from typing import Final

from wave_federation.errors import StanzaRefused
from wave_federation.namespaces import CURSORS, PUBSUB, PUBSUB_EVENT, WAVE, qualified
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
from wave_federation.stanzas import Element, Stanza
from wave_ot.deltas import MAX_VERSION, SHA256, SHA512, HashedVersion, SignerInfo
from wave_server.names import InvalidName, WaveletName

_EVENT: Final = qualified(PUBSUB_EVENT, "event")
_EVENT_UPDATES: Final = (
    f"{qualified(PUBSUB_EVENT, 'items')}/{qualified(PUBSUB_EVENT, 'item')}/{qualified(WAVE, 'wavelet-update')}"
)
_PUBSUB: Final = qualified(PUBSUB, "pubsub")
_PUBLISHED: Final = f"{qualified(PUBSUB, 'publish')}/{qualified(PUBSUB, 'item')}"
_ITEMS: Final = qualified(PUBSUB, "items")
_HASH_ALGORITHMS: Final = {"SHA256": SHA256, "SHA512": SHA512}
MAX_DIGITS: Final = len(str(MAX_VERSION))


def read_updates(stanza: Stanza) -> list[WaveletUpdate]:
    """The updates of a message, in order."""
    return [_update(each) for event in stanza.element.iterchildren(_EVENT) for each in event.iterfind(_EVENT_UPDATES)]


def read_submit_request(stanza: Stanza) -> SubmitRequest:
    """The submission of an iq."""
    delta = _find(stanza, f"{_PUBLISHED}/{qualified(WAVE, 'submit-request')}/{qualified(WAVE, 'delta')}")
    return SubmitRequest(_wavelet(delta), _bytes(delta, delta.text))


def read_submit_response(stanza: Stanza) -> SubmitResponse:
    """The result of a submission."""
    response = _find(stanza, f"{_PUBLISHED}/{qualified(WAVE, 'submit-response')}")
    version = response.find(qualified(WAVE, "hashed-version"))
    if version is None:
        raise _malformed("a submit-response has a hashed-version")
    return SubmitResponse(
        _number(response, "operations-applied"),
        _hashed_version(version, "version", "history-hash"),
        _number(response, "application-timestamp"),
        response.get("error-message"),
    )


def read_history_request(stanza: Stanza) -> HistoryRequest:
    """The request for a stretch of history."""
    asked = _find(stanza, f"{_ITEMS}/{qualified(WAVE, 'delta-history')}")
    limit = asked.get("response-length-limit")
    return HistoryRequest(
        _wavelet(asked),
        _hashed_version(asked, "start-version", "start-version-hash"),
        _hashed_version(asked, "end-version", "end-version-hash"),
        None if limit is None else _number(asked, "response-length-limit"),
    )


def read_history_page(stanza: Stanza) -> HistoryPage:
    """The result of a request for history."""
    items = _find(stanza, _ITEMS)
    applied: list[bytes] = []
    committed: int | None = None
    truncated: int | None = None
    head: HashedVersion | None = None
    for each in items.iterfind(f"{qualified(PUBSUB, 'item')}/*"):
        if each.tag == qualified(WAVE, "applied-delta"):
            applied.append(_bytes(each, each.text))
        elif each.tag == qualified(WAVE, "commit-notice"):
            committed = _number(each, "version")
            if each.get("history-hash") is not None:
                head = _hashed_version(each, "version", "history-hash")
        elif each.tag == qualified(WAVE, "history-truncated"):
            truncated = _number(each, "version")
    return HistoryPage(tuple(applied), committed, truncated, head)


def read_signer_request(stanza: Stanza) -> SignerRequest:
    """The request for a signer's certificates."""
    asked = _find(stanza, f"{_ITEMS}/{qualified(WAVE, 'signer-request')}")
    return SignerRequest(
        _attribute_bytes(asked, "signer-id"), _wavelet(asked), _hashed_version(asked, "version", "history-hash")
    )


def read_signer_response(stanza: Stanza) -> SignerInfo:
    """The result of a request for a signer."""
    return _signer(_find(stanza, f"{_ITEMS}/{qualified(WAVE, 'signature')}"))


def read_signer_post(stanza: Stanza) -> SignerPost:
    """The signer that a provider tells us of."""
    return SignerPost(_signer(_find(stanza, f"{_PUBLISHED}/{qualified(WAVE, 'signature')}")))


def read_cursor(stanza: Stanza) -> CursorMessage:
    """A cursor, from a message of type headline."""
    for cursor in stanza.element.iterchildren(qualified(CURSORS, "cursor")):
        return CursorMessage(
            _wavelet(cursor),
            cursor.get("author", ""),
            cursor.get("document", ""),
            _number(cursor, "anchor"),
            _number(cursor, "head"),
        )
    raise _malformed("the message has no cursor")


def _update(element: Element) -> WaveletUpdate:
    applied = tuple(_bytes(each, each.text) for each in element.iterchildren(qualified(WAVE, "applied-delta")))
    notice = element.find(qualified(WAVE, "commit-notice"))
    committed = None if notice is None else _hashed_version(notice, "version", "history-hash")
    return WaveletUpdate(_wavelet(element), applied, committed)


def _signer(element: Element) -> SignerInfo:
    algorithm = _HASH_ALGORITHMS.get(element.get("algorithm", ""))
    if algorithm is None:
        raise _malformed(f"the algorithm of a signer is one of {', '.join(_HASH_ALGORITHMS)}")
    certificates = tuple(_bytes(each, each.text) for each in element.iterchildren(qualified(WAVE, "certificate")))
    domain = element.get("domain")
    if not domain or not certificates:
        raise _malformed("a signer has a domain and at least one certificate")
    return SignerInfo(algorithm, domain, certificates)


def _find(stanza: Stanza, path: str) -> Element:
    pubsub = stanza.element.find(_PUBSUB)
    found = None if pubsub is None else pubsub.find(path)
    if found is None:
        raise _malformed("the request does not hold what its kind has")
    return found


def _wavelet(element: Element) -> WaveletName:
    text = element.get("wavelet-name", "")
    try:
        return WaveletName.parse_uri(text)
    except InvalidName as error:
        raise _malformed(str(error)) from error


def _hashed_version(element: Element, version: str, history_hash: str) -> HashedVersion:
    return HashedVersion(_number(element, version), _attribute_bytes(element, history_hash))


def _number(element: Element, name: str) -> int:
    text = element.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS and int(text) <= MAX_VERSION):
        raise _malformed(f"{name} of {_local(element)} is no number of 0 to {MAX_VERSION}")
    return int(text)


def _attribute_bytes(element: Element, name: str) -> bytes:
    text = element.get(name)
    if text is None:
        raise _malformed(f"{_local(element)} needs {name}")
    return _bytes(element, text)


def _bytes(element: Element, text: str | None) -> bytes:
    """What base64 stands for; white space in it is legal (RFC 4648 §3.3, XML Schema's base64Binary)."""
    try:
        return binascii.a2b_base64("".join((text or "").split()), strict_mode=True)
    except ValueError as error:
        raise _malformed(f"{_local(element)} holds what is no base64") from error


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _malformed(message: str) -> StanzaRefused:
    return StanzaRefused(message, condition="bad-request", type="modify")
