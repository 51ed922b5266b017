"""Stanzas checked against the schema of what we read, before anything reads them.

``schema/payloads.rnc`` defines one pattern for each payload and type of stanza; each becomes a validator of its own,
so that a fault is told in terms of what the stanza means to be. Source: FEDERATION.md, section 3; DESIGN.md, section 9.
"""

from __future__ import annotations

from copy import deepcopy
from importlib.resources import files
from typing import Final

from lxml import etree

from wave_federation.errors import StanzaRefused
from wave_federation.namespaces import (
    CURSORS,
    DISCO_INFO,
    DISCO_ITEMS,
    PING,
    PUBSUB,
    PUBSUB_EVENT,
    RECEIPTS,
    VERSION,
    WAVE,
    qualified,
)
from wave_federation.stanzas import Element, Kind, Stanza

_RNG: Final = "http://relaxng.org/ns/structure/1.0"
_FAULT_CHARACTERS: Final = 200  # libxml2 quotes the values that it does not allow

_ANY_MESSAGE: Final = {
    qualified(PUBSUB_EVENT, "event"): "event",
    qualified(WAVE, "ping"): "wave-ping",
    qualified(RECEIPTS, "request"): "receipt-request",
    qualified(RECEIPTS, "received"): "receipt",
    qualified(CURSORS, "cursor"): "cursor",
}
_IQ_GET: Final = {
    qualified(PUBSUB, "pubsub"): "pubsub-get",
    qualified(DISCO_INFO, "query"): "info-get",
    qualified(DISCO_ITEMS, "query"): "items-get",
    qualified(VERSION, "query"): "version-get",
    qualified(PING, "ping"): "ping-get",
}
_IQ_SET: Final = {qualified(PUBSUB, "pubsub"): "pubsub-set"}
_IQ_RESULT: Final = {
    qualified(PUBSUB, "pubsub"): "pubsub-result",
    qualified(DISCO_INFO, "query"): "info-result",
    qualified(DISCO_ITEMS, "query"): "items-result",
    qualified(VERSION, "query"): "version-result",
}
_PATTERNS: Final = {
    (Kind.IQ, "get"): _IQ_GET,
    (Kind.IQ, "set"): _IQ_SET,
    (Kind.IQ, "result"): _IQ_RESULT,
}


def validate(stanza: Stanza) -> None:
    """Raise StanzaRefused(``bad-request``) that names the first fault in a payload that has a schema.

    Other payloads, presence, and errors, which repeat what they are about, pass as they are.
    """
    if stanza.is_error or stanza.kind is Kind.PRESENCE:
        return
    patterns = _ANY_MESSAGE if stanza.kind is Kind.MESSAGE else _PATTERNS.get((stanza.kind, stanza.type or ""), {})
    for payload in stanza.payload:
        pattern = patterns.get(str(payload.tag))
        if pattern is not None:
            _check(payload, _VALIDATORS[pattern])


def _check(payload: Element, validator: etree.RelaxNG) -> None:
    if validator.validate(payload):
        return
    # Where patterns were alternatives, libxml2 reports each; the one that got farthest is what was meant.
    fault = max(validator.error_log, key=lambda entry: str(entry.path).count("/"))
    place = "/".join(step.rpartition(":")[2] for step in str(fault.path).split("/") if step)
    message = f"the schema does not allow this: {fault.message}, in {place}"
    if len(message) > _FAULT_CHARACTERS:
        message = f"{message[:_FAULT_CHARACTERS]}…"
    raise StanzaRefused(message, condition="bad-request", type="modify")


def _validators() -> dict[str, etree.RelaxNG]:
    """A validator for every pattern that the schema starts with, by its name."""
    schema = etree.fromstring((files("wave_federation.xml") / "schema" / "payloads.rng").read_bytes())
    references = schema.findall(f"{qualified(_RNG, 'start')}//{qualified(_RNG, 'ref')}")
    return {str(reference.get("name")): _starting_with(schema, reference) for reference in references}


def _starting_with(schema: Element, reference: Element) -> etree.RelaxNG:
    narrowed = deepcopy(schema)
    start = narrowed.find(qualified(_RNG, "start"))
    assert start is not None, "a grammar has a start"
    start[:] = [deepcopy(reference)]
    return etree.RelaxNG(narrowed)


_VALIDATORS: Final = _validators()
