"""Bring a database to the tables of this version, and tell when it is not there."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final, TypeAlias

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext, MigrationInfo
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from wave_server.store.engine import WRITE, is_sqlite, make_engine, parsed_url, store_errors
from wave_server.store.errors import StoreError, WrongSchema

Report: TypeAlias = Callable[[str], None]  # gets one line per step, for people

_PACKAGED: Final = Path(__file__).parents[1] / "migrations"  # in a wheel
_CHECKED_OUT: Final = Path(__file__).parents[3] / "alembic"  # in the repository
_LOCK: Final = 0x67726F756E64  # PostgreSQL's advisory lock: when several nodes start at once, one migrates


def migrations_directory() -> Path:
    """Where the migration scripts are: beside the installed package, else in the repository."""
    for directory in (_PACKAGED, _CHECKED_OUT):
        if (directory / "env.py").is_file():
            return directory
    raise StoreError(f"the migrations are neither in {_PACKAGED} nor in {_CHECKED_OUT}: install the package again")


def newest_revision() -> str:
    """The revision that this version of the program works with."""
    head = _scripts().get_current_head()
    if head is None:
        raise StoreError(f"there are no migrations in {migrations_directory()}: install the package again")
    return head


async def migrate(url: str, report: Report = lambda line: None) -> None:
    """Upgrade the database at ``url`` to the newest revision, in one transaction. An SQLite file is made if missing.

    Raises StoreUnavailable when the database cannot be reached, StoreError when ``url`` is of no known kind.
    """
    parsed = parsed_url(url)
    if is_sqlite(parsed):
        Path(str(parsed.database)).parent.mkdir(parents=True, exist_ok=True)
    engine = make_engine(parsed)
    try:
        await _run(engine, lambda config: command.upgrade(config, "head"), report)
    finally:
        await engine.dispose()


async def downgrade(url: str, revision: str, report: Report = lambda line: None) -> None:
    """Take the database at ``url`` back to an older revision; ``base`` removes every table and what they hold."""
    engine = make_engine(parsed_url(url))
    try:
        await _run(engine, lambda config: command.downgrade(config, revision), report)
    finally:
        await engine.dispose()


async def check_revision(connection: AsyncConnection) -> None:
    """Raises WrongSchema, saying what to do, unless the database is at the newest revision."""
    current = await connection.run_sync(_current_revision)
    newest = newest_revision()
    if current == newest:
        return
    if current is not None and current not in {script.revision for script in _scripts().walk_revisions()}:
        raise WrongSchema(f"the database is at revision {current}, of a newer groundswell: run that version")
    raise WrongSchema(f"the database is at revision {current or 'none'}, not {newest}: run `groundswell migrate`")


async def _run(engine: AsyncEngine, step: Callable[[Config], None], report: Report) -> None:
    with store_errors():
        async with engine.connect() as connection:
            await connection.execution_options(**{WRITE: True})
            async with connection.begin():
                if engine.dialect.name == "postgresql":
                    await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
                await connection.run_sync(_run_step, step, report)


def _run_step(connection: Connection, step: Callable[[Config], None], report: Report) -> None:
    """Hand ``alembic/env.py`` our connection and a listener, then let Alembic do the step."""
    before = _current_revision(connection)

    def applied(*, step: MigrationInfo, **_: object) -> None:
        for script in _scripts().get_revisions(step.up_revision_ids):
            report(f"{'applied' if step.is_upgrade else 'reverted'} revision {script.revision}: {script.doc}")

    config = _config()
    config.attributes["connection"] = connection
    config.attributes["applied"] = applied
    step(config)
    if _current_revision(connection) == before:
        report(f"nothing to do: the database is at revision {before or 'none'}")


def _current_revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations_directory()).replace("%", "%%"))
    return config


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())
