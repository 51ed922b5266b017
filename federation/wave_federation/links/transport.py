"""What the rest of federation needs of links: send a stanza, hear those that arrive, hear when links come and go.

Two things implement it: streams of our own to other servers (``links.native``), and a component's stream to an XMPP
server that has them (``component.transport``). Domains are in canonical form (``domains.canonical_domain``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeAlias, final

from wave_federation.stanzas import Stanza


class Direction(StrEnum):
    """Who opened the stream: streams between servers carry stanzas one way, RFC 6120 §10.1."""

    OUTGOING = "outgoing"  # ours, for what we send
    INCOMING = "incoming"  # the peer's, for what it sends


class LinkState(StrEnum):
    """What a link is at. One that is opened by the peer is only ever ``ready``."""

    IDLE = "idle"  # nothing to send; opened on demand
    CONNECTING = "connecting"
    READY = "ready"  # authenticated
    WAITING = "waiting"  # the last attempt failed; the next comes after a pause


@final
@dataclass(frozen=True, slots=True)
class LinkStatus:
    """One link, for administrators."""

    local: str  # domain
    remote: str  # domain; "" for the stream of a component, which serves all of them
    direction: Direction
    state: LinkState
    since: float  # when this state began, seconds since 1970
    attempts: int = 0  # that failed since the link was last ready
    queued: int = 0  # stanzas that wait to be sent
    last_error: str = ""  # one sentence; "" where nothing has failed yet
    address: str = ""  # "192.0.2.7:5269", where there is a connection
    tls_version: str = ""  # "TLSv1.3"
    certificate_expires: float | None = None  # the peer's, seconds since 1970


@final
@dataclass(frozen=True, slots=True)
class LinkChanged:
    """A link became ready (``up``), or is no longer."""

    local: str
    remote: str  # as in LinkStatus
    direction: Direction
    up: bool


StanzaListener: TypeAlias = Callable[[Stanza], None]
LinkListener: TypeAlias = Callable[[LinkChanged], None]


class StanzaTransport(Protocol):
    """Carries stanzas between our domains and those of others, who have proved that they are who they say.

    A stanza that is heard comes from the domain that its ``from`` names, and is for one of ``domains``. Those of one
    stream are heard in the order in which they arrived; so are, in the order of sending, those that one address sends
    another. What cannot be delivered comes back as what is heard: an error for the sender, from the address that it
    was for (RFC 6120 §8.1.1.2: ``remote-server-not-found``, ``remote-server-timeout``). Nothing comes back for errors.
    """

    @property
    def domains(self) -> frozenset[str]:
        """Ours: those that stanzas may be sent from, and arrive for."""

    def send(self, stanza: Stanza) -> None:
        """Take a stanza for delivery, at once, whether the link is there or has to be made.

        ``stanza.sender`` is of one of ``domains``, ``stanza.recipient`` of none. Raises QueueFull when too much
        waits for that domain already, StanzaRefused when policy forbids it; nothing is taken then.
        """

    def listen(self, listener: StanzaListener) -> None:
        """Give every stanza that arrives to ``listener``. Called once, before ``start``; it must not raise or block."""

    def observe(self, listener: LinkListener) -> None:
        """Tell ``listener`` of every change of a link. Called before ``start``; it must not raise or block."""

    async def start(self) -> None:
        """Begin. Raises OSError when an address cannot be listened on."""

    async def stop(self) -> None:
        """Close every stream in an orderly way, within seconds. What still waits is dropped; nothing is heard after."""

    def status(self) -> list[LinkStatus]:
        """The links there are, sorted by domains and direction."""
