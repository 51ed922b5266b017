"""One attempt to reach a domain: its candidates, one after the other, until one proves to be the domain's server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import TypeVar

from wave_federation.errors import LinkFailed
from wave_federation.links.candidates import Candidate

_SHOWN = 3  # faults in one message

Stream = TypeVar("Stream")


async def first_usable(
    domain: str,
    candidates: AsyncGenerator[Candidate, None],
    connect: Callable[[Candidate], Awaitable[Stream]],
    seconds: float,
) -> Stream:
    """The stream that ``connect`` makes with the first candidate that it can be made with.

    Whatever is wrong with one, be it that nobody listens, TLS fails or the certificate is another domain's, the next is
    tried (RFC 6120 §3.2.1, steps 6 and 7). Raises LinkFailed: what discovery raises, or the faults of the candidates,
    or that it took more than ``seconds`` in all.
    """
    faults: list[str] = []
    try:
        async with asyncio.timeout(seconds), aclosing(candidates):
            async for candidate in candidates:
                try:
                    return await connect(candidate)
                except LinkFailed as error:
                    faults.append(f"{candidate}: {error}")
    except TimeoutError:
        faults.append(f"no more was tried after {seconds:.0f} seconds")
    raise LinkFailed(f"{domain} cannot be reached: {_listed(faults)}")


def _listed(faults: Sequence[str]) -> str:
    """The first ones; a domain with many servers has the same fault many times."""
    hidden = len(faults) - _SHOWN
    return "; ".join([*faults[:_SHOWN], *([f"and {hidden} more"] if hidden > 0 else [])])
