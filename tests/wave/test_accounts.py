from __future__ import annotations

from typing import Literal

import pytest
from argon2 import PasswordHasher, extract_parameters
from sqlalchemy import func, select, text

from wave_server.accounts import (
    MOST_SESSIONS,
    NOTE_AFTER,
    SESSION_LIFETIME,
    AccountDisabled,
    Accounts,
    AddressTaken,
    InvalidAccount,
    InvalidCredentials,
    NoSuchAccount,
)
from wave_server.errors import NotFound
from wave_server.names import InvalidName, WaveAddress
from wave_server.passwords import PasswordCost, Passwords, UnacceptablePassword
from wave_server.store import Store
from wave_server.store.tables import accounts as accounts_table
from wave_server.store.tables import sessions, tokens

ALICE = WaveAddress("alice", "alpha.test")
PASSWORD = "correct horse"
CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)  # tests hash often
START = 1_763_800_000_000


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def accounts(store: Store, clock: Clock) -> Accounts:
    return Accounts(store, domain="alpha.test", clock=clock, passwords=Passwords(CHEAP))


async def counted(store: Store, table: object) -> int:
    async with store.reading() as connection:
        return (await connection.execute(select(func.count()).select_from(table))).scalar_one()  # type: ignore[arg-type]


async def test_who_registers_can_sign_in_with_the_password(accounts: Accounts) -> None:
    made = await accounts.register("Alice@Alpha.test", PASSWORD)
    assert (made.address, made.created_at, made.disabled_at) == (ALICE, START, None)
    assert await accounts.authenticate("ALICE@alpha.test", PASSWORD) == made
    assert await accounts.get(ALICE) == made
    assert await accounts.all() == [made]


async def test_a_wrong_password_and_an_unknown_address_read_the_same(accounts: Accounts) -> None:
    await accounts.register(ALICE, PASSWORD)
    with pytest.raises(InvalidCredentials) as wrong:
        await accounts.authenticate(ALICE, PASSWORD + "!")
    with pytest.raises(InvalidCredentials) as unknown:
        await accounts.authenticate("bob@alpha.test", PASSWORD)
    assert str(wrong.value) == str(unknown.value)
    assert wrong.value.code == "unauthenticated"


class ListeningHasher(PasswordHasher):
    """Keeps what it was asked to check a password against."""

    checked: str

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002
        self.checked = str(hash)
        return super().verify(hash, password)


async def test_an_unknown_address_costs_a_hash_of_the_same_parameters() -> None:
    hasher = ListeningHasher(time_cost=2, memory_cost=128, parallelism=1)
    assert not await Passwords(hasher).matches(PASSWORD, None)
    assert extract_parameters(hasher.checked) == extract_parameters(hasher.hash(PASSWORD))


@pytest.mark.parametrize("name", ["\ud800", "nul\x00", "x" * 100_000, "", "'"])
async def test_addresses_that_nobody_can_have_are_unknown(accounts: Accounts, name: str) -> None:
    with pytest.raises(InvalidCredentials):
        await accounts.authenticate(f"{name}@alpha.test", PASSWORD)
    with pytest.raises(NoSuchAccount):
        await accounts.get(f"{name}@alpha.test")


async def test_an_address_can_be_taken_once(accounts: Accounts) -> None:
    await accounts.register(ALICE, PASSWORD)
    with pytest.raises(AddressTaken) as caught:
        await accounts.register("ALICE@alpha.test", "another password")
    assert caught.value.code == "conflict"
    assert (await accounts.authenticate(ALICE, PASSWORD)).address == ALICE


@pytest.mark.parametrize(
    "address", ["alice@beta.test", "@alpha.test", "al ice@alpha.test", "a/b@alpha.test", "\u202ea@alpha.test", "a" * 65]
)
async def test_addresses_that_cannot_be_given_away_are_refused(accounts: Accounts, address: str) -> None:
    with pytest.raises(InvalidAccount):
        await accounts.register(address if "@" in address else f"{address}@alpha.test", PASSWORD)
    assert await accounts.all() == []


async def test_what_is_no_address_is_refused(accounts: Accounts) -> None:
    with pytest.raises(InvalidName):
        await accounts.register("alice", PASSWORD)


@pytest.mark.parametrize("password", ["", "seven77", "x" * 1025, "ü" * 513, "half \ud800 a character"])
async def test_passwords_that_break_a_rule_are_refused(accounts: Accounts, password: str) -> None:
    with pytest.raises(UnacceptablePassword):
        await accounts.register(ALICE, password)
    await accounts.register(ALICE, PASSWORD)
    with pytest.raises(InvalidCredentials):
        await accounts.authenticate(ALICE, password)
    with pytest.raises(UnacceptablePassword):
        await accounts.change_password(ALICE, password)


async def test_a_password_is_the_same_on_every_keyboard(accounts: Accounts) -> None:
    await accounts.register(ALICE, "Zoe\u0308s Passwort")
    assert (await accounts.authenticate(ALICE, "Zo\u00ebs Passwort")).address == ALICE


async def test_a_hash_is_made_anew_when_the_parameters_have_changed(store: Store, clock: Clock) -> None:
    await Accounts(store, domain="alpha.test", clock=clock, passwords=Passwords(CHEAP)).register(ALICE, PASSWORD)
    dearer = PasswordHasher(time_cost=2, memory_cost=128, parallelism=1)
    later = Accounts(store, domain="alpha.test", clock=clock, passwords=Passwords(dearer))
    await later.authenticate(ALICE, PASSWORD)
    async with store.reading() as connection:
        stored = (await connection.execute(select(accounts_table.c.password_hash))).scalar_one()
    assert stored.startswith("$argon2id$v=19$m=128,t=2,p=1$")
    assert (await later.authenticate(ALICE, PASSWORD)).address == ALICE


@pytest.mark.parametrize(
    ("cost", "parameters"),
    [("standard", "m=65536,t=3,p=4"), ("small", "m=19456,t=2,p=1")],  # RFC 9106, section 4; OWASP's least
)
async def test_hashes_cost_what_is_configured(cost: PasswordCost, parameters: str) -> None:
    passwords = Passwords.costing(cost)
    stored = await passwords.hashed(PASSWORD)
    assert stored.startswith(f"$argon2id$v=19${parameters}$")
    assert not passwords.is_outdated(stored)
    assert await passwords.matches(PASSWORD, stored)


async def test_a_new_password_replaces_the_old_one_and_ends_the_other_sessions(accounts: Accounts) -> None:
    await accounts.register(ALICE, PASSWORD)
    kept, ended = await accounts.create_session(ALICE, "here"), await accounts.create_session(ALICE, "there")
    token = await accounts.create_token(ALICE, "a script", ["waves:read"])
    await accounts.change_password(ALICE, "another password", keep_session=kept)
    with pytest.raises(InvalidCredentials):
        await accounts.authenticate(ALICE, PASSWORD)
    assert (await accounts.authenticate(ALICE, "another password")).address == ALICE
    assert await accounts.session(kept) is not None
    assert await accounts.session(ended) is None
    assert await accounts.token(token) is not None


async def test_a_session_stands_for_its_account_until_it_ends(accounts: Accounts) -> None:
    await accounts.register(ALICE, PASSWORD)
    secret = await accounts.create_session(ALICE, "a browser")
    account = await accounts.session(secret)
    assert account is not None
    assert (account.address, account.scopes) == (ALICE, None)
    await accounts.end_session(secret)
    assert await accounts.session(secret) is None
    await accounts.end_session(secret)


async def test_secrets_are_not_in_the_database(accounts: Accounts, store: Store) -> None:
    await accounts.register(ALICE, PASSWORD)
    secrets = [await accounts.create_session(ALICE, ""), await accounts.create_token(ALICE, "x", [])]
    rows = []
    async with store.reading() as connection:
        for table in ("accounts", "sessions", "tokens"):
            rows += [tuple(row) for row in await connection.execute(text(f"SELECT * FROM {table}"))]
    for secret in [PASSWORD, *secrets]:
        assert secret not in repr(rows)
        assert len(secret) < 43 or secret.removeprefix("gsw_").encode() not in b"".join(
            value for row in rows for value in row if isinstance(value, bytes)
        )


@pytest.mark.parametrize("secret", ["", "x", "gsw_", "\ud800", "'; DROP TABLE sessions; --"])
async def test_unknown_secrets_are_nobody(accounts: Accounts, secret: str) -> None:
    assert await accounts.session(secret) is None
    assert await accounts.token(secret) is None


async def test_a_session_ends_when_it_was_not_seen_for_long(accounts: Accounts, clock: Clock, store: Store) -> None:
    await accounts.register(ALICE, PASSWORD)
    secret = await accounts.create_session(ALICE, "")
    clock.now += SESSION_LIFETIME - 1
    assert await accounts.session(secret) is not None  # and it is renewed
    clock.now += SESSION_LIFETIME - 1
    assert await accounts.session(secret) is not None
    clock.now += SESSION_LIFETIME
    assert await accounts.session(secret) is None
    assert await accounts.sessions_of(ALICE) == []
    await accounts.create_session(ALICE, "")
    assert await counted(store, sessions) == 1  # the one that expired is cleared away


async def test_being_seen_is_noted_once_an_hour(accounts: Accounts, clock: Clock) -> None:
    await accounts.register(ALICE, PASSWORD)
    secret = await accounts.create_session(ALICE, "")
    clock.now += NOTE_AFTER - 1
    await accounts.session(secret)
    assert (await accounts.sessions_of(ALICE))[0].seen_at == START
    clock.now += 1
    await accounts.session(secret)
    assert (await accounts.sessions_of(ALICE))[0].seen_at == clock.now


async def test_an_account_has_a_limited_number_of_sessions_and_the_idlest_ends(
    accounts: Accounts, clock: Clock
) -> None:
    await accounts.register(ALICE, PASSWORD)
    secrets = [await accounts.create_session(ALICE, f"browser {number}") for number in range(MOST_SESSIONS)]
    clock.now += NOTE_AFTER
    assert await accounts.session(secrets[0]) is not None  # seen just now
    latest = await accounts.create_session(ALICE, "one more")
    assert len(await accounts.sessions_of(ALICE)) == MOST_SESSIONS
    found = [await accounts.session(secret) is not None for secret in (secrets[0], secrets[1], secrets[2], latest)]
    assert found == [True, False, True, True]


async def test_sessions_are_listed_and_ended_one_by_one(accounts: Accounts) -> None:
    await accounts.register(ALICE, PASSWORD)
    await accounts.register("bob@alpha.test", PASSWORD)
    here, there = await accounts.create_session(ALICE, "here\x00\ud800"), await accounts.create_session(ALICE, "there")
    listed = await accounts.sessions_of(ALICE)
    assert [session.user_agent for session in listed] == ["here?", "there"]
    with pytest.raises(NotFound):
        await accounts.end_session_of("bob@alpha.test", listed[0].id)
    await accounts.end_session_of(ALICE, listed[0].id)
    assert await accounts.session(here) is None
    assert await accounts.session(there) is not None


async def test_a_token_carries_its_scopes_until_it_is_revoked(accounts: Accounts, clock: Clock) -> None:
    await accounts.register(ALICE, PASSWORD)
    secret = await accounts.create_token(ALICE, " a script ", ["waves:write", "waves:read", "waves:read"])
    assert secret.startswith("gsw_")
    assert (await accounts.tokens_of(ALICE))[0].used_at is None
    clock.now += 5
    account = await accounts.token(secret)
    assert account is not None
    assert (account.address, account.scopes) == (ALICE, frozenset({"waves:read", "waves:write"}))
    (listed,) = await accounts.tokens_of(ALICE)
    assert (listed.label, listed.scopes) == ("a script", frozenset({"waves:read", "waves:write"}))
    assert (listed.created_at, listed.used_at) == (START, START + 5)
    assert await accounts.session(secret) is None
    await accounts.revoke(ALICE, listed.id)
    assert await accounts.token(secret) is None
    with pytest.raises(NotFound):
        await accounts.revoke(ALICE, listed.id)


@pytest.mark.parametrize(
    ("label", "scopes"), [("", []), (" ", []), ("x" * 101, []), ("\x00", []), ("x", ["A"]), ("x", ["a b"]), ("x", [""])]
)
async def test_labels_and_scopes_that_cannot_be_used_are_refused(
    accounts: Accounts, store: Store, label: str, scopes: list[str]
) -> None:
    await accounts.register(ALICE, PASSWORD)
    with pytest.raises(InvalidAccount):
        await accounts.create_token(ALICE, label, scopes)
    assert await counted(store, tokens) == 0


async def test_disabling_an_account_ends_everything_at_once(accounts: Accounts) -> None:
    await accounts.register(ALICE, PASSWORD)
    session, token = await accounts.create_session(ALICE, ""), await accounts.create_token(ALICE, "x", [])
    await accounts.disable(ALICE)
    assert await accounts.session(session) is None
    assert await accounts.token(token) is None
    assert (await accounts.get(ALICE)).disabled_at == START
    with pytest.raises(AccountDisabled):
        await accounts.authenticate(ALICE, PASSWORD)
    with pytest.raises(InvalidCredentials):
        await accounts.authenticate(ALICE, PASSWORD + "!")
    for attempt in (accounts.create_session(ALICE, ""), accounts.create_token(ALICE, "x", [])):
        with pytest.raises(AccountDisabled):
            await attempt
    await accounts.enable(ALICE)
    assert await accounts.session(session) is None
    assert (await accounts.authenticate(ALICE, PASSWORD)).disabled_at is None


async def test_accounts_that_are_not_there_are_named(accounts: Accounts) -> None:
    for attempt in (
        accounts.get(ALICE),
        accounts.change_password(ALICE, PASSWORD),
        accounts.disable(ALICE),
        accounts.enable(ALICE),
        accounts.create_session(ALICE, ""),
        accounts.create_token(ALICE, "x", []),
        accounts.sessions_of(ALICE),
        accounts.tokens_of(ALICE),
        accounts.revoke(ALICE, 1),
    ):
        with pytest.raises(NoSuchAccount, match="there is no account"):
            await attempt
