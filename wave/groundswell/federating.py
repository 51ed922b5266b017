"""Federation, wired: links, the router on them, and what every domain answers; started and stopped with the server."""

from __future__ import annotations

import ssl
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Final, final

from groundswell.certificate_watch import Look, credentials_look, watched
from groundswell.config import Config
from groundswell.federation_config import DNS_PORT, FederationConfig, PolicyConfig, names, socket_address
from groundswell.link_history import LinkHistory, kept_history
from wave_federation.component.connection import ComponentSettings
from wave_federation.component.transport import ComponentTransport
from wave_federation.domains import canonical_domain
from wave_federation.links.candidates import parse_route
from wave_federation.links.dns_resolver import DnsResolver
from wave_federation.links.native import NativeSettings, NativeTransport
from wave_federation.links.policy import DomainPolicy
from wave_federation.links.transport import StanzaTransport
from wave_federation.namespaces import PING, VERSION
from wave_federation.routing.disco import Disco
from wave_federation.routing.ping import serve_pings
from wave_federation.routing.router import Router
from wave_federation.routing.version import serve_version
from wave_federation.routing.wave_services import WaveServices
from wave_federation.services import own_service
from wave_federation.streams.listener import ListeningAddress
from wave_federation.tls.credentials import CredentialFiles, CredentialStore
from wave_federation.tls.trust import TrustStore
from wave_federation.xml.validation import validate

SOFTWARE: Final = "Groundswell"


@final
@dataclass(frozen=True, slots=True)
class Federation:
    """Federation while the server runs. Handlers of stanzas are added to ``router`` and announced by ``disco``."""

    domain: str  # canonical
    service: str  # wave.<domain>
    transport: StanzaTransport
    router: Router
    disco: Disco
    services: WaveServices
    credentials: CredentialStore | None  # None behind another server, which has its own
    history: LinkHistory
    place: str  # where it listens, or whose component it is, for administrators
    trust: TrustStore  # the authorities that vouch for others, as servers and as signers
    looks: list[Look] = field(default_factory=list)  # what looks after certificate files

    def on_certificates(self, look: Look) -> None:
        """Have ``look`` look after its files as well."""
        self.looks.append(look)


@contextmanager
def wired(config: Config) -> Iterator[Federation | None]:
    """Federation's parts within the block, not started; None when it is off.

    Raises FederationError when certificates or authorities cannot be used.
    """
    if not config.federation.is_on:
        yield None
        return
    with kept_history() as history:
        credentials = None if config.federation.has_component else load_credentials(config)
        federation = _wired(config, credentials, load_trust(config.federation), history)
        if credentials is not None:
            federation.on_certificates(credentials_look(credentials, time.time))
        yield federation


@asynccontextmanager
async def federating(federation: Federation | None) -> AsyncIterator[None]:
    """Links to others within the block. Raises OSError when an address cannot be listened on."""
    if federation is None:
        yield
        return
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(watched(federation.looks))
        await federation.transport.start()
        stack.push_async_callback(federation.transport.stop)  # last: until then, what is served may answer
        stack.push_async_callback(federation.router.stop)
        stack.push_async_callback(federation.services.stop)
        yield


def _wired(config: Config, credentials: CredentialStore | None, trust: TrustStore, history: LinkHistory) -> Federation:
    domain = canonical_domain(config.domain)
    service = own_service(domain)
    transport: StanzaTransport
    if credentials is None:
        settings = component_settings(config)
        transport, place = (
            ComponentTransport(settings, make_policy(config.policy)),
            f"as component of {settings.address}",
        )
    else:
        transport = NativeTransport(native_settings(config, credentials, trust))
        place = "on " + ", ".join((*names(config.federation.listen), *names(config.federation.listen_direct_tls)))
    router = Router(transport, validate)
    disco = Disco(router, domain=domain, service=service)
    serve_pings(router)
    disco.announce(PING)
    if config.federation.show_version:
        serve_version(router, SOFTWARE, version("groundswell"))
        disco.announce(VERSION)
    services = WaveServices(router, service, time.monotonic)
    return Federation(domain, service, transport, router, disco, services, credentials, history, place, trust)


def load_credentials(config: Config) -> CredentialStore:
    """The certificates of our domain and its wave service. Raises UnusableCredentials."""
    federation, domain = config.federation, canonical_domain(config.domain)
    own = CredentialFiles(Path(federation.certificate), Path(federation.private_key))
    service = own
    if federation.service_certificate:
        service = CredentialFiles(Path(federation.service_certificate), Path(federation.service_private_key))
    return CredentialStore({domain: own, own_service(domain): service}, now=time.time())


def load_trust(federation: FederationConfig) -> TrustStore:
    """The authorities that vouch for others. Raises UnusableAuthorities."""
    return TrustStore.from_file(Path(federation.ca_file)) if federation.ca_file else TrustStore.system()


def native_settings(config: Config, credentials: CredentialStore, trust: TrustStore) -> NativeSettings:
    """The settings of streams of our own."""
    federation = config.federation
    listen = [ListeningAddress(*socket_address(text)) for text in names(federation.listen)]
    listen += [ListeningAddress(*socket_address(text), direct_tls=True) for text in names(federation.listen_direct_tls)]
    return NativeSettings(
        credentials,
        trust,
        tuple(listen),
        routes={canonical_domain(domain): parse_route(place) for domain, place in federation.routes.items()},
        policy=make_policy(config.policy),
        resolver=make_resolver(federation),
        strict_usage=federation.require_client_usage,
    )


def make_policy(policy: PolicyConfig) -> DomainPolicy:
    """The administrator's lists."""
    return DomainPolicy(
        allow=[canonical_domain(domain) for domain in names(policy.allow_domains)],
        block=[canonical_domain(domain) for domain in names(policy.block_domains)],
    )


def make_resolver(federation: FederationConfig) -> DnsResolver:
    """The name servers to ask."""
    servers = [socket_address(text, DNS_PORT) for text in names(federation.name_servers)]
    return DnsResolver([address for address, _ in servers], port=servers[0][1]) if servers else DnsResolver()


def component_settings(config: Config) -> ComponentSettings:
    """The stream to the server that we are a component of. Raises OSError when the authorities cannot be read."""
    component = config.federation.component
    tls = ssl.create_default_context(cafile=component.ca_file or None) if component.tls else None
    if tls is not None:
        tls.minimum_version = ssl.TLSVersion.TLSv1_2
    service = own_service(canonical_domain(config.domain))
    return ComponentSettings(service, component.secret, component.host, component.port, tls=tls)
