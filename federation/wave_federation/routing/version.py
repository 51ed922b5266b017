"""What software this is, XEP-0092, for whoever asks; never on which system it runs."""

from __future__ import annotations

from typing import Final

from lxml import etree

from wave_federation.namespaces import VERSION, qualified
from wave_federation.routing.handlers import for_domains
from wave_federation.routing.router import Router
from wave_federation.stanzas import Element, Kind, Stanza

QUERY: Final = qualified(VERSION, "query")


def serve_version(router: Router, name: str, version: str) -> None:
    """Answer for our domains. A server that does not want to say does not call this: then nobody serves it."""

    async def tell(_stanza: Stanza) -> Element:
        query = etree.Element(QUERY, nsmap={None: VERSION})
        etree.SubElement(query, qualified(VERSION, "name")).text = name
        etree.SubElement(query, qualified(VERSION, "version")).text = version
        return query

    router.handle(Kind.IQ, "get", QUERY, for_domains(tell))
