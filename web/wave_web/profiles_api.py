"""``/api/v1/profiles``, ``/avatars`` and the avatar of one's own account: what people show each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Final, Protocol

import msgspec
from aiohttp import StreamReader, web

from wave_server.errors import NotFound
from wave_server.names import InvalidName, WaveAddress
from wave_web.api import PREFIX, ApiRoutes, Call
from wave_web.authentication import ACCOUNT_SCOPE, READ_SCOPE
from wave_web.requests import UPLOADS
from wave_web.sessions import limit_attempts
from wave_web.uploads import whole

routes = ApiRoutes("profiles")

AVATAR_BYTES: Final = 10_000_000  # of the picture that somebody uploads; what is kept of it is a few thousand
KEEP_FOR_GOOD: Final = "private, max-age=31536000, immutable"  # the address changes with the bytes
IMAGE_TYPES: Final = ("image/png", "image/jpeg", "image/gif", "image/webp")

Hash = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class ShownProfile(Protocol):
    """What somebody shows."""

    @property
    def address(self) -> str:
        """Whose it is."""

    @property
    def name(self) -> str | None:
        """The name to show."""

    @property
    def avatar(self) -> bytes | None:
        """The hash of the picture."""


class ProfilesPort(Protocol):
    """What this module asks of the core; ``wave_server.profiles.Profiles`` is it."""

    async def find(self, addresses: Iterable[WaveAddress]) -> Sequence[ShownProfile]:
        """The profiles of these addresses."""

    async def set_name(self, address: WaveAddress, name: str | None) -> None:
        """Set or take away the name."""

    async def set_avatar(self, address: WaveAddress, data: bytes) -> bytes:
        """Make a picture; its hash."""

    async def remove_avatar(self, address: WaveAddress) -> None:
        """Take away the picture."""

    async def avatar(self, content: bytes) -> Path:
        """Where a picture's bytes are. Raises NotFound."""


PROFILES: Final = web.AppKey("profiles", ProfilesPort)


class Addresses(msgspec.Struct, forbid_unknown_fields=True):
    """Whose profiles are asked for."""

    address: Annotated[list[Annotated[str, msgspec.Meta(max_length=1300)]], msgspec.Meta(min_length=1, max_length=100)]


class Profile(msgspec.Struct):
    """What somebody shows of themselves. An address without an account on this server has no name and no avatar."""

    address: str
    name: str | None
    avatar: Annotated[str | None, msgspec.Meta(description="Where the picture is: a path, which changes with it.")]


class ProfileList(msgspec.Struct):
    """Profiles, in the order asked for, each once."""

    profiles: list[Profile]


class Avatar(msgspec.Struct):
    """Where one's picture is."""

    avatar: str


class AvatarPath(msgspec.Struct):
    """Which picture."""

    hash: Hash


@routes.route("GET", "/profiles", summary="Names and pictures", scope=READ_SCOPE, revalidated=True)
async def list_profiles(call: Call[Addresses, None]) -> ProfileList:
    """Of up to 100 addresses; repeat `address`. Addresses of other servers are answered too, without a name."""
    wanted = [address for text in call.query.address if (address := _address(text)) is not None]
    return ProfileList([shown(profile) for profile in await call.port(PROFILES).find(wanted)])


@routes.route(
    "GET", "/avatars/{hash}", summary="A picture", scope=READ_SCOPE, errors=("not-found",), produces=("image/webp",),
    also=((206, "A range of it."), (304, "It has not changed."), (416, "There is no such range.")),
)  # fmt: skip
async def show_avatar(call: Call[None, None, AvatarPath]) -> web.StreamResponse:
    """A square WebP picture of 256 pixels, for whoever is signed in."""
    path = await call.port(PROFILES).avatar(bytes.fromhex(call.path.hash))
    if not path.is_file():  # the data directory is not the one that the database belongs to
        raise NotFound("the picture is not on this server's disk")
    return web.FileResponse(path, headers={"Content-Type": "image/webp", "Cache-Control": KEEP_FOR_GOOD})


@routes.route(
    "PUT", "/account/avatar", summary="Set one's picture", scope=ACCOUNT_SCOPE, errors=("timeout",), accepts=IMAGE_TYPES
)
async def set_avatar(call: Call[None, StreamReader]) -> Avatar:
    """The body is a PNG, JPEG, GIF or WebP picture; its middle square is kept, without metadata."""
    limit_attempts(call.request.app[UPLOADS], str(call.account), "upload")
    data = await whole(call.request, AVATAR_BYTES)
    return Avatar(avatar_url(await call.port(PROFILES).set_avatar(call.account, data)))


@routes.route("DELETE", "/account/avatar", summary="Take one's picture away", scope=ACCOUNT_SCOPE)
async def remove_avatar(call: Call[None, None]) -> None:
    """Others see initials instead."""
    await call.port(PROFILES).remove_avatar(call.account)


def shown(profile: ShownProfile) -> Profile:
    """A profile as it is answered."""
    return Profile(profile.address, profile.name, None if profile.avatar is None else avatar_url(profile.avatar))


def avatar_url(content: bytes) -> str:
    """The address of a picture."""
    return f"{PREFIX}/avatars/{content.hex()}"


def _address(text: str) -> WaveAddress | None:
    """The address, None when nobody can have it: history may hold such participants, and they have no profile."""
    try:
        return WaveAddress.parse(text)
    except InvalidName:
        return None
