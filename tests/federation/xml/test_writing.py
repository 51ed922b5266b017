"""What we write is what our own parser, and RFC 6120, read."""

from __future__ import annotations

import pytest
from lxml import etree

from wave_federation.errors import RemoteProtocolError
from wave_federation.namespaces import PING, SERVER, STREAM_ERRORS, STREAMS, XML, qualified
from wave_federation.stanzas import Element, Kind, make_stanza
from wave_federation.xml.limits import XmlLimits
from wave_federation.xml.stream_parser import ElementParsed, StreamClosed, StreamOpened, StreamParser
from wave_federation.xml.writing import stream_end, stream_error, stream_header, to_bytes


def sent(*parts: bytes) -> Element:
    """The one element that these bytes hold within a stream."""
    parser = StreamParser(XmlLimits())
    parser.feed(stream_header("a.test", "b.test"))
    (event,) = parser.feed(b"".join(parts))
    assert isinstance(event, ElementParsed)
    return event.element


def test_a_header_says_who_speaks_to_whom() -> None:
    parser = StreamParser(XmlLimits())
    opened, closed = parser.feed(stream_header("a.test", "b.test", stream_id="x'<&") + stream_end())
    assert opened == StreamOpened(
        STREAMS,
        {"from": "a.test", "to": "b.test", "id": "x'<&", "version": "1.0", qualified(XML, "lang"): "en"},
        SERVER,
    )
    assert closed == StreamClosed()


def test_an_unknown_address_is_left_out_of_a_header() -> None:
    (opened,) = StreamParser(XmlLimits()).feed(stream_header(None, None))
    assert isinstance(opened, StreamOpened)
    assert not {"from", "to", "id"} & set(opened.attributes)


def test_a_stream_error_has_a_condition_a_text_and_a_detail() -> None:
    error = sent(stream_error(RemoteProtocolError("too <big> \0", detail="stanza-too-big")))
    assert error.tag == qualified(STREAMS, "error")
    assert [child.tag for child in error] == [
        qualified(STREAM_ERRORS, "policy-violation"),
        qualified(STREAM_ERRORS, "text"),
        "{urn:xmpp:errors}stanza-too-big",
    ]
    assert error[1].text == "too <big> \N{REPLACEMENT CHARACTER}"


def test_a_stanza_of_ours_repeats_no_declaration_of_the_stream_s() -> None:
    ping = make_stanza(Kind.IQ, "a.test", "b.test", etree.Element(qualified(PING, "ping"), nsmap={None: PING}), id="1")
    written = to_bytes(ping.element)
    assert written == b'<iq from="a.test" to="b.test" id="1"><ping xmlns="urn:xmpp:ping"/></iq>'
    assert sent(written).tag == ping.element.tag


@pytest.mark.parametrize(
    "source",
    [
        """<x:iq xmlns:x="jabber:server"> xmlns="jabber:server"</x:iq>""",
        """<x xmlns="other"> xmlns="jabber:server"</x>""",
        """<x xmlns="other"><y xmlns="jabber:server"/></x>""",
        """<iq xmlns="jabber:server"><y xmlns=""> xmlns="jabber:server"</y><z/></iq>""",
        """<iq xmlns="jabber:server" a=' xmlns="jabber:server"'>\N{PILE OF POO}&amp;&lt;</iq>""",
    ],
)
def test_every_element_comes_back_as_it_was(source: str) -> None:
    element = etree.fromstring(source)
    element.tail = "not its own"
    back = sent(to_bytes(element))
    element.tail = None
    assert [(e.tag, e.text, e.tail, dict(e.attrib)) for e in back.iter()] == [
        (e.tag, e.text, e.tail, dict(e.attrib)) for e in element.iter()
    ]
