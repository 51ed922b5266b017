"""How people get accounts by themselves: whom this server lets in, by what name, and with which invitation."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from enum import Enum
from typing import Final, final

from sqlalchemy.ext.asyncio import AsyncConnection

from wave_server.accounts import Account, Accounts, InvalidAccount
from wave_server.addresses import WaveAddress
from wave_server.bearer_secrets import secret_hash
from wave_server.errors import Forbidden, InvalidRequest
from wave_server.profiles import clean_name
from wave_server.store import Store, invitation_rows, profile_rows

LONGEST_NAME: Final = 64  # characters before the @
LONGEST_INVITATION: Final = 365  # days
MOST_USES: Final = 1_000
_DAY: Final = 86_400_000  # ms
_SECRET_BYTES: Final = 16

_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?")
# RFC 2142's mailboxes, and what would pass for the server itself.
_RESERVED: Final = frozenset(
    {"abuse", "admin", "administrator", "groundswell", "help", "hostmaster", "info", "moderator", "noc", "no-reply"}
    | {"noreply", "operator", "postmaster", "root", "security", "server", "staff", "support", "system", "webmaster"}
)


class RegistrationMode(Enum):
    """Who may make an account."""

    OPEN = "open"  # everybody
    INVITE = "invite"  # whoever has an invitation
    CLOSED = "closed"  # nobody; `groundswell user add` does


class RegistrationRefused(Forbidden):
    """This server does not make the account; the message says whom to ask."""


@final
class Registration:
    """Makes accounts for those who ask. Every method raises StoreUnavailable when the database fails."""

    def __init__(
        self, store: Store, accounts: Accounts, *, domain: str, mode: RegistrationMode, clock: Callable[[], int]
    ) -> None:
        """``clock`` gives ms since 1970."""
        self._store: Final = store
        self._accounts: Final = accounts
        self._domain: Final = domain
        self._clock: Final = clock
        self.mode: Final = mode

    async def register(
        self, name: str, password: str, *, display_name: str | None = None, invitation: str | None = None
    ) -> Account:
        """Make the account ``name@domain``: it, its profile and the use of its invitation are one transaction.

        Raises RegistrationRefused, InvalidAccount, InvalidProfile, UnacceptablePassword or AddressTaken.
        """
        address = WaveAddress(checked_name(name), self._domain)
        shown = None if display_name is None else clean_name(display_name)
        secret = await self._admitted(invitation)

        async def complete(connection: AsyncConnection, account: int) -> None:
            if secret is not None and not await invitation_rows.use_invitation(connection, secret, self._clock()):
                raise _used_up()
            if shown is not None:
                await profile_rows.set_name(connection, account, shown)

        return await self._accounts.register(address, password, complete=complete)

    async def invite(self, uses: int, days: int) -> str:
        """Make an invitation for so many accounts within so many days; its secret. Raises InvalidRequest."""
        if not 1 <= uses <= MOST_USES or not 1 <= days <= LONGEST_INVITATION:
            raise InvalidRequest(f"an invitation has 1 to {MOST_USES} uses and lasts 1 to {LONGEST_INVITATION} days")
        secret, now = secrets.token_urlsafe(_SECRET_BYTES), self._clock()
        async with self._store.writing() as connection:
            await invitation_rows.add_invitation(connection, secret_hash(secret), uses, now, now + days * _DAY)
        return secret

    async def _admitted(self, invitation: str | None) -> bytes | None:
        """The hash of the invitation that is to be used, None when none is needed. Before the password is hashed."""
        if self.mode is RegistrationMode.OPEN:
            return None
        if self.mode is RegistrationMode.CLOSED:
            raise RegistrationRefused("this server makes no accounts by itself: ask its administrator for one")
        if not invitation:
            raise RegistrationRefused("an account needs an invitation here: ask its administrator for a link")
        secret = secret_hash(invitation)
        async with self._store.reading() as connection:
            if not await invitation_rows.is_usable(connection, secret, self._clock()):
                raise _used_up()
        return secret


def checked_name(name: str) -> str:
    """The name before the @ that somebody chose, lower-cased. Raises InvalidAccount with what to change.

    Narrower than what an administrator may add, so that no two names look the same.
    """
    wanted = name.strip().lower()
    if not wanted:
        raise InvalidAccount("choose a name")
    if len(wanted) > LONGEST_NAME:
        raise InvalidAccount(f"the name is too long: use at most {LONGEST_NAME} characters")
    if "@" in wanted:
        raise InvalidAccount("write only what comes before the @")
    if _NAME.fullmatch(wanted) is None:
        raise InvalidAccount("use the letters a to z and digits, with . _ or - only between them")
    if wanted in _RESERVED:
        raise InvalidAccount(f"{wanted} is reserved: choose another name")
    return wanted


def _used_up() -> RegistrationRefused:
    return RegistrationRefused("this invitation is unknown, used up or has expired: ask for a new one")
