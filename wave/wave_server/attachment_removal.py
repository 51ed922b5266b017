"""Removing attachments, and files that nothing names any more. For administrators and for the server's start."""

from __future__ import annotations

import asyncio

from wave_server.attachment_files import AttachmentFiles
from wave_server.errors import NotFound
from wave_server.store import Store, attachment_rows


async def remove_attachment(store: Store, files: AttachmentFiles, attachment: str) -> None:
    """Remove an attachment, and its files unless others have the same bytes. Raises NotFound.

    Documents that show it go on naming it; readers are told that it is not there.
    """
    async with store.writing() as connection:
        row = await attachment_rows.find_attachment(connection, attachment)
        if row is None:
            raise NotFound(f"there is no attachment {attachment!a}")
        await attachment_rows.remove_attachment(connection, attachment)
        unclaimed = [
            content
            for content in (row.content, row.thumbnail)
            if content is not None and not await attachment_rows.is_claimed(connection, content)
        ]
    for content in unclaimed:
        await asyncio.to_thread(files.remove, content)


async def sweep(store: Store, files: AttachmentFiles) -> int:
    """Remove files that no row names; how many. Those of uploads that are under way are younger, and stay.

    Such files are left behind when the server is killed between a file and its row, or an avatar is replaced.
    """
    removed = await asyncio.to_thread(files.remove_abandoned)
    for content in await asyncio.to_thread(lambda: list(files.old())):
        if await _is_claimed(store, content):
            continue
        aside = await asyncio.to_thread(files.set_aside, content)
        if aside is None:
            continue
        if await _is_claimed(store, content):
            await asyncio.to_thread(files.put_back, content, aside)
        else:
            await asyncio.to_thread(aside.unlink)
            removed += 1
    return removed


async def _is_claimed(store: Store, content: bytes) -> bool:
    async with store.reading() as connection:
        return await attachment_rows.is_claimed(connection, content)
