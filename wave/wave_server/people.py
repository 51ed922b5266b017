"""Whom to suggest while somebody types a name: people with whom they share waves, and accounts by exact address.

The accounts of a domain are not listed for anybody, and cannot be found by trying beginnings of names.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple, Protocol, final

from wave_server.accounts import Account, NoSuchAccount
from wave_server.inbox import Inbox
from wave_server.names import InvalidName, WaveAddress
from wave_server.profiles import Profile
from wave_server.search_text import words

MOST_KNOWN: Final = 1_000  # people who are looked through


class Person(NamedTuple):
    """Somebody to suggest. ``name`` is None when they have not given any."""

    address: str
    name: str | None


class AccountsPort(Protocol):
    """What suggestions ask of the accounts."""

    async def get(self, address: WaveAddress) -> Account:
        """The account with that address. Raises NoSuchAccount."""


class ProfilesPort(Protocol):
    """What suggestions ask of the profiles."""

    async def find(self, addresses: Iterable[WaveAddress]) -> list[Profile]:
        """The profiles of these addresses, in their order."""


@final
class People:
    """Suggestions for one domain's users."""

    def __init__(self, inbox: Inbox, accounts: AccountsPort, profiles: ProfilesPort) -> None:
        self._inbox: Final = inbox
        self._accounts: Final = accounts
        self._profiles: Final = profiles

    async def suggest(self, address: WaveAddress, query: str, limit: int) -> list[Person]:
        """At most ``limit`` people of whom a word of the name or the address begins with what was typed.

        Without anything typed: those of the latest waves. Raises Unavailable.
        """
        known = (await self._inbox.people(address))[:MOST_KNOWN]
        exact = await self._exact(query, address)
        if exact is not None and exact not in (*known, address):
            known = [exact, *known]
        profiles = await self._profiles.find(known)
        found = (each for each in profiles if each.address == str(exact) or _matches(each, query))
        return [Person(each.address, each.name) for each, _ in zip(found, range(limit), strict=False)]

    async def _exact(self, query: str, asking: WaveAddress) -> WaveAddress | None:
        """The account that is typed out, with or without the domain."""
        text = query.strip()
        try:
            address = WaveAddress.parse(text if "@" in text else f"{text}@{asking.domain}")
            account = await self._accounts.get(address)
        except (InvalidName, NoSuchAccount):
            return None
        return account.address if account.disabled_at is None else None


def _matches(person: Profile, query: str) -> bool:
    """Whether the address begins with what was typed, or each word of it a word of the name or the address's name."""
    if person.address.startswith(query.strip().lower()):
        return True
    theirs = [*words(person.name or ""), *words(person.address.partition("@")[0])]
    wanted = words(query)
    return bool(wanted) and all(any(word.startswith(each) for word in theirs) for each in wanted)
