"""``[federation]`` and ``[policy]``: with whom the server shares waves, how it proves its name and is found."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias

import msgspec

from wave_federation.domains import canonical_domain
from wave_federation.errors import InvalidDomain
from wave_federation.links.candidates import SERVER_PORT, InvalidRoute, parse_route
from wave_federation.services import own_service

DNS_PORT: Final = 53
COMPONENT_PORT: Final = 5347  # what servers use by custom; XEP-0114 names none

ServerPort = Annotated[int, msgspec.Meta(ge=1, le=65535)]
Names: TypeAlias = tuple[str, ...] | str  # a text, as from the environment, separates them by commas


class ComponentConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``[federation.component]``: an XMPP server of ours that has the streams to others, XEP-0114."""

    host: str = "127.0.0.1"
    port: ServerPort = COMPONENT_PORT
    secret: str = ""  # "" = no component: the server has streams of its own
    tls: bool = False  # needed unless the host is this machine
    ca_file: str = ""  # for tls; "" = the system's trust store

    @property
    def is_here(self) -> bool:
        """Whether the host is this machine."""
        return self.host == "localhost" or (_is_address(self.host) and ipaddress.ip_address(self.host).is_loopback)


class FederationConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``[federation]``. Nothing is listened on or connected to unless there is a certificate, or a component."""

    enabled: bool | None = None  # None = see is_on
    listen: Names = (f"0.0.0.0:{SERVER_PORT}",)
    listen_direct_tls: Names = ()  # TLS from the first byte, XEP-0368
    certificate: str = ""  # PEM chain that names the domain and wave.<domain>; also the default signer of deltas
    private_key: str = ""
    service_certificate: str = ""  # where wave.<domain> has a certificate of its own
    service_private_key: str = ""
    ca_file: str = ""  # whose certificates prove others; "" = the system's trust store
    signer_certificate: str = ""  # where the signer differs from the TLS identity
    signer_private_key: str = ""
    legacy_domains: Names = ()  # original servers: SHA-1 signatures and common names count for these
    give_up_days: Annotated[float, msgspec.Meta(gt=0)] = (
        7.0  # of silence after which a domain is left alone until it comes
    )
    require: Literal["external"] = "external"  # the other side authenticates by certificate; nothing else is offered
    require_client_usage: bool = False  # refuse certificates that are for servers only, as public ones now are
    show_version: bool = True  # to other servers that ask
    name_servers: Names = ()  # IP addresses, or ip:port with the same port in each; () = the system's
    routes: dict[str, str] = {}  # domain: "ip:port", instead of the DNS
    component: ComponentConfig = ComponentConfig()

    @property
    def is_on(self) -> bool:
        """Whether the server federates: if it is said so, else if there is something to prove its name with."""
        return self.enabled if self.enabled is not None else bool(self.certificate) or self.has_component

    @property
    def signer_files(self) -> tuple[str, str]:
        """The certificate chain and the key that deltas are signed with."""
        if self.signer_certificate:
            return self.signer_certificate, self.signer_private_key
        return self.certificate, self.private_key

    @property
    def has_component(self) -> bool:
        """Whether another server has the streams."""
        return bool(self.component.secret)


class PolicyConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``[policy]``: domains, each with those below it."""

    allow_domains: Names = ()  # () = all
    block_domains: Names = ()


def names(value: Names) -> tuple[str, ...]:
    """The names in a list, or in a text with commas."""
    given = value.split(",") if isinstance(value, str) else value
    return tuple(name.strip() for name in given if name.strip())


def socket_address(text: str, default_port: int | None = None) -> tuple[str, int]:
    """Host and port of ``0.0.0.0:5269`` or ``[::]:5269``; with a default the port, and the brackets, may be left out.

    Raises ValueError, with a sentence.
    """
    if default_port is not None and _is_address(text):
        return text, default_port
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not (colon and _is_address(host) and port.isascii() and port.isdigit() and int(port) <= 65535):
        raise ValueError(f"{text!r} is no address: write ip:port, with IPv6 addresses in brackets")
    return host, int(port)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def problems(domain: str, federation: FederationConfig, policy: PolicyConfig) -> Iterator[str]:
    """What is wrong with the two sections, a sentence each. Files are looked for, and read only when serving."""
    yield from _files(federation)
    yield from _lists(federation, policy)
    if federation.has_component and not federation.component.is_here and not federation.component.tls:
        yield (
            f"federation.component.host = {federation.component.host!r} is another machine: set "
            "federation.component.tls = true, or the secret travels unencrypted"
        )
    if not federation.is_on:
        return
    if not (federation.certificate or federation.has_component):
        yield "federation.enabled = true needs federation.certificate and private_key, or a federation.component"
    elif not federation.signer_files[0]:
        yield "federation.component needs federation.signer_certificate and signer_private_key too: deltas are signed"
    try:
        canonical_domain(domain)
        canonical_domain(own_service(domain))
    except InvalidDomain as error:
        yield f"domain = {domain!r} cannot be federated: {error}"


def _files(federation: FederationConfig) -> Iterator[str]:
    pairs = (
        ("certificate", "private_key"),
        ("service_certificate", "service_private_key"),
        ("signer_certificate", "signer_private_key"),
    )
    for certificate, key in pairs:
        if bool(getattr(federation, certificate)) != bool(getattr(federation, key)):
            yield f"federation.{certificate} and federation.{key} go together; one is missing"
    named = [(key, getattr(federation, key)) for pair in pairs for key in pair]
    named += [("ca_file", federation.ca_file), ("component.ca_file", federation.component.ca_file)]
    for key, path in named:
        if path and not Path(path).is_file():
            yield f"federation.{key} = {path!r}: there is no such file"


def _lists(federation: FederationConfig, policy: PolicyConfig) -> Iterator[str]:
    addresses = [("listen", address, None) for address in names(federation.listen)]
    addresses += [("listen_direct_tls", address, None) for address in names(federation.listen_direct_tls)]
    servers = [("name_servers", server, DNS_PORT) for server in names(federation.name_servers)]
    for key, address, default_port in (*addresses, *servers):
        try:
            socket_address(address, default_port)
        except ValueError as error:
            yield f"federation.{key}: {error}"
            return
    if len({socket_address(server, DNS_PORT)[1] for _, server, _ in servers}) > 1:
        yield "federation.name_servers: they must all listen on the same port"
    yield from _routes(federation.routes)
    for key, domains in (("allow_domains", policy.allow_domains), ("block_domains", policy.block_domains)):
        for domain in names(domains):
            try:
                canonical_domain(domain)
            except InvalidDomain as error:
                yield f"policy.{key}: {error}"


def _routes(routes: Mapping[str, str]) -> Iterator[str]:
    for domain, place in routes.items():
        try:
            canonical_domain(domain)
            parse_route(place)
        except (InvalidDomain, InvalidRoute) as error:
            yield f"federation.routes: {error}"
