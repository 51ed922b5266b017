"""Who sends a request: a session cookie with the right origin, or a bearer token. Decisions only; no I/O of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol
from urllib.parse import urlsplit

from wave_server.names import WaveAddress
from wave_web.errors import Unauthenticated, WrongOrigin

SESSION_COOKIE: Final = "groundswell_session"
SECURE_SESSION_COOKIE: Final = "__Host-groundswell_session"
"""Over https: the prefix makes browsers refuse the cookie from any other host or path."""

READ_SCOPE: Final = "waves:read"
WRITE_SCOPE: Final = "waves:write"
ACCOUNT_SCOPE: Final = "account"
"""To change the account itself: name, picture, password, sessions."""

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class CredentialKind(Enum):
    """How somebody proves who they are."""

    SESSION = "session"
    TOKEN = "token"  # noqa: S105 - the name of a kind


@dataclass(frozen=True, slots=True)
class Credential:
    """A secret that a request carries."""

    kind: CredentialKind
    secret: str

    def __repr__(self) -> str:
        return f"Credential({self.kind.value}, …)"  # secrets stay out of logs


class Account(Protocol):
    """What the web edge needs to know of an account."""

    @property
    def address(self) -> WaveAddress:
        """The account's wave address."""

    @property
    def scopes(self) -> frozenset[str] | None:
        """What a token is for; None for sessions, which are for everything."""


class Credentials(Protocol):
    """Where secrets are looked up; ``wave_server.accounts.Accounts`` is it."""

    async def session(self, secret: str) -> Account | None:
        """The account of a session that is valid now."""

    async def token(self, secret: str) -> Account | None:
        """The account of a token that is valid now."""


def bearer_credential(authorization: str) -> Credential:
    """The token in an Authorization header. Raises Unauthenticated when it is of another scheme, or malformed."""
    scheme, _, secret = authorization.partition(" ")
    secret = secret.strip()
    if scheme.lower() != "bearer" or not secret:
        raise Unauthenticated("write Authorization: Bearer TOKEN")
    return Credential(CredentialKind.TOKEN, secret)


def session_credential(cookies: Mapping[str, str], *, secure: bool) -> Credential | None:
    """The session in the cookies, if there is one."""
    secret = cookies.get(SECURE_SESSION_COOKIE if secure else SESSION_COOKIE)
    return Credential(CredentialKind.SESSION, secret) if secret else None


def check_origin(origin: str | None, host: str, public_url: str) -> None:
    """Raise WrongOrigin unless ``origin`` is this server: ``public_url``, or, without one, the Host asked for.

    Browsers send an Origin with every WebSocket handshake and every request that changes something; a page of
    another site could otherwise use the cookie of whoever looks at it. RFC 6454; RFC 6455 section 10.2.
    """
    if origin is None:
        raise WrongOrigin("a request with a session cookie needs an Origin header")
    expected = _origin(public_url) if public_url else None
    found = _origin(origin)
    if found is None or (found != expected if public_url else found[1:] != _host_and_port(host, found[0])):
        raise WrongOrigin(f"requests from {origin[:100]} are not accepted here")


async def identify(credential: Credential, credentials: Credentials) -> Account:
    """The account that the credential stands for. Raises Unauthenticated when it is not valid now."""
    if credential.kind is CredentialKind.SESSION:
        account = await credentials.session(credential.secret)
    else:
        account = await credentials.token(credential.secret)
    if account is None:
        raise Unauthenticated(f"this {credential.kind.value} is unknown, has ended or was revoked: sign in again")
    return account


def has_scope(account: Account, scope: str) -> bool:
    """Whether whoever was let in as ``account`` may do what needs ``scope``."""
    return account.scopes is None or scope in account.scopes


def _origin(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port; None for what has none of them, such as ``null``."""
    parts = urlsplit(url)
    try:
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None
    return (parts.scheme, parts.hostname or "", port) if parts.hostname and port else None


def _host_and_port(host: str, scheme: str) -> tuple[str, int] | None:
    found = _origin(f"{scheme}://{host}")
    return None if found is None else found[1:]
