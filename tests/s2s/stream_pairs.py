"""Both ends of a stream in memory, with real TLS and real certificates, on a clock that a test sets."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from s2s.pki import Authority
from s2s.tls_pairs import sessions
from wave_federation.stanzas import Stanza
from wave_federation.streams.effects import Deliver, End, Ending, Established
from wave_federation.streams.initiating import InitiatingMachine
from wave_federation.streams.limits import StreamLimits
from wave_federation.streams.receiving import ReceivingMachine, Reception
from wave_federation.streams.session import Happening, Judge, StreamSession
from wave_federation.tls.certificate_faults import Role
from wave_federation.tls.openssl import OpenSslSessions
from wave_federation.tls.trust import TrustStore

Portions = Callable[[bytes], Iterator[bytes]]

LIMITS: Final = StreamLimits(negotiation_seconds=30, close_seconds=5, keepalive_seconds=60, silence_seconds=200)
START: Final = 1000.0


def at_once(data: bytes) -> Iterator[bytes]:
    """All of it in one portion."""
    yield data


def byte_by_byte(data: bytes) -> Iterator[bytes]:
    """Each byte in a portion of its own."""
    for index in range(len(data)):
        yield data[index : index + 1]


def judge(authority: Authority, role: Role) -> Judge:
    """Trust in one authority, now."""
    trust = TrustStore([authority.certificate])
    return lambda chain, domain: trust.judge(chain, domain, now=time.time(), role=role).sentence or None


@dataclass(frozen=True)
class Servers:
    """Two servers that trust one authority: alpha.test, which is called, and beta.test, which calls."""

    authority: Authority
    alpha: OpenSslSessions
    beta: OpenSslSessions

    @staticmethod
    def new(authority: Authority, directory: Path) -> Servers:
        now = time.time()
        alpha = sessions(directory, now, authority.issue("alpha.test"), authority.issue("wave.alpha.test"))
        beta = sessions(directory, now, authority.issue("beta.test"), authority.issue("wave.beta.test"))
        return Servers(authority, alpha, beta)

    def receiving(self, *, direct_tls: bool = False, limits: StreamLimits = LIMITS) -> StreamSession:
        """alpha.test's side of a new connection."""
        reception = Reception(("alpha.test", "wave.alpha.test"))
        machine = ReceivingMachine(reception, limits, START, direct_tls=direct_tls)
        return StreamSession(machine, self.alpha, judge(self.authority, Role.CLIENT), limits, START)

    def initiating(
        self,
        *,
        local: str = "beta.test",
        remote: str = "alpha.test",
        direct_tls: bool = False,
        limits: StreamLimits = LIMITS,
    ) -> StreamSession:
        """beta.test's side of a new connection."""
        machine = InitiatingMachine(local, remote, limits, START, direct_tls=direct_tls)
        return StreamSession(machine, self.beta, judge(self.authority, Role.SERVER), limits, START)


@dataclass
class Pair:
    """A receiving and an initiating session, and what has happened on each side."""

    receiving: StreamSession
    initiating: StreamSession
    portions: Portions = at_once
    now: float = START
    heard: list[Happening] = field(default_factory=list)  # by the receiving side
    told: list[Happening] = field(default_factory=list)  # by the initiating side

    def connect(self) -> Pair:
        """Negotiate, as far as it goes."""
        self.heard += self.receiving.start(self.now)
        self.told += self.initiating.start(self.now)
        self.exchange()
        return self

    def exchange(self) -> None:
        """Pass on what each has to say until both are silent, in portions."""
        while True:
            sent, answered = self.initiating.data_to_send(), self.receiving.data_to_send()
            if not sent and not answered:
                return
            for portion in self.portions(sent):
                self.heard += self.receiving.receive_data(portion, self.now)
            for portion in self.portions(answered):
                self.told += self.initiating.receive_data(portion, self.now)

    @property
    def established(self) -> bool:
        wanted = Established("alpha.test", "beta.test")
        return self.heard[:1] == [wanted] and self.told[:1] == [Established("beta.test", "alpha.test")]

    @property
    def delivered(self) -> list[Stanza]:
        return [each.stanza for each in self.heard if isinstance(each, Deliver)]


def ending(happenings: list[Happening]) -> Ending:
    """Why a session ended: it must have, and have said so last."""
    last = happenings[-1]
    assert isinstance(last, End)
    return last.ending
