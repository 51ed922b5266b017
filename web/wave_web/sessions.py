"""``/api/v1/session``: sign in, look who is signed in, sign out."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from aiohttp import web

from wave_server.errors import InvalidRequest
from wave_server.names import WaveAddress
from wave_web.authentication import SECURE_SESSION_COOKIE, SESSION_COOKIE, CredentialKind, check_origin
from wave_web.errors import Throttled
from wave_web.rate_limits import BucketTable
from wave_web.requests import (
    ACCOUNTS,
    SETTINGS,
    SIGN_INS_BY_ADDRESS,
    SIGN_INS_BY_PEER,
    SOCKETS,
    authenticate,
    now,
    peer_of,
)

routes = web.RouteTableDef()


class SignIn(msgspec.Struct, forbid_unknown_fields=True):
    """The body of a sign-in. An address without a domain is a user of this server's."""

    address: Annotated[str, msgspec.Meta(min_length=1, max_length=1300)]
    password: Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]


class Session(msgspec.Struct):
    """Who is signed in."""

    address: str


_sign_ins: Final = msgspec.json.Decoder(SignIn)
_encoder: Final = msgspec.json.Encoder()


@routes.post("/api/v1/session")
async def sign_in(request: web.Request) -> web.Response:
    """Begin a session: 200 with the address, and the session's cookie. Every failure reads the same."""
    settings, accounts = request.app[SETTINGS], request.app[ACCOUNTS]
    origin = request.headers.get("Origin")
    if origin is not None:  # a page of another site must not sign its visitor in
        check_origin(origin, request.host, settings.public_url)
    asked = _decoded(await request.read())
    text = asked.address if "@" in asked.address else f"{asked.address}@{settings.domain}"
    address = WaveAddress.parse(text)
    _limit(request.app[SIGN_INS_BY_PEER], peer_of(request))
    _limit(request.app[SIGN_INS_BY_ADDRESS], str(address))
    account = await accounts.authenticate(address, asked.password)
    secret = await accounts.create_session(account.address, request.headers.get("User-Agent", "")[:500])
    response = _session(account.address)
    response.set_cookie(
        SECURE_SESSION_COOKIE if settings.secure else SESSION_COOKIE,
        secret,
        max_age=settings.session_lifetime,
        path="/",
        secure=settings.secure,
        httponly=True,
        samesite="Lax",
    )
    return response


@routes.get("/api/v1/session")
async def show_session(request: web.Request) -> web.Response:
    """Who sends this request: 200 with the address."""
    account, _ = await authenticate(request)
    return _session(account.address)


@routes.delete("/api/v1/session")
async def sign_out(request: web.Request) -> web.Response:
    """End the session, and its WebSocket connections: 204."""
    settings = request.app[SETTINGS]
    _, credential = await authenticate(request)
    if credential.kind is not CredentialKind.SESSION:
        raise InvalidRequest("a token is not a session: revoke it with `groundswell token revoke`")
    await request.app[ACCOUNTS].end_session(credential.secret)
    request.app[SOCKETS].end_credential(credential)
    response = web.Response(status=204)
    response.del_cookie(
        SECURE_SESSION_COOKIE if settings.secure else SESSION_COOKIE,
        path="/",
        secure=settings.secure,
        httponly=True,
        samesite="Lax",
    )
    return response


def _decoded(body: bytes) -> SignIn:
    try:
        return _sign_ins.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidRequest(f'send {{"address":…,"password":…}} as JSON: {error}') from error


def _limit(table: BucketTable[str], key: str) -> None:
    wait = table.take(key, 1, now())
    if wait:
        raise Throttled(f"too many attempts to sign in: wait {wait:.0f} s", wait)


def _session(address: WaveAddress) -> web.Response:
    return web.Response(body=_encoder.encode(Session(str(address))), content_type="application/json")
