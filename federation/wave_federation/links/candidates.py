"""Where a domain's servers may be, in the order in which to try them: from SRV records, or without. No network here.

The two services are one list: ``_xmpps-server._tcp`` (TLS from the first byte, XEP-0368) and ``_xmpp-server._tcp``
(STARTTLS, RFC 6120 §3.2.1). Within one priority the order is drawn by weight, RFC 2782. Host names are A-labels.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final, TypeAlias, final

from wave_federation.errors import FederationError, LinkFailed

SERVER_PORT: Final = 5269  # RFC 6120 §14.7
_MAX_ENDPOINTS: Final = 16  # of one domain: whoever publishes more does not make us knock at a thousand doors
_MAX_ADDRESSES: Final = 8  # of one host
_DIRECT: Final = "xmpps://"

Random: TypeAlias = Callable[[], float]  # as random.random: 0 <= x < 1


class NoSuchService(LinkFailed):
    """The domain has no server for other servers, and says so: waiting does not help."""


class InvalidRoute(FederationError):
    """A configured route cannot be read."""


@final
@dataclass(frozen=True, slots=True)
class SrvRecord:
    """One SRV record, RFC 2782. The lowest priority comes first; weights share the load within one."""

    priority: int
    weight: int
    port: int
    target: str  # "" stands for ".": the service is decidedly not available


@final
@dataclass(frozen=True, slots=True)
class Endpoint:
    """A host to try. Its addresses are looked up when its turn comes."""

    host: str  # a name, or an IP address
    port: int
    direct_tls: bool = False


@final
@dataclass(frozen=True, slots=True)
class Candidate:
    """One socket address to connect to. ``str()`` is how messages name it."""

    host: str
    address: str  # an IP address
    port: int
    direct_tls: bool

    def __str__(self) -> str:
        address = f"[{self.address}]" if ":" in self.address else self.address
        socket_address = f"{address}:{self.port}"
        return socket_address if self.host == self.address else f"{self.host} ({socket_address})"


def endpoints(
    domain: str, direct: Sequence[SrvRecord], starttls: Sequence[SrvRecord], random: Random
) -> tuple[Endpoint, ...]:
    """Where to look for ``domain``, first choice first: at most 16, from the records of both services.

    ``direct`` are the records of xmpps-server, ``starttls`` those of xmpp-server; empty where there are none. With none
    of either, it is the domain itself, at port 5269 (RFC 6120 §3.2.2). That is not done when there are records, also
    when none of them works (§3.2.1, step 8).

    Raises NoSuchService when the records say that there is no server: a target of "." (§3.2.1, step 3).
    """
    offered = [(record, True) for record in direct if record.target]
    offered += [(record, False) for record in starttls if record.target]
    if offered:
        chosen = in_order(offered, random)
        return tuple(Endpoint(record.target, record.port, tls) for record, tls in chosen[:_MAX_ENDPOINTS])
    if starttls:  # nothing but "."; a "." of xmpps-server alone only says that TLS is to be started in the stream
        raise NoSuchService(f"{domain} publishes in the DNS that it has no server for other servers")
    return (Endpoint(domain, SERVER_PORT),)


def in_order(offered: Iterable[tuple[SrvRecord, bool]], random: Random) -> list[tuple[SrvRecord, bool]]:
    """By priority, and within one drawn at random by weight, as RFC 2782 describes it under "Weight"."""
    groups: dict[int, list[tuple[SrvRecord, bool]]] = {}
    for offer in offered:
        groups.setdefault(offer[0].priority, []).append(offer)
    ordered: list[tuple[SrvRecord, bool]] = []
    for priority in sorted(groups):
        # Those of weight 0 come first, so that they are drawn only when the draw is 0: a very small chance
        group = sorted(groups[priority], key=lambda offer: offer[0].weight > 0)
        while group:
            ordered.append(group.pop(_draw([record.weight for record, _ in group], random)))
    return ordered


def _draw(weights: Sequence[int], random: Random) -> int:
    """The first index at which the running sum reaches a number drawn from 0 to the whole sum, both included."""
    drawn = int(random() * (sum(weights) + 1))
    running = 0
    for index, weight in enumerate(weights):
        running += weight
        if running >= drawn:
            return index
    raise AssertionError("the running sum ends at the whole sum")


def at_addresses(endpoint: Endpoint, ipv6: Sequence[str], ipv4: Sequence[str]) -> Iterator[Candidate]:
    """The candidates of one endpoint, at most 8: IPv6 and IPv4 by turns, so that a broken kind costs one attempt.

    Source: RFC 8305 §4. Addresses that can be nobody's (unspecified, multicast) are left out.
    """
    by_turns = (address for pair in zip_longest(ipv6, ipv4) for address in pair if address is not None)
    usable = [address for address in dict.fromkeys(by_turns) if _is_somebodys(address)]
    for address in usable[:_MAX_ADDRESSES]:
        yield Candidate(endpoint.host, address, endpoint.port, endpoint.direct_tls)


def is_address(host: str) -> bool:
    """Whether it is an IP address already, and no name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def parse_route(text: str) -> Endpoint:
    """The endpoint that a configured route names.

    ``"192.0.2.7:5269"``, ``"[2001:db8::7]:5269"``, ``"xmpp.beta.test"`` (the port may be left out);
    ``"xmpps://…"`` for TLS from the first byte. Raises InvalidRoute.
    """
    direct = text.startswith(_DIRECT)
    match = _ROUTE.fullmatch(text.removeprefix(_DIRECT))
    if match is None:
        raise InvalidRoute(f"{text!r} is no route: write address:port, with IPv6 addresses in brackets")
    host = match["bracketed"] or match["host"].lower()
    port = int(match["port"] or SERVER_PORT)
    if not 0 < port < 65536 or (match["bracketed"] is not None and not is_address(host)):
        raise InvalidRoute(f"{text!r} is no route: there is no such address or port")
    return Endpoint(host, port, direct)


def _is_somebodys(address: str) -> bool:
    parsed = ipaddress.ip_address(address)
    return not (parsed.is_unspecified or parsed.is_multicast)


_ROUTE: Final = re.compile(
    r"(?:\[(?P<bracketed>[0-9A-Fa-f:.]+)\]|(?P<host>[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?))(?::(?P<port>[0-9]{1,5}))?"
)
