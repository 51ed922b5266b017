"""Service discovery, XEP-0030: what our domains are, what they can do, and where the wave service is.

Source: XEP-0030 §3, §4; FEDERATION.md, section 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, final

from lxml import etree

from wave_federation.domains import canonical_domain
from wave_federation.errors import StanzaRefused
from wave_federation.namespaces import DISCO_INFO, DISCO_ITEMS, WAVE, qualified
from wave_federation.routing.handlers import for_domains
from wave_federation.routing.router import Router
from wave_federation.stanzas import Element, Kind, Stanza, make_stanza

INFO_QUERY: Final = qualified(DISCO_INFO, "query")
ITEMS_QUERY: Final = qualified(DISCO_ITEMS, "query")


@final
@dataclass(frozen=True, slots=True)
class Identity:
    """What an entity is, in the words of the XMPP registry."""

    category: str
    type: str
    name: str


SERVER: Final = Identity("server", "im", "Groundswell")
WAVE_SERVICE: Final = Identity("collaboration", "google-wave", "Groundswell")


@final
@dataclass(slots=True)
class _Entity:
    identity: Identity
    items: tuple[str, ...]  # domains
    features: set[str] = field(default_factory=lambda: {DISCO_INFO, DISCO_ITEMS})


@final
class Disco:
    """Answers for ``domain`` and for its wave service at ``service``, those of the two that the router's links serve.

    Behind another XMPP server only the service is ours, and that server answers for the domain.
    """

    def __init__(self, router: Router, *, domain: str, service: str) -> None:
        entities = {domain: _Entity(SERVER, (service,)), service: _Entity(WAVE_SERVICE, ())}
        entities[service].features.add(WAVE)
        self._entities: Final = {name: entities[name] for name in entities if name in router.transport.domains}
        router.handle(Kind.IQ, "get", INFO_QUERY, for_domains(self._info))
        router.handle(Kind.IQ, "get", ITEMS_QUERY, for_domains(self._items))

    def announce(self, feature: str, *domains: str) -> None:
        """Say from now on that ``domains``, or all of ours where none is given, have a feature."""
        for domain in domains or tuple(self._entities):
            self._entities[domain].features.add(feature)

    async def _info(self, stanza: Stanza) -> Element:
        entity = self._asked(stanza)
        identity = entity.identity
        query = _query(INFO_QUERY)
        attributes = {"category": identity.category, "type": identity.type, "name": identity.name}
        etree.SubElement(query, qualified(DISCO_INFO, "identity"), attributes)
        for feature in sorted(entity.features):
            etree.SubElement(query, qualified(DISCO_INFO, "feature"), {"var": feature})
        return query

    async def _items(self, stanza: Stanza) -> Element:
        query = _query(ITEMS_QUERY)
        for domain in self._asked(stanza).items:
            etree.SubElement(query, qualified(DISCO_ITEMS, "item"), {"jid": domain, "name": "Waves"})
        return query

    def _asked(self, stanza: Stanza) -> _Entity:
        """The entity asked about. We have no nodes, XEP-0030 §3.2."""
        entity = self._entities.get(canonical_domain(stanza.recipient.domain))
        if entity is None or stanza.payload[0].get("node") is not None:
            raise StanzaRefused("there is no such thing here", condition="item-not-found")
        return entity


@final
@dataclass(frozen=True, slots=True)
class Info:
    """What an entity said of itself."""

    identities: tuple[tuple[str, str], ...]  # category and type
    features: frozenset[str]


async def ask_info(router: Router, local: str, address: str, *, within: float) -> Info:
    """Ask the entity at ``address``, from our domain ``local``. Raises what Router.request does."""
    query = await _ask(router, INFO_QUERY, local, address, within)
    identities = query.iterfind(qualified(DISCO_INFO, "identity"))
    features = query.iterfind(qualified(DISCO_INFO, "feature"))
    return Info(
        tuple((identity.get("category", ""), identity.get("type", "")) for identity in identities),
        frozenset(feature.get("var", "") for feature in features),
    )


async def ask_items(router: Router, local: str, address: str, *, within: float) -> Sequence[str]:
    """The addresses of the items of the entity at ``address``, as written. Raises what Router.request does."""
    query = await _ask(router, ITEMS_QUERY, local, address, within)
    return [item.get("jid", "") for item in query.iterfind(qualified(DISCO_ITEMS, "item"))]


async def _ask(router: Router, name: str, local: str, address: str, within: float) -> Element:
    """The query in the answer; an empty one where the answer holds none."""
    answer = await router.request(make_stanza(Kind.IQ, local, address, _query(name), type="get"), within=within)
    found = answer.element.find(name)
    return _query(name) if found is None else found


def _query(name: str) -> Element:
    namespace = name[1:].partition("}")[0]
    return etree.Element(name, nsmap={None: namespace})
