"""The initiating side of a stream: we want to send stanzas from a domain of ours to another.

The sequence is that of ``receiving.py``, seen from the other side. The peer's certificate is judged for the domain that
we want to reach, never for the name of the machine that DNS led to (RFC 6120 §13.7.2); without TLS, or with a
certificate that does not prove the domain, nothing is said but why we leave.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final, final

from wave_federation.errors import RemoteProtocolError
from wave_federation.streams.effects import (
    CloseStream,
    Effect,
    Ending,
    Established,
    JudgePeer,
    OpenStream,
    RestartStream,
    SendAuth,
    SendStartTls,
    UpgradeToTls,
)
from wave_federation.streams.events import (
    Features,
    Header,
    PeerJudged,
    Proceed,
    Received,
    SaslFailure,
    StanzaReceived,
    Success,
    TlsEstablished,
    TlsRefused,
)
from wave_federation.streams.limits import StreamLimits
from wave_federation.streams.machine import StreamMachine, check_header, header_domain, in_their_words

_EXTERNAL: Final = "EXTERNAL"


class State(Enum):
    """What is awaited from the peer."""

    PLAIN_HEADER = auto()
    PLAIN_FEATURES = auto()
    PROCEED = auto()
    TLS = auto()
    JUDGEMENT = auto()  # ours
    SECURE_HEADER = auto()
    SECURE_FEATURES = auto()
    SUCCESS = auto()
    AUTHENTICATED_HEADER = auto()
    AUTHENTICATED_FEATURES = auto()
    READY = auto()


@final
class InitiatingMachine(StreamMachine):
    """One outgoing stream from ``local`` to ``remote``, both canonical. Call ``start`` first."""

    def __init__(self, local: str, remote: str, limits: StreamLimits, now: float, *, direct_tls: bool) -> None:
        super().__init__(limits, now)
        self.local = local
        self.remote = remote
        self._direct_tls = direct_tls
        self._state = State.TLS if direct_tls else State.PLAIN_HEADER
        self._mistaken: RemoteProtocolError | None = None  # the header was another domain's

    def start(self) -> list[Effect]:
        """What to do when the connection is made."""
        return [self._upgrade() if self._direct_tls else self._opening()]

    @property
    def authenticated(self) -> bool:
        """Whether both sides have proved who they are."""
        return self._state in (State.AUTHENTICATED_HEADER, State.AUTHENTICATED_FEATURES, State.READY)

    def _react(self, event: Received, now: float) -> list[Effect]:
        if self._mistaken is not None:
            raise self._mistaken
        match self._state, event:
            case State.PLAIN_HEADER, Header():
                self._check_header(event)
                return self._enter(State.PLAIN_FEATURES)
            case State.PLAIN_FEATURES, Features(starttls=True):
                return self._enter(State.PROCEED, SendStartTls())
            case State.PLAIN_FEATURES, Features():  # perhaps taken away on the way: RFC 7590 §3.1
                return self._leave(f"{self.remote} does not offer TLS")
            case State.PROCEED, Proceed():
                return self._enter(State.TLS, self._upgrade())
            case State.PROCEED, TlsRefused():  # §5.4.2.2
                return self._leave(f"{self.remote} offers TLS but refuses to begin it")
            case State.TLS, TlsEstablished():
                return self._enter(State.JUDGEMENT, JudgePeer(self.remote))
            case State.JUDGEMENT, PeerJudged(None):
                return self._enter(State.SECURE_HEADER, self._opening())
            case State.JUDGEMENT, PeerJudged(str(fault)):  # §13.7.2: to somebody else there is nothing to say
                return self._end(Ending(f"the certificate of {self.remote} is refused: {fault}"))
            case State.SECURE_HEADER, Header():
                self._check_header(event)
                return self._enter(State.SECURE_FEATURES)
            case State.SECURE_FEATURES, Features(mechanisms=mechanisms) if _EXTERNAL in mechanisms:
                return self._enter(State.SUCCESS, SendAuth(self.local))
            case State.SECURE_FEATURES, Features():
                return self._leave(f"{self.remote} does not let {self.local} authenticate by certificate")
            case State.SUCCESS, Success():  # §6.4.6: the stream starts anew
                return self._enter(State.AUTHENTICATED_HEADER, RestartStream(), self._opening())
            case State.SUCCESS, SaslFailure(condition, text):
                said = in_their_words(condition, text)
                return self._leave(f"{self.remote} did not authenticate {self.local}: {said}", condition)
            case State.AUTHENTICATED_HEADER, Header():
                self._check_header(event)
                return self._enter(State.AUTHENTICATED_FEATURES)
            case State.AUTHENTICATED_FEATURES, Features():
                self._deadline = None
                return self._enter(State.READY, Established(self.local, self.remote))
            case State.READY, StanzaReceived():  # §4.5: a stream carries stanzas one way
                raise RemoteProtocolError("send stanzas on a stream of your own", condition="not-authorized")
            case _:
                raise self._unexpected(event)

    def _late(self, event: StanzaReceived) -> list[Effect]:
        return []

    @property
    def _peer(self) -> str:
        return self.remote

    @property
    def _open(self) -> bool:
        return self._state not in (State.TLS, State.JUDGEMENT)

    @property
    def _may_open(self) -> list[Effect] | None:
        return None

    def _enter(self, state: State, *effects: Effect) -> list[Effect]:
        self._state = state
        return list(effects)

    def _opening(self) -> OpenStream:
        return OpenStream(self.local, self.remote, with_id=False)

    def _upgrade(self) -> UpgradeToTls:
        return UpgradeToTls(self.local, self.remote, direct=self._direct_tls)

    def _check_header(self, header: Header) -> None:
        """See that whom we called has answered. What is missing is forgiven: the certificate proves the name.

        Who does not serve the domain answers as another one, and says so in a stream error (§4.9.1.3): that is heard.
        """
        check_header(header)
        if header.sender is not None and header_domain(header.sender, "from") != self.remote:
            self._mistaken = RemoteProtocolError(f"the stream was opened to {self.remote}", condition="invalid-from")
        if header.recipient is not None and header_domain(header.recipient, "to") != self.local:
            raise RemoteProtocolError(f"the stream was opened from {self.local}", condition="improper-addressing")

    def _leave(self, reason: str, condition: str | None = None) -> list[Effect]:
        return [CloseStream(), *self._end(Ending(reason, condition))]
