"""Reading and writing attachments' rows: functions on a connection, whose transaction is the caller's."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import delete, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from wave_server.store.tables import attachments, profiles


class AttachmentRow(NamedTuple):
    """An attachment. Times are ms since 1970, sizes bytes and pixels; only images have the latter, and a thumbnail."""

    id: str
    wavelet: str  # its path
    content: bytes  # the hash of its bytes
    filename: str
    mime_type: str
    size: int
    width: int | None
    height: int | None
    thumbnail: bytes | None  # the hash of its bytes
    creator: str
    created_at: int


_COLUMNS = tuple(attachments.c[name] for name in AttachmentRow._fields)


async def add_attachment(connection: AsyncConnection, row: AttachmentRow) -> None:
    """Store an attachment."""
    await connection.execute(insert(attachments).values(row._asdict()))


async def find_attachment(connection: AsyncConnection, attachment: str) -> AttachmentRow | None:
    """The attachment with that id."""
    found = (await connection.execute(select(*_COLUMNS).where(attachments.c.id == attachment))).first()
    return None if found is None else AttachmentRow(*found)


async def attachments_by(connection: AsyncConnection, creator: str | None) -> list[AttachmentRow]:
    """Everybody's attachments, or one creator's, oldest first."""
    statement = select(*_COLUMNS).order_by(attachments.c.created_at, attachments.c.id)
    if creator is not None:
        statement = statement.where(attachments.c.creator == creator)
    return [AttachmentRow(*row) for row in await connection.execute(statement)]


async def bytes_by(connection: AsyncConnection, creator: str) -> int:
    """How much somebody has uploaded."""
    statement = select(func.coalesce(func.sum(attachments.c.size), 0)).where(attachments.c.creator == creator)
    return int((await connection.execute(statement)).scalar_one())


async def remove_attachment(connection: AsyncConnection, attachment: str) -> bool:
    """Remove the row with that id; whether there was one."""
    return (await connection.execute(delete(attachments).where(attachments.c.id == attachment))).rowcount == 1


async def is_claimed(connection: AsyncConnection, content: bytes) -> bool:
    """Whether any row, of attachments or profiles, names the file with this hash."""
    of_attachments = select(attachments.c.id).where(
        or_(attachments.c.content == content, attachments.c.thumbnail == content)
    )
    of_profiles = select(profiles.c.account).where(profiles.c.avatar == content)
    for statement in (of_attachments, of_profiles):
        if (await connection.execute(statement.limit(1))).first() is not None:
            return True
    return False
