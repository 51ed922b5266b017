"""What every domain answers: discovery, pings, version; and how the wave services of others are found."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import NamedTuple

import pytest
import pytest_asyncio
from lxml import etree

from s2s.linked import LinkedTransport
from wave_federation.errors import InvalidDomain
from wave_federation.links.transport import Direction
from wave_federation.namespaces import DISCO_INFO, DISCO_ITEMS, PING, VERSION, WAVE, qualified
from wave_federation.routing.answers import NoAnswer, RequestRefused
from wave_federation.routing.disco import INFO_QUERY, ITEMS_QUERY, Disco, ask_info, ask_items
from wave_federation.routing.ping import ping, serve_pings
from wave_federation.routing.router import Router
from wave_federation.routing.version import QUERY, serve_version
from wave_federation.routing.wave_services import (
    FOUND_SECONDS,
    MAX_FEATURES,
    MAX_ITEMS,
    NOT_FOUND_SECONDS,
    NoWaveService,
    WaveServices,
)
from wave_federation.stanzas import Element, Kind, Stanza, make_stanza
from wave_federation.xml.validation import validate

ALPHA, BETA, BETA_WAVE = "wave.alpha.test", "beta.test", "wave.beta.test"
SOON = 0.001


class World(NamedTuple):
    alpha: Router
    beta: Router
    disco: Disco
    to_beta: LinkedTransport


@pytest_asyncio.fixture
async def world() -> AsyncIterator[World]:
    """Alpha asks; beta answers for its domain and its wave service."""
    to_beta, to_alpha = LinkedTransport(ALPHA), LinkedTransport(BETA, BETA_WAVE)
    to_beta.link(to_alpha)
    alpha, beta = Router(to_beta, validate), Router(to_alpha, validate)
    yield World(alpha, beta, Disco(beta, domain=BETA, service=BETA_WAVE), to_beta)
    await alpha.stop()
    await beta.stop()


async def test_a_domain_names_its_wave_service_and_the_service_says_what_it_is(world: World) -> None:
    assert await ask_items(world.alpha, ALPHA, BETA, within=5) == [BETA_WAVE]
    assert await ask_items(world.alpha, ALPHA, BETA_WAVE, within=5) == []
    service = await ask_info(world.alpha, ALPHA, BETA_WAVE, within=5)
    assert service.identities == (("collaboration", "google-wave"),)
    assert service.features == {WAVE, DISCO_INFO, DISCO_ITEMS}
    domain = await ask_info(world.alpha, ALPHA, BETA, within=5)
    assert domain.identities == (("server", "im"),)
    assert domain.features == {DISCO_INFO, DISCO_ITEMS}


async def test_features_are_announced_for_one_domain_or_for_all(world: World) -> None:
    world.disco.announce(PING)
    world.disco.announce("urn:groundswell:signatures:1", BETA_WAVE)
    assert PING in (await ask_info(world.alpha, ALPHA, BETA, within=5)).features
    features = (await ask_info(world.alpha, ALPHA, BETA_WAVE, within=5)).features
    assert {PING, "urn:groundswell:signatures:1"} <= features


async def test_behind_another_server_only_the_service_is_described() -> None:
    transport = LinkedTransport(BETA_WAVE)
    disco = Disco(Router(transport, validate), domain=BETA, service=BETA_WAVE)
    disco.announce(PING)
    with pytest.raises(KeyError):
        disco.announce(PING, BETA)


@pytest.mark.parametrize("name", [INFO_QUERY, ITEMS_QUERY, qualified(PING, "ping"), QUERY])
async def test_users_and_resources_are_not_told_apart_from_nobody(world: World, name: str) -> None:
    serve_pings(world.beta)
    serve_version(world.beta, "Groundswell", "1")
    for recipient in (f"ada@{BETA}", f"{BETA}/x", f"nobody@{BETA_WAVE}"):
        with pytest.raises(RequestRefused) as caught:
            await world.alpha.request(make_stanza(Kind.IQ, ALPHA, recipient, etree.Element(name), type="get"))
        assert caught.value.refusal.condition == "service-unavailable"


@pytest.mark.parametrize("name", [INFO_QUERY, ITEMS_QUERY])
async def test_there_are_no_nodes(world: World, name: str) -> None:
    query = etree.Element(name, {"node": "x"})
    with pytest.raises(RequestRefused) as caught:
        await world.alpha.request(make_stanza(Kind.IQ, ALPHA, BETA, query, type="get"))
    assert caught.value.refusal.condition == "item-not-found"


async def test_a_ping_is_answered_for_each_of_our_domains(world: World) -> None:
    serve_pings(world.beta)
    await ping(world.alpha, ALPHA, BETA)
    await ping(world.alpha, ALPHA, BETA_WAVE)


async def test_a_ping_of_nobody_fails(world: World) -> None:
    with pytest.raises(NoAnswer):
        await ping(world.alpha, ALPHA, "gamma.test", within=SOON)


async def test_the_version_is_told_without_the_system_and_only_if_we_want(world: World) -> None:
    query = make_stanza(Kind.IQ, ALPHA, BETA, etree.Element(QUERY), type="get")
    with pytest.raises(RequestRefused) as caught:
        await world.alpha.request(query)
    assert caught.value.refusal.condition == "service-unavailable"
    serve_version(world.beta, "Groundswell", "1.2")
    (answer,) = (await world.alpha.request(query)).payload
    said = {str(child.tag): child.text for child in answer}
    assert said == {qualified(VERSION, "name"): "Groundswell", qualified(VERSION, "version"): "1.2"}


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Finder(NamedTuple):
    services: WaveServices
    transport: LinkedTransport
    clock: Clock

    @property
    def asked(self) -> list[str]:
        """Whom, and what, since the beginning."""
        names = {INFO_QUERY: "info", ITEMS_QUERY: "items"}
        return [f"{names[str(stanza.payload[0].tag)]} {stanza.recipient}" for stanza in self.transport.sent]


@pytest_asyncio.fixture
async def finder(world: World) -> AsyncIterator[Finder]:
    clock = Clock()
    services = WaveServices(world.alpha, ALPHA, clock, within=5)
    yield Finder(services, world.to_beta, clock)
    await services.stop()


async def test_a_wave_service_is_found_once_and_remembered_for_two_hours(world: World, finder: Finder) -> None:
    world.disco.announce("urn:groundswell:signatures:1", BETA_WAVE)
    found = await asyncio.gather(finder.services.discover(BETA), finder.services.discover("Beta.Test."))
    assert {service.address for service in found} == {BETA_WAVE}
    assert found[0].features == {"urn:groundswell:signatures:1"}
    finder.clock.now += FOUND_SECONDS - 1
    await finder.services.discover(BETA)
    assert finder.asked == [f"items {BETA}", f"info {BETA_WAVE}"]
    finder.clock.now += 2
    await finder.services.discover(BETA)
    assert len(finder.asked) == 4
    finder.services.forget(BETA)
    await finder.services.discover(BETA)
    assert len(finder.asked) == 6


async def test_what_is_not_there_is_remembered_for_five_minutes_or_until_it_comes(world: World) -> None:
    clock = Clock()
    services = WaveServices(world.alpha, ALPHA, clock, within=SOON)
    world.to_beta.cut()
    for _ in range(2):
        with pytest.raises(NoWaveService, match=r"no wave service of beta\.test can be reached: beta\.test did not"):
            await services.discover(BETA)
    assert len(world.to_beta.sent) == 2
    clock.now += NOT_FOUND_SECONDS + 1
    with pytest.raises(NoWaveService):
        await services.discover(BETA)
    assert len(world.to_beta.sent) == 4
    world.to_beta.come_up(ALPHA, BETA_WAVE, Direction.OUTGOING)
    with pytest.raises(NoWaveService):
        await services.discover(BETA)
    assert len(world.to_beta.sent) == 4
    world.to_beta.come_up(ALPHA, BETA_WAVE, Direction.INCOMING)
    with pytest.raises(NoWaveService):
        await services.discover(BETA)
    assert len(world.to_beta.sent) == 6
    world.to_beta.come_up(ALPHA, "", Direction.OUTGOING)
    with pytest.raises(NoWaveService):
        await services.discover(BETA)
    assert len(world.to_beta.sent) == 8
    await services.stop()


async def test_what_was_asked_before_a_domain_came_says_nothing_about_it(world: World) -> None:
    services = WaveServices(world.alpha, ALPHA, Clock(), within=SOON)
    world.to_beta.cut()
    searching = asyncio.create_task(services.discover(BETA))
    while not world.to_beta.sent:  # noqa: ASYNC110 - it is a matter of turns
        await asyncio.sleep(0)
    world.to_beta.come_up(ALPHA, BETA_WAVE, Direction.INCOMING)
    for search in (searching, services.discover(BETA), services.discover(BETA)):
        with pytest.raises(NoWaveService):
            await search
    assert len(world.to_beta.sent) == 4, "two of the three were asked"
    await services.stop()


async def test_who_gives_up_waiting_does_not_end_the_search_of_others(finder: Finder) -> None:
    impatient = asyncio.create_task(finder.services.discover(BETA))
    patient = asyncio.create_task(finder.services.discover(BETA))
    await asyncio.sleep(0)
    impatient.cancel()
    assert (await patient).address == BETA_WAVE


async def test_what_is_no_domain_is_not_looked_for(finder: Finder) -> None:
    with pytest.raises(InvalidDomain):
        await finder.services.discover("127.0.0.1")
    assert finder.asked == []


class Scripted:
    """A domain whose items and services are as a test says."""

    def __init__(self, items: list[str], services: dict[str, list[str]]) -> None:
        names = frozenset({BETA, BETA_WAVE, *items, *services})
        self.transport = LinkedTransport(*names)
        self.asked: list[str] = []
        self._items, self._services = items, services
        router = Router(self.transport, validate)
        router.handle(Kind.IQ, "get", ITEMS_QUERY, self._answer_items)
        router.handle(Kind.IQ, "get", INFO_QUERY, self._answer_info)

    async def _answer_items(self, _stanza: Stanza) -> Element | None:
        query = etree.Element(ITEMS_QUERY)
        for item in self._items:
            etree.SubElement(query, qualified(DISCO_ITEMS, "item"), {"jid": item})
        return query

    async def _answer_info(self, stanza: Stanza) -> Element | None:
        self.asked.append(str(stanza.recipient))
        query = etree.Element(INFO_QUERY)
        for feature in self._services.get(str(stanza.recipient), []):
            etree.SubElement(query, qualified(DISCO_INFO, "feature"), {"var": feature})
        return query

    def finder(self) -> WaveServices:
        transport = LinkedTransport(ALPHA)
        transport.link(self.transport)
        return WaveServices(Router(transport, validate), ALPHA, Clock(), within=5)


async def test_an_item_with_the_feature_is_the_service_whatever_it_is_called() -> None:
    beta = Scripted(["rooms.beta.test", "w.beta.test"], {"w.beta.test": [WAVE], "rooms.beta.test": ["urn:rooms"]})
    assert (await beta.finder().discover(BETA)).address == "w.beta.test"


async def test_a_domain_may_be_its_own_service() -> None:
    assert (await Scripted([BETA], {BETA: [WAVE]}).finder().discover(BETA)).address == BETA


async def test_a_domain_cannot_hand_its_waves_to_another_domain() -> None:
    beta = Scripted(["wave.evil.test", "evilbeta.test", "ada@w.beta.test", "not a domain"], {"wave.evil.test": [WAVE]})
    with pytest.raises(NoWaveService, match="neither it nor any of its items says"):
        await beta.finder().discover(BETA)
    assert beta.asked == [BETA_WAVE]


async def test_a_domain_of_very_many_items_is_not_asked_about_all() -> None:
    beta = Scripted([f"x{number}.beta.test" for number in range(100)], {BETA_WAVE: [WAVE]})
    assert (await beta.finder().discover(BETA)).address == BETA_WAVE
    assert len(beta.asked) <= MAX_ITEMS


async def test_of_very_many_features_few_are_remembered() -> None:
    features = [WAVE, *(f"urn:groundswell:{number}" for number in range(1000))]
    assert len((await Scripted([], {BETA_WAVE: features}).finder().discover(BETA)).features) == MAX_FEATURES
