"""The command `groundswell`.

Exit status: 0 done; 1 it could not be done, with one line that says what to do; 2 the command line is wrong.
"""

from __future__ import annotations

import datetime
import logging
from pathlib import Path

import click

from groundswell.account_commands import token, user
from groundswell.attachment_commands import attachments
from groundswell.command_line import one_line_errors, run_async, with_config
from groundswell.config import Config
from groundswell.federation_commands import federation, federation_facts
from groundswell.initialization import initialize
from groundswell.loadtest_command import loadtest
from groundswell.serving import engine_kind, serve
from groundswell.verify_command import verify
from wave_server.store import migrate


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="groundswell")
@click.option("--verbose", "-v", is_flag=True, help="Log what the server does, not only what goes wrong.")
def main(verbose: bool) -> None:
    """Groundswell: a Wave server. People write together; nothing acknowledged is lost."""
    logging.basicConfig(
        format="%(asctime)s %(levelname)s %(name)s: %(message)s", level=logging.INFO if verbose else logging.WARNING
    )


@main.command("serve")
@with_config
def serve_command(config: Config) -> None:
    """Serve browsers and clients until Ctrl-C or SIGTERM."""
    if engine_kind() == "interpreted":
        click.echo("The engine runs interpreted, some ten times slower; `make build-ot` compiles it.", err=True)
    run_async(serve(config, click.echo))


@main.command("init")
@click.option("--domain", default="localhost", show_default=True, help="Users are NAME@DOMAIN.")
@click.option(
    "--directory",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="Where to write; this directory by default.",
)
@one_line_errors
def init_command(domain: str, directory: Path) -> None:
    """Write a configuration file, a data directory and development keys. Overwrites nothing."""
    for path in initialize(directory, domain, datetime.datetime.now(datetime.UTC)):
        click.echo(f"wrote {path}")
    click.echo(f"Next: groundswell serve --config {directory / 'groundswell.toml'}")


@main.command("check-config")
@with_config
def check_config(config: Config) -> None:
    """Say whether the configuration can be used, and what it comes to."""
    facts = {
        "domain": config.domain,
        "http": f"{config.http.host}:{config.http.port}, reached as {config.public_url}",
        "metrics": "at /metrics" if config.shows_metrics else "not over HTTP",
        "database": f"embedded, {config.database_url}"
        if config.is_embedded
        else _without_password(config.database_url),
        "accounts": f"registration is {config.registration}",
        **federation_facts(config),
    }
    for name, fact in facts.items():
        click.echo(f"{name:13}{fact}")
    click.echo("The configuration can be used.")


@main.command("migrate")
@with_config
def migrate_command(config: Config) -> None:
    """Make the database's tables, or upgrade them to this version."""
    run_async(migrate(config.database_url, click.echo))


def _without_password(url: str) -> str:
    scheme, _, rest = url.partition("://")
    credentials, at, place = rest.rpartition("@")
    return f"{scheme}://{credentials.partition(':')[0]}{at}{place}"


for command in (user, token, attachments, federation, verify, loadtest):
    main.add_command(command)
