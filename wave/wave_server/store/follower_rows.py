"""What other domains are owed of the wavelets hosted here: functions on a connection, the transaction is the caller's.

Rows begin and end with the deltas that let domains in and out (following.py); here is how far delivery has come.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from sqlalchemy import bindparam, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from wave_server.names import WaveletName
from wave_server.store.federation_tables import followers
from wave_server.store.store import stored_name
from wave_server.store.tables import deltas, wavelets


class Follower(NamedTuple):
    """How far a domain has confirmed a wavelet, and up to which version it may see it (None: without end).

    ``head`` is how far the wavelet's history goes.
    """

    wavelet: WaveletName
    domain: str
    delivered: int
    until: int | None
    head: int


_HEAD: Final = select(func.max(deltas.c.version)).where(deltas.c.wavelet == wavelets.c.id).correlate(wavelets)
_NAME: Final = (wavelets.c.wave_domain, wavelets.c.wave_id, wavelets.c.wavelet_domain, wavelets.c.wavelet_id)
_FOLLOWERS: Final = select(
    *_NAME, followers.c.domain, followers.c.delivered, followers.c.until, _HEAD.scalar_subquery()
).join_from(followers, wavelets)
_IS_OWED: Final = or_(
    followers.c.until.is_(None) & (followers.c.delivered < _HEAD.scalar_subquery()),
    followers.c.delivered < followers.c.until,
)
_OWED: Final = (
    _FOLLOWERS.where(followers.c.domain == bindparam("domain"), _IS_OWED)
    .where(followers.c.wavelet > bindparam("after"))
    .order_by(followers.c.wavelet)
    .limit(bindparam("count"))
    .add_columns(followers.c.wavelet)
)


async def domains_owed(connection: AsyncConnection) -> list[str]:
    """The domains that have not confirmed all they are to get. Costs a look at every follower: for starts."""
    statement = select(followers.c.domain).distinct().join_from(followers, wavelets).where(_IS_OWED)
    return list(await connection.scalars(statement.order_by(followers.c.domain)))


async def owed_to(connection: AsyncConnection, domain: str, after: int, count: int) -> tuple[list[Follower], int]:
    """At most ``count`` wavelets of which the domain is owed something, beyond a row id; and the last one's row id."""
    rows = (await connection.execute(_OWED, {"domain": domain, "after": after, "count": count})).all()
    return [_follower(row) for row in rows], rows[-1][-1] if rows else after


async def followers_of(connection: AsyncConnection, wavelet: int) -> list[Follower]:
    """The domains that have or had a participant of the wavelet with that row id."""
    rows = await connection.execute(_FOLLOWERS.where(followers.c.wavelet == wavelet).order_by(followers.c.domain))
    return [_follower(row) for row in rows]


async def find_follower(connection: AsyncConnection, wavelet: int, domain: str) -> Follower | None:
    """One domain's row; None when it never had a participant."""
    where = (followers.c.wavelet == wavelet, followers.c.domain == domain)
    row = (await connection.execute(_FOLLOWERS.where(*where))).first()
    return None if row is None else _follower(row)


async def confirm(connection: AsyncConnection, wavelet: int, domain: str, version: int) -> None:
    """The domain has confirmed everything up to ``version``; never goes back."""
    await connection.execute(
        update(followers)
        .where(followers.c.wavelet == wavelet, followers.c.domain == domain, followers.c.delivered < version)
        .values(delivered=version)
    )


def _follower(row: Any) -> Follower:
    wave_domain, wave_id, wavelet_domain, wavelet_id, domain, delivered, until, head, *_ = row
    return Follower(stored_name(wave_domain, wave_id, wavelet_domain, wavelet_id), domain, delivered, until, head)
