"""The API's part about other domains: whether waves can be shared with people there."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Final, Protocol, final

import msgspec
from aiohttp import web

from wave_web.api import ApiRoutes, Call
from wave_web.authentication import READ_SCOPE

routes: Final = ApiRoutes("domains")


@final
class Standing(StrEnum):
    """How a domain stands to this server."""

    OWN = "own"  # it is this server's
    FOUND = "found"  # it has a wave service that has answered, and proved whose it is
    UNREACHABLE = "unreachable"  # no wave service of it was found, or none answers now
    OFF = "off"  # this server shares no waves with others


@final
@dataclass(frozen=True, slots=True)
class OtherDomain:
    """What is known of a domain. ``domain`` is written as addresses have it; ``message`` is one line for people."""

    domain: str
    standing: Standing
    message: str | None = None


class DomainsPort(Protocol):
    """Finds out about domains; the program wires it to federation."""

    async def look_up(self, domain: str) -> OtherDomain:
        """How a domain stands to this server; asks there when nothing is known. Raises InvalidRequest."""


DOMAINS: Final = web.AppKey("domains", DomainsPort)


class DomainPath(msgspec.Struct):
    """Which domain."""

    domain: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]


class DomainAnswer(msgspec.Struct):
    """How a domain stands to this server. Someone there can be added to a wave whatever it is: what is owed is kept."""

    domain: str
    standing: Annotated[
        Standing,
        msgspec.Meta(
            description="`own`: this server's; `found`: its wave service has answered and proved whose it is; "
            "`unreachable`: it has none, or none answers now; `off`: this server shares no waves with others."
        ),
    ]
    message: Annotated[str | None, msgspec.Meta(description="Why it is unreachable, in one line for people.")]


@routes.route("GET", "/domains/{domain}", summary="Whether waves can be shared with a domain", scope=READ_SCOPE)
async def show_domain(call: Call[None, None, DomainPath]) -> DomainAnswer:
    """Asks the domain where nothing is known of it yet, for up to 15 seconds."""
    found = await call.port(DOMAINS).look_up(call.path.domain)
    return DomainAnswer(found.domain, found.standing, found.message)
