"""`groundswell user` and `groundswell token`: accounts and their bearer tokens."""

from __future__ import annotations

import datetime
import sys
from collections.abc import Awaitable, Callable
from typing import TypeVar

import click

from groundswell.api import make_registration
from groundswell.command_line import run_async, with_config
from groundswell.config import Config
from groundswell.serving import make_accounts, milliseconds, open_store
from wave_server.accounts import Accounts

R = TypeVar("R")

TOKEN_SCOPES = ("waves:read", "waves:write", "account")
DEFAULT_SCOPES = ("waves:read", "waves:write")

address_argument = click.argument("address", metavar="NAME[@DOMAIN]")
password_stdin_option = click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input, one line, instead of asking."
)


def _with_accounts(config: Config, action: Callable[[Accounts], Awaitable[R]]) -> R:
    async def run() -> R:
        async with open_store(config) as store:
            return await action(make_accounts(config, store))

    return run_async(run())


def _full_address(config: Config, address: str) -> str:
    return address if "@" in address else f"{address}@{config.domain}"


def _password(address: str, *, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return str(click.prompt(f"Password for {address}", hide_input=True, confirmation_prompt=True))


def _day(ms: int | None) -> str:
    return datetime.datetime.fromtimestamp(ms / 1000, datetime.UTC).date().isoformat() if ms is not None else "never"


@click.group()
def user() -> None:
    """Add, list and disable accounts, invite people, and set passwords."""


@user.command("add")
@address_argument
@password_stdin_option
@with_config
def user_add(config: Config, address: str, password_stdin: bool) -> None:
    """Add an account; its wave address is NAME@DOMAIN."""
    full = _full_address(config, address)
    password = _password(full, from_stdin=password_stdin)
    account = _with_accounts(config, lambda accounts: accounts.register(full, password))
    click.echo(f"added {account.address}")


@user.command("invite")
@click.option("--uses", default=1, show_default=True, help="How many accounts it may make.")
@click.option("--days", default=7, show_default=True, help="How long it lasts.")
@with_config
def user_invite(config: Config, uses: int, days: int) -> None:
    """Print a link with which people make their accounts. It is shown this once; only its hash is stored."""

    async def invite() -> str:
        async with open_store(config) as store:
            accounts = make_accounts(config, store)
            return await make_registration(config, store, accounts, milliseconds).invite(uses, days)

    click.echo(f"{config.public_url}/register?invitation={run_async(invite())}")
    if config.registration == "closed":
        click.echo('Registration is closed: set [accounts] registration = "invite", or nobody can use it.', err=True)


@user.command("list")
@with_config
def user_list(config: Config) -> None:
    """List the accounts."""
    found = _with_accounts(config, lambda accounts: accounts.all())
    for account in found:
        state = "" if account.disabled_at is None else f"  disabled {_day(account.disabled_at)}"
        click.echo(f"{account.address}  since {_day(account.created_at)}{state}")
    if not found:
        click.echo("There are no accounts yet; `groundswell user add NAME` adds one.")


@user.command("passwd")
@address_argument
@password_stdin_option
@with_config
def user_passwd(config: Config, address: str, password_stdin: bool) -> None:
    """Set an account's password; its sessions end."""
    full = _full_address(config, address)
    password = _password(full, from_stdin=password_stdin)
    _with_accounts(config, lambda accounts: accounts.change_password(full, password))
    click.echo(f"set the password of {full}; its sessions have ended")


@user.command("disable")
@address_argument
@with_config
def user_disable(config: Config, address: str) -> None:
    """Let nobody use an account any more; its sessions and tokens end, its waves stay."""
    full = _full_address(config, address)
    _with_accounts(config, lambda accounts: accounts.disable(full))
    click.echo(f"disabled {full}")


@user.command("enable")
@address_argument
@with_config
def user_enable(config: Config, address: str) -> None:
    """Let a disabled account be used again."""
    full = _full_address(config, address)
    _with_accounts(config, lambda accounts: accounts.enable(full))
    click.echo(f"enabled {full}")


@click.group()
def token() -> None:
    """Make, list and revoke the bearer tokens of accounts, for bots and clients."""


@token.command("create")
@address_argument
@click.option("--label", default="command line", show_default=True, help="What the token is for.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(TOKEN_SCOPES),
    default=DEFAULT_SCOPES,
    show_default=True,
    help="What it may do; may be given more than once. `account` is changing name, password and sessions.",
)
@with_config
def token_create(config: Config, address: str, label: str, scopes: tuple[str, ...]) -> None:
    """Print a new token of an account. It is shown this once; only its hash is stored."""
    full = _full_address(config, address)
    secret = _with_accounts(config, lambda accounts: accounts.create_token(full, label, scopes))
    click.echo(secret)


@token.command("list")
@address_argument
@with_config
def token_list(config: Config, address: str) -> None:
    """List an account's tokens, without their secrets."""
    full = _full_address(config, address)
    tokens = _with_accounts(config, lambda accounts: accounts.tokens_of(full))
    for found in tokens:
        click.echo(f"{found.id}  {found.label}  since {_day(found.created_at)}, last used {_day(found.used_at)}")
    if not tokens:
        click.echo(f"{full} has no tokens; `groundswell token create {address}` makes one.")


@token.command("revoke")
@address_argument
@click.argument("number", type=int)
@with_config
def token_revoke(config: Config, address: str, number: int) -> None:
    """Revoke a token by the NUMBER that `token list` shows."""
    full = _full_address(config, address)
    _with_accounts(config, lambda accounts: accounts.revoke(full, number))
    click.echo(f"revoked token {number} of {full}")
