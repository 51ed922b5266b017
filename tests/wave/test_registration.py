from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from wave_server.accounts import Accounts, AddressTaken, InvalidAccount, InvalidCredentials
from wave_server.attachment_files import AttachmentFiles
from wave_server.attachment_images import ImageWork
from wave_server.errors import InvalidRequest
from wave_server.names import WaveAddress
from wave_server.passwords import Passwords, UnacceptablePassword
from wave_server.profiles import InvalidProfile, Profile, Profiles, clean_name
from wave_server.registration import Registration, RegistrationMode, RegistrationRefused, checked_name
from wave_server.store import Store

PASSWORD = "correct horse"
DAY = 86_400_000


class Clock:
    now = 1_763_800_000_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def accounts(store: Store, clock: Clock) -> Accounts:
    cheap = Passwords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    return Accounts(store, domain="alpha.test", clock=clock, passwords=cheap)


def registration(store: Store, accounts: Accounts, clock: Clock, mode: RegistrationMode) -> Registration:
    return Registration(store, accounts, domain="alpha.test", mode=mode, clock=clock)


async def test_an_open_server_gives_everybody_an_account_with_a_profile(
    store: Store, accounts: Accounts, clock: Clock, profiles: Profiles
) -> None:
    opened = registration(store, accounts, clock, RegistrationMode.OPEN)
    made = await opened.register(" Ada ", PASSWORD, display_name=" Ada  Lovelace 😀 ")
    assert made == await accounts.authenticate("ada@alpha.test", PASSWORD)
    assert await profiles.find([made.address]) == [Profile("ada@alpha.test", "Ada Lovelace 😀", None)]


@pytest.fixture
def profiles(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Profiles:
    return Profiles(store, AttachmentFiles(tmp_path_factory.mktemp("files")), ImageWork())


async def test_who_is_taken_is_told_and_nothing_else_happens(
    store: Store, accounts: Accounts, clock: Clock, profiles: Profiles
) -> None:
    opened = registration(store, accounts, clock, RegistrationMode.OPEN)
    await opened.register("ada", PASSWORD)
    with pytest.raises(AddressTaken, match=r"ada@alpha\.test has an account already"):
        await opened.register("ADA", "another password", display_name="Impostor")
    assert await profiles.find([WaveAddress("ada", "alpha.test")]) == [Profile("ada@alpha.test")]


async def test_a_closed_server_refuses_before_it_looks_at_the_password(
    store: Store, accounts: Accounts, clock: Clock
) -> None:
    closed = registration(store, accounts, clock, RegistrationMode.CLOSED)
    with pytest.raises(RegistrationRefused, match="ask its administrator"):
        await closed.register("ada", "short", invitation="x")
    assert await accounts.all() == []


async def test_an_invitation_makes_as_many_accounts_as_it_has_uses(
    store: Store, accounts: Accounts, clock: Clock
) -> None:
    invited = registration(store, accounts, clock, RegistrationMode.INVITE)
    secret = await invited.invite(uses=2, days=7)
    with pytest.raises(RegistrationRefused, match="needs an invitation"):
        await invited.register("ada", PASSWORD)
    with pytest.raises(RegistrationRefused, match="unknown, used up"):
        await invited.register("ada", PASSWORD, invitation=secret + "x")
    await invited.register("ada", PASSWORD, invitation=secret)
    for refused in (("ada", PASSWORD), ("bob", "short")):  # what fails uses nothing up
        with pytest.raises((AddressTaken, UnacceptablePassword)):
            await invited.register(*refused, invitation=secret)
    await invited.register("bob", PASSWORD, invitation=secret)
    with pytest.raises(RegistrationRefused, match="used up"):
        await invited.register("carol", PASSWORD, invitation=secret)
    with pytest.raises(InvalidCredentials):
        await accounts.authenticate("carol@alpha.test", PASSWORD)


async def test_an_invitation_expires(store: Store, accounts: Accounts, clock: Clock) -> None:
    invited = registration(store, accounts, clock, RegistrationMode.INVITE)
    secret = await invited.invite(uses=1, days=2)
    clock.now += 2 * DAY
    with pytest.raises(RegistrationRefused):
        await invited.register("ada", PASSWORD, invitation=secret)


@pytest.mark.parametrize(("uses", "days"), [(0, 1), (1, 0), (1001, 1), (1, 366), (-1, 1)])
async def test_invitations_have_limits(store: Store, accounts: Accounts, clock: Clock, uses: int, days: int) -> None:
    with pytest.raises(InvalidRequest):
        await registration(store, accounts, clock, RegistrationMode.INVITE).invite(uses, days)


@pytest.mark.parametrize(
    ("name", "words"),
    [("", "choose"), ("ada@alpha.test", "before the @"), ("a" * 65, "too long"), ("ada lovelace", "letters a to z"),
     ("-ada", "only between"), ("аda", "letters a to z"), ("ada😀", "letters a to z"), ("Admin", "reserved")],
)  # fmt: skip
def test_a_name_that_cannot_be_had_says_what_to_change(name: str, words: str) -> None:
    with pytest.raises(InvalidAccount, match=words):
        checked_name(name)


@pytest.mark.parametrize("name", ["Ada Lovelace", "Zoë 𝒜", "李", "👩‍👩‍👧 family", "🇩🇪", "নমস্কার"])
def test_names_of_all_scripts_are_shown(name: str) -> None:
    assert clean_name(f"  {name} ") == name


@pytest.mark.parametrize(
    "name", ["", "  ", "a\u202eb", "a\x00", "tab\there", "a\u200bb", "\u0301", "x" * 65, "half \ud800", "\u2066a"]
)
def test_names_that_mislead_or_show_nothing_are_refused(name: str) -> None:
    with pytest.raises(InvalidProfile):
        clean_name(name)


async def test_profiles_of_others_and_of_nobody_are_empty(accounts: Accounts, profiles: Profiles) -> None:
    await accounts.register("ada@alpha.test", PASSWORD)
    ada = WaveAddress("ada", "alpha.test")
    await profiles.set_name(ada, "Ada")
    asked = [WaveAddress("x", "beta.test"), ada, WaveAddress("nobody", "alpha.test"), ada]
    assert await profiles.find(asked) == [
        Profile("x@beta.test"), Profile("ada@alpha.test", "Ada"), Profile("nobody@alpha.test")
    ]  # fmt: skip
    await profiles.set_name(ada, None)
    assert await profiles.find([ada]) == [Profile("ada@alpha.test")]
