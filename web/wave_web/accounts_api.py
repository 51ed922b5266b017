"""``/api/v1/server``, ``/accounts`` and ``/account``: registering, and what one does with one's own account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal, Protocol

import msgspec
from aiohttp import web

from wave_server.errors import Forbidden, WaveError
from wave_server.names import WaveAddress
from wave_web.api import ApiRoutes, Call
from wave_web.authentication import ACCOUNT_SCOPE, Account, CredentialKind
from wave_web.errors import Unauthenticated
from wave_web.profiles_api import ProfilesPort, shown
from wave_web.requests import (
    ACCOUNTS,
    REGISTRATIONS_BY_PEER,
    SETTINGS,
    SIGN_INS_BY_ADDRESS,
    SOCKETS,
    peer_of,
)
from wave_web.sessions import PasswordText, Session, begin_session, forget_cookie, limit_attempts

routes = ApiRoutes("accounts")


class DatedAccount(Account, Protocol):
    """An account and since when it has been one."""

    @property
    def created_at(self) -> int:
        """ms since 1970."""


class OpenSession(Protocol):
    """A session, without its secret."""

    @property
    def id(self) -> int:
        """What it is ended by."""

    @property
    def user_agent(self) -> str:
        """The program that signed in, as it called itself."""

    @property
    def created_at(self) -> int:
        """ms since 1970."""

    @property
    def seen_at(self) -> int:
        """ms since 1970, up to an hour too early."""


class AccountKeeper(Protocol):
    """The accounts; ``wave_server.accounts.Accounts`` is it."""

    async def get(self, address: WaveAddress) -> DatedAccount:
        """The account with that address."""

    async def change_password(self, address: WaveAddress, password: str, *, keep_session: str | None) -> None:
        """Set the password and end all other sessions."""

    async def sessions_of(self, address: WaveAddress) -> Sequence[OpenSession]:
        """The account's sessions."""

    async def session_number(self, secret: str) -> int | None:
        """The id of a session."""

    async def end_session_of(self, address: WaveAddress, session: int) -> None:
        """End one of the account's sessions. Raises NotFound."""


class RegistrationPort(Protocol):
    """How accounts are made; ``wave_server.registration.Registration`` is it."""

    async def register(self, name: str, password: str, *, display_name: str | None, invitation: str | None) -> Account:
        """Make an account."""


Registration = Literal["open", "invite", "closed"]


@dataclass(frozen=True, slots=True)
class AccountServices:
    """What these routes ask of the core."""

    accounts: AccountKeeper
    registration: RegistrationPort
    registration_mode: Registration
    profiles: ProfilesPort


SERVICES: Final = web.AppKey("account_services", AccountServices)


class ServerFacts(msgspec.Struct):
    """What a program should know before it signs anybody in."""

    domain: Annotated[str, msgspec.Meta(description="Addresses of this server's users end with it.")]
    registration: Annotated[Registration, msgspec.Meta(description="Who may make an account.")]
    attachment_bytes: Annotated[int, msgspec.Meta(description="How large an attachment may be.")]


class NewAccount(msgspec.Struct, forbid_unknown_fields=True):
    """An account that somebody wants."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200, description="What comes before the @.")]
    password: PasswordText
    display_name: Annotated[str, msgspec.Meta(max_length=1000)] | None = None
    invitation: Annotated[str, msgspec.Meta(max_length=200)] | None = None


class OwnAccount(msgspec.Struct):
    """One's own account."""

    address: str
    name: str | None
    avatar: str | None
    created: int


class AccountChange(msgspec.Struct, forbid_unknown_fields=True):
    """What is to change; null takes away, what is left out stays."""

    name: Annotated[str, msgspec.Meta(max_length=1000)] | msgspec.UnsetType | None = msgspec.UNSET


class PasswordChange(msgspec.Struct, forbid_unknown_fields=True):
    """The password as it is and as it is to be."""

    current: PasswordText
    new: PasswordText


class SessionFacts(msgspec.Struct):
    """A session, without its secret. No network address is kept of it."""

    id: int
    user_agent: str
    created: int
    seen: Annotated[int, msgspec.Meta(description="Up to an hour too early.")]
    current: Annotated[bool, msgspec.Meta(description="Whether this request is of it.")]


class SessionList(msgspec.Struct):
    """One's sessions, oldest first."""

    sessions: list[SessionFacts]


class SessionPath(msgspec.Struct):
    """Which session."""

    id: Annotated[int, msgspec.Meta(ge=0, le=2**53)]


@routes.route("GET", "/server", summary="What this server is", public=True)
async def show_server(call: Call[None, None]) -> ServerFacts:
    """For the page that signs in, before anybody has."""
    settings = call.request.app[SETTINGS]
    return ServerFacts(settings.domain, call.port(SERVICES).registration_mode, settings.attachment_bytes)


@routes.route("POST", "/accounts", summary="Register", public=True, status=201, errors=("forbidden", "conflict"))
async def register(call: Call[None, NewAccount]) -> Session:
    """Makes an account and signs it in: a session's cookie is set. `conflict`: the name is taken."""
    limit_attempts(call.request.app[REGISTRATIONS_BY_PEER], peer_of(call.request), "register")
    wanted = call.body
    account = await call.port(SERVICES).registration.register(
        wanted.name, wanted.password, display_name=wanted.display_name or None, invitation=wanted.invitation
    )
    await begin_session(call.request, call.response, account.address)
    return Session(str(account.address))


@routes.route("GET", "/account", summary="One's account")
async def show_account(call: Call[None, None]) -> OwnAccount:
    """The account that the request is made with."""
    return await _own_account(call.port(SERVICES), call.account)


@routes.route("PATCH", "/account", summary="Change one's name", scope=ACCOUNT_SCOPE)
async def change_account(call: Call[None, AccountChange]) -> OwnAccount:
    """Answers with the account as it is then."""
    if call.body.name is not msgspec.UNSET:
        await call.port(SERVICES).profiles.set_name(call.account, call.body.name)
    return await _own_account(call.port(SERVICES), call.account)


@routes.route("PUT", "/account/password", summary="Change one's password", scope=ACCOUNT_SCOPE, errors=("forbidden",))
async def change_password(call: Call[None, PasswordChange]) -> None:
    """Ends all other sessions and their WebSockets; tokens stay. `forbidden`: the current password is wrong."""
    app, credential = call.request.app, call.identity.credential
    limit_attempts(app[SIGN_INS_BY_ADDRESS], str(call.account), "give the password")
    try:
        await app[ACCOUNTS].authenticate(call.account, call.body.current)
    except WaveError as error:
        if error.code != Unauthenticated.code:
            raise
        raise Forbidden("the current password is wrong") from error  # who asks is signed in, and stays so
    kept = credential.secret if credential.kind is CredentialKind.SESSION else None
    await call.port(SERVICES).accounts.change_password(call.account, call.body.new, keep_session=kept)
    await app[SOCKETS].check_credentials(call.account)


@routes.route("GET", "/account/sessions", summary="One's sessions", scope=ACCOUNT_SCOPE)
async def list_sessions(call: Call[None, None]) -> SessionList:
    """Where one is signed in."""
    accounts, credential = call.port(SERVICES).accounts, call.identity.credential
    current = await accounts.session_number(credential.secret) if credential.kind is CredentialKind.SESSION else None
    return SessionList(
        [
            SessionFacts(found.id, found.user_agent, found.created_at, found.seen_at, found.id == current)
            for found in await accounts.sessions_of(call.account)
        ]
    )


@routes.route("DELETE", "/account/sessions/{id}", summary="End a session", scope=ACCOUNT_SCOPE, errors=("not-found",))
async def end_session(call: Call[None, None, SessionPath]) -> None:
    """Signs out there; its WebSockets are closed with 4401."""
    app, accounts, credential = call.request.app, call.port(SERVICES).accounts, call.identity.credential
    is_session = credential.kind is CredentialKind.SESSION
    own = is_session and await accounts.session_number(credential.secret) == call.path.id
    await accounts.end_session_of(call.account, call.path.id)
    await app[SOCKETS].check_credentials(call.account)
    if own:
        forget_cookie(call.response, app[SETTINGS])


async def _own_account(services: AccountServices, address: WaveAddress) -> OwnAccount:
    account = await services.accounts.get(address)
    (profile,) = [shown(found) for found in await services.profiles.find([address])]
    return OwnAccount(profile.address, profile.name, profile.avatar, account.created_at)
