"""Passwords: what is accepted as one, and their argon2id hashes (RFC 9106)."""

from __future__ import annotations

import asyncio
import base64
import secrets
import unicodedata
from typing import Final, Literal, Self, TypeAlias

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from wave_server.errors import InvalidRequest, WaveError

SHORTEST: Final = 8  # characters
LONGEST: Final = 1024  # bytes of UTF-8
HASHES_AT_ONCE: Final = 2  # each takes a core, and the memory below

PasswordCost: TypeAlias = Literal["standard", "small"]
"""What a hash costs, an attacker as well: ``standard`` some 250 ms of a core and 64 MiB, which is RFC 9106's second
recommendation; ``small``, for small machines, 50 ms and 19 MiB, the least that OWASP recommends (Password Storage
Cheat Sheet)."""


class UnacceptablePassword(InvalidRequest):
    """The password breaks a rule; the message says which."""


class DamagedPasswordHash(WaveError):
    """What is stored as a password's hash is none: the database has been changed by hand, or is damaged."""


class Passwords:
    """Hashes and checks passwords in threads, a few at once."""

    def __init__(self, hasher: PasswordHasher | None = None, *, at_once: int = HASHES_AT_ONCE) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turns = asyncio.Semaphore(at_once)
        self._nobodys = _hash_of_nothing(self._hasher)

    @classmethod
    def costing(cls, cost: PasswordCost) -> Self:
        """New hashes cost so much."""
        return cls(PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1) if cost == "small" else None)

    async def hashed(self, password: str) -> str:
        """The hash to store for a new password. Raises UnacceptablePassword."""
        prepared = _prepared(password)
        async with self._turns:
            return await asyncio.to_thread(self._hasher.hash, prepared)

    async def matches(self, password: str, stored: str | None) -> bool:
        """Whether ``stored`` is this password's hash. None, for nobody's, takes as long and is False.

        Raises DamagedPasswordHash when ``stored`` is no argon2 hash.
        """
        try:
            prepared = _prepared(password)
        except UnacceptablePassword:
            return False  # nobody can have it; how long that takes tells nothing about accounts
        async with self._turns:
            found = await asyncio.to_thread(self._verify, stored or self._nobodys, prepared)
        return found and stored is not None

    def is_outdated(self, stored: str) -> bool:
        """Whether the hash was made with other parameters than new ones: make it anew at the next sign-in."""
        return self._hasher.check_needs_rehash(stored)

    def _verify(self, stored: str, password: bytes) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except VerifyMismatchError:
            return False
        except (InvalidHashError, VerificationError) as error:
            raise DamagedPasswordHash("the stored password cannot be read: set a new one") from error


def _prepared(password: str) -> bytes:
    """The bytes to hash: composed characters (RFC 8265 §4.2), so that every keyboard types the same password."""
    try:
        prepared = unicodedata.normalize("NFC", password).encode()
    except UnicodeEncodeError as error:
        raise UnacceptablePassword("the password holds half a character: type it anew") from error
    if len(password) < SHORTEST:
        raise UnacceptablePassword(f"the password is too short: use {SHORTEST} characters or more")
    if len(prepared) > LONGEST:
        raise UnacceptablePassword(f"the password is too long: use at most {LONGEST} bytes")
    return prepared


def _hash_of_nothing(hasher: PasswordHasher) -> str:
    """A hash that no password has, as dear to check as a real one: an unknown user must not be told by the time."""

    def encoded(size: int) -> str:
        return base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=")

    parameters = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v=19${parameters}${encoded(hasher.salt_len)}${encoded(hasher.hash_len)}"
