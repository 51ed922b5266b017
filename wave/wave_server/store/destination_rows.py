"""How sending to each domain goes: functions on a connection, whose transaction is the caller's."""

from __future__ import annotations

from typing import Final, NamedTuple

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from wave_server.store.federation_tables import destinations


class Destination(NamedTuple):
    """A domain. Times are ms since 1970; None: it has not happened, or is over."""

    domain: str
    last_contact: int | None = None
    failing_since: int | None = None
    attempts: int = 0
    retry_at: int | None = None
    last_error: str | None = None
    given_up_at: int | None = None
    blocked_at: int | None = None


_COLUMNS: Final = tuple(destinations.c[name] for name in Destination._fields)


async def put_destination(connection: AsyncConnection, row: Destination) -> None:
    """Store what is known of a domain, in the place of what was."""
    dialect_insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    values = row._asdict()
    statement = dialect_insert(destinations).values(values)
    await connection.execute(statement.on_conflict_do_update(index_elements=[destinations.c.domain], set_=values))


async def find_destination(connection: AsyncConnection, domain: str) -> Destination | None:
    """What is known of a domain."""
    found = (await connection.execute(select(*_COLUMNS).where(destinations.c.domain == domain))).first()
    return None if found is None else Destination(*found)


async def all_destinations(connection: AsyncConnection) -> list[Destination]:
    """All domains that anything is known of."""
    return [Destination(*row) for row in await connection.execute(select(*_COLUMNS).order_by(destinations.c.domain))]
