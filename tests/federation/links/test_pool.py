"""Which outgoing links there are, and when they are forgotten."""

from __future__ import annotations

import asyncio

import pytest

from wave_federation.errors import QueueFull, StanzaRefused
from wave_federation.links.link import LinkSettings
from wave_federation.links.outgoing import OutgoingLink, OutgoingStream, StreamUser
from wave_federation.links.pool import LinkPool
from wave_federation.stanzas import Kind, Stanza, make_stanza

SIX_HOURS = 6 * 3600.0


class Owner:
    """Makes links whose attempts never end."""

    def make(self, local: str, remote: str) -> OutgoingLink:
        return OutgoingLink(local, remote, LinkSettings(), lambda: 0.0, self.open, self)

    async def open(self, user: StreamUser) -> OutgoingStream:
        await asyncio.Event().wait()
        raise AssertionError("nobody sets that event")

    def give_back(self, stanza: Stanza, reason: StanzaRefused) -> None:
        raise AssertionError(reason)

    def outgoing_changed(self, local: str, remote: str, *, up: bool) -> None:
        raise AssertionError(up)


def now() -> float:
    return asyncio.get_running_loop().time()


def use(link: OutgoingLink) -> None:
    """Have it try to reach its domain: it is not idle, then."""
    link.send(make_stanza(Kind.MESSAGE, link.local, link.remote))


async def test_a_pair_of_domains_has_one_link() -> None:
    pool = LinkPool(Owner().make, 10, now())
    link = pool.between("alpha.test", "beta.test", now())
    assert pool.between("alpha.test", "beta.test", now()) is link
    other = pool.between("wave.alpha.test", "beta.test", now())
    third = pool.between("alpha.test", "gamma.test", now())
    assert pool.to("beta.test") == [link, other]
    assert list(pool) == [link, other, third]


async def test_idle_links_make_room_for_new_ones_and_others_do_not() -> None:
    pool = LinkPool(Owner().make, 2, now())
    busy = pool.between("alpha.test", "busy.test", now())
    use(busy)
    pool.between("alpha.test", "idle.test", now())
    new = pool.between("alpha.test", "new.test", now())
    assert list(pool) == [busy, new]
    use(new)
    with pytest.raises(QueueFull, match="none of them is idle"):
        pool.between("alpha.test", "one.too.many.test", now())
    assert pool.between("alpha.test", "busy.test", now()) is busy
    busy.stop()
    new.stop()


async def test_links_that_were_idle_for_hours_are_forgotten_when_a_new_one_is_made() -> None:
    pool = LinkPool(Owner().make, 10, now())
    busy = pool.between("alpha.test", "busy.test", now())
    use(busy)
    pool.between("alpha.test", "idle.test", now())
    assert len(list(pool)) == 2
    new = pool.between("alpha.test", "new.test", now() + SIX_HOURS + 1)
    assert list(pool) == [busy, new]
    busy.stop()
