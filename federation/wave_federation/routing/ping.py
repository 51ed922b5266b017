"""Pings, XEP-0199: whether the other side is there, and that we are."""

from __future__ import annotations

from typing import Final

from lxml import etree

from wave_federation.namespaces import PING, qualified
from wave_federation.routing.handlers import for_domains
from wave_federation.routing.router import REQUEST_SECONDS, Router
from wave_federation.stanzas import Element, Kind, Stanza, make_stanza

NAME: Final = qualified(PING, "ping")


def serve_pings(router: Router) -> None:
    """Answer pings for our domains with an empty result."""
    router.handle(Kind.IQ, "get", NAME, for_domains(_pong))


async def ping(router: Router, local: str, remote: str, *, within: float = REQUEST_SECONDS) -> None:
    """Have ``remote`` answer our domain ``local``. Raises what Router.request does.

    RequestRefused with ``service-unavailable`` comes from a server that is there and does not know pings, §4.2.
    """
    await router.request(
        make_stanza(Kind.IQ, local, remote, etree.Element(NAME, nsmap={None: PING}), type="get"), within=within
    )


async def _pong(_stanza: Stanza) -> Element | None:
    return None
