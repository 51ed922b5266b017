"""Who may keep a connection that has not authenticated yet: a bounded number in all, and of each network."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Final, Generic, TypeVar, final

T = TypeVar("T")

_IPV6_NETWORK: Final = 64  # bits: what one customer usually gets


@final
@dataclass(frozen=True, slots=True)
class AdmissionLimits:
    """How many connections may be unauthenticated at once."""

    total: int = 1000
    per_network: int = 50


@final
class Admission(Generic[T]):
    """The connections that are not authenticated. There is always room for a new one: an old one gives way.

    The oldest gives way, of the same network when that has too many, else of the one that has the most. An honest
    peer authenticates in a fraction of the time that others may take, so it gets through a flood from elsewhere
    always, and through one from its own network while that makes fewer than ``per_network`` connections in that time.
    To refuse the newest instead would let few connections, opened slowly, shut everybody out.
    """

    def __init__(self, limits: AdmissionLimits) -> None:
        self._limits: Final = limits
        self._waiting: Final[dict[str, dict[T, None]]] = {}  # by network, oldest first
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def enter(self, address: str, connection: T) -> T | None:
        """Note a connection from an IP address. Returns the one that has to give way, if any: it counts no more."""
        network = _network(address)
        same = self._waiting.setdefault(network, {})
        same[connection] = None
        self._count += 1
        if len(same) > self._limits.per_network:
            return self._push_out(network)
        if self._count > self._limits.total:
            return self._push_out(max(self._waiting, key=lambda each: len(self._waiting[each])))
        return None

    def leave(self, address: str, connection: T) -> None:
        """It is authenticated or gone, and counts no more. Harmless twice."""
        network = _network(address)
        same = self._waiting.get(network, {})
        if connection in same:
            del same[connection]
            self._count -= 1
        if not same:
            self._waiting.pop(network, None)

    def _push_out(self, network: str) -> T:
        oldest = next(iter(self._waiting[network]))
        del self._waiting[network][oldest]
        self._count -= 1
        return oldest


def _network(address: str) -> str:
    """What counts as one: an IPv4 address, an IPv6 network."""
    parsed = ipaddress.ip_address(address)
    if parsed.version == 4:
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed.packed[:8] + bytes(8), _IPV6_NETWORK)))
