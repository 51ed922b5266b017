"""Real servers of two and three domains: what is typed on one is on the others, byte for byte, and verifies."""

from __future__ import annotations

from pathlib import Path

import pytest

from federating.histories import one_history, verified
from federating.world import all_reached, opened, shared, text_of, type_at_once, world
from traces.people import person, type_in_turns
from traces.sessions import concurrent

ALICE, BOB, CAROL = "alice@alpha.test", "bob@beta.test", "carol@gamma.test"

pytestmark = pytest.mark.timeout(400)


async def test_a_recorded_session_typed_from_two_domains_ends_with_its_text_and_comes_whole_to_a_third(
    tmp_path: Path,
) -> None:
    """Turns reach the host in recorded order: see tests/traces/test_server.py."""
    session = concurrent("friendsforever")
    async with world(tmp_path, [ALICE, BOB, CAROL]) as here:
        first = await shared(here.clients[ALICE], BOB)
        people = (person(first, session, 0), person(await opened(here.clients[BOB]), session, 1))
        await type_in_turns(people, session)
        assert await one_history(here, "alpha.test", "beta.test") > len(session.turns)

        first.add_participant(CAROL)
        await first.settled()
        everybody = [first, people[1].wavelet, await opened(here.clients[CAROL])]
        await all_reached(*everybody)
        assert text_of(everybody[2]).text == session.end
        await one_history(here, "alpha.test", "beta.test", "gamma.test")
        await verified(here)


async def test_three_people_on_three_domains_type_at_once_and_see_the_same(tmp_path: Path) -> None:
    people = [ALICE, BOB, CAROL]
    async with world(tmp_path, people) as here:
        await shared(here.clients[ALICE], BOB, CAROL)
        wavelets = [await opened(here.clients[each]) for each in people]
        await type_at_once(wavelets, edits=60)
        await one_history(here, "alpha.test", "beta.test", "gamma.test")
        await verified(here)
