"""What one domain is owed of the wavelets hosted here, and what is on its way to it. No I/O, clock or randomness.

The history is the queue: of each wavelet there is a position up to which the domain has confirmed everything, and
what follows is read from the store when its turn comes. One update of a wavelet is under way at a time, with as many
deltas as fit: an original server may process two stanzas in either order (FEDERATION.md, section 2), and while one
batch travels the next one gathers. Other wavelets do not wait for it.

A domain that does not answer is left in peace for longer and longer; whatever comes from it ends that at once. After
``GIVE_UP`` nothing more is sent until it comes back by itself; what it is owed stays, and the history with it.

Source: DESIGN.md, section 9; S2S.md, section 11. Times are seconds, versions count operations.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, NamedTuple, final

from wave_federation.links.backoff import Backoff
from wave_server.names import WaveletName

RECEIPT_SECONDS: Final = 30.0  # that a domain may take to confirm an update
GIVE_UP: Final = 7 * 86_400.0  # seconds of failing after which a domain is left alone until it comes
PARALLEL: Final = 50  # wavelets under way to one domain at a time


class Standing(Enum):
    """How things are with the domain."""

    GOOD = auto()  # nothing has failed since it last answered
    FAILING = auto()  # wait until ``retry_at``
    GIVEN_UP = auto()  # wait until it comes by itself


class Flight(NamedTuple):
    """An update under way: it leads to version ``end``, and is to be confirmed before ``deadline``."""

    wavelet: WaveletName
    end: int
    deadline: float


class Confirmed(NamedTuple):
    """The domain has everything of a wavelet up to ``version``; ``complete``: and is owed nothing more now."""

    wavelet: WaveletName
    version: int
    complete: bool


@dataclass(slots=True)
class _Owed:
    """One wavelet. It is owed from ``delivered`` to ``goal``; ``until``: the domain sees nothing after."""

    delivered: int
    goal: int
    until: int | None = None
    flight: str | None = None  # the id of the update under way
    sent_at: float | None = None  # when the part that has not been confirmed was first sent
    refused: int = 0  # times in a row that the domain has refused the update
    not_before: float = 0.0  # when it may be sent again after a refusal

    @property
    def end(self) -> int:
        return self.goal if self.until is None else min(self.goal, self.until)


@final
class Outbox:
    """The state of sending to one domain. The shell sends what ``due`` gives, and tells what became of it."""

    def __init__(self, *, backoff: Backoff, random: Callable[[], float], give_up: float = GIVE_UP) -> None:
        self.standing = Standing.GOOD
        self.failing_since: float | None = None
        self.retry_at = 0.0
        self.attempts = 0  # that failed since the domain last answered
        self.last_error = ""
        self._backoff: Final = backoff
        self._random: Final = random
        self._give_up: Final = give_up
        self._owed: Final[dict[WaveletName, _Owed]] = {}
        self._flights: Final[dict[str, Flight]] = {}

    # What is owed

    def owe(self, name: WaveletName, delivered: int, goal: int, until: int | None = None) -> None:
        """The domain follows a wavelet: it has confirmed up to ``delivered``, the history goes to ``goal``.

        ``until`` is the version after which it sees nothing more. What is known already only grows.
        """
        owed = self._owed.get(name)
        if owed is None:
            self._owed[name] = _Owed(delivered, goal, until)
            return
        if owed.until is not None and until is None and delivered > owed.delivered:  # it left, and is back
            owed.delivered = delivered
        owed.goal = max(owed.goal, goal)
        owed.until = until

    def wavelets_owed(self) -> list[WaveletName]:
        """The wavelets of which something has not been confirmed."""
        return [name for name, owed in self._owed.items() if owed.delivered < owed.end]

    def unconfirmed_since(self, name: WaveletName) -> float | None:
        """Since when what was sent of a wavelet is not confirmed, or nothing can be sent; None while that is not so."""
        sent_at, failing_since = self._owed[name].sent_at, self.failing_since
        if sent_at is None or failing_since is None:
            return failing_since if sent_at is None else sent_at
        return min(sent_at, failing_since)

    def delivered(self, name: WaveletName) -> int | None:
        """Up to where the domain has confirmed a wavelet; None when it is owed nothing of it here."""
        owed = self._owed.get(name)
        return None if owed is None else owed.delivered

    def end(self, name: WaveletName) -> int:
        """Up to where the domain is to get a wavelet."""
        return self._owed[name].end

    # When to send

    def due(self, now: float) -> list[WaveletName]:
        """The wavelets of which an update is to be sent now, the longest owed first."""
        if self.standing is Standing.GIVEN_UP or (self.standing is Standing.FAILING and now < self.retry_at):
            return []
        room = PARALLEL - len(self._flights)
        if self.standing is Standing.FAILING:  # one is enough to find out
            room = 1 - len(self._flights)
        due = [
            name
            for name, owed in self._owed.items()
            if owed.flight is None and owed.delivered < owed.end and owed.not_before <= now
        ]
        return due[: max(0, room)]

    def next_time(self) -> float | None:
        """When to look again though nothing has happened; None: only when something has."""
        if self.standing is Standing.GIVEN_UP:
            return None
        times = [flight.deadline for flight in self._flights.values()]
        waiting = [owed for owed in self._owed.values() if owed.flight is None and owed.delivered < owed.end]
        if self.standing is Standing.FAILING and waiting and not self._flights:
            times.append(self.retry_at)
        elif self.standing is Standing.GOOD:
            times += [owed.not_before for owed in waiting if owed.not_before]
        return min(times, default=None)

    def sent(self, name: WaveletName, message: str, end: int, now: float) -> None:
        """An update of the wavelet that leads to ``end`` has been sent under the id ``message``."""
        owed = self._owed[name]
        owed.flight = message
        owed.sent_at = now if owed.sent_at is None else owed.sent_at
        self._flights[message] = Flight(name, end, now + RECEIPT_SECONDS)

    # What became of it

    def receipt(self, message: str) -> Confirmed | None:
        """The domain has confirmed an update. None for a receipt of something else."""
        flight = self._land(message)
        self.contact()
        if flight is None:
            return None
        owed = self._owed.pop(flight.wavelet)
        owed.delivered = max(owed.delivered, flight.end)
        owed.refused, owed.not_before, owed.sent_at = 0, 0.0, None
        complete = owed.delivered >= owed.end
        if not complete:
            self._owed[flight.wavelet] = owed  # behind the others
        return Confirmed(flight.wavelet, owed.delivered, complete)

    def refused(self, message: str, error: str, now: float) -> Flight | None:
        """The domain is there, but does not take this update: only this wavelet waits, longer each time."""
        flight = self._land(message)
        if flight is not None:
            self.contact()
            self.hold(flight.wavelet, error, now)
        return flight

    def hold(self, name: WaveletName, error: str, now: float) -> None:
        """This wavelet cannot be sent: it waits, longer each time, and the others do not."""
        self.last_error = error
        owed = self._owed[name]
        owed.refused += 1
        owed.not_before = now + self._backoff.pause(owed.refused, self._random)

    def failed(self, message: str, error: str, now: float) -> Flight | None:
        """An update has not reached the domain, or was not confirmed: the domain is left in peace for a while."""
        flight = self._land(message)
        if flight is not None:
            self._fail(error, now)
        return flight

    def unreachable(self, error: str, now: float) -> None:
        """Nothing can be sent to the domain: leave it in peace for a while."""
        self._fail(error, now)

    def expire(self, now: float) -> list[Flight]:
        """Updates that have not been confirmed in time; to be called when ``next_time`` has come."""
        late = [message for message, flight in self._flights.items() if flight.deadline <= now]
        flights = [flight for message in late if (flight := self._land(message)) is not None]
        if flights:
            self._fail(f"no receipt within {RECEIPT_SECONDS:.0f} s", now)
        return flights

    def contact(self) -> bool:
        """Something authentic has come from the domain: try again at once. Whether that was not so before."""
        changed = self.standing is not Standing.GOOD
        self.standing = Standing.GOOD
        self.failing_since = None
        self.attempts = 0
        self.retry_at = 0.0
        if changed:
            for owed in self._owed.values():
                owed.not_before = 0.0
        return changed

    def reconnected(self) -> None:
        """The link broke, and is there again: what was under way may be lost, receipts too, so it is sent anew."""
        self.contact()
        for message in list(self._flights):
            self._land(message)

    def resume(self, failing_since: float | None, attempts: int, retry_at: float, *, given_up: bool) -> None:
        """Go on as before a restart."""
        self.failing_since, self.attempts, self.retry_at = failing_since, attempts, retry_at
        if given_up:
            self.standing = Standing.GIVEN_UP
        elif failing_since is not None:
            self.standing = Standing.FAILING

    def _land(self, message: str) -> Flight | None:
        flight = self._flights.pop(message, None)
        if flight is not None:
            self._owed[flight.wavelet].flight = None
        return flight

    def _fail(self, error: str, now: float) -> None:
        self.last_error = error
        if self.standing is Standing.FAILING and now < self.retry_at:
            return  # of the same attempt as one that has failed before
        self.attempts += 1
        if self.failing_since is None:
            self.failing_since = now
        if now - self.failing_since >= self._give_up:
            self.standing = Standing.GIVEN_UP
            return
        self.standing = Standing.FAILING
        self.retry_at = now + self._backoff.pause(self.attempts, self._random)
