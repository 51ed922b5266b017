"""Reading and writing accounts, sessions and tokens: functions on a connection, whose transaction is the caller's."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from wave_server.errors import Conflict
from wave_server.store.errors import StoreError
from wave_server.store.tables import accounts, sessions, tokens


class AddressTaken(StoreError, Conflict):
    """There is an account with that address."""


class AccountRow(NamedTuple):
    """An account. Times are ms since 1970; ``disabled_at`` is None while it may be used."""

    id: int
    address: str
    password_hash: str
    created_at: int
    disabled_at: int | None


class SessionRow(NamedTuple):
    """A session, without its secret."""

    id: int
    user_agent: str
    created_at: int
    seen_at: int
    expires_at: int


class TokenRow(NamedTuple):
    """A token, without its secret."""

    id: int
    label: str
    scopes: str
    created_at: int
    used_at: int | None


Found: TypeAlias = tuple[AccountRow, SessionRow]
FoundToken: TypeAlias = tuple[AccountRow, TokenRow]

_ACCOUNT = tuple(accounts.c[name] for name in AccountRow._fields)
_SESSION = tuple(sessions.c[name] for name in SessionRow._fields)
_TOKEN = tuple(tokens.c[name] for name in TokenRow._fields)


async def add_account(connection: AsyncConnection, address: str, password_hash: str, now: int) -> int:
    """The new account's row id. Raises AddressTaken; the transaction stays usable."""
    try:
        async with connection.begin_nested():
            added = await connection.execute(
                insert(accounts)
                .values(address=address, password_hash=password_hash, created_at=now)
                .returning(accounts.c.id)
            )
            return int(added.scalar_one())
    except IntegrityError as error:
        raise AddressTaken(f"{address} has an account already") from error


async def find_account(connection: AsyncConnection, address: str) -> AccountRow | None:
    """The account with that address."""
    row = (await connection.execute(select(*_ACCOUNT).where(accounts.c.address == address))).first()
    return None if row is None else AccountRow(*row)


async def all_accounts(connection: AsyncConnection) -> list[AccountRow]:
    """Every account, by address."""
    return [AccountRow(*row) for row in await connection.execute(select(*_ACCOUNT).order_by(accounts.c.address))]


async def set_password_hash(connection: AsyncConnection, account: int, new: str, *, instead_of: str | None) -> None:
    """Store a new hash; with ``instead_of``, only where that is still the stored one."""
    statement = update(accounts).where(accounts.c.id == account).values(password_hash=new)
    if instead_of is not None:
        statement = statement.where(accounts.c.password_hash == instead_of)
    await connection.execute(statement)


async def set_disabled(connection: AsyncConnection, account: int, disabled_at: int | None) -> None:
    """Disable the account, or with None let it be used again."""
    await connection.execute(update(accounts).where(accounts.c.id == account).values(disabled_at=disabled_at))


async def add_session(
    connection: AsyncConnection, account: int, secret_hash: bytes, user_agent: str, now: int, expires_at: int
) -> None:
    """Begin a session; those of the account that have expired are cleared away."""
    await connection.execute(delete(sessions).where(sessions.c.account == account, sessions.c.expires_at <= now))
    await connection.execute(
        insert(sessions).values(
            account=account,
            secret_hash=secret_hash,
            user_agent=user_agent,
            created_at=now,
            seen_at=now,
            expires_at=expires_at,
        )
    )


async def find_session(connection: AsyncConnection, secret_hash: bytes) -> Found | None:
    """The session with that secret and its account, expired and disabled ones included."""
    statement = select(*_ACCOUNT, *_SESSION).join_from(sessions, accounts).where(sessions.c.secret_hash == secret_hash)
    row = (await connection.execute(statement)).first()
    if row is None:
        return None
    return AccountRow(*row[: len(_ACCOUNT)]), SessionRow(*row[len(_ACCOUNT) :])


async def renew_session(connection: AsyncConnection, session: int, now: int, expires_at: int) -> None:
    """Note that the session was seen, and let it last longer."""
    await connection.execute(
        update(sessions).where(sessions.c.id == session).values(seen_at=now, expires_at=expires_at)
    )


async def sessions_of(connection: AsyncConnection, account: int, now: int) -> list[SessionRow]:
    """The account's sessions that have not expired, oldest first."""
    mine = (sessions.c.account == account, sessions.c.expires_at > now)
    statement = select(*_SESSION).where(*mine).order_by(sessions.c.id)
    return [SessionRow(*row) for row in await connection.execute(statement)]


async def delete_session(connection: AsyncConnection, secret_hash: bytes) -> None:
    """End the session with that secret, if there is one."""
    await connection.execute(delete(sessions).where(sessions.c.secret_hash == secret_hash))


async def delete_session_of(connection: AsyncConnection, account: int, session: int) -> bool:
    """End one of the account's sessions; whether there was one."""
    mine = (sessions.c.account == account, sessions.c.id == session)
    return (await connection.execute(delete(sessions).where(*mine))).rowcount == 1


async def delete_sessions(connection: AsyncConnection, account: int, *, but: bytes | None = None) -> None:
    """End the account's sessions, except the one with the secret hash ``but``."""
    statement = delete(sessions).where(sessions.c.account == account)
    if but is not None:
        statement = statement.where(sessions.c.secret_hash != but)
    await connection.execute(statement)


async def delete_idlest_sessions(connection: AsyncConnection, account: int, *, keep: int) -> None:
    """End all of the account's sessions but the ``keep`` that were seen last."""
    latest = (
        select(sessions.c.id)
        .where(sessions.c.account == account)
        .order_by(sessions.c.seen_at.desc(), sessions.c.id.desc())
        .limit(keep)
    )
    await connection.execute(delete(sessions).where(sessions.c.account == account, sessions.c.id.not_in(latest)))


async def add_token(
    connection: AsyncConnection, account: int, secret_hash: bytes, label: str, scopes: str, now: int
) -> None:
    """Store a token."""
    await connection.execute(
        insert(tokens).values(account=account, secret_hash=secret_hash, label=label, scopes=scopes, created_at=now)
    )


async def find_token(connection: AsyncConnection, secret_hash: bytes) -> FoundToken | None:
    """The token with that secret and its account, disabled ones included."""
    statement = select(*_ACCOUNT, *_TOKEN).join_from(tokens, accounts).where(tokens.c.secret_hash == secret_hash)
    row = (await connection.execute(statement)).first()
    if row is None:
        return None
    return AccountRow(*row[: len(_ACCOUNT)]), TokenRow(*row[len(_ACCOUNT) :])


async def note_token_use(connection: AsyncConnection, token: int, now: int) -> None:
    """Note when the token was used."""
    await connection.execute(update(tokens).where(tokens.c.id == token).values(used_at=now))


async def tokens_of(connection: AsyncConnection, account: int) -> list[TokenRow]:
    """The account's tokens, oldest first."""
    statement = select(*_TOKEN).where(tokens.c.account == account).order_by(tokens.c.id)
    return [TokenRow(*row) for row in await connection.execute(statement)]


async def delete_token_of(connection: AsyncConnection, account: int, token: int) -> bool:
    """Revoke one of the account's tokens; whether there was one."""
    mine = (tokens.c.account == account, tokens.c.id == token)
    return (await connection.execute(delete(tokens).where(*mine))).rowcount == 1


async def delete_tokens(connection: AsyncConnection, account: int) -> None:
    """Revoke every token of the account."""
    await connection.execute(delete(tokens).where(tokens.c.account == account))
