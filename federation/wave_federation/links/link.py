"""One outgoing link, from a domain of ours to another: when to open a stream, what waits for it, what goes back.

No socket, no clock, no tasks: tell it what happened, and carry out the effects that it returns, in order. It opens a
stream when there is something to send, backs off after failures, closes what is not used, and returns stanzas that
waited too long. Whether what it hands out arrives is not its business: that is for those who send to find out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final, TypeAlias, final

from wave_federation.errors import LinkFailed, StanzaRefused
from wave_federation.links.backoff import Backoff
from wave_federation.links.candidates import NoSuchService
from wave_federation.links.queue import QueueLimits, StanzaQueue
from wave_federation.links.transport import LinkState
from wave_federation.stanzas import Stanza


@final
@dataclass(frozen=True, slots=True)
class LinkSettings:
    """Of every outgoing link. In seconds."""

    queue: QueueLimits = field(default_factory=QueueLimits)
    backoff: Backoff = field(default_factory=Backoff)
    idle_time: float = 1800.0  # after which a stream that nothing was sent on is closed
    stays_open: bool = False  # never idle, and opened again whenever it ends: as a component needs it, which also hears
    settling_time: float = 10.0  # a stream that breaks sooner counts as a failed attempt: a pause must follow


@final
@dataclass(frozen=True, slots=True)
class Connect:
    """Start an attempt; say ``connected`` or ``failed`` when it is over."""


@final
@dataclass(frozen=True, slots=True)
class Disconnect:
    """Close the stream in order, or give up the attempt. Nothing more is to be said about it."""


@final
@dataclass(frozen=True, slots=True)
class Return:
    """Give a stanza back to its sender: it could not be delivered, for this reason."""

    stanza: Stanza
    reason: StanzaRefused


Effect: TypeAlias = Connect | Disconnect | Return


@final
class Link:
    """The state of one link. ``state`` changes within the calls; ``take`` what waits whenever it is ready."""

    __slots__ = (
        "_failures",
        "_last_sent",
        "_no_service",
        "_queue",
        "_random",
        "_retry_at",
        "_settings",
        "last_error",
        "since",
        "state",
    )

    def __init__(self, settings: LinkSettings, random: Callable[[], float], now: float) -> None:
        self._settings: Final = settings
        self._random: Final = random  # as random.random
        self._queue: Final = StanzaQueue(settings.queue)
        self._failures = 0  # attempts in a row
        self._no_service = False  # whether the last attempt found that there is nothing to wait for
        self._retry_at = 0.0  # in WAITING
        self._last_sent = now  # in READY
        self.state = LinkState.IDLE
        self.since = now  # when this state began
        self.last_error = ""

    @property
    def queued(self) -> int:
        """How many stanzas wait."""
        return len(self._queue)

    @property
    def attempts(self) -> int:
        """How many attempts have failed since the link was last ready."""
        return 0 if self.state is LinkState.READY else self._failures

    # ---- what is to be sent ----

    def may_pass(self, now: float) -> bool:
        """Whether a stanza may go out on the stream without being queued: none waits before it. It counts as sent."""
        if self.state is not LinkState.READY or self._queue:
            return False
        self._last_sent = now
        return True

    def put(self, stanza: Stanza, size: int, now: float) -> list[Effect]:
        """Take a stanza of ``size`` bytes, for a stream that is not there yet or cannot take it at once.

        Where no attempt comes before its patience is over, it goes back at once. Raises QueueFull.
        """
        match self.state:
            case LinkState.WAITING if self._retry_comes_after(now + self._settings.queue.patience):
                return [Return(stanza, self._undeliverable(now))]
            case LinkState.IDLE:
                self._queue.put(stanza, size, now)
                return self._connect(now)
            case _:
                self._queue.put(stanza, size, now)
                return []

    def take(self, now: float) -> Stanza | None:
        """The next stanza to write on the stream; None when none waits or there is no stream."""
        if self.state is not LinkState.READY or not self._queue:
            return None
        self._last_sent = now
        return self._queue.take().stanza

    # ---- what happened to the stream ----

    def open(self, now: float) -> list[Effect]:
        """Open a stream though nothing is to be sent yet."""
        return self._connect(now) if self.state is LinkState.IDLE else []

    def connected(self, now: float) -> None:
        """The attempt succeeded: what waits can be taken."""
        assert self.state is LinkState.CONNECTING, self.state
        self._last_sent = now
        self._enter(LinkState.READY, now)

    def failed(self, error: LinkFailed, now: float) -> list[Effect]:
        """The attempt failed. What would wait too long for the next one goes back."""
        assert self.state is LinkState.CONNECTING, self.state
        return self._pause(str(error), now, no_service=isinstance(error, NoSuchService))

    def lost(self, error: LinkFailed | None, now: float) -> list[Effect]:
        """The stream ended: with an error, or because the peer closed it in order. What waits needs a new one."""
        assert self.state is LinkState.READY, self.state
        if now - self.since < self._settings.settling_time:
            return self._pause(str(error) if error else "the other server closed the stream at once", now)
        self._failures = 0
        self.last_error = str(error) if error else ""
        self._enter(LinkState.IDLE, now)
        return self._connect(now) if self._wanted else []

    def heard(self, now: float) -> None:
        """The other domain has shown that it is alive: do not let it wait for the next attempt.

        It comes as soon as it may come after a first failure, and not sooner, however much is heard.
        """
        if self.state is LinkState.WAITING:
            self._failures = 0
            self._no_service = False
            self._retry_at = min(self._retry_at, max(now, self.since + self._settings.backoff.first))

    def retry(self, now: float) -> list[Effect]:
        """Somebody wants the next attempt now."""
        if self.state is not LinkState.WAITING:
            return []
        self._failures = 0
        self._no_service = False
        return self._connect(now)

    def shut(self, reason: StanzaRefused, now: float) -> list[Effect]:
        """Close the link: policy does not allow it any more. What waits goes back with ``reason``."""
        effects: list[Effect] = [] if self.state in (LinkState.IDLE, LinkState.WAITING) else [Disconnect()]
        self._failures = 0
        self.last_error = str(reason)
        self._enter(LinkState.IDLE, now)
        return [*effects, *_return(self._queue.take_all(), reason)]

    # ---- time ----

    def next_deadline(self) -> float | None:
        """When ``handle_timer`` is to be called, if nothing happens before."""
        match self.state:
            case LinkState.WAITING:  # nothing that waits expires before: it has been returned
                return self._retry_at
            case LinkState.READY if not self._queue:
                return None if self._settings.stays_open else self._last_sent + self._settings.idle_time
            case _:
                return self._queue.next_expiry

    def handle_timer(self, now: float) -> list[Effect]:
        """Do what is due."""
        match self.state:
            case LinkState.WAITING if now < self._retry_at:
                return []
            case LinkState.WAITING:
                if self._wanted:
                    return self._connect(now)
                self._enter(LinkState.IDLE, now)
                return []
            case LinkState.READY if self._queue:
                return self._stalled(now)
            case LinkState.READY if not self._settings.stays_open and now >= self._last_sent + self._settings.idle_time:
                self._failures = 0
                self._enter(LinkState.IDLE, now)
                return [Disconnect()]
            case _:
                return _return(self._queue.take_expired(now), self._undeliverable(now))

    # ---- transitions ----

    @property
    def _wanted(self) -> bool:
        return bool(self._queue) or self._settings.stays_open

    def _enter(self, state: LinkState, now: float) -> None:
        self.state = state
        self.since = now

    def _connect(self, now: float) -> list[Effect]:
        self._enter(LinkState.CONNECTING, now)
        return [Connect()]

    def _pause(self, fault: str, now: float, *, no_service: bool = False) -> list[Effect]:
        """Wait before the next attempt. What cannot wait that long goes back now: its sender may know better."""
        self._failures += 1
        self._no_service = no_service
        self.last_error = fault
        self._retry_at = now + self._settings.backoff.pause(self._failures, self._random)
        self._enter(LinkState.WAITING, now)
        if no_service:
            return _return(self._queue.take_all(), self._undeliverable(now))
        return _return(self._queue.take_expired(self._retry_at), self._undeliverable(now))

    def _stalled(self, now: float) -> list[Effect]:
        """Something waits although the stream is there: the peer does not read. After a while it counts as dead."""
        expiry = self._queue.next_expiry
        if expiry is None or now < expiry:
            return []
        seconds = self._settings.queue.patience
        return [Disconnect(), *self._pause(f"the other server has read nothing for {seconds:.0f} seconds", now)]

    def _retry_comes_after(self, moment: float) -> bool:
        return self._no_service or self._retry_at >= moment

    def _undeliverable(self, now: float) -> StanzaRefused:
        """Why nothing can be delivered now. RFC 6120 §8.3.3.16 and §8.3.3.17."""
        if self._no_service:
            return StanzaRefused(self.last_error, condition="remote-server-not-found", type="cancel")
        fault = self.last_error or "no stream to the other server could be opened in time"
        wait = max(1, math.ceil(self._retry_at - now)) if self.state is LinkState.WAITING else None
        return StanzaRefused(fault, condition="remote-server-timeout", type="wait", retry_after=wait)


def _return(stanzas: Iterable[Stanza], reason: StanzaRefused) -> list[Effect]:
    return [Return(stanza, reason) for stanza in stanzas]
