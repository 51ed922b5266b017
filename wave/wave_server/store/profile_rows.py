"""Reading and writing profiles: functions on a connection, whose transaction is the caller's."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from wave_server.store.tables import accounts, profiles


class ProfileRow(NamedTuple):
    """What an account shows of itself. None: not set."""

    address: str
    name: str | None
    avatar: bytes | None  # the hash of the picture's bytes


async def find_profiles(connection: AsyncConnection, addresses: Collection[str]) -> list[ProfileRow]:
    """The profiles of those addresses that have an account here."""
    statement = (
        select(accounts.c.address, profiles.c.name, profiles.c.avatar)
        .join_from(accounts, profiles, accounts.c.id == profiles.c.account, isouter=True)
        .where(accounts.c.address.in_(addresses))
    )
    return [ProfileRow(*row) for row in await connection.execute(statement)]


async def set_name(connection: AsyncConnection, account: int, name: str | None) -> None:
    """Set or take away the name."""
    await _set(connection, account, {"name": name})


async def set_avatar(connection: AsyncConnection, account: int, avatar: bytes | None) -> None:
    """Set or take away the picture."""
    await _set(connection, account, {"avatar": avatar})


async def is_avatar(connection: AsyncConnection, content: bytes) -> bool:
    """Whether somebody's picture has these bytes."""
    statement = select(profiles.c.account).where(profiles.c.avatar == content).limit(1)
    return (await connection.execute(statement)).first() is not None


async def _set(connection: AsyncConnection, account: int, values: dict[str, str | bytes | None]) -> None:
    changed = await connection.execute(update(profiles).where(profiles.c.account == account).values(values))
    if not changed.rowcount:
        await connection.execute(insert(profiles).values(account=account, **values))
