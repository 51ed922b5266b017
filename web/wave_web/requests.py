"""What every handler needs of the application: its parts, by typed keys, and who sends a request."""

from __future__ import annotations

import asyncio
from typing import Final, Protocol

from aiohttp import web

from wave_server.names import WaveAddress
from wave_web.authentication import (
    Account,
    Credential,
    Credentials,
    bearer_credential,
    check_origin,
    identify,
    session_credential,
)
from wave_web.errors import Unauthenticated
from wave_web.rate_limits import BucketTable
from wave_web.settings import WebSettings
from wave_web.sockets import Sockets


class AccountsPort(Credentials, Protocol):
    """What the web edge asks of the accounts; ``wave_server.accounts.Accounts`` is it."""

    async def authenticate(self, address: WaveAddress, password: str) -> Account:
        """The account with this password. Raises a WaveError when there is none."""

    async def create_session(self, address: WaveAddress, user_agent: str) -> str:
        """Begin a session; its secret."""

    async def end_session(self, secret: str) -> None:
        """End it."""


ACCOUNTS: Final = web.AppKey("accounts", AccountsPort)
SETTINGS: Final = web.AppKey("settings", WebSettings)
SOCKETS: Final = web.AppKey("sockets", Sockets)
REQUESTS: Final = web.AppKey("requests", BucketTable[str])  # by account, and of public routes by peer
UPLOADS: Final = web.AppKey("uploads", BucketTable[str])  # by account
REGISTRATIONS_BY_PEER: Final = web.AppKey("registrations_by_peer", BucketTable[str])
SIGN_INS_BY_ADDRESS: Final = web.AppKey("sign_ins_by_address", BucketTable[str])
SIGN_INS_BY_PEER: Final = web.AppKey("sign_ins_by_peer", BucketTable[str])


def credential_of(request: web.Request) -> Credential:
    """The token, or else the session, that a request carries.

    Raises Unauthenticated when it has neither, and WrongOrigin when another site's page made the browser send it.
    GET and HEAD are let through without an Origin, unless they open a WebSocket: browsers send none with them, and
    they change nothing.
    """
    authorization = request.headers.get("Authorization")
    if authorization is not None:
        return bearer_credential(authorization)
    settings = request.app[SETTINGS]
    credential = session_credential(request.cookies, secure=settings.secure)
    if credential is None:
        raise Unauthenticated("sign in, or send Authorization: Bearer TOKEN")
    origin = request.headers.get("Origin")
    if origin is not None or request.method not in ("GET", "HEAD") or "Upgrade" in request.headers:
        check_origin(origin, request.host, settings.public_url)
    return credential


async def authenticate(request: web.Request) -> tuple[Account, Credential]:
    """Who sends this request. Raises Unauthenticated or WrongOrigin."""
    credential = credential_of(request)
    return await identify(credential, request.app[ACCOUNTS]), credential


def peer_of(request: web.Request) -> str:
    """The address that a request comes from, for rate limits only; it is written nowhere."""
    transport = request.transport
    peer = None if transport is None else transport.get_extra_info("peername")
    return str(peer[0]) if isinstance(peer, tuple) else ""


def now() -> float:
    """Seconds on the running loop's clock."""
    return asyncio.get_running_loop().time()
