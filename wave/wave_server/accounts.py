"""The accounts of this server's domain: who may sign in, with what password, session or token."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias

from sqlalchemy.ext.asyncio import AsyncConnection

from wave_server.bearer_secrets import new_session_secret, new_token_secret, secret_hash
from wave_server.errors import Forbidden, InvalidRequest, NotFound, WaveError
from wave_server.names import WaveAddress
from wave_server.passwords import Passwords
from wave_server.store import Store, account_rows
from wave_server.store.account_rows import AccountRow, AddressTaken, SessionRow, TokenRow

__all__ = [
    "Account",
    "AccountDisabled",
    "Accounts",
    "AddressTaken",
    "InvalidAccount",
    "InvalidCredentials",
    "NoSuchAccount",
    "SessionRow",
    "Token",
]

SESSION_LIFETIME: Final = 30 * 86_400_000  # ms without being seen, after which a session ends
NOTE_AFTER: Final = 3_600_000  # ms: sessions are renewed, and tokens' use noted, no more often than this
LONGEST_NAME: Final = 64  # characters before the @
LONGEST_LABEL: Final = 100
LONGEST_USER_AGENT: Final = 500
MOST_SESSIONS: Final = 100  # of one account; the next one ends the one that was not seen for longest

Complete: TypeAlias = Callable[[AsyncConnection, int], Awaitable[None]]

_SCOPE: Final = re.compile(r"[a-z][a-z0-9_.:-]{0,63}")


class InvalidCredentials(WaveError):
    """No account has that address and that password. Which of the two is wrong is not told."""

    code = "unauthenticated"


class AccountDisabled(Forbidden):
    """The password is right, but an administrator has disabled the account."""


class NoSuchAccount(NotFound):
    """An administrator named an account that there is not."""


class InvalidAccount(InvalidRequest):
    """The address, label or scope cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account, as whoever was let in with it."""

    address: WaveAddress
    created_at: int  # ms since 1970
    disabled_at: int | None  # None while it may be used
    scopes: frozenset[str] | None = None  # what a token is for; None: a password or session, for everything


@dataclass(frozen=True, slots=True)
class Token:
    """What may be shown of a token. The secret is not stored and cannot be shown again."""

    id: int
    label: str
    scopes: frozenset[str]
    created_at: int
    used_at: int | None  # ms since 1970, up to an hour too early; None: never


class Accounts:
    """Accounts, sessions and tokens in the store. Nothing is cached: what is revoked is over at once.

    Every method raises StoreUnavailable when the database fails.
    """

    def __init__(
        self,
        store: Store,
        *,
        domain: str,
        clock: Callable[[], int],
        passwords: Passwords | None = None,
        session_lifetime: int = SESSION_LIFETIME,
    ) -> None:
        self._store = store
        self._domain = domain
        self._clock = clock  # ms since 1970
        self._passwords = passwords or Passwords()
        self._session_lifetime = session_lifetime

    async def register(self, address: WaveAddress | str, password: str, *, complete: Complete | None = None) -> Account:
        """Make an account. Raises InvalidAccount, InvalidName, UnacceptablePassword or AddressTaken.

        ``complete`` is called with the account's row within the same transaction; what it raises undoes it all.
        """
        checked = self._own(address)
        hashed = await self._passwords.hashed(password)
        now = self._clock()
        async with self._store.writing() as connection:
            row = await account_rows.add_account(connection, str(checked), hashed, now)
            if complete is not None:
                await complete(connection, row)
        return Account(checked, now, None)

    async def authenticate(self, address: WaveAddress | str, password: str) -> Account:
        """The account with that address and password. Raises InvalidCredentials or AccountDisabled.

        An unknown address takes as long as a wrong password.
        """
        async with self._store.reading() as connection:
            row = await _found(connection, _parsed(address))
        if not await self._passwords.matches(password, None if row is None else row.password_hash) or row is None:
            raise InvalidCredentials("address or password is wrong")
        if row.disabled_at is not None:
            raise AccountDisabled(f"the account {row.address} is disabled: ask this server's administrator")
        if self._passwords.is_outdated(row.password_hash):
            hashed = await self._passwords.hashed(password)
            async with self._store.writing() as connection:
                await account_rows.set_password_hash(connection, row.id, hashed, instead_of=row.password_hash)
        return _account(row)

    async def change_password(
        self, address: WaveAddress | str, password: str, *, keep_session: str | None = None
    ) -> None:
        """Set a new password and end the account's sessions, but for the one with the secret ``keep_session``.

        Tokens stay. Raises NoSuchAccount or UnacceptablePassword.
        """
        hashed = await self._passwords.hashed(password)
        kept = None if keep_session is None else secret_hash(keep_session)
        async with self._store.writing() as connection:
            row = await _row(connection, address)
            await account_rows.set_password_hash(connection, row.id, hashed, instead_of=None)
            await account_rows.delete_sessions(connection, row.id, but=kept)

    async def disable(self, address: WaveAddress | str) -> None:
        """Let nobody use the account any more; its sessions and tokens end, its waves stay. Raises NoSuchAccount."""
        async with self._store.writing() as connection:
            row = await _row(connection, address)
            await account_rows.set_disabled(connection, row.id, self._clock())
            await account_rows.delete_sessions(connection, row.id)
            await account_rows.delete_tokens(connection, row.id)

    async def enable(self, address: WaveAddress | str) -> None:
        """Let a disabled account be used again, with its old password. Raises NoSuchAccount."""
        async with self._store.writing() as connection:
            row = await _row(connection, address)
            await account_rows.set_disabled(connection, row.id, None)

    async def get(self, address: WaveAddress | str) -> Account:
        """The account with that address, disabled or not. Raises NoSuchAccount."""
        async with self._store.reading() as connection:
            return _account(await _row(connection, address))

    async def all(self) -> list[Account]:
        """Every account, disabled ones included, by address."""
        async with self._store.reading() as connection:
            return [_account(row) for row in await account_rows.all_accounts(connection)]

    async def create_session(self, address: WaveAddress | str, user_agent: str) -> str:
        """Begin a session for somebody who has been authenticated; its secret, for a cookie.

        Raises NoSuchAccount or AccountDisabled.
        """
        secret, now = new_session_secret(), self._clock()
        agent = user_agent.encode("utf-8", "replace").decode()[:LONGEST_USER_AGENT].replace("\x00", "")
        async with self._store.writing() as connection:
            row = await _usable_row(connection, address)
            await account_rows.delete_idlest_sessions(connection, row.id, keep=MOST_SESSIONS - 1)
            await account_rows.add_session(
                connection, row.id, secret_hash(secret), agent, now, now + self._session_lifetime
            )
        return secret

    async def session(self, secret: str) -> Account | None:
        """The account of a session that is valid now, else None. It is renewed when it was last seen a while ago."""
        hashed, now = secret_hash(secret), self._clock()
        async with self._store.reading() as connection:
            found = await account_rows.find_session(connection, hashed)
        if found is None:
            return None
        row, session = found
        if session.expires_at <= now or row.disabled_at is not None:
            return None
        if now - session.seen_at >= NOTE_AFTER:
            async with self._store.writing() as connection:
                await account_rows.renew_session(connection, session.id, now, now + self._session_lifetime)
        return _account(row)

    async def session_number(self, secret: str) -> int | None:
        """The ``id`` of the session with that secret, by which it is listed; None when there is none."""
        async with self._store.reading() as connection:
            found = await account_rows.find_session(connection, secret_hash(secret))
        return None if found is None else found[1].id

    async def sessions_of(self, address: WaveAddress | str) -> list[SessionRow]:
        """The account's sessions that are valid now, oldest first. Raises NoSuchAccount."""
        async with self._store.reading() as connection:
            row = await _row(connection, address)
            return await account_rows.sessions_of(connection, row.id, self._clock())

    async def end_session(self, secret: str) -> None:
        """End the session with that secret; when it is over already, nothing happens."""
        async with self._store.writing() as connection:
            await account_rows.delete_session(connection, secret_hash(secret))

    async def end_session_of(self, address: WaveAddress | str, session: int) -> None:
        """End one of the account's sessions, by its ``id``. Raises NoSuchAccount, or NotFound."""
        async with self._store.writing() as connection:
            row = await _row(connection, address)
            if not await account_rows.delete_session_of(connection, row.id, session):
                raise NotFound(f"{row.address} has no session {session}")

    async def create_token(self, address: WaveAddress | str, label: str, scopes: Iterable[str]) -> str:
        """Make a token for programs; its secret, which cannot be shown again.

        Raises NoSuchAccount, AccountDisabled, or InvalidAccount for a label or scope that cannot be used.
        """
        named, wanted = _label(label), _scopes(scopes)
        secret = new_token_secret()
        async with self._store.writing() as connection:
            row = await _usable_row(connection, address)
            hashed = secret_hash(secret)
            await account_rows.add_token(connection, row.id, hashed, named, " ".join(sorted(wanted)), self._clock())
        return secret

    async def token(self, secret: str) -> Account | None:
        """The account of a token that is valid now, with the token's scopes; else None."""
        async with self._store.reading() as connection:
            found = await account_rows.find_token(connection, secret_hash(secret))
        if found is None:
            return None
        row, token = found
        if row.disabled_at is not None:
            return None
        now = self._clock()
        if token.used_at is None or now - token.used_at >= NOTE_AFTER:
            async with self._store.writing() as connection:
                await account_rows.note_token_use(connection, token.id, now)
        return _account(row, frozenset(token.scopes.split()))

    async def tokens_of(self, address: WaveAddress | str) -> list[Token]:
        """The account's tokens, oldest first. Raises NoSuchAccount."""
        async with self._store.reading() as connection:
            row = await _row(connection, address)
            return [_token(token) for token in await account_rows.tokens_of(connection, row.id)]

    async def revoke(self, address: WaveAddress | str, token: int) -> None:
        """Revoke one of the account's tokens, by its ``id``. Raises NoSuchAccount, or NotFound."""
        async with self._store.writing() as connection:
            row = await _row(connection, address)
            if not await account_rows.delete_token_of(connection, row.id, token):
                raise NotFound(f"{row.address} has no token {token}")

    def _own(self, address: WaveAddress | str) -> WaveAddress:
        """The address, if this server may give it to somebody."""
        checked = _parsed(address)
        if checked.domain != self._domain:
            raise InvalidAccount(f"{checked} is not of this server's domain: write name@{self._domain}")
        if checked.is_shared or not checked.is_valid or not checked.name.isprintable():
            raise InvalidAccount(f"{str(checked)!r} cannot be an account: use letters, digits and punctuation")
        if len(checked.name) > LONGEST_NAME:
            raise InvalidAccount(f"the name in {checked} is longer than {LONGEST_NAME} characters")
        return checked


def _parsed(address: WaveAddress | str) -> WaveAddress:
    return WaveAddress.parse(address) if isinstance(address, str) else address


async def _row(connection: AsyncConnection, address: WaveAddress | str) -> AccountRow:
    parsed = _parsed(address)
    row = await _found(connection, parsed)
    if row is None:
        raise NoSuchAccount(f"there is no account {str(parsed)!a}")
    return row


async def _found(connection: AsyncConnection, address: WaveAddress) -> AccountRow | None:
    """The account's row. An address that nobody can have is not looked up: not every text can be a parameter."""
    return await account_rows.find_account(connection, str(address)) if address.is_valid else None


async def _usable_row(connection: AsyncConnection, address: WaveAddress | str) -> AccountRow:
    row = await _row(connection, address)
    if row.disabled_at is not None:
        raise AccountDisabled(f"the account {row.address} is disabled: ask this server's administrator")
    return row


def _account(row: AccountRow, scopes: frozenset[str] | None = None) -> Account:
    return Account(WaveAddress.parse(row.address), row.created_at, row.disabled_at, scopes)


def _token(row: TokenRow) -> Token:
    return Token(row.id, row.label, frozenset(row.scopes.split()), row.created_at, row.used_at)


def _label(label: str) -> str:
    stripped = label.strip()
    if not stripped or len(stripped) > LONGEST_LABEL or not stripped.isprintable():
        raise InvalidAccount(f"a token's label has 1 to {LONGEST_LABEL} printable characters: say what it is for")
    return stripped


def _scopes(scopes: Iterable[str]) -> frozenset[str]:
    wanted = frozenset(scopes)
    for scope in wanted:
        if _SCOPE.fullmatch(scope) is None:
            raise InvalidAccount(f"{scope!r} is not a scope: write lower-case words such as waves:read")
    return wanted
