"""Two people who type a recorded session, and see of each other what its people saw, when they saw it."""

from __future__ import annotations

from dataclasses import dataclass, field

from traces.sessions import Concurrent, Turn
from wave_web.client.blip_text import BlipText
from wave_web.client.wavelet import Wavelet

BLIP = "b+1"


@dataclass
class Person:
    """One of two people: sees what the other typed only when told to."""

    wavelet: Wavelet
    text: BlipText
    stops: frozenset[int]  # numbers of own edits after which the other looked
    typed: int = 0
    landed: dict[int, int] = field(default_factory=dict)  # version of the history that holds so many own edits

    async def take_turn(self, turn: Turn, other: Person) -> None:
        """See the other's edits up to ``turn.seen``, no further, and type."""
        version = other.landed[turn.seen]
        await self.wavelet.reached(version)
        self.wavelet.replica.deliver_through(version)
        for edit in turn.edits:
            self.wavelet.apply(self.text.edit(edit.position, edit.deleted, edit.inserted))
            self.typed += 1
            if self.typed in self.stops:
                await self.arrive()
        await self.arrive()

    async def arrive(self) -> None:
        """Wait until all that was typed is in the history, and note where."""
        await self.wavelet.settled()
        self.landed[self.typed] = self.wavelet.replica.version.version


def person(wavelet: Wavelet, session: Concurrent, agent: int) -> Person:
    """``agent`` of ``session``, who has seen nothing yet of what the other will type."""
    wavelet.replica.pause_delivery()
    stops = frozenset(turn.seen for turn in session.turns if turn.agent != agent)
    return Person(wavelet, BlipText(wavelet.replica, BLIP), stops, landed={0: wavelet.replica.version.version})


async def type_in_turns(people: tuple[Person, Person], session: Concurrent) -> None:
    """Type a session, each turn once the one before is in the history; in the end both see its end."""
    for turn in session.turns:
        await people[turn.agent].take_turn(turn, people[1 - turn.agent])
    for one, other in (people, people[::-1]):
        await one.wavelet.reached(other.wavelet.replica.version.version)
        one.wavelet.replica.resume_delivery()
        assert one.text.text == session.end
