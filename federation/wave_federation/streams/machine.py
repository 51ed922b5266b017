"""What both roles of a stream have in common: how it ends, its deadlines, and what a header must say.

No socket, no clock, no XML: feed a machine what the peer did, with the time, and carry out what it returns, in order.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import Final

from wave_federation.domains import canonical_domain
from wave_federation.errors import InvalidDomain, RemoteProtocolError
from wave_federation.namespaces import SERVER, STREAMS
from wave_federation.streams.effects import CloseStream, Effect, End, Ending
from wave_federation.streams.events import (
    Header,
    Offence,
    Received,
    StanzaReceived,
    StreamClosed,
    StreamErrorReceived,
    Unsupported,
)
from wave_federation.streams.limits import StreamLimits

_VERSION: Final = re.compile(r"([0-9]{1,4})\.[0-9]{1,4}")
_MOST_TEXT: Final = 300  # characters of a peer's words in a message of ours


class StreamMachine(ABC):
    """One stream, in one role. ``receive``, ``close`` and ``expire`` return effects.

    After ``End`` has been returned nothing more comes. What a role does not expect in its state is the peer's error;
    every such error ends the stream, RFC 6120 §4.9.1.1.
    """

    def __init__(self, limits: StreamLimits, now: float) -> None:
        self._limits = limits
        self._deadline: float | None = now + limits.negotiation_seconds
        self._ending: Ending | None = None  # once our side has been closed in good order
        self._ended = False

    @property
    def deadline(self) -> float | None:
        """When to call ``expire``; None when nothing is awaited."""
        return self._deadline

    @property
    def ended(self) -> bool:
        """Whether the stream is over."""
        return self._ended

    @property
    def closing(self) -> bool:
        """Whether our side is closed: nothing more may be sent."""
        return self._ended or self._ending is not None

    def receive(self, event: Received, now: float) -> list[Effect]:
        """React to what the peer did."""
        if self._ended:
            return []
        try:
            match event:
                case Offence(error):
                    raise error
                case StreamErrorReceived(condition, text):
                    reason = f"{self._peer} ended the stream: {in_their_words(condition, text)}"
                    return self._answer_close(Ending(reason, condition))
                case StreamClosed():  # §4.4: its closing tag is answered with ours
                    return self._answer_close(self._ending or Ending(f"{self._peer} closed the stream", orderly=True))
                case StanzaReceived() if self._ending is not None:
                    return self._late(event)
                case _ if self._ending is not None:
                    return []
                case _:
                    return self._react(event, now)
        except RemoteProtocolError as error:
            return self._refuse(error)

    def close(self, now: float, reason: str, error: RemoteProtocolError | None = None) -> list[Effect]:
        """End the stream from our side: with an error at once, else in good order, RFC 6120 §4.4.

        In good order means that what the peer sends before its own closing tag is still taken, for a while.
        """
        if self._ended or (error is None and self._ending is not None):
            return []
        if error is not None:
            return self._refuse(error)
        if not self._open:
            return self._end(Ending(reason, orderly=True))
        self._ending = Ending(reason, orderly=True)
        self._deadline = now + self._limits.close_seconds
        return [CloseStream()]

    def expire(self, now: float) -> list[Effect]:
        """End what was awaited for too long."""
        if self._deadline is None or now < self._deadline or self._ended:
            return []
        if self._ending is not None:
            return self._end(self._ending)
        seconds = f"{self._limits.negotiation_seconds:g}"
        return self._refuse(
            RemoteProtocolError(
                f"the stream was not established within {seconds} seconds", condition="connection-timeout"
            )
        )

    def lost(self, reason: str) -> list[Effect]:
        """The connection, or TLS, has broken: nothing more can be said."""
        return [] if self._ended else self._end(self._ending or Ending(reason))

    @abstractmethod
    def _react(self, event: Received, now: float) -> list[Effect]:
        """The role's transitions. Raises RemoteProtocolError for what is the peer's error."""

    @abstractmethod
    def _late(self, event: StanzaReceived) -> list[Effect]:
        """A stanza that was on its way when we closed our side."""

    @property
    @abstractmethod
    def authenticated(self) -> bool:
        """Whether the peer has proved who it is, and we, where we had to, who we are."""

    @property
    @abstractmethod
    def _peer(self) -> str:
        """The peer, for messages."""

    @property
    @abstractmethod
    def _open(self) -> bool:
        """Whether our header of the present stream is sent."""

    @property
    @abstractmethod
    def _may_open(self) -> list[Effect] | None:
        """What opens our side so that an error can be sent, RFC 6120 §4.9.1.2; None while TLS is being negotiated."""

    def _refuse(self, error: RemoteProtocolError) -> list[Effect]:
        ending = Ending(f"the stream with {self._peer} was ended: {error}", error.condition)
        if self._ending is not None:  # our closing tag is sent: nothing may follow it
            return self._end(ending)
        opening: list[Effect] | None = [] if self._open else self._may_open
        if opening is None:
            return self._end(ending)
        return [*opening, CloseStream(error), *self._end(ending)]

    def _unexpected(self, event: Received) -> RemoteProtocolError:
        """The error of whoever did ``event`` when it was not its turn.

        Source: RFC 6120 §4.9.3.12, ``not-authorized``: stanzas or other data before the stream is authenticated, or an
        action of its negotiation that is not allowed; §4.9.3.24, ``unsupported-stanza-type``.
        """
        match event:
            case Unsupported() if self.authenticated:
                return RemoteProtocolError("no such stanza is known here", condition="unsupported-stanza-type")
            case StanzaReceived():
                return RemoteProtocolError("stanzas are not accepted here yet", condition="not-authorized")
            case _:
                return RemoteProtocolError("that is not expected at this point", condition="not-authorized")

    def _answer_close(self, ending: Ending) -> list[Effect]:
        answer: list[Effect] = [CloseStream()] if self._open and self._ending is None else []
        return answer + self._end(ending)

    def _end(self, ending: Ending) -> list[Effect]:
        self._ended = True
        self._deadline = None
        return [End(ending)]


def check_header(header: Header) -> None:
    """Raise RemoteProtocolError unless the header opens a stream between servers, version 1.0 or better.

    Source: RFC 6120 §4.8.2 and §4.9.3.10 (``invalid-namespace``), §4.7.5 and §4.9.3.25 (``unsupported-version``).
    """
    if header.namespace != STREAMS:
        raise RemoteProtocolError(f"a stream is opened in the namespace {STREAMS}", condition="invalid-namespace")
    if header.content_namespace != SERVER:
        raise RemoteProtocolError(f"only {SERVER} is spoken here", condition="invalid-namespace")
    version = _VERSION.fullmatch(header.version or "")
    if version is None or int(version[1]) < 1:
        raise RemoteProtocolError("only XMPP 1.0 is spoken here", condition="unsupported-version")


def header_domain(address: str | None, name: str) -> str:
    """The canonical domain in an address of a stream header.

    Raises RemoteProtocolError(``improper-addressing``, RFC 6120 §4.9.3.7) when it is missing or no domain.
    """
    if address is None:
        raise RemoteProtocolError(f"a stream between servers needs a {name!r}", condition="improper-addressing")
    try:
        return canonical_domain(address)
    except InvalidDomain as error:
        raise RemoteProtocolError(f"the stream's {name!r} is no domain", condition="improper-addressing") from error


def in_their_words(condition: str, text: str) -> str:
    """An error of the peer, for a message of ours."""
    return f"{condition}: {text[:_MOST_TEXT]}" if text else condition
