"""Profiles: the name and the picture that people show each other beside their addresses."""

from __future__ import annotations

import asyncio
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, final

from sqlalchemy.ext.asyncio import AsyncConnection

from wave_server.accounts import NoSuchAccount
from wave_server.addresses import WaveAddress
from wave_server.attachment_files import AttachmentFiles
from wave_server.attachment_images import ImageWork, avatar
from wave_server.errors import InvalidRequest, NotFound
from wave_server.store import Store, account_rows, profile_rows

LONGEST_NAME: Final = 64  # characters

_CONTROLS: Final = frozenset({"Cc", "Cs", "Zl", "Zp", "Cn", "Co"})
# What turns the direction of the text around a name, or hides in it. The joiners of scripts and emoji stay.
_HIDDEN: Final = re.compile(r"[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")
_INVISIBLE: Final = frozenset({"Cf", "Zs", "Mn", "Me"})


class InvalidProfile(InvalidRequest):
    """The name cannot be shown; the message says why."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What somebody shows. An address without an account here shows nothing."""

    address: str
    name: str | None = None
    avatar: bytes | None = None  # the content hash of a picture


@final
class Profiles:
    """The profiles of this server's accounts. Every method raises StoreUnavailable when the database fails."""

    def __init__(self, store: Store, files: AttachmentFiles, work: ImageWork) -> None:
        self._store: Final = store
        self._files: Final = files
        self._work: Final = work

    async def find(self, addresses: Iterable[WaveAddress]) -> list[Profile]:
        """The profiles of these addresses, in their order, each once."""
        wanted = list(dict.fromkeys(str(address) for address in addresses if address.is_valid))
        async with self._store.reading() as connection:
            found = {row.address: row for row in await profile_rows.find_profiles(connection, wanted)}
        return [Profile(*found.get(address, (address, None, None))) for address in wanted]

    async def set_name(self, address: WaveAddress, name: str | None) -> None:
        """Set or, with None, take away the name. Raises InvalidProfile or NoSuchAccount."""
        shown = None if name is None else clean_name(name)
        async with self._store.writing() as connection:
            await profile_rows.set_name(connection, await _account(connection, address), shown)

    async def set_avatar(self, address: WaveAddress, data: bytes) -> bytes:
        """Make a picture from an uploaded one; its content hash. Raises UnreadableImage, TooLarge, NoSuchAccount.

        The picture before it stays on disk until files are swept: somebody may be fetching it.
        """
        picture = await self._work.do(avatar, data)
        content = await asyncio.to_thread(self._files.put, picture.data)
        async with self._store.writing() as connection:
            await profile_rows.set_avatar(connection, await _account(connection, address), content)
        return content

    async def remove_avatar(self, address: WaveAddress) -> None:
        """Take away the picture. Raises NoSuchAccount."""
        async with self._store.writing() as connection:
            await profile_rows.set_avatar(connection, await _account(connection, address), None)

    async def avatar(self, content: bytes) -> Path:
        """Where the picture with that hash is. Raises NotFound unless it is somebody's picture now."""
        async with self._store.reading() as connection:
            if not await profile_rows.is_avatar(connection, content):
                raise NotFound("nobody has this picture any more")
        return self._files.path(content)


def clean_name(name: str) -> str:
    """A name to show, composed and without needless spaces. Raises InvalidProfile."""
    if _HIDDEN.search(name) or any(unicodedata.category(letter) in _CONTROLS for letter in name):
        raise InvalidProfile("the name holds a character that cannot be seen or that turns text around: remove it")
    shown = " ".join(unicodedata.normalize("NFC", name).split())
    if len(shown) > LONGEST_NAME:
        raise InvalidProfile(f"the name is too long: use at most {LONGEST_NAME} characters")
    if all(unicodedata.category(letter) in _INVISIBLE for letter in shown):
        raise InvalidProfile("the name has nothing to show: write one, or take it away")
    return shown


async def _account(connection: AsyncConnection, address: WaveAddress) -> int:
    row = await account_rows.find_account(connection, str(address))
    if row is None:
        raise NoSuchAccount(f"there is no account {address}")
    return row.id
