"""`groundswell attachments`: what people have uploaded, and getting rid of it."""

from __future__ import annotations

import datetime

import click

from groundswell.api import attachment_files
from groundswell.command_line import run_async, with_config
from groundswell.config import Config
from groundswell.serving import open_store
from wave_server.attachment_removal import remove_attachment, sweep
from wave_server.store import attachment_rows
from wave_server.store.attachment_rows import AttachmentRow


@click.group()
def attachments() -> None:
    """List and remove attachments; sweep away files that nothing names."""


@attachments.command("list")
@click.option("--by", metavar="NAME[@DOMAIN]", help="Only what this user uploaded.")
@with_config
def attachments_list(config: Config, by: str | None) -> None:
    """List attachments: id, date, size, uploader, wavelet and file name."""
    creator = f"{by}@{config.domain}" if by is not None and "@" not in by else by

    async def found() -> list[AttachmentRow]:
        async with open_store(config) as store, store.reading() as connection:
            return await attachment_rows.attachments_by(connection, creator)

    for row in run_async(found()):
        day = datetime.datetime.fromtimestamp(row.created_at / 1000, datetime.UTC).date().isoformat()
        click.echo(f"{row.id}  {day}  {row.size:>9}  {row.creator}  {row.wavelet}  {row.filename}")


@attachments.command("remove")
@click.argument("attachment", metavar="ID")
@with_config
def attachments_remove(config: Config, attachment: str) -> None:
    """Remove an attachment. Documents go on naming it; readers see that it is gone."""

    async def remove() -> None:
        async with open_store(config) as store:
            await remove_attachment(store, attachment_files(config), attachment)

    run_async(remove())
    click.echo(f"removed {attachment}")


@attachments.command("sweep")
@with_config
def attachments_sweep(config: Config) -> None:
    """Remove files that nothing names: replaced avatars, uploads that a crash cut off. The server may run."""

    async def swept() -> int:
        async with open_store(config) as store:
            return await sweep(store, attachment_files(config))

    removed = run_async(swept())
    click.echo(f"removed {removed} {'file' if removed == 1 else 'files'}")
