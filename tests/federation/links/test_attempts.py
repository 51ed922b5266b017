"""Trying a domain's servers one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from wave_federation.errors import LinkFailed
from wave_federation.links.attempts import first_usable
from wave_federation.links.candidates import Candidate, NoSuchService

PLENTY = 60.0  # seconds: no test takes them


def at(number: int) -> Candidate:
    return Candidate(f"h{number}.beta.test", f"192.0.2.{number}", 5269, direct_tls=False)


async def listed(*numbers: int) -> AsyncGenerator[Candidate, None]:
    for number in numbers:
        yield at(number)


async def test_the_first_that_works_is_used_and_the_rest_left_alone() -> None:
    tried = []

    async def connect(candidate: Candidate) -> str:
        tried.append(candidate)
        if candidate != at(3):
            raise LinkFailed("refused")
        return candidate.address

    assert await first_usable("beta.test", listed(1, 2, 3, 4), connect, PLENTY) == "192.0.2.3"
    assert tried == [at(1), at(2), at(3)]


async def refuse(candidate: Candidate) -> str:
    raise LinkFailed("nobody listens")


async def test_when_none_works_the_message_says_what_is_wrong_with_each() -> None:
    with pytest.raises(LinkFailed) as raised:
        await first_usable("beta.test", listed(1, 2), refuse, PLENTY)
    assert str(raised.value) == (
        "beta.test cannot be reached: h1.beta.test (192.0.2.1:5269): nobody listens; "
        "h2.beta.test (192.0.2.2:5269): nobody listens"
    )


async def test_many_faults_are_cut_short() -> None:
    with pytest.raises(LinkFailed, match=r"h3\.beta\.test \(192\.0\.2\.3:5269\): nobody listens; and 5 more$"):
        await first_usable("beta.test", listed(*range(1, 9)), refuse, PLENTY)


async def test_what_discovery_finds_is_told_as_it_is() -> None:
    async def nothing() -> AsyncGenerator[Candidate, None]:
        raise NoSuchService("beta.test does not exist")
        yield at(1)

    with pytest.raises(NoSuchService, match=r"^beta\.test does not exist$"):
        await first_usable("beta.test", nothing(), refuse, PLENTY)


async def test_an_attempt_as_a_whole_has_an_end_though_a_server_never_answers() -> None:
    async def hang(candidate: Candidate) -> str:
        await asyncio.Event().wait()
        raise AssertionError("nothing sets that event")

    with pytest.raises(LinkFailed, match=r"^beta\.test cannot be reached: no more was tried after 0 seconds$"):
        await first_usable("beta.test", listed(1, 2), hang, 0.01)


async def test_discovery_is_over_when_the_attempt_is() -> None:
    closed = asyncio.Event()

    async def watched() -> AsyncGenerator[Candidate, None]:
        try:
            yield at(1)
            yield at(2)
        finally:
            closed.set()

    async def connect(candidate: Candidate) -> str:
        return candidate.address

    await first_usable("beta.test", watched(), connect, PLENTY)
    assert closed.is_set()
