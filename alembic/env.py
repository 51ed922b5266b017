"""Run by Alembic. The program hands over a connection; the ``alembic`` command goes by GROUNDSWELL_DATABASE__URL."""

from __future__ import annotations

import asyncio
import os

from alembic import context
from sqlalchemy import Connection

from wave_server.store import is_declared
from wave_server.store.engine import make_engine, parsed_url
from wave_server.store.tables import metadata


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_name=is_declared,
        render_as_batch=connection.dialect.name == "sqlite",  # SQLite alters a table by making it anew
        on_version_apply=context.config.attributes.get("applied"),
    )
    with context.begin_transaction():
        context.run_migrations()


async def connect_and_run() -> None:
    url = os.environ.get("GROUNDSWELL_DATABASE__URL", "sqlite+aiosqlite:///data/groundswell.db")
    engine = make_engine(parsed_url(url))
    try:
        async with engine.begin() as connection:
            await connection.run_sync(run)
    finally:
        await engine.dispose()


if context.is_offline_mode():
    context.configure(url="postgresql+asyncpg://", target_metadata=metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
elif "connection" in context.config.attributes:
    run(context.config.attributes["connection"])
else:
    asyncio.run(connect_and_run())
