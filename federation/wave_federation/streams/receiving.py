"""The receiving side of a stream: a peer that wants to send stanzas to a domain of ours.

The sequence, RFC 6120 §9.2: header, features with STARTTLS, TLS, header, features with EXTERNAL, authentication,
header, features, stanzas. With direct TLS (XEP-0368) it begins at TLS. The certificate is judged for the domain in the
stream's ``from`` before EXTERNAL is offered, XEP-0178 §3: who cannot prove its name learns why in a stream error.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, final

from wave_federation.domains import canonical_domain
from wave_federation.errors import InvalidDomain, RemoteProtocolError
from wave_federation.streams.addressing import check_addresses
from wave_federation.streams.effects import (
    CloseStream,
    Deliver,
    Effect,
    Ending,
    Established,
    JudgePeer,
    OpenStream,
    RestartStream,
    SendChallenge,
    SendFeatures,
    SendProceed,
    SendSaslFailure,
    SendSuccess,
    UpgradeToTls,
)
from wave_federation.streams.events import (
    Abort,
    Auth,
    Header,
    PeerJudged,
    Received,
    Response,
    StanzaReceived,
    StartTls,
    TlsEstablished,
)
from wave_federation.streams.limits import StreamLimits
from wave_federation.streams.machine import StreamMachine, check_header, header_domain

_EXTERNAL: Final = "EXTERNAL"


@final
@dataclass(frozen=True, slots=True)
class Reception:
    """Whom we are and whom we speak with. Domains are canonical."""

    hosted: tuple[str, ...]  # at least one; the first answers those who name none of them
    refusal: Callable[[str], str | None] = lambda _domain: None  # why policy refuses a peer, None when it does not


class State(Enum):
    """What is awaited from the peer."""

    PLAIN_HEADER = auto()
    STARTTLS = auto()
    TLS = auto()
    SECURE_HEADER = auto()
    JUDGEMENT = auto()  # ours
    AUTH = auto()
    RESPONSE = auto()
    AUTHENTICATED_HEADER = auto()
    STANZAS = auto()


_OPEN: Final = frozenset({State.STARTTLS, State.JUDGEMENT, State.AUTH, State.RESPONSE, State.STANZAS})


@final
class ReceivingMachine(StreamMachine):
    """One incoming stream, from the connection on. Call ``start`` first."""

    def __init__(self, reception: Reception, limits: StreamLimits, now: float, *, direct_tls: bool) -> None:
        super().__init__(limits, now)
        self._reception = reception
        self._direct_tls = direct_tls
        self._state = State.TLS if direct_tls else State.PLAIN_HEADER
        self.local: str | None = None  # the stream's ``to``, as soon as a header has named one of ours
        self.remote: str | None = None  # its ``from``; proved from State.AUTH on

    def start(self) -> list[Effect]:
        """What to do when the connection is made."""
        return [UpgradeToTls(None, None, direct=True)] if self._direct_tls else []

    @property
    def authenticated(self) -> bool:
        """Whether the peer has proved who it is, and said so."""
        return self._state in (State.AUTHENTICATED_HEADER, State.STANZAS)

    def _react(self, event: Received, now: float) -> list[Effect]:
        match self._state, event:
            case State.PLAIN_HEADER, Header():
                self._read_header(event)
                return self._enter(State.STARTTLS, self._opening(), SendFeatures(starttls=True))
            case State.STARTTLS, StartTls():  # §5.4.2
                return self._enter(State.TLS, SendProceed(), UpgradeToTls(self.local, None, direct=False))
            case State.STARTTLS, Auth():  # §6.5.4: nothing but TLS is offered yet
                return self._fail("encryption-required", "authentication needs TLS first")
            case State.TLS, TlsEstablished():
                return self._enter(State.SECURE_HEADER)
            case State.SECURE_HEADER, Header():
                self._read_header(event)
                assert self.remote is not None, "_read_header raises when it cannot set it"
                return self._enter(State.JUDGEMENT, self._opening(), JudgePeer(self.remote))
            case State.JUDGEMENT, PeerJudged(None):
                return self._enter(State.AUTH, SendFeatures(external=True))
            case State.JUDGEMENT, PeerJudged(str(fault)):
                raise RemoteProtocolError(fault, condition="not-authorized")
            case State.AUTH, Auth(mechanism, _) if mechanism != _EXTERNAL:
                return self._fail("invalid-mechanism", "only EXTERNAL is offered")
            case State.AUTH, Auth(_, None):  # RFC 4422 §5.1
                return self._enter(State.RESPONSE, SendChallenge())
            case State.AUTH, Auth(_, str(text)):
                return self._authenticate(text)
            case State.RESPONSE, Response(text):
                return self._authenticate(text)
            case ((State.AUTH | State.RESPONSE), Abort()):  # §6.4.4
                return self._fail("aborted", "as you wish")
            case State.AUTHENTICATED_HEADER, Header():  # §6.4.6
                self._read_header(event)
                assert self.local is not None
                assert self.remote is not None
                self._deadline = None
                return self._enter(State.STANZAS, self._opening(), SendFeatures(), Established(self.local, self.remote))
            case State.STANZAS, StanzaReceived():
                return self._deliver(event)
            case _:
                raise self._unexpected(event)

    def _late(self, event: StanzaReceived) -> list[Effect]:
        return self._deliver(event) if self._state is State.STANZAS else []

    @property
    def _peer(self) -> str:
        return self.remote or "the peer"

    @property
    def _open(self) -> bool:
        return self._state in _OPEN

    @property
    def _may_open(self) -> list[Effect] | None:
        return None if self._state is State.TLS else [self._opening()]

    def _enter(self, state: State, *effects: Effect) -> list[Effect]:
        self._state = state
        return list(effects)

    def _opening(self) -> OpenStream:
        """Our header. Who names no domain of ours is answered by our first one, §4.9.1.3."""
        return OpenStream(self.local or self._reception.hosted[0], self.remote, with_id=True)

    def _read_header(self, header: Header) -> None:
        """Learn between whom the stream is, or see that it is still between the same two."""
        check_header(header)
        remote = header_domain(header.sender, "from")
        if self.remote not in (None, remote):
            raise RemoteProtocolError("the stream's 'from' has changed", condition="invalid-from")
        self.remote = remote
        local = header_domain(header.recipient, "to")
        if self.local is None and local not in self._reception.hosted:
            raise RemoteProtocolError("that domain is not served here", condition="host-unknown")
        if self.local not in (None, local):
            raise RemoteProtocolError("the stream's 'to' has changed", condition="host-unknown")
        self.local = local
        refusal = self._reception.refusal(remote)
        if refusal is not None:
            raise RemoteProtocolError(refusal, condition="policy-violation")

    def _authenticate(self, text: str) -> list[Effect]:
        """Let in who speaks for the proved domain: an authorization identity may be left out (``=``), XEP-0178 §3."""
        try:
            authzid = b"" if text == "=" else base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            return self._fail("incorrect-encoding", "that is not base64")
        try:
            matches = not authzid or canonical_domain(authzid.decode()) == self.remote
        except (UnicodeDecodeError, InvalidDomain):
            matches = False
        if not matches:
            return self._fail("invalid-authzid", f"only {self.remote} may be spoken for on this stream")
        return self._enter(State.AUTHENTICATED_HEADER, SendSuccess(), RestartStream())

    def _fail(self, condition: str, text: str) -> list[Effect]:
        """Refuse authentication and close: another try would only meet the same certificate."""
        ending = Ending(f"{self._peer} could not authenticate: {text}", condition)
        return [SendSaslFailure(condition, text), CloseStream(), *self._end(ending)]

    def _deliver(self, event: StanzaReceived) -> list[Effect]:
        assert self.local is not None
        assert self.remote is not None
        return [Deliver(check_addresses(event.element, sender=self.remote, recipient=self.local))]
