"""How attacks on a listening server are run: how far into a stream they come, what is sent there, what must follow.

The attacker is a raw peer. Its domain has a server of its own, too: answers to stanzas come on a stream to that one.
"""

from __future__ import annotations

import ssl
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum, auto
from typing import Final, TypeAlias

from peers.credentials import Credentials
from s2s.raw_host import RawHost, receive_stream, server_context
from s2s.raw_peer import (
    SASL,
    SERVER,
    STANZA_ERRORS,
    STARTTLS,
    STARTTLS_COMMAND,
    STREAMS,
    RawPeer,
    StreamEnded,
    auth,
    client_context,
    connected,
    ping,
)


class Stage(IntEnum):
    """How far the attacker behaves. What it sends next is the attack."""

    CONNECTED = auto()  # a header is due
    OPENED = auto()  # STARTTLS has been offered
    SECURED = auto()  # within TLS, a header is due
    OFFERED = auto()  # EXTERNAL has been offered
    AUTHENTICATED = auto()  # success; a header is due
    READY = auto()  # stanzas may come


@dataclass(frozen=True, slots=True)
class Target:
    """A listening server: where it is, and the domain of it that is attacked."""

    address: str
    port: int
    direct_tls_port: int
    domain: str


# What must follow


@dataclass(frozen=True, slots=True)
class StreamError:
    """The stream ends with this error; the text is there, and holds ``says``."""

    condition: str
    says: str = ""
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class SaslFailure:
    """Authentication fails, and the stream ends without another error."""

    condition: str


@dataclass(frozen=True, slots=True)
class HungUp:
    """The connection ends without a word of XMPP, as where TLS fails."""


@dataclass(frozen=True, slots=True)
class Closed:
    """The stream is closed in good order."""


@dataclass(frozen=True, slots=True)
class StanzaError:
    """The sender gets this error as answer, and the stream goes on."""

    condition: str
    type: str


@dataclass(frozen=True, slots=True)
class Answered:
    """It is nothing bad: the ping in it is answered, and the stream goes on."""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Nothing comes of it, and the stream goes on."""


Outcome: TypeAlias = StreamError | SaslFailure | HungUp | Closed | StanzaError | Answered | Unanswered


@dataclass(frozen=True, slots=True)
class Attack:
    """What is sent at a stage, and what must follow."""

    name: str
    stage: Stage
    sends: str
    outcome: Outcome


class Correspondent:
    """A domain that sends stanzas to the target, and has a server that takes those that come back."""

    def __init__(self, target: Target, credentials: Credentials, host: RawHost) -> None:
        self.target: Final = target
        self.credentials: Final = credentials
        self.domain: Final = credentials.domain
        self._host = host
        self._answers: RawPeer | None = None
        self._pings = 0

    def advance(self, peer: RawPeer, stage: Stage, *, context: ssl.SSLContext | None = None) -> None:
        """Bring a new connection to ``stage``, the usual way."""
        local, remote = self.domain, self.target.domain
        if stage >= Stage.OPENED:
            peer.open(local, remote)
            peer.read(STREAMS + "features")
        if stage >= Stage.SECURED:
            peer.send(STARTTLS_COMMAND)
            peer.read(STARTTLS + "proceed")
            peer.secure(context or client_context(self.credentials), remote)
            peer.expect_stream()
        if stage >= Stage.OFFERED:
            peer.open(local, remote)
            peer.read(STREAMS + "features")
        if stage >= Stage.AUTHENTICATED:
            peer.send(auth(None))
            peer.read(SASL + "success")
            peer.expect_stream()
        if stage >= Stage.READY:
            peer.open(local, remote)
            peer.read(STREAMS + "features")

    @contextmanager
    def stream(self, stage: Stage = Stage.READY, *, source: str = "127.0.0.1") -> Iterator[RawPeer]:
        """A new stream to the target that has come to ``stage``."""
        with connected(self.target.address, self.target.port, source=source) as peer:
            self.advance(peer, stage)
            yield peer

    def ping(self, peer: RawPeer) -> None:
        """Ping on a stream of ours, and wait for the answer on theirs."""
        self._pings += 1
        identifier = f"ping-{self._pings}"
        peer.send(ping(self.domain, self.target.domain, identifier))
        self.expect_result(identifier)

    def expect_result(self, identifier: str) -> None:
        """The next answer is the result of the request with this id."""
        answer = self.next_answer()
        assert (answer.get("type"), answer.get("id")) == ("result", identifier), ET.tostring(answer)

    def next_answer(self) -> ET.Element:
        """The next stanza that comes to our domain. The target opens a stream for it where there is none."""
        if self._answers is not None:
            try:
                return self._answers.read()
            except StreamEnded:
                self.hang_up()
        self._answers = self._host.accept()
        assert receive_stream(self._answers, server_context(self.credentials)) == (self.target.domain, self.domain)
        return self._answers.read()

    def hang_up(self) -> None:
        """Close the stream to our domain, if there is one."""
        if self._answers is not None:
            self._answers.close()
            self._answers = None


def check(outcome: Outcome, peer: RawPeer, attacker: Correspondent) -> None:
    """Assert that what was sent on ``peer`` has this outcome."""
    match outcome:
        case StreamError(condition, says, detail):
            ending = peer.read_ending()
            assert ending.condition == condition, ending
            assert ending.text, ending
            assert says in ending.text, ending
            assert (ending.detail, ending.closed_stream) == (detail, True), ending
        case SaslFailure(condition):
            ending = peer.read_ending()
            failures = [element for element in ending.elements if element.tag == SASL + "failure"]
            assert [failure[0].tag for failure in failures] == [SASL + condition], ending
            assert (ending.condition, ending.closed_stream) == (None, True), ending
        case HungUp():
            ending = peer.read_ending()
            assert (ending.condition, ending.elements) == (None, ()), ending
        case Closed():
            ending = peer.read_ending()
            assert (ending.condition, ending.closed_stream) == (None, True), ending
        case StanzaError(condition, type_):
            answer = attacker.next_answer()
            error = answer.find(SERVER + "error")
            assert answer.get("type") == "error", ET.tostring(answer)
            assert error is not None, ET.tostring(answer)
            assert (error.get("type"), error[0].tag) == (type_, STANZA_ERRORS + condition), ET.tostring(answer)
            attacker.ping(peer)
        case Answered():
            attacker.expect_result("ping")
            attacker.ping(peer)
        case Unanswered():
            attacker.ping(peer)
