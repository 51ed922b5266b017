"""An outgoing link at work: carries out what ``link.Link`` decides, with tasks, timers and a stream."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, Final, Protocol, TypeAlias, final

from wave_federation.errors import LinkFailed, StanzaRefused
from wave_federation.links.candidates import Random
from wave_federation.links.journal import note
from wave_federation.links.link import Connect, Disconnect, Effect, Link, LinkSettings, Return
from wave_federation.links.transport import Direction, LinkState, LinkStatus
from wave_federation.stanzas import Stanza
from wave_federation.streams.connection import StreamFacts
from wave_federation.xml.writing import to_bytes

_log: Final = logging.getLogger(__name__)


class OutgoingStream(Protocol):
    """A stream that we opened, from when it is authenticated."""

    @property
    def facts(self) -> StreamFacts:
        """See there."""

    @property
    def writable(self) -> bool:
        """Whether there is room for a stanza: not while much waits to be read by the peer, nor after the end."""

    def send(self, stanza: Stanza) -> None:
        """Write a stanza."""

    def close(self) -> None:
        """Close it in order, without waiting."""


class StreamUser(Protocol):
    """Who is told of a stream's life, possibly before ``Open`` has returned it."""

    def stream_writable(self) -> None:
        """It has become writable again."""

    def stream_ended(self, error: LinkFailed | None) -> None:
        """It is over: with an error, or (None) because it was closed in order. Said once."""


Open: TypeAlias = Callable[[StreamUser], Coroutine[Any, Any, OutgoingStream]]
"""Makes one attempt: returns an authenticated stream, or raises LinkFailed. May be cancelled."""


class LinkOwner(Protocol):
    """Who an outgoing link works for. Nothing here may raise, or call the link."""

    def give_back(self, stanza: Stanza, reason: StanzaRefused) -> None:
        """Return a stanza to its sender."""

    def outgoing_changed(self, local: str, remote: str, *, up: bool) -> None:
        """The link became ready, or is not any more."""


@final
class OutgoingLink:
    """One link from a domain of ours to another, both canonical. No call waits."""

    __slots__ = ("_attempt", "_link", "_loop", "_open", "_owner", "_timer", "_up", "local", "remote")

    def __init__(
        self, local: str, remote: str, settings: LinkSettings, random: Random, open_stream: Open, owner: LinkOwner
    ) -> None:
        self.local: Final = local
        self.remote: Final = remote
        self._open: Final = open_stream
        self._owner: Final = owner
        self._loop: Final = asyncio.get_running_loop()
        self._link: Final = Link(settings, random, self._loop.time())
        self._attempt: _Attempt | None = None  # while it or its stream lives; what former ones say is not heard
        self._timer: asyncio.TimerHandle | None = None
        self._up = False  # as the owner was told

    @property
    def link(self) -> Link:
        """Its state, to read."""
        return self._link

    @property
    def stream(self) -> OutgoingStream | None:
        """The stream, while there is one."""
        return None if self._attempt is None else self._attempt.stream

    def open(self) -> None:
        """Open a stream though nothing is to be sent yet."""
        self._carry_out(self._link.open(self._loop.time()))

    def status(self, epoch: float) -> LinkStatus:
        """Its state for administrators. ``epoch`` is when the loop's clock was 0, in seconds since 1970."""
        link, facts = self._link, None if self.stream is None else self.stream.facts
        return LinkStatus(
            self.local,
            self.remote,
            Direction.OUTGOING,
            link.state,
            since=epoch + link.since,
            attempts=link.attempts,
            queued=link.queued,
            last_error=link.last_error,
            address=facts.address if facts else "",
            tls_version=facts.tls_version if facts else "",
            certificate_expires=facts.certificate_expires if facts else None,
        )

    def send(self, stanza: Stanza) -> None:
        """Write it on the stream, or keep it until it can be. Raises QueueFull."""
        now = self._loop.time()
        stream = self.stream
        if stream is not None and stream.writable and self._link.may_pass(now):
            stream.send(stanza)
        else:
            self._carry_out(self._link.put(stanza, len(to_bytes(stanza.element)), now))

    def heard(self) -> None:
        """The other domain has shown that it is alive."""
        if self._link.state is LinkState.WAITING:
            self._link.heard(self._loop.time())
            self._schedule()

    def retry(self) -> bool:
        """Make the next attempt now, if the link waits for one. Whether it did."""
        effects = self._link.retry(self._loop.time())
        self._carry_out(effects)
        return bool(effects)

    def shut(self, reason: StanzaRefused) -> None:
        """Close it; what waits goes back with ``reason``."""
        note("link-shut", self.local, self.remote, reason=reason)
        self._carry_out(self._link.shut(reason, self._loop.time()))

    def stop(self) -> asyncio.Task[None] | None:
        """Close it for good; what waits is dropped. Nothing may be called afterwards.

        Returns the attempt that is given up, if there is one: its task ends in a moment.
        """
        given_up = self._disconnect()
        if self._timer is not None:
            self._timer.cancel()
        return given_up

    # ---- what becomes of an attempt ----

    def opened(self, attempt: _Attempt) -> None:
        """It has a stream."""
        if attempt is self._attempt and attempt.stream is not None:
            facts = attempt.stream.facts
            note("link-ready", self.local, self.remote, address=facts.address, tls=facts.tls_version)
            self._link.connected(self._loop.time())
            self._carry_out([])

    def failed(self, attempt: _Attempt, error: LinkFailed) -> None:
        """It failed."""
        if attempt is self._attempt:
            self._attempt = None
            effects = self._link.failed(error, self._loop.time())
            self._note_state("link-failed")
            self._carry_out(effects)

    def ended(self, attempt: _Attempt, error: LinkFailed | None) -> None:
        """Its stream is over."""
        if attempt is self._attempt:
            self._attempt = None
            effects = self._link.lost(error, self._loop.time())
            self._note_state("link-lost")
            self._carry_out(effects)

    def writable(self, attempt: _Attempt) -> None:
        """Its stream has room again."""
        if attempt is self._attempt:
            self._carry_out([])

    # ---- carrying out ----

    def _carry_out(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            match effect:
                case Connect():
                    self._attempt = _Attempt(self)
                    self._attempt.start(self._open)
                case Disconnect():
                    self._disconnect()
                case Return(stanza, reason):
                    self._owner.give_back(stanza, reason)
        self._write_queued()
        self._report()
        self._schedule()

    def _write_queued(self) -> None:
        now = self._loop.time()
        while (stream := self.stream) is not None and stream.writable:
            stanza = self._link.take(now)
            if stanza is None:
                return
            stream.send(stanza)

    def _report(self) -> None:
        up = self._link.state is LinkState.READY
        if up != self._up:
            self._up = up
            self._owner.outgoing_changed(self.local, self.remote, up=up)

    def _disconnect(self) -> asyncio.Task[None] | None:
        attempt, self._attempt = self._attempt, None
        return None if attempt is None else attempt.abandon()

    # ---- time ----

    def _schedule(self) -> None:
        """See to it that the link is looked at in time. A timer that is too early stays: deadlines mostly move on."""
        deadline = self._link.next_deadline()
        if self._timer is not None:
            if deadline is not None and self._timer.when() <= deadline:
                return
            self._timer.cancel()
            self._timer = None
        if deadline is not None:
            self._timer = self._loop.call_at(deadline, self._handle_timer)

    def _handle_timer(self) -> None:
        self._timer = None
        before = self._link.state
        effects = self._link.handle_timer(self._loop.time())
        if self._link.state is not before:
            self._note_state("link-timer")
        self._carry_out(effects)

    def _note_state(self, event: str) -> None:
        link = self._link
        note(event, self.local, self.remote, state=link.state, attempts=link.attempts, error=link.last_error)


@final
class _Attempt:
    """One attempt, and the stream that comes of it. Told of the stream's life as a StreamUser."""

    __slots__ = ("_ended", "_link", "_task", "stream")

    def __init__(self, link: OutgoingLink) -> None:
        self._link: Final = link
        self._ended: tuple[LinkFailed | None] | None = None  # how, where the stream was over at once
        self._task: asyncio.Task[None] | None = None
        self.stream: OutgoingStream | None = None

    def start(self, open_stream: Open) -> None:
        """Begin."""
        self._task = asyncio.get_running_loop().create_task(self._run(open_stream), name=f"link to {self._link.remote}")

    def abandon(self) -> asyncio.Task[None] | None:
        """Close its stream, or give it up; then its task is returned."""
        if self.stream is not None:
            self.stream.close()
            return None
        assert self._task is not None, "an attempt is started as soon as it is made"
        self._task.cancel()
        return self._task

    async def _run(self, open_stream: Open) -> None:
        try:
            self.stream = await open_stream(self)
        except LinkFailed as error:
            self._link.failed(self, error)
            return
        except Exception:
            _log.exception("the attempt to reach %s broke off", self._link.remote)
            self._link.failed(self, LinkFailed("the attempt broke off because of an error in this server"))
            return
        self._link.opened(self)
        if self._ended is not None:
            self._link.ended(self, *self._ended)

    def stream_writable(self) -> None:
        """See StreamUser."""
        self._link.writable(self)

    def stream_ended(self, error: LinkFailed | None) -> None:
        """See StreamUser."""
        if self.stream is None:
            self._ended = (error,)
        else:
            self._link.ended(self, error)
