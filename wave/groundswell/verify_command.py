"""`groundswell verify`: recompute everything in the store that can be recomputed, and check every signature."""

from __future__ import annotations

import sys

import click

from groundswell.command_line import run_async, with_config
from groundswell.config import Config
from groundswell.providing import stored_signers
from groundswell.serving import open_store
from wave_federation.signers.audit import SignatureAudit
from wave_server.verification import Finding, Progress
from wave_server.verification import verify as verify_store


@click.command()
@with_config
def verify(config: Config) -> None:
    """Recompute every hash in the store, check every signature, and name the first wrong byte.

    Every history hash from each wavelet's name on, every transformation, document and snapshot. Of each delta the
    signature of its author's domain, by the certificates that were stored with it; what our own users wrote before
    the server federated has none. Only reads; may run beside a server. Exit status 1 when anything is wrong.
    """
    findings = run_async(_verify(config))
    if findings:
        raise click.ClickException(
            f"{findings} found wrong: stop the server and restore the wavelets named above from a backup"
        )


async def _verify(config: Config) -> int:
    """Print findings as they come, progress on a terminal, and a summary. How many findings there were."""
    findings = 0
    last: Progress | None = None
    show_progress = sys.stderr.isatty()
    async with open_store(config) as store:
        signatures = SignatureAudit(config.domain, stored_signers(config, store))
        async for event in verify_store(store, signatures.check):
            if isinstance(event, Finding):
                findings += 1
                click.echo(str(event))
            else:
                last = event
                if show_progress:
                    click.echo(f"\r{event.wavelets} wavelets, {event.deltas} deltas", nl=False, err=True)
    if show_progress and last is not None:
        click.echo(err=True)
    checked = f"{last.deltas} deltas of {last.wavelets} wavelets" if last is not None else "an empty store"
    click.echo(f"checked {checked}: " + ("all right" if not findings else f"{findings} wrong"))
    click.echo(
        f"{signatures.valid} are signed by their author's domain, {signatures.unsigned} of our own are not signed"
    )
    return findings
