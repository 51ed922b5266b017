"""One stream as bytes in and bytes out: TLS, the XML parser and a state machine, put together. No socket, no clock.

After every call ask for ``data_to_send`` and ``next_deadline``. What happened is returned in order; ``End`` comes once
and last, and then the connection is to be dropped when what is to be sent has been.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final, TypeAlias, final

from cryptography import x509

from wave_federation.errors import RemoteProtocolError, TlsFailed, UnusableCredentials
from wave_federation.stanzas import Stanza, new_id
from wave_federation.streams.decoding import decode
from wave_federation.streams.effects import (
    Deliver,
    Effect,
    End,
    Established,
    JudgePeer,
    RestartStream,
    UpgradeToTls,
)
from wave_federation.streams.encoding import Said, encode
from wave_federation.streams.events import BEFORE_RESTART, Offence, PeerJudged, Received, TlsEstablished
from wave_federation.streams.initiating import InitiatingMachine
from wave_federation.streams.limits import StreamLimits
from wave_federation.streams.receiving import ReceivingMachine
from wave_federation.tls.session import TlsSession, TlsSessions
from wave_federation.xml.stream_parser import StreamParser
from wave_federation.xml.writing import to_bytes

Judge: TypeAlias = Callable[[tuple[x509.Certificate, ...], str], str | None]
"""Why a chain, as presented, does not prove the domain, in one sentence; None when it does."""

Happening: TypeAlias = Established | Deliver | End

_KEEPALIVE: Final = b" "


@final
class StreamSession:
    """One stream around ``machine``, which is in its first state. Call ``start`` first."""

    __slots__ = (
        "_established",
        "_happened",
        "_judge",
        "_last_received",
        "_last_sent",
        "_limits",
        "_machine",
        "_negotiated",
        "_out",
        "_parser",
        "_plaintext",
        "_sessions",
        "_tls",
        "_tls_established",
    )

    def __init__(
        self,
        machine: InitiatingMachine | ReceivingMachine,
        sessions: TlsSessions,
        judge: Judge,
        limits: StreamLimits,
        now: float,
    ) -> None:
        self._machine = machine
        self._sessions = sessions
        self._judge = judge
        self._limits = limits
        self._parser = StreamParser(limits.xml_before)
        self._tls: TlsSession | None = None
        self._tls_established = False
        self._established = False
        self._negotiated = 0  # bytes received before the stream was established
        self._out = bytearray()
        self._plaintext = bytearray()  # said under TLS and not encrypted yet: what goes together makes fewer records
        self._happened: list[Happening] = []
        self._last_sent = now
        self._last_received = now

    @property
    def local(self) -> str | None:
        """Our domain, None while the peer has not said which."""
        return self._machine.local

    @property
    def remote(self) -> str | None:
        """The peer's domain, None while it has not said which. It is proved when the stream is ``established``."""
        return self._machine.remote

    @property
    def established(self) -> bool:
        """Whether stanzas may pass from the initiating side."""
        return self._established and not self._machine.closing

    @property
    def ended(self) -> bool:
        """Whether ``End`` has been returned."""
        return self._machine.ended

    @property
    def tls(self) -> TlsSession | None:
        """The TLS session, for what it has agreed upon; None before there is one."""
        return self._tls

    def start(self, now: float) -> list[Happening]:
        """The connection is made."""
        return self._carry_out(self._machine.start(), now)

    def receive_data(self, data: bytes, now: float) -> list[Happening]:
        """Take what the socket gave, as much or little as it was: what happens does not depend on the portions.

        There is one exception: bytes behind an element after which the stream starts anew are an offence where they
        can be told from those that answer our answer, that is, when they come with it.
        """
        self._last_received = now
        while data and not self._machine.ended:
            portion = len(data) if self._established else self._limits.negotiation_bytes - self._negotiated
            if portion <= 0:
                limit = f"more than {self._limits.negotiation_bytes} bytes came before the stream was established"
                self._feed(Offence(RemoteProtocolError(limit)), now)
                break
            if not self._established:
                self._negotiated += min(portion, len(data))
            self._take(data[:portion], now)
            data = data[portion:]
        return self._take_happened()

    def receive_eof(self, now: float) -> list[Happening]:
        """The peer will send nothing more, or the connection is lost."""
        return self.give_up(now, f"{self._peer} broke the connection off")

    def give_up(self, now: float, reason: str) -> list[Happening]:
        """The connection is about to be dropped, for this reason: nothing more will be said."""
        return self._carry_out(self._machine.lost(reason), now)

    @property
    def unencrypted(self) -> int:
        """How many bytes wait for ``data_to_send`` to be encrypted."""
        return len(self._plaintext)

    def send(self, stanza: Stanza, now: float) -> None:
        """Send a stanza on an initiating stream that is ``established``."""
        assert self.established, "stanzas pass when the stream is established, and not after it is closed"
        self._write(to_bytes(stanza.element), now)

    def close(self, now: float, reason: str, error: RemoteProtocolError | None = None) -> list[Happening]:
        """End the stream: in good order, with some seconds for the peer to do the same, or at once with an error."""
        return self._carry_out(self._machine.close(now, reason, error), now)

    def data_to_send(self) -> bytes:
        """What is to be written to the socket now. It is returned once."""
        self._encrypt()
        if self._tls is not None:
            self._out += self._tls.data_to_send()
        data = bytes(self._out)
        self._out.clear()
        return data

    def next_deadline(self) -> float | None:
        """When ``handle_timer`` is to be called, if nothing happens before; None after the end."""
        if not self.established:
            return self._machine.deadline
        return min(self._last_sent + self._limits.keepalive_seconds, self._last_received + self._silence)

    def handle_timer(self, now: float) -> list[Happening]:
        """Do what is due."""
        if not self.established:
            return self._carry_out(self._machine.expire(now), now)
        if now >= self._last_received + self._silence:
            return self.close(now, f"{self.remote} was silent for {self._silence:g} seconds")
        if now >= self._last_sent + self._limits.keepalive_seconds:  # RFC 6120 §4.6
            self._write(_KEEPALIVE, now)
        return []

    @property
    def _peer(self) -> str:
        return self._machine.remote or "the peer"

    @property
    def _silence(self) -> float:
        """How long the peer may send nothing: on our own streams, which are for us to send, for ever."""
        return self._limits.silence_seconds if isinstance(self._machine, ReceivingMachine) else float("inf")

    def _take(self, data: bytes, now: float) -> None:
        if self._tls is None:
            self._read(data, now)
            return
        failure: TlsFailed | None = None
        try:
            plaintext = self._tls.receive(data)
        except TlsFailed as error:
            plaintext, failure = error.plaintext, error
        if self._tls.established and not self._tls_established:
            self._tls_established = True
            self._feed(TlsEstablished(), now)
        if plaintext:
            self._read(plaintext, now)
        if failure is not None:
            self._apply(self._machine.lost(f"TLS with {self._peer} failed: {failure}"), now)
        elif self._tls.closed_by_peer:
            self._apply(self._machine.lost(f"{self._peer} closed the connection"), now)

    def _read(self, plaintext: bytes, now: float) -> None:
        events = self._parser.feed(plaintext)
        for event in events:
            if self._machine.ended:
                return
            received = decode(event)
            if isinstance(received, BEFORE_RESTART) and (event is not events[-1] or self._parser.has_residue):
                received = Offence(RemoteProtocolError("more came before the stream could start anew"))
            self._feed(received, now)

    def _feed(self, event: Received, now: float) -> None:
        self._apply(self._machine.receive(event, now), now)

    def _carry_out(self, effects: Sequence[Effect], now: float) -> list[Happening]:
        self._apply(effects, now)
        return self._take_happened()

    def _take_happened(self) -> list[Happening]:
        happened, self._happened = self._happened, []
        return happened

    def _apply(self, effects: Sequence[Effect], now: float) -> None:
        for effect in effects:
            match effect:
                case UpgradeToTls():
                    self._begin_tls(effect, now)
                case JudgePeer(domain):
                    assert self._tls is not None
                    self._feed(PeerJudged(self._judge(self._tls.peer_chain, domain)), now)
                case RestartStream():  # only ever after authentication
                    self._parser.reset()
                    self._parser.limits = self._limits.xml_after
                case Established():
                    self._established = True
                    self._happened.append(effect)
                case Deliver():
                    self._happened.append(effect)
                case End():
                    if self._tls is not None:
                        with suppress(TlsFailed):  # then there is nobody to say the last words to
                            self._encrypt()
                        self._tls.close()
                    self._parser.reset()
                    self._happened.append(effect)
                case _:
                    self._say(effect, now)

    def _say(self, effect: Said, now: float) -> None:
        self._write(encode(effect, new_id()), now)

    def _begin_tls(self, upgrade: UpgradeToTls, now: float) -> None:
        self._parser.reset()
        try:
            if upgrade.remote is None:
                self._tls = self._sessions.accept(upgrade.local)
            else:
                assert upgrade.local is not None
                self._tls = self._sessions.connect(upgrade.local, upgrade.remote, direct=upgrade.direct)
        except UnusableCredentials as error:  # they went away meanwhile
            self._apply(self._machine.lost(str(error)), now)
            return
        self._tls.start()

    def _write(self, plaintext: bytes, now: float) -> None:
        self._last_sent = now
        if self._tls is None:
            self._out += plaintext
        else:
            self._plaintext += plaintext

    def _encrypt(self) -> None:
        if self._tls is not None and self._plaintext:
            plaintext = bytes(self._plaintext)
            self._plaintext.clear()
            self._tls.send(plaintext)
