"""One authority, one name server, one Prosody and one ejabberd for the whole run; each started when first needed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from peers.credentials import Certify, Credentials
from peers.ejabberd import Ejabberd, running_ejabberd
from peers.prosody import Prosody, running_prosody
from s2s.name_server import NameServer, running_name_server
from s2s.pki import KINDS, Authority, srv


@pytest.fixture(scope="session")
def authority() -> Authority:
    """The authority that every server of the run trusts."""
    return Authority.new()


@pytest.fixture(scope="session")
def authority_file(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its certificate, PEM."""
    return authority.write(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def certify(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Certify:
    """``certify(domain, kind="ordinary")`` makes credentials of that kind, one of ``s2s.pki.KINDS``, once each."""
    made: dict[tuple[str, str], Credentials] = {}

    def credentials(domain: str, kind: str = "ordinary") -> Credentials:
        if (domain, kind) not in made:
            directory = tmp_path_factory.mktemp("credentials")
            made[domain, kind] = Credentials.of(KINDS[kind](authority, domain), domain, directory)
        return made[domain, kind]

    return credentials


@pytest.fixture(scope="session")
def name_server() -> Iterator[NameServer]:
    """The name server that every peer of the run asks: give every test domains of its own."""
    with running_name_server() as server:
        yield server


@pytest.fixture(scope="session")
def prosody(certify: Certify, authority_file: Path, name_server: NameServer) -> Iterator[Prosody]:
    """Prosody for several domains, each proved in another way, with a place for the component ``wave.prosody.test``.

    ``direct.prosody.test`` is announced for direct TLS only; ``expired.prosody.test`` cannot prove itself any more.
    """
    hosts = [
        certify("prosody.test"),
        certify("srv.prosody.test", "SRV-ID only"),
        certify("server-only.prosody.test", "serverAuth only"),
        certify("direct.prosody.test"),
        certify("expired.prosody.test", "expired"),
    ]
    components = [certify("wave.prosody.test")]
    with running_prosody(
        hosts, components=components, authority=authority_file, name_server=(name_server.address, name_server.port)
    ) as server:
        for host in [*hosts, *components]:
            if host.domain.startswith("direct."):
                name_server.put_server(host.domain, server.address, server.direct_tls_port, service="xmpps-server")
            else:
                name_server.put_server(host.domain, server.address, server.server_port)
        yield server


@pytest.fixture(scope="session")
def ejabberd(
    certify: Certify,
    authority: Authority,
    authority_file: Path,
    name_server: NameServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Ejabberd]:
    """ejabberd for three domains, each proved in another way."""
    named = "srv.ejabberd.test"  # only an SRV-ID proves it; ejabberd itself finds the file by the common name
    by_srv = authority.issue(named, names=[srv(named)], common_name=named)
    hosts = [
        certify("ejabberd.test"),
        certify("server-only.ejabberd.test", "serverAuth only"),
        Credentials.of(by_srv, named, tmp_path_factory.mktemp("credentials")),
    ]
    with running_ejabberd(
        hosts, authority=authority_file, name_server=(name_server.address, name_server.port)
    ) as server:
        for host in hosts:
            name_server.put_server(host.domain, server.address, server.server_port)
        yield server
