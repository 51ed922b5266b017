"""Bytes against everything that reads a stream's XML, without TLS and sockets: parser, state machine, schema, answers.

TLS is taken to succeed and certificates to prove what is asked of them: so all that is behind them is reached.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from lxml import etree

from wave_federation.errors import StanzaRefused
from wave_federation.stanzas import check_form
from wave_federation.streams.decoding import decode
from wave_federation.streams.effects import (
    CloseStream,
    Deliver,
    Effect,
    End,
    Established,
    JudgePeer,
    RestartStream,
    UpgradeToTls,
)
from wave_federation.streams.encoding import encode
from wave_federation.streams.events import PeerJudged, TlsEstablished
from wave_federation.streams.initiating import InitiatingMachine
from wave_federation.streams.limits import StreamLimits
from wave_federation.streams.receiving import ReceivingMachine, Reception
from wave_federation.xml.stream_parser import StreamParser
from wave_federation.xml.validation import validate
from wave_federation.xml.writing import to_bytes

HEADER: Final = (
    b"<?xml version='1.0'?><stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams'"
    b" from='a.test' to='b.test' version='1.0'>"
)
PING: Final = b"<iq type='get' id='1' from='a.test' to='b.test'><ping xmlns='urn:xmpp:ping'/></iq>"
MECHANISMS: Final = b"<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL</mechanism></mechanisms>"
CALLER: Final = (
    HEADER,
    b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
    HEADER,
    b"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>YS50ZXN0</auth>",
    HEADER,
    PING,
    b"</stream:stream>",
)
"""What a.test sends to have a ping delivered to b.test, packet by packet."""
CALLED: Final = (
    HEADER,
    b"<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>",
    b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
    HEADER,
    b"<stream:features>" + MECHANISMS + b"</stream:features>",
    b"<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>",
    HEADER,
    b"<stream:features/>",
    b"</stream:stream>",
)
"""What a.test answers when b.test calls."""

_LIMITS: Final = StreamLimits()


class Conversation:
    """One stream of b.test with a peer. ``said`` is what we sent, ``did`` the names of what else happened."""

    def __init__(self, *, we_call: bool) -> None:
        self.said: list[bytes] = []
        self.did: list[str] = []
        self._parser = StreamParser(_LIMITS.xml_before)
        self._machine: InitiatingMachine | ReceivingMachine = (
            InitiatingMachine("b.test", "a.test", _LIMITS, 0.0, direct_tls=False)
            if we_call
            else ReceivingMachine(Reception(("b.test",)), _LIMITS, 0.0, direct_tls=False)
        )
        self._carry_out(self._machine.start())

    def hear(self, packet: bytes) -> None:
        """Take a packet. Only AssertionError is ever raised, for what must not be."""
        for event in self._parser.feed(packet):
            self._carry_out(self._machine.receive(decode(event), 0.0))

    def _carry_out(self, effects: Sequence[Effect]) -> None:
        for effect in effects:
            assert "End" not in self.did, "nothing happens after the end"
            match effect:
                case UpgradeToTls():
                    self._note(effect)
                    self._parser.reset()
                    self._carry_out(self._machine.receive(TlsEstablished(), 0.0))
                case JudgePeer():
                    self._note(effect)
                    self._carry_out(self._machine.receive(PeerJudged(None), 0.0))
                case RestartStream():
                    self._parser.reset()
                    self._parser.limits = _LIMITS.xml_after
                case Established() | End():
                    self._note(effect)
                case Deliver(stanza):
                    assert stanza.sender.domain == "a.test", "only the proved domain speaks"
                    self._note(effect)
                    with suppress(StanzaRefused):
                        check_form(stanza)
                        validate(stanza)
                    to_bytes(stanza.element)
                case _:
                    self._say(encode(effect, "an-id"), last=isinstance(effect, CloseStream))

    def _note(self, effect: Effect) -> None:
        self.did.append(type(effect).__name__)

    def _say(self, data: bytes, *, last: bool) -> None:
        """What we say is XML itself, once it stands in a stream."""
        self.said.append(data)
        body = data.partition(b"?>")[2] or data
        opened = b"" if body.startswith(b"<stream:stream") else HEADER.partition(b"?>")[2]
        closed = b"" if last else b"</stream:stream>"
        etree.fromstring(opened + body + closed)
