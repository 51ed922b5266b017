"""What `groundswell federation check` sees of real servers, and which fault it names."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from groundswell.federation_probe import Exploration, Explorer
from groundswell.federation_report import exploration_lines, fault_of
from peers.credentials import Certify, Credentials
from peers.prosody import Prosody
from s2s.name_server import NameServer
from s2s.pki import Authority
from wave_federation.links.dns_resolver import DnsResolver
from wave_federation.links.native import NativeSettings
from wave_federation.links.policy import DomainPolicy
from wave_federation.tls.credentials import CredentialFiles, CredentialStore
from wave_federation.tls.trust import TrustStore

LOCAL = "wave.checking.test"


class Checker:
    """Explores with the run's name server and authority."""

    def __init__(self, ours: Credentials, authority_file: Path, name_server: NameServer) -> None:
        self._ours, self._authority, self._names = ours, authority_file, name_server

    async def explore(self, domain: str, **changes: Any) -> Exploration:
        ours = changes.pop("ours", self._ours)
        files = {LOCAL: CredentialFiles(ours.certificate, ours.private_key)}
        settings = {
            "trust": TrustStore.from_file(self._authority),
            "resolver": DnsResolver([self._names.address], port=self._names.port, patience=2),
            **changes,
        }
        return await Explorer(NativeSettings(CredentialStore(files, now=time.time()), **settings), LOCAL).explore(
            domain
        )


@pytest.fixture
def checker(certify: Certify, authority_file: Path, name_server: NameServer) -> Checker:
    return Checker(certify(LOCAL), authority_file, name_server)


def printed(found: Exploration) -> str:
    return "\n".join(exploration_lines(found, time.time()))


async def test_of_a_healthy_server_everything_is_shown_and_nothing_is_wrong(checker: Checker, prosody: Prosody) -> None:
    found = await checker.explore("prosody.test")
    text = printed(found)
    assert f"_xmpp-server._tcp.prosody.test: 0 0 {prosody.server_port} {prosody.address}" in text
    assert "_xmpps-server._tcp.prosody.test: no records" in text
    assert f"{prosody.address}:{prosody.server_port}, STARTTLS: authenticated, TLSv1.3" in text
    assert "issued by CN=Test CA" in text
    assert "names prosody.test" in text
    assert "a stream could be used" in text
    assert fault_of([found], None) == ""


async def test_a_certificate_for_servers_only_is_accepted_or_refused_as_we_are_set_up(
    checker: Checker, prosody: Prosody
) -> None:
    found = await checker.explore("server-only.prosody.test")
    assert "usages serverAuth\n" in printed(found)
    assert fault_of([found], None) == ""
    strict = await checker.explore("server-only.prosody.test", strict_usage=True)
    assert strict.fault == ""
    assert fault_of([strict], None) == (
        "server-only.prosody.test is refused when it comes to us: the certificate lacks the usage clientAuth"
    )


async def test_an_authority_that_we_do_not_trust_is_named(checker: Checker, prosody: Prosody, tmp_path: Path) -> None:
    other = Authority.new("Other CA").write(tmp_path)
    found = await checker.explore("prosody.test", trust=TrustStore.from_file(other))
    assert "Test CA" in fault_of([found], None)
    assert "names prosody.test" in printed(found)


async def test_when_they_refuse_our_certificate_their_words_are_shown(
    checker: Checker, prosody: Prosody, tmp_path: Path
) -> None:
    ours = Credentials.of(Authority.new("Unknown CA").issue(LOCAL), LOCAL, tmp_path)
    found = await checker.explore("prosody.test", ours=ours)
    assert "ended the stream: not-authorized: Your server's certificate is not trusted" in fault_of([found], None)
    assert [probe.as_server is not None and probe.as_server.accepted for probe in found.probes] == [True]


async def test_a_domain_that_does_not_exist_is_said_so(checker: Checker) -> None:
    found = await checker.explore("nowhere.checking.test")
    assert fault_of([found], None) == (
        "nowhere.checking.test does not exist: the DNS has neither servers nor an address for it"
    )


async def test_a_domain_without_servers_by_its_own_word_is_said_so(checker: Checker, name_server: NameServer) -> None:
    name_server.put("_xmpp-server._tcp.none.checking.test", "SRV", "0 0 0 .")
    found = await checker.explore("none.checking.test")
    assert "_xmpp-server._tcp.none.checking.test: 0 0 0 ." in printed(found)
    assert "publishes in the DNS that it has no server" in fault_of([found], None)


async def test_all_addresses_are_looked_at_though_the_first_works(
    checker: Checker, prosody: Prosody, name_server: NameServer
) -> None:
    name_server.put(
        "_xmpp-server._tcp.srv.prosody.test", "SRV",
        f"0 0 {prosody.server_port} {prosody.address}.", f"5 0 1 {prosody.address}.",
    )  # fmt: skip
    found = await checker.explore("srv.prosody.test")
    name_server.put_server("srv.prosody.test", prosody.address, prosody.server_port)
    assert [bool(probe.fault) for probe in found.probes] == [False, True]
    assert found.fault == ""
    assert f"{prosody.address}:1, STARTTLS: no connection could be made" in printed(found)


async def test_a_domain_that_policy_blocks_is_left_alone(checker: Checker, prosody: Prosody) -> None:
    found = await checker.explore("prosody.test", policy=DomainPolicy(block=["prosody.test"]))
    assert found.probes == ()
    assert fault_of([found], None) == "prosody.test is blocked by this server's policy"
