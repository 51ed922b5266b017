"""``/api/v1/session``: sign in, look who is signed in, sign out."""

from __future__ import annotations

from typing import Annotated

import msgspec
from aiohttp import web

from wave_server.errors import InvalidRequest
from wave_server.names import WaveAddress
from wave_web.api import ApiRoutes, Call
from wave_web.authentication import SECURE_SESSION_COOKIE, SESSION_COOKIE, CredentialKind
from wave_web.errors import Throttled
from wave_web.rate_limits import BucketTable
from wave_web.requests import ACCOUNTS, SETTINGS, SIGN_INS_BY_ADDRESS, SIGN_INS_BY_PEER, SOCKETS, now, peer_of
from wave_web.settings import WebSettings

routes = ApiRoutes("sessions")

AddressText = Annotated[str, msgspec.Meta(min_length=1, max_length=1300, examples=["alice@example.com"])]
PasswordText = Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]


class SignIn(msgspec.Struct, forbid_unknown_fields=True):
    """An address and its password. An address without a domain is a user of this server's."""

    address: AddressText
    password: PasswordText


class Session(msgspec.Struct):
    """Who is signed in."""

    address: str


@routes.route(
    "POST", "/session", summary="Sign in", public=True, errors=("unauthenticated", "wrong-origin", "forbidden")
)
async def sign_in(call: Call[None, SignIn]) -> Session:
    """Begins a session and sets its cookie. A wrong password and an unknown address read the same."""
    asked, app = call.body, call.request.app
    address = own_address(asked.address, app[SETTINGS])
    limit_attempts(app[SIGN_INS_BY_PEER], peer_of(call.request), "sign in")
    limit_attempts(app[SIGN_INS_BY_ADDRESS], str(address), "sign in")
    account = await app[ACCOUNTS].authenticate(address, asked.password)
    await begin_session(call.request, call.response, account.address)
    return Session(str(account.address))


@routes.route("GET", "/session", summary="Who is signed in")
async def show_session(call: Call[None, None]) -> Session:
    """Tells who the cookie or token stands for. The cookie's time to live begins anew."""
    identity, settings = call.identity, call.request.app[SETTINGS]
    if identity.credential.kind is CredentialKind.SESSION:
        set_cookie(call.response, identity.credential.secret, settings)
    return Session(str(call.account))


@routes.route("DELETE", "/session", summary="Sign out")
async def sign_out(call: Call[None, None]) -> None:
    """Ends the session; its WebSocket connections are closed with 4401."""
    app, credential = call.request.app, call.identity.credential
    if credential.kind is not CredentialKind.SESSION:
        raise InvalidRequest("a token is not a session: revoke it with `groundswell token revoke`")
    await app[ACCOUNTS].end_session(credential.secret)
    app[SOCKETS].end_credential(credential)
    forget_cookie(call.response, app[SETTINGS])


async def begin_session(request: web.Request, response: web.Response, address: WaveAddress) -> None:
    """Begin a session of somebody who has been authenticated; ``response`` will set its cookie."""
    user_agent = request.headers.get("User-Agent", "")[:500]
    secret = await request.app[ACCOUNTS].create_session(address, user_agent)
    set_cookie(response, secret, request.app[SETTINGS])


def set_cookie(response: web.Response, secret: str, settings: WebSettings) -> None:
    """Let the browser keep a session's secret for as long as an unused session lasts."""
    response.set_cookie(
        _cookie_name(settings),
        secret,
        max_age=settings.session_lifetime,
        path="/",
        secure=settings.secure,
        httponly=True,
        samesite="Lax",
    )


def forget_cookie(response: web.Response, settings: WebSettings) -> None:
    """Let the browser forget the session's secret."""
    response.del_cookie(_cookie_name(settings), path="/", secure=settings.secure, httponly=True, samesite="Lax")


def own_address(text: str, settings: WebSettings) -> WaveAddress:
    """The address; one without a domain is a user of this server's. Raises InvalidName."""
    return WaveAddress.parse(text if "@" in text else f"{text}@{settings.domain}")


def limit_attempts(table: BucketTable[str], key: str, what: str) -> None:
    """Raise Throttled when ``key`` has attempted ``what`` too often."""
    wait = table.take(key, 1, now())
    if wait:
        raise Throttled(f"too many attempts to {what}: wait {wait:.0f} s", wait)


def _cookie_name(settings: WebSettings) -> str:
    return SECURE_SESSION_COOKIE if settings.secure else SESSION_COOKIE
