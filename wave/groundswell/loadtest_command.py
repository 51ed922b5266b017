"""`groundswell loadtest`: many clients type into a running server; in the end all must agree."""

from __future__ import annotations

import sys

import click

from groundswell.command_line import one_line_errors, run_async
from wave_web.client import ClientError
from wave_web.loadtest import LoadOptions, run_loadtest


@click.command()
@click.option("--url", default="http://127.0.0.1:8080", show_default=True, help="The server.")
@click.option(
    "--token",
    envvar="GROUNDSWELL_TOKEN",
    required=True,
    help="A bearer token of the account that types; `groundswell token create NAME` makes one.",
)
@click.option("--clients", type=click.IntRange(1, 10_000), default=10, show_default=True, help="Connections.")
@click.option("--wavelets", type=click.IntRange(1, 10_000), default=1, show_default=True, help="They share these.")
@click.option(
    "--rate", type=click.FloatRange(0.01, 1000), default=2.0, show_default=True, help="Edits per second and client."
)
@click.option("--seconds", type=click.FloatRange(0.1, 86_400), default=10.0, show_default=True, help="How long.")
@click.option("--seed", type=int, default=1, show_default=True, help="Who types when and where follows from it.")
@one_line_errors
def loadtest(url: str, token: str, clients: int, wavelets: int, rate: float, seconds: float, seed: int) -> None:
    """Let CLIENTS type into WAVELETS of a running server; print throughput and latencies.

    Exit status 1 when the clients do not agree in the end, or an edit is lost or doubled. The server's rate limits
    hold: raise [limits] messages_per_second there for rates that no people reach.
    """
    options = LoadOptions(url, token, clients, wavelets, rate, seconds, seed)
    try:
        result = run_async(run_loadtest(options, lambda line: click.echo(line, err=True)))
    except ClientError as error:
        raise click.ClickException(str(error)) from error
    for line in result.lines():
        click.echo(line)
    if not result.converged:
        sys.exit(1)
