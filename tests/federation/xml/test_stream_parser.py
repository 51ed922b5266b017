"""The stream parser: what it reads, what it refuses and with which condition, and that portions do not matter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from s2s.samples import SAMPLES, Sample, samples
from wave_federation.namespaces import SERVER, STREAMS, qualified
from wave_federation.stanzas import Element
from wave_federation.xml.limits import BEFORE_AUTHENTICATION, XmlLimits
from wave_federation.xml.stream_parser import (
    ElementParsed,
    Offence,
    ParserEvent,
    StreamClosed,
    StreamOpened,
    StreamParser,
)

HEADER = b"<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams'>"
LIMITS = XmlLimits()
SMALL = XmlLimits(header_bytes=200, stanza_bytes=100, tag_bytes=60, attributes=3, depth=4, elements=6, vocabulary=2_000)

Comparable: TypeAlias = tuple[object, ...]


def comparable(event: ParserEvent) -> Comparable:
    match event:
        case ElementParsed(element, size):
            return "element", content(element), size
        case Offence(error):
            return "offence", error.condition, error.detail, str(error)
        case StreamOpened(namespace, attributes, content_namespace):
            return "opened", namespace, dict(attributes), content_namespace
        case StreamClosed():
            return ("closed",)


def read(data: bytes, limits: XmlLimits = LIMITS, *, portion: int | None = None) -> list[Comparable]:
    parser = StreamParser(limits)
    return [comparable(event) for part in portions(data, portion) for event in parser.feed(part)]


def portions(data: bytes, size: int | None) -> Iterator[bytes]:
    step = size or max(len(data), 1)
    return (data[start : start + step] for start in range(0, len(data), step))


def offence(data: bytes, limits: XmlLimits = LIMITS) -> tuple[str, str]:
    """The condition and the text of the offence that ends ``data``."""
    events = StreamParser(limits).feed(data)
    assert isinstance(events[-1], Offence), events
    return events[-1].error.condition, str(events[-1].error)


def opened(limits: XmlLimits = LIMITS) -> StreamParser:
    parser = StreamParser(limits)
    (event,) = parser.feed(HEADER)
    assert isinstance(event, StreamOpened)
    return parser


def only_element(events: list[ParserEvent]) -> Element:
    (event,) = events
    assert isinstance(event, ElementParsed), event
    return event.element


def content(element: Element) -> list[tuple[object, ...]]:
    """All that an element holds; prefixes do not count."""
    return [(e.tag, e.text, e.tail, dict(e.attrib)) for e in element.iter()]


@samples
def test_every_offence_has_its_condition_and_what_is_fine_has_none(sample: Sample) -> None:
    events = StreamParser(LIMITS).feed(sample.data)
    offences = [event.error.condition for event in events if isinstance(event, Offence)]
    assert offences == ([] if sample.condition is None else [sample.condition])


@samples
def test_portions_do_not_matter(sample: Sample) -> None:
    whole = read(sample.data)
    for size in (1, 2, 3, 7):
        assert read(sample.data, portion=size) == whole
    for cut in range(1, len(sample.data)):
        parser = StreamParser(LIMITS)
        halves = parser.feed(sample.data[:cut]) + parser.feed(sample.data[cut:])
        assert [comparable(event) for event in halves] == whole


def test_the_header_tells_namespaces_and_attributes() -> None:
    header = b"<s:stream xmlns:s='http://etherx.jabber.org/streams' xmlns='jabber:client' to='b.test' xml:lang='en'>"
    (event,) = StreamParser(LIMITS).feed(header)
    lang = qualified("http://www.w3.org/XML/1998/namespace", "lang")
    assert event == StreamOpened(STREAMS, {"to": "b.test", lang: "en"}, "jabber:client")


def test_an_element_is_as_another_parser_reads_it() -> None:
    source = b"<message xmlns:p='urn:p' p:a='&lt;' a='2'>a<p:b>c</p:b>d<![CDATA[&]]>e<f xmlns=''/>g&#x1F4A9;</message>"
    element = only_element(opened().feed(source))
    wrapped = etree.fromstring(b"<x xmlns='jabber:server'>" + source + b"</x>")[0]
    assert content(element) == content(wrapped)


def test_the_size_of_an_element_is_its_bytes_on_the_wire() -> None:
    parser = opened()
    stanzas = [b"<a/>", b"<a />", b"<a></a>", b"<a b='/>'></a >", b"<a>/></a>", b"<a><b/></a\n>", b"<a>\n</a>"]
    sizes = [event.size for event in parser.feed(b" ".join(stanzas)) if isinstance(event, ElementParsed)]
    assert sizes == [len(stanza) for stanza in stanzas]


def test_what_was_complete_before_an_offence_comes_before_it() -> None:
    first, second, third = opened().feed(b"<a/><b/><c><!-- --></c><d/>")
    assert isinstance(first, ElementParsed)
    assert isinstance(second, ElementParsed)
    assert isinstance(third, Offence)


def test_after_an_offence_or_the_end_the_parser_is_deaf() -> None:
    for end in (b"<!-- -->", b"</stream:stream>"):
        parser = opened()
        assert len(parser.feed(end + b"<a/>")) == 1
        assert parser.feed(b"<b/>") == []
        assert not parser.has_residue


def test_a_reset_begins_another_stream_and_forgets_what_came_of_the_old_one() -> None:
    parser = opened()
    assert parser.feed(b"<a/><iq><half>text") != []
    assert parser.has_residue
    parser.reset()
    assert not parser.has_residue
    assert [comparable(event) for event in parser.feed(HEADER + b"<b/>")] == read(HEADER + b"<b/>")


def test_a_parser_that_met_an_offence_reads_again_after_a_reset() -> None:
    parser = opened()
    parser.feed(b"junk")
    parser.reset()
    assert len(parser.feed(HEADER)) == 1


@pytest.mark.parametrize(
    ("rest", "residue"),
    [(b"", False), (b" \n", False), (b"<", True), (b"<iq", True), (b"<iq>", True), (b"<iq><a/>", True), (b"  <", True)],
)
def test_residue_is_what_follows_the_last_event_and_is_no_white_space(rest: bytes, residue: bool) -> None:
    parser = opened()
    assert len(parser.feed(b"<starttls/>" + rest)) == 1
    assert parser.has_residue is residue


def test_part_of_a_header_is_residue() -> None:
    parser = StreamParser(LIMITS)
    assert not parser.has_residue
    parser.feed(b"\n")
    assert not parser.has_residue
    parser.feed(b"<?xml version='1.0'?>")
    assert parser.has_residue


# Limits: as large as allowed, and one more


def stanza_of(size: int) -> bytes:
    return b"<a>" + b"x" * (size - 7) + b"</a>"


def test_a_stanza_may_be_as_large_as_the_limit_and_not_a_byte_larger() -> None:
    for portion in (None, 1, 7):
        fine = read(HEADER + stanza_of(99) + stanza_of(100) * 2, SMALL, portion=portion)
        assert [event[0] for event in fine] == ["opened", "element", "element", "element"]
        (*_, last) = read(HEADER + stanza_of(100) + stanza_of(101), SMALL, portion=portion)
        assert last == ("offence", "policy-violation", "stanza-too-big", "the stanza has more than 100 bytes")


def test_a_stanza_that_never_ends_is_refused_as_soon_as_it_is_too_large() -> None:
    parser = opened(SMALL)
    assert parser.feed(b"<a>" + b"x" * 97) == []
    (event,) = parser.feed(b"x")
    assert isinstance(event, Offence)
    assert event.error.detail == "stanza-too-big"


def test_a_start_tag_of_a_stanza_counts_as_the_stanza() -> None:
    limits = replace(SMALL, stanza_bytes=50)
    parser = opened(limits)
    assert parser.feed(b"<a b='" + b"x" * 44) == []
    (event,) = parser.feed(b"x")
    assert isinstance(event, Offence)
    assert event.error.detail == "stanza-too-big"


def test_a_tag_may_be_as_large_as_the_limit_and_not_a_byte_larger() -> None:
    tag = b"<b c='" + b"x" * 51 + b"'/>"
    for portion in (None, 1, 7):
        fine = read(HEADER + b"<a>" + tag + b"</a>", replace(SMALL, tag_bytes=60), portion=portion)
        assert [event[0] for event in fine] == ["opened", "element"]
        (_, last) = read(HEADER + b"<a>" + tag + b"</a>", replace(SMALL, tag_bytes=59), portion=portion)
        assert last == ("offence", "policy-violation", None, "a tag has more than 59 bytes")


def test_a_header_may_be_as_large_as_the_limit_and_not_a_byte_larger() -> None:
    declaration = b"<?xml version='1.0'?>"
    for portion in (None, 1, 7):
        limits = XmlLimits(header_bytes=len(declaration + HEADER))
        assert [event[0] for event in read(declaration + HEADER, limits, portion=portion)] == ["opened"]
        (only,) = read(declaration + b" " + HEADER, limits, portion=portion)
        assert only[:2] == ("offence", "policy-violation")


def test_a_stream_that_never_opens_is_refused_as_soon_as_its_header_is_too_large() -> None:
    limits = XmlLimits(header_bytes=1000)
    parser = StreamParser(limits)
    assert parser.feed(b"<?xml version='1.0'?>" + b" " * 979) == []
    (event,) = parser.feed(b" ")
    assert isinstance(event, Offence)


@pytest.mark.parametrize(
    ("fine", "beyond", "words"),
    [
        (b"<a a='' b='' c=''/>", b"<a a='' b='' c='' d=''/>", "more than 3 attributes"),
        (b"<a><b><c><d/></c></b></a>", b"<a><b><c><d><e/></d></c></b></a>", "more than 4 elements deep"),
        (b"<a><b/><b/><b/><b/><b/></a>", b"<a><b/><b/><b/><b/><b/><b/></a>", "more than 6 elements"),
    ],
)
def test_attributes_depth_and_elements_may_reach_the_limit_and_not_exceed_it(
    fine: bytes, beyond: bytes, words: str
) -> None:
    assert isinstance(opened(SMALL).feed(fine * 3)[2], ElementParsed)
    condition, message = offence(HEADER + fine + beyond, SMALL)
    assert condition == "policy-violation"
    assert words in message


def test_a_header_has_no_more_attributes_than_the_limit() -> None:
    header = HEADER[:-1] + b" a='' b='' c='' d=''>"
    assert "more than 3 attributes" in offence(header, SMALL)[1]


def test_a_stream_has_a_limit_for_the_different_names_in_it_and_none_for_the_same() -> None:
    parser = opened(XmlLimits(vocabulary=100))
    assert all(isinstance(event, ElementParsed) for event in parser.feed(b"<same to=''/>" * 1000))
    events = parser.feed(b"".join(b"<other%d xmlns=''/>" % number for number in range(20)))
    assert isinstance(events[-1], Offence)
    assert events[-1].error.condition == "resource-constraint"


def test_the_limits_may_be_wider_after_authentication() -> None:
    parser = opened(BEFORE_AUTHENTICATION)
    parser.limits = LIMITS
    assert isinstance(parser.feed(stanza_of(20_000))[0], ElementParsed)
    assert offence(HEADER + stanza_of(20_000), BEFORE_AUTHENTICATION)[0] == "policy-violation"


def test_what_never_ends_is_not_kept() -> None:
    for beginning in (b"<", b"<a b='", b"<!-- ", b"<?x ", b"<a><![CDATA[", b"<a>&", b"</", b"<a xmlns='", b"<a>"):
        parser = opened()
        parser.feed(beginning)
        fed = 0
        while not parser.feed(b"x" * 10_000):
            fed += 10_000
            assert fed <= LIMITS.stanza_bytes, beginning


def test_a_tag_that_comes_byte_by_byte_costs_no_more_than_its_limit_allows() -> None:
    parser = opened()
    parser.feed(b"<a b='" + b"x" * 2_000)
    events: list[ParserEvent] = []
    fed = 0
    while not events:  # every ">" within the value may be the tag's end, so expat looks from the start each time
        events = parser.feed(b">")
        fed += 1
    assert isinstance(events[-1], Offence)
    assert fed < 10_000


def test_a_long_tag_may_come_in_many_pieces() -> None:
    value = b"x" * 60_000
    parser = opened()
    parser.feed(b"<a b='")
    for portion in portions(value, 100):
        assert parser.feed(portion) == []
    assert only_element(parser.feed(b"'/>")).get("b") == value.decode()


def test_a_long_text_may_come_character_by_character() -> None:
    text = "\N{GREEK SMALL LETTER ALPHA}\N{PILE OF POO}" * 3_000
    parser = opened()
    for character in f"<a>{text}<b/>{text}</a>":
        events = parser.feed(character.encode())
    element = only_element(events)
    assert (element.text, element[0].tail) == (text, text)


def test_a_long_stream_outlives_the_expat_that_reads_it() -> None:
    header = HEADER[:-1] + b" xmlns:p='urn:p'>"
    stanza = b"<p:iq>" + b"x" * 9_000 + b"</p:iq>"
    parser = StreamParser(LIMITS)
    parser.feed(header)
    sizes = [
        event.size
        for _ in range(40)
        for event in parser.feed(stanza * 9 + b" ")
        if isinstance(event, ElementParsed) and event.element.tag == "{urn:p}iq"
    ]
    assert sizes == [len(stanza)] * 360
    assert isinstance(parser.feed(b"</stream:stream>")[0], StreamClosed)


# Trees at random


names = st.sampled_from(["a", "b", "iq", "body"])
namespaces = st.sampled_from(["", SERVER, "urn:x", "http://waveprotocol.org/protocol/0.2/waveserver"])
texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cn"]), max_size=12)


@st.composite
def trees(draw: st.DrawFn, depth: int = 3) -> Element:
    namespace, name = draw(namespaces), draw(names)
    element = etree.Element(qualified(namespace, name) if namespace else name)
    for key, value in draw(st.dictionaries(names, texts, max_size=2)).items():
        element.set(key, value)
    element.text = draw(texts) or None
    for child in draw(st.lists(trees(depth - 1), max_size=3)) if depth else []:
        child.tail = draw(texts) or None
        element.append(child)
    return element


@given(trees(), st.integers(1, 50))
def test_every_tree_is_read_as_it_was_written(tree: Element, portion: int) -> None:
    written = etree.tostring(tree, encoding="UTF-8", xml_declaration=False)
    source = HEADER.replace(b" xmlns='jabber:server'", b"") + written
    parser = StreamParser(LIMITS)
    (_, event) = [event for part in portions(source, portion) for event in parser.feed(part)]
    assert isinstance(event, ElementParsed)
    assert content(event.element) == content(tree)
    assert event.size == len(written)


# Anything at all


MARKUP = [
    *(b"<", b">", b"/>", b"</a>", b"<a>", b"<!--", b"-->", b"<?", b"?>", b"<![CDATA[", b"]]>", b"<!DOCTYPE"),
    *(b"&", b"&#", b";", b"'", b'"', b" ", b"\n", b"\xff", b"\xc3", b"\x00", b"xmlns='u'", b"xmlns:a='u'", b"a:b=''"),
    HEADER,
]
fragments = st.one_of(
    st.sampled_from([sample.data for sample in SAMPLES]),
    st.sampled_from(MARKUP),
    st.binary(max_size=8),
)


@st.composite
def disturbed_streams(draw: st.DrawFn) -> bytes:
    data = bytearray(draw(st.sampled_from(SAMPLES)).data)
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, len(data)))
        length = draw(st.integers(0, 12))
        data[place : place + length] = draw(fragments)
    return bytes(data)


streams = st.one_of(disturbed_streams(), st.lists(fragments, max_size=20).map(b"".join))


@given(streams, st.integers(1, 40), st.sampled_from([SMALL, LIMITS]))
def test_whatever_comes_nothing_is_raised_and_portions_do_not_matter(
    data: bytes, portion: int, limits: XmlLimits
) -> None:
    whole = read(data, limits)
    assert read(data, limits, portion=portion) == whole
    kinds = [event[0] for event in whole]
    assert kinds[:1] in ([], ["opened"], ["offence"])
    assert set(kinds[1:-1]) <= {"element"}
