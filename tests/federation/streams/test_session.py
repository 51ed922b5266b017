"""Sessions: two of them talk to each other in memory, with real TLS, whatever the portions their bytes come in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from s2s.pki import Authority
from s2s.stream_pairs import LIMITS, START, Pair, Portions, Servers, at_once, byte_by_byte, ending
from wave_federation.errors import RemoteProtocolError
from wave_federation.namespaces import SERVER, qualified
from wave_federation.stanzas import Kind, Stanza, make_stanza
from wave_federation.streams.effects import Deliver, End, Established

HEADER = (
    b"<?xml version='1.0'?><stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams'"
    b" from='beta.test' to='alpha.test' version='1.0'>"
)
STARTTLS = b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
SPOOF = b"<message from='beta.test' to='alpha.test'/>"

handshakes = settings(max_examples=settings().max_examples // 4)  # each example makes real ones


@pytest.fixture(scope="module")
def servers(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Servers:
    return Servers.new(authority, tmp_path_factory.mktemp("streams"))


@pytest.fixture(params=[False, True], ids=["STARTTLS", "direct TLS"])
def direct_tls(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def connected(servers: Servers, *, direct_tls: bool = False, portions: Portions = at_once) -> Pair:
    pair = Pair(servers.receiving(direct_tls=direct_tls), servers.initiating(direct_tls=direct_tls), portions)
    return pair.connect()


def message(text: str = "hello", sender: str = "ann@beta.test", recipient: str = "bob@alpha.test") -> Stanza:
    body = etree.Element(qualified(SERVER, "body"))
    body.text = text
    return make_stanza(Kind.MESSAGE, sender, recipient, body)


def told(stanza: Stanza) -> tuple[str, ...]:
    """What a message says, and to whom: prefixes may change on the way."""
    body = stanza.element[0]
    return str(stanza.element.tag), str(stanza.sender), str(stanza.recipient), str(body.tag), body.text or ""


def test_two_servers_establish_a_stream_and_stanzas_pass_in_order(servers: Servers, *, direct_tls: bool) -> None:
    pair = connected(servers, direct_tls=direct_tls)
    assert pair.established
    sent = [message(f"number {number}") for number in range(20)]
    for stanza in sent:
        pair.initiating.send(stanza, pair.now)
    pair.exchange()
    assert [told(stanza) for stanza in pair.delivered] == [told(stanza) for stanza in sent]


def test_stanzas_that_are_sent_together_share_a_tls_record(servers: Servers) -> None:
    session = connected(servers).initiating
    for number in range(10):
        session.send(message(f"number {number}"), START)
    data, records = session.data_to_send(), 0
    while data:  # RFC 8446 §5.1: type, version, length
        records, data = records + 1, data[5 + int.from_bytes(data[3:5], "big") :]
    assert records == 1
    assert session.unencrypted == 0


def test_what_happens_does_not_depend_on_packets_not_even_of_one_byte(servers: Servers, *, direct_tls: bool) -> None:
    pair = connected(servers, direct_tls=direct_tls, portions=byte_by_byte)
    assert pair.established
    pair.initiating.send(message(), pair.now)
    pair.told += pair.initiating.close(pair.now, "done")
    pair.exchange()
    assert len(pair.delivered) == 1
    assert ending(pair.heard).orderly
    assert ending(pair.told).orderly


@handshakes
@given(
    sizes=st.lists(st.integers(1, 700), min_size=1, max_size=30), texts=st.lists(st.text("aé€\U0001f600 ", max_size=50))
)
def test_what_happens_does_not_depend_on_the_portions(servers: Servers, sizes: list[int], texts: list[str]) -> None:
    def portions(data: bytes) -> Iterator[bytes]:
        start = turn = 0
        while start < len(data):
            size = sizes[turn % len(sizes)]
            yield data[start : start + size]
            start, turn = start + size, turn + 1

    pair = connected(servers, portions=portions)
    assert pair.established
    for text in texts:
        pair.initiating.send(message(text), pair.now)
    pair.told += pair.initiating.close(pair.now, "done")
    pair.exchange()
    assert [stanza.element[0].text or "" for stanza in pair.delivered] == texts
    assert ending(pair.heard).reason == "beta.test closed the stream"
    assert ending(pair.told).reason == "done"


@pytest.mark.parametrize("behind", [SPOOF, HEADER, b"<m", b"x", b"\x16\x03\x01"])
def test_nothing_may_stand_behind_starttls(servers: Servers, behind: bytes) -> None:
    session = servers.receiving()
    session.start(START)
    session.receive_data(HEADER, START)
    session.data_to_send()
    happened = session.receive_data(STARTTLS + behind, START)
    assert ending(happened).condition == "policy-violation"
    assert b"<policy-violation" in session.data_to_send()
    assert session.tls is None


@pytest.mark.parametrize("behind", [SPOOF, HEADER])
def test_what_follows_starttls_later_is_taken_for_tls_and_nothing_else(servers: Servers, behind: bytes) -> None:
    session = servers.receiving()
    session.start(START)
    assert session.receive_data(HEADER + STARTTLS, START) == []
    happened = session.receive_data(behind, START)
    assert ending(happened).reason == "TLS with beta.test failed: what the peer sent is not TLS"
    assert session.data_to_send().startswith(b"<?xml"), "what had been said before is still sent"


def test_white_space_around_everything_is_legal(servers: Servers) -> None:
    session = servers.receiving()
    session.start(START)
    assert session.receive_data(HEADER + b" \n\t" + STARTTLS + b"\n", START) == []
    assert session.tls is not None


def test_bytes_before_the_stream_is_established_are_counted(servers: Servers, *, direct_tls: bool) -> None:
    limits = replace(LIMITS, negotiation_bytes=1000)
    pair = Pair(servers.receiving(direct_tls=direct_tls, limits=limits), servers.initiating(direct_tls=direct_tls))
    pair.connect()
    assert ending(pair.heard).reason.endswith("more than 1000 bytes came before the stream was established")
    assert not any(isinstance(each, Established) for each in pair.told)


def test_an_established_stream_takes_as_much_as_comes(servers: Servers) -> None:
    pair = connected(servers)
    for _ in range(20):
        pair.initiating.send(message("x" * 10_000), pair.now)
    pair.exchange()
    assert len(pair.delivered) == 20
    assert not pair.receiving.ended


def test_an_offence_is_answered_with_the_exact_error_and_the_peer_learns_it(servers: Servers) -> None:
    pair = connected(servers)
    pair.initiating.send(message("x" * 600_000), pair.now)
    pair.exchange()
    assert pair.delivered == []
    assert ending(pair.heard).condition == "policy-violation"
    reported = ending(pair.told)
    assert reported.reason == "alpha.test ended the stream: policy-violation: the stanza has more than 524288 bytes"


@pytest.mark.parametrize("sender", ["ann@gamma.test", "wave.beta.test", "alpha.test"])
def test_an_authenticated_peer_cannot_speak_for_others(servers: Servers, sender: str) -> None:
    pair = connected(servers)
    pair.initiating.send(message(sender=sender), pair.now)
    pair.exchange()
    assert pair.delivered == []
    assert ending(pair.heard).condition == "invalid-from"


def test_a_server_that_is_not_whom_we_call_hears_nothing_of_us(servers: Servers, tmp_path: Path) -> None:
    other = Servers.new(Authority.new("Another CA"), tmp_path)
    pair = Pair(other.receiving(), servers.initiating()).connect()
    assert "the certificate of alpha.test is refused" in ending(pair.told).reason
    assert ending(pair.heard).reason == "beta.test closed the connection"


def test_a_caller_that_cannot_prove_its_name_reads_why(servers: Servers, tmp_path: Path) -> None:
    stranger = Servers.new(Authority.new("Another CA"), tmp_path)
    caller = Servers(servers.authority, servers.alpha, stranger.beta)
    pair = Pair(servers.receiving(), caller.initiating()).connect()
    assert ending(pair.heard).condition == "not-authorized"
    reported = ending(pair.told)
    assert reported.condition == "not-authorized"
    assert "neither presented nor trusted here" in reported.reason


def test_white_space_keeps_an_idle_stream_alive_on_both_sides(servers: Servers) -> None:
    pair = connected(servers)
    for _ in range(10):
        pair.now += 60
        for session in (pair.initiating, pair.receiving):
            due = session.next_deadline()
            assert due is not None
            assert due <= pair.now
            assert session.handle_timer(pair.now) == []
        pair.exchange()
    assert not pair.receiving.ended
    assert not pair.initiating.ended


def test_a_silent_caller_is_let_go(servers: Servers) -> None:
    pair = connected(servers)
    assert pair.receiving.handle_timer(START + 199) == []
    pair.receiving.data_to_send()
    assert pair.receiving.next_deadline() == START + 200
    assert pair.receiving.handle_timer(START + 200) == []
    assert not pair.receiving.established
    assert pair.receiving.next_deadline() == START + 205
    happened = pair.receiving.handle_timer(START + 205)
    assert ending(happened).reason == "beta.test was silent for 200 seconds"
    assert pair.receiving.next_deadline() is None


def test_the_receiving_side_takes_what_was_on_its_way_when_it_closed(servers: Servers) -> None:
    pair = connected(servers)
    pair.initiating.send(message(), pair.now)
    pair.heard += pair.receiving.close(pair.now, "good night")
    pair.exchange()
    assert len(pair.delivered) == 1
    assert ending(pair.heard).reason == "good night"
    assert ending(pair.told).reason == "alpha.test closed the stream"


def test_a_stream_closed_with_an_error_ends_on_both_sides(servers: Servers) -> None:
    pair = connected(servers)
    error = RemoteProtocolError("the server stops", condition="system-shutdown")
    pair.heard += pair.receiving.close(pair.now, "stopped", error)
    pair.exchange()
    assert ending(pair.told).reason == "alpha.test ended the stream: system-shutdown: the server stops"


def test_what_is_no_tls_ends_an_established_stream_after_what_came_before(servers: Servers) -> None:
    pair = connected(servers)
    pair.initiating.send(message(), pair.now)
    pair.heard += pair.receiving.receive_data(pair.initiating.data_to_send() + b"GET / HTTP/1.1\r\n\r\n" * 10, pair.now)
    assert len(pair.delivered) == 1
    assert ending(pair.heard).reason.startswith("TLS with beta.test failed")


@pytest.mark.parametrize("cut", ["TCP", "TLS"])
def test_a_connection_that_ends_without_a_closing_tag_is_no_orderly_end(servers: Servers, cut: str) -> None:
    pair = connected(servers)
    if cut == "TLS":
        tls = pair.initiating.tls
        assert tls is not None
        tls.close()
        pair.exchange()
    else:
        pair.heard += pair.receiving.receive_eof(pair.now)
    assert not ending(pair.heard).orderly
    assert pair.receiving.receive_eof(pair.now) == []
    assert pair.receiving.receive_data(b"anything", pair.now) == []


def test_the_certificate_of_the_domain_that_is_called_is_presented(servers: Servers, *, direct_tls: bool) -> None:
    calling = servers.initiating(remote="wave.alpha.test", direct_tls=direct_tls)
    pair = Pair(servers.receiving(direct_tls=direct_tls), calling).connect()
    assert pair.heard == [Established("wave.alpha.test", "beta.test")]


PIECES = [
    HEADER,
    STARTTLS,
    SPOOF,
    b"</stream:stream>",
    b"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>",
    b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
    b"<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>",
    b"<stream:features/>",
    b"<stream:error/>",
    b"<!--",
    b"<m a='",
    b"&amp;",
    b"\xff",
    b" ",
]
garbage = st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=40)), max_size=8)
directions = st.sampled_from(["to the receiving side", "to the initiating side"])


@handshakes
@given(pieces=garbage, direction=directions, encrypted=st.booleans())
def test_whatever_comes_a_session_lives_on_or_ends_and_never_believes_it(
    servers: Servers, pieces: list[bytes], direction: str, encrypted: bool
) -> None:
    """On an established stream, with TLS or outside of it, and from the first byte on a new one."""
    pair = connected(servers)
    new = servers.receiving() if direction == "to the receiving side" else servers.initiating()
    used, other = pair.receiving, pair.initiating
    if direction == "to the initiating side":
        used, other = other, used
    new.start(START)
    assert other.tls is not None
    for piece in pieces:
        other.tls.send(piece)
    for session, data in ((new, pieces), (used, [other.data_to_send()] if encrypted else pieces)):
        happened = [each for portion in data for each in session.receive_data(portion, START)]
        assert session.ended == bool(happened and isinstance(happened[-1], End))
        assert not any(isinstance(each, Established) for each in happened)
        stanzas = [each for each in happened if isinstance(each, Deliver)]
        assert len(stanzas) <= (pieces.count(SPOOF) if session is pair.receiving and encrypted else 0)
