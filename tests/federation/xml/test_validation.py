"""The schemas: real traffic passes, malformed payloads are refused, and what runs is what the compact form says."""

from __future__ import annotations

import gzip
import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import rnc2rng  # type: ignore[import-untyped]

from wave_federation.errors import StanzaRefused
from wave_federation.namespaces import DISCO_INFO, DISCO_ITEMS, PING, PUBSUB, PUBSUB_EVENT, RECEIPTS, VERSION, WAVE
from wave_federation.stanzas import Stanza, read_stanza
from wave_federation.xml.limits import XmlLimits
from wave_federation.xml.stream_parser import ElementParsed, StreamParser
from wave_federation.xml.validation import validate
from wave_federation.xml.writing import stream_header

SCHEMAS = files("wave_federation.xml") / "schema"
TRAFFIC = Path(__file__).parent / "traffic.jsonl.gz"


@cache
def traffic() -> list[dict[str, Any]]:
    """Stanzas between original servers and a scripted peer, one of each shape and more: ``xml``, and ``fault``, what
    is wrong with it, "" for nothing."""
    with gzip.open(TRAFFIC, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def stanza(source: str) -> Stanza:
    parser = StreamParser(XmlLimits())
    parser.feed(stream_header("wave.a.test", "wave.b.test"))
    (event,) = parser.feed(source.encode())
    assert isinstance(event, ElementParsed)
    return read_stanza(event.element)


def stanza_with(kind: str, type: str, payload: str) -> Stanza:  # noqa: A002 - the attribute's name
    return stanza(f"<{kind} type='{type}' id='1' from='wave.a.test' to='wave.b.test'>{payload}</{kind}>")


def test_the_compiled_schema_is_what_the_compact_one_says() -> None:
    compact = rnc2rng.loads((SCHEMAS / "payloads.rnc").read_text(encoding="utf-8"))
    assert rnc2rng.dumps(compact).strip() == (SCHEMAS / "payloads.rng").read_text(encoding="utf-8").strip()


def test_all_that_original_servers_send_is_allowed() -> None:
    fine = [each for each in traffic() if not each["fault"]]
    assert len(fine) > 200
    for each in fine:
        validate(stanza(each["xml"]))


def test_malformed_requests_to_original_servers_are_refused() -> None:
    malformed = [each for each in traffic() if each["fault"]]
    assert len(malformed) == 16
    for each in malformed:
        with pytest.raises(StanzaRefused, match="the schema does not allow this") as refused:
            validate(stanza(each["xml"]))
        assert (refused.value.condition, refused.value.type) == ("bad-request", "modify"), each["fault"]


WAVELET = "wavelet-name='wave://a.test/w+1/conv+root'"
AT = "version='3' history-hash='aGFzaA=='"
UPDATE = f"<wavelet-update xmlns='{WAVE}' {WAVELET}>%s</wavelet-update>"
EVENT = f"<event xmlns='{PUBSUB_EVENT}'><items><item>%s</item></items></event>"
PUBLISH = f"<pubsub xmlns='{PUBSUB}'><publish node='%s'><item>%s</item></publish></pubsub>"
ITEMS = f"<pubsub xmlns='{PUBSUB}'><items node='%s'>%s</items></pubsub>"
RESULT = f"<pubsub xmlns='{PUBSUB}'><items>%s</items></pubsub>"
HISTORY = (
    f"<delta-history xmlns='{WAVE}' {WAVELET} start-version='0' start-version-hash='AAAA' end-version='{{}}'"
    " end-version-hash='{}' {}/>"
)

NOTICE = f"<commit-notice {AT}/>"
DELTA = "<applied-delta>AAAA</applied-delta>"
FORM = "<x xmlns='jabber:x:data' type='result'><field var='a'><value>b</value></field></x>"
SUBMIT = f"<submit-request xmlns='{WAVE}'>%s</submit-request>"
SIGNATURE = f"<signature xmlns='{WAVE}' domain='%s' algorithm='SHA256'><certificate>AAAA</certificate></signature>"

FINE = {
    "several deltas and a notice": ("message", "normal", EVENT % (UPDATE % (DELTA + NOTICE + DELTA))),
    "several updates in an item": ("message", "normal", EVENT % ((UPDATE % NOTICE) * 2)),
    "base64 in lines": ("message", "normal", EVENT % (UPDATE % "<applied-delta>\n AAAA\n AAAA\n</applied-delta>")),
    "a node and ids": (
        "message", "normal",
        (EVENT % (UPDATE % NOTICE)).replace("<items>", "<items node='wavelet'>").replace("<item>", "<item id='i'>"),
    ),
    "a receipt with its message's id": ("message", "normal", f"<received xmlns='{RECEIPTS}' id='1'/>"),
    "no history": ("iq", "result", RESULT % ""),
    "the current version": ("iq", "result", RESULT % f"<item><commit-notice xmlns='{WAVE}' {AT}/></item>"),
    "history by length": ("iq", "get", ITEMS % ("wavelet", HISTORY.format("5", "AAAA", "response-length-limit='9'"))),
    "a form in disco": (
        "iq", "result",
        f"<query xmlns='{DISCO_INFO}'>{FORM}<identity category='a' type='b' xml:lang='en'/><feature var='f'/></query>",
    ),
    "a node in disco": ("iq", "get", f"<query xmlns='{DISCO_ITEMS}' node='n'/>"),
    "a version without a system": (
        "iq", "result", f"<query xmlns='{VERSION}'><version>1</version><name>n</name></query>",
    ),
    "a ping": ("iq", "get", f"<ping xmlns='{PING}'/>"),
    "what has no schema": ("iq", "set", "<query xmlns='jabber:iq:private'><anything/></query>"),
    "an error that repeats what it is about": ("iq", "error", f"<pubsub xmlns='{PUBSUB}'/>"),
    "presence": ("presence", "subscribe", f"<pubsub xmlns='{PUBSUB}'/>"),
    "a result of no kind that is asked for": ("iq", "result", f"<ping xmlns='{PING}'>pong</ping>"),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "type", "payload"), [pytest.param(*case, id=name) for name, case in FINE.items()])
def test_what_the_protocol_allows_is_allowed(kind: str, type: str, payload: str) -> None:  # noqa: A002
    validate(stanza_with(kind, type, payload))


MALFORMED = {
    "an empty update": ("message", "normal", EVENT % (UPDATE % "")),
    "two notices": ("message", "normal", EVENT % (UPDATE % (NOTICE * 2))),
    "a notice without a hash": ("message", "normal", EVENT % (UPDATE % "<commit-notice version='3'/>")),
    "an empty delta": ("message", "normal", EVENT % (UPDATE % "<applied-delta/>")),
    "text in an item": ("message", "normal", EVENT % ("text" + UPDATE % NOTICE)),
    "another namespace": ("message", "normal", EVENT % f"<wavelet-update xmlns='urn:x' {WAVELET}/>"),
    "a negative version": ("iq", "get", ITEMS % ("wavelet", HISTORY.format("-1", "AAAA", ""))),
    "a version of 64 bits": ("iq", "get", ITEMS % ("wavelet", HISTORY.format(str(2**63), "AAAA", ""))),
    "a version with a sign": ("iq", "get", ITEMS % ("wavelet", HISTORY.format("+1", "AAAA", ""))),
    "a hash cut off": ("iq", "get", ITEMS % ("wavelet", HISTORY.format("5", "AAA", ""))),
    "an attribute too many": ("iq", "get", ITEMS % ("wavelet", HISTORY.format("5", "AAAA", "limit='9'"))),
    "two requests": ("iq", "get", ITEMS % ("wavelet", HISTORY.format("5", "AAAA", "") * 2)),
    "a request in the other node": ("iq", "get", ITEMS % ("signer", HISTORY.format("5", "AAAA", ""))),
    "a request in a set": ("iq", "set", ITEMS % ("wavelet", HISTORY.format("5", "AAAA", ""))),
    "a submission with two deltas": (
        "iq", "set", PUBLISH % ("wavelet", SUBMIT % (f"<delta {WAVELET}>AAAA</delta>" * 2)),
    ),
    "a signer without a domain": ("iq", "set", PUBLISH % ("signer", SIGNATURE % "")),
    "a ping with something in it": ("iq", "get", f"<ping xmlns='{PING}'><x/></ping>"),
    "an item without an address": ("iq", "result", f"<query xmlns='{DISCO_ITEMS}'><item/></query>"),
    "a version without a name": ("iq", "result", f"<query xmlns='{VERSION}'><version>1</version></query>"),
    "a receipt with something in it": ("message", "chat", f"<received xmlns='{RECEIPTS}'>1</received>"),
    "one bad payload among good ones": (
        "message", "chat", f"<body>b</body><request xmlns='{RECEIPTS}'/><ping xmlns='{WAVE}'>x</ping>",
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "type", "payload"), [pytest.param(*case, id=name) for name, case in MALFORMED.items()]
)
def test_what_the_protocol_does_not_allow_is_a_bad_request(kind: str, type: str, payload: str) -> None:  # noqa: A002
    with pytest.raises(StanzaRefused) as refused:
        validate(stanza_with(kind, type, payload))
    assert (refused.value.condition, refused.value.type) == ("bad-request", "modify")


def test_a_refusal_names_the_fault_and_where_it_is() -> None:
    with pytest.raises(StanzaRefused, match=r"'abc', in pubsub/items/delta-history$"):
        validate(stanza_with("iq", "get", ITEMS % ("wavelet", HISTORY.format("abc", "AAAA", ""))))


def test_a_refusal_does_not_repeat_all_that_is_wrong() -> None:
    with pytest.raises(StanzaRefused) as refused:
        validate(stanza_with("iq", "get", ITEMS % ("wavelet", HISTORY.format("5", "?" * 60_000, ""))))
    assert len(str(refused.value)) <= 201
