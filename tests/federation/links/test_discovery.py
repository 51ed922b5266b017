"""Finding servers through a real name server."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import dns.asyncresolver
import dns.resolver
import pytest

from s2s.name_server import SILENCE, NameServer, running_name_server
from wave_federation.domains import canonical_domain
from wave_federation.links.candidates import Candidate, Endpoint, NoSuchService, SrvRecord
from wave_federation.links.discovery import Discovery, ResolutionFailed
from wave_federation.links.dns_resolver import DnsResolver

PATIENCE = 0.3  # the resolver's; only silent name servers make it wait


@pytest.fixture(scope="module")
def zone() -> Iterator[NameServer]:
    with running_name_server() as server:
        yield server


@pytest.fixture
def resolver(zone: NameServer) -> DnsResolver:
    return DnsResolver([zone.address], port=zone.port, patience=PATIENCE)


async def found(resolver: DnsResolver, domain: str, routes: Mapping[str, Endpoint] | None = None) -> list[Candidate]:
    discovery = Discovery(resolver, routes or {}, lambda: 0.0)
    return [candidate async for candidate in discovery.candidates(domain)]


async def test_both_services_are_asked_for_and_merged_by_priority(zone: NameServer, resolver: DnsResolver) -> None:
    zone.put("_xmpps-server._tcp.merged.test", "SRV", "5 0 443 tls.merged.test.", "20 0 5270 late.merged.test.")
    zone.put("_xmpp-server._tcp.merged.test", "SRV", "10 0 5269 plain.merged.test.")
    for number, host in enumerate(("tls", "plain", "late")):
        zone.put(f"{host}.merged.test", "A", f"192.0.2.{number}")
    assert await found(resolver, "merged.test") == [
        Candidate("tls.merged.test", "192.0.2.0", 443, direct_tls=True),
        Candidate("plain.merged.test", "192.0.2.1", 5269, direct_tls=False),
        Candidate("late.merged.test", "192.0.2.2", 5270, direct_tls=True),
    ]


async def test_without_srv_records_it_is_the_domain_itself_by_ipv6_and_ipv4(
    zone: NameServer, resolver: DnsResolver
) -> None:
    zone.put("plain.test", "A", "192.0.2.1")
    zone.put("plain.test", "AAAA", "2001:db8::1")
    assert await found(resolver, "plain.test") == [
        Candidate("plain.test", "2001:db8::1", 5269, direct_tls=False),
        Candidate("plain.test", "192.0.2.1", 5269, direct_tls=False),
    ]


async def test_a_dot_means_that_there_is_no_server_and_no_address_is_asked_for(
    zone: NameServer, resolver: DnsResolver
) -> None:
    zone.put("_xmpp-server._tcp.refusing.test", "SRV", "0 0 0 .")
    zone.put("refusing.test", "A", "192.0.2.1")
    with pytest.raises(NoSuchService, match="has no server for other servers"):
        await found(resolver, "refusing.test")
    assert ("refusing.test", "A") not in zone.asked()


async def test_a_domain_that_does_not_exist_has_no_service(resolver: DnsResolver) -> None:
    with pytest.raises(NoSuchService, match=r"^nowhere\.test does not exist"):
        await found(resolver, "nowhere.test")


async def test_when_srv_records_lead_nowhere_the_domain_itself_is_not_tried(
    zone: NameServer, resolver: DnsResolver
) -> None:
    zone.put("_xmpp-server._tcp.astray.test", "SRV", "0 0 5269 gone.astray.test.")
    zone.put("astray.test", "A", "192.0.2.1")
    with pytest.raises(NoSuchService, match=r"no address for the servers of astray\.test: gone\.astray\.test"):
        await found(resolver, "astray.test")


async def test_a_host_without_addresses_is_passed_over(zone: NameServer, resolver: DnsResolver) -> None:
    zone.put("_xmpp-server._tcp.half.test", "SRV", "0 0 5269 gone.half.test.", "1 0 5269 here.half.test.")
    zone.put("here.half.test", "A", "192.0.2.1")
    assert [candidate.host for candidate in await found(resolver, "half.test")] == ["here.half.test"]


async def test_a_host_is_looked_up_only_when_its_turn_comes(zone: NameServer, resolver: DnsResolver) -> None:
    zone.put("_xmpp-server._tcp.lazy.test", "SRV", "0 0 5269 first.lazy.test.", "1 0 5269 second.lazy.test.")
    for host in ("first", "second"):
        zone.put(f"{host}.lazy.test", "A", "192.0.2.1")
    candidates = Discovery(resolver, {}, lambda: 0.0).candidates("lazy.test")
    assert (await anext(candidates)).host == "first.lazy.test"
    assert ("second.lazy.test", "A") not in zone.asked()
    assert (await anext(candidates)).host == "second.lazy.test"


async def test_hosts_may_be_written_with_capitals(zone: NameServer, resolver: DnsResolver) -> None:
    zone.put("_xmpp-server._tcp.loud.test", "SRV", "0 0 5269 HOST.Loud.Test.")
    zone.put("host.loud.test", "A", "192.0.2.9")
    assert await found(resolver, "loud.test") == [Candidate("host.loud.test", "192.0.2.9", 5269, direct_tls=False)]


async def test_names_in_other_scripts_are_asked_for_as_a_labels(zone: NameServer, resolver: DnsResolver) -> None:
    zone.put_server("xn--bcher-kva.test", "192.0.2.1", 5269)
    (candidate,) = await found(resolver, canonical_domain("Bücher.test"))
    assert candidate.address == "192.0.2.1"


# ---- when the DNS does not work ----


@pytest.mark.parametrize("fault", ["SERVFAIL", "REFUSED", SILENCE])
async def test_no_answer_says_nothing_about_the_domain(zone: NameServer, resolver: DnsResolver, fault: str) -> None:
    domain = f"{fault.lower()}.test"
    for name in (domain, f"_xmpp-server._tcp.{domain}", f"_xmpps-server._tcp.{domain}"):
        zone.fail(name, fault)
    with pytest.raises(ResolutionFailed, match=rf"^the DNS gives no answer about _xmpps?-server\._tcp\.{domain}: .+"):
        await found(resolver, domain)


async def test_a_domain_is_not_said_to_be_missing_when_only_its_services_could_not_be_asked_for(
    zone: NameServer, resolver: DnsResolver
) -> None:
    zone.fail("_xmpp-server._tcp.unsure.test", "SERVFAIL")
    with pytest.raises(ResolutionFailed):
        await found(resolver, "unsure.test")


async def test_without_an_answer_about_one_service_the_other_ones_records_do(
    zone: NameServer, resolver: DnsResolver
) -> None:
    zone.fail("_xmpps-server._tcp.onesided.test", SILENCE)
    zone.put_server("onesided.test", "192.0.2.1", 5269)
    assert [candidate.address for candidate in await found(resolver, "onesided.test")] == ["192.0.2.1"]


async def test_without_an_answer_about_either_service_the_domain_itself_is_tried(
    zone: NameServer, resolver: DnsResolver
) -> None:
    for service in ("xmpp", "xmpps"):
        zone.fail(f"_{service}-server._tcp.fallback.test", "SERVFAIL")
    zone.put("fallback.test", "A", "192.0.2.1")
    assert [candidate.port for candidate in await found(resolver, "fallback.test")] == [5269]


async def test_a_host_that_cannot_be_looked_up_does_not_hide_the_next(zone: NameServer, resolver: DnsResolver) -> None:
    zone.put("_xmpp-server._tcp.broken.test", "SRV", "0 0 5269 bad.broken.test.", "1 0 5269 good.broken.test.")
    zone.fail("bad.broken.test", "SERVFAIL")
    zone.put("good.broken.test", "A", "192.0.2.1")
    assert [candidate.host for candidate in await found(resolver, "broken.test")] == ["good.broken.test"]


async def test_of_sixty_records_sixteen_are_tried(zone: NameServer, resolver: DnsResolver) -> None:
    records = [f"{priority} 0 5269 h.many.test." for priority in range(60)]
    zone.put("_xmpp-server._tcp.many.test", "SRV", *records)
    zone.put("h.many.test", "A", "192.0.2.1")
    assert len(await found(resolver, "many.test")) == 16


# ---- without the DNS ----


@pytest.mark.parametrize(
    ("endpoint", "candidate"),
    [
        (Endpoint("127.0.0.3", 5269), Candidate("127.0.0.3", "127.0.0.3", 5269, direct_tls=False)),
        (Endpoint("::1", 5270, direct_tls=True), Candidate("::1", "::1", 5270, direct_tls=True)),
    ],
)
async def test_a_route_to_an_address_asks_nobody(
    zone: NameServer, resolver: DnsResolver, endpoint: Endpoint, candidate: Candidate
) -> None:
    assert await found(resolver, "routed.test", {"routed.test": endpoint}) == [candidate]
    assert not [name for name, _ in zone.asked() if "routed" in name]


async def test_a_route_to_a_host_asks_for_its_addresses_only(zone: NameServer, resolver: DnsResolver) -> None:
    zone.put("gateway.test", "A", "192.0.2.1")
    routes = {"inner.test": Endpoint("gateway.test", 15269)}
    assert await found(resolver, "inner.test", routes) == [
        Candidate("gateway.test", "192.0.2.1", 15269, direct_tls=False)
    ]
    assert not [name for name, _ in zone.asked() if "inner" in name]


async def test_without_configured_name_servers_the_message_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "resolv.conf").write_text("")
    read = dns.resolver.BaseResolver.read_resolv_conf
    monkeypatch.setattr(
        dns.asyncresolver.Resolver, "read_resolv_conf", lambda self, _: read(self, os.fspath(tmp_path / "resolv.conf"))
    )
    with pytest.raises(ResolutionFailed, match="no name servers are configured"):
        await DnsResolver().srv("_xmpp-server._tcp.beta.test")


async def test_srv_records_as_they_are(zone: NameServer, resolver: DnsResolver) -> None:
    zone.put("_xmpp-server._tcp.raw.test", "SRV", "1 2 3 A.raw.test.", "0 0 0 .")
    assert set(await resolver.srv("_xmpp-server._tcp.raw.test")) == {
        SrvRecord(1, 2, 3, "a.raw.test"),
        SrvRecord(0, 0, 0, ""),
    }
