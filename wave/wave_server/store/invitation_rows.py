"""Reading and writing invitations: functions on a connection, whose transaction is the caller's."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from wave_server.store.tables import invitations


async def add_invitation(connection: AsyncConnection, secret_hash: bytes, uses: int, now: int, expires_at: int) -> None:
    """Store an invitation; those that have expired are cleared away."""
    await connection.execute(delete(invitations).where(invitations.c.expires_at <= now))
    values = {"secret_hash": secret_hash, "uses": uses, "created_at": now, "expires_at": expires_at}
    await connection.execute(insert(invitations).values(values))


async def is_usable(connection: AsyncConnection, secret_hash: bytes, now: int) -> bool:
    """Whether the invitation with that secret can make an account."""
    found = select(invitations.c.id).where(_usable(secret_hash, now))
    return (await connection.execute(found)).first() is not None


async def use_invitation(connection: AsyncConnection, secret_hash: bytes, now: int) -> bool:
    """Take one use of the invitation; whether there was one left."""
    statement = update(invitations).where(_usable(secret_hash, now)).values(uses=invitations.c.uses - 1)
    return (await connection.execute(statement)).rowcount == 1


def _usable(secret_hash: bytes, now: int) -> ColumnElement[bool]:
    return and_(
        invitations.c.secret_hash == secret_hash,
        invitations.c.uses > 0,
        invitations.c.expires_at > now,
    )
