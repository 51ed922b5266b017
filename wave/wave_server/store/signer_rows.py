"""Reading and writing signers: functions on a connection, whose transaction is the caller's. None is ever removed."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from wave_server.store.federation_tables import signers


class SignerRow(NamedTuple):
    """A signer: its certificates in DER, its own first. Times are ms since 1970."""

    id: bytes
    domain: str
    hash_algorithm: int
    certificates: tuple[bytes, ...]
    not_before: int
    not_after: int
    stored_at: int


class Admitted(NamedTuple):
    """Whose a signer is, and when this server admitted it, in ms since 1970."""

    domain: str
    stored_at: int


_COLUMNS: Final = tuple(signers.c[name] for name in SignerRow._fields)
_certificates: Final = msgspec.msgpack.Decoder(tuple[bytes, ...])


async def add_signer(connection: AsyncConnection, row: SignerRow) -> None:
    """Store a signer, unless it is there: what an id stands for never changes."""
    values = row._asdict() | {"certificates": msgspec.msgpack.encode(row.certificates)}
    dialect_insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    await connection.execute(dialect_insert(signers).values(values).on_conflict_do_nothing())


async def find_signer(connection: AsyncConnection, signer_id: bytes) -> SignerRow | None:
    """The signer with that id."""
    found = (await connection.execute(select(*_COLUMNS).where(signers.c.id == signer_id))).first()
    return None if found is None else _row(found)


async def admitted(connection: AsyncConnection, signer_ids: Collection[bytes]) -> dict[bytes, Admitted]:
    """Those of these signers that have been admitted, without their certificates."""
    statement = select(signers.c.id, signers.c.domain, signers.c.stored_at).where(signers.c.id.in_(signer_ids))
    return {signer_id: Admitted(*row) for signer_id, *row in await connection.execute(statement)}


async def signers_of(connection: AsyncConnection, domain: str) -> list[SignerRow]:
    """All signers that a domain has had, oldest first."""
    statement = select(*_COLUMNS).where(signers.c.domain == domain).order_by(signers.c.stored_at, signers.c.id)
    return [_row(found) for found in await connection.execute(statement)]


def _row(found: Any) -> SignerRow:
    signer_id, domain, hash_algorithm, certificates, *times = found
    return SignerRow(signer_id, domain, hash_algorithm, _certificates.decode(certificates), *times)
