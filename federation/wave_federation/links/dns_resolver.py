"""The DNS, by dnspython: answers as discovery wants them. docs/decisions/0010-dns.md."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Final, final

import dns.asyncresolver
import dns.exception
import dns.name
import dns.rdatatype
import dns.resolver
from dns.rdtypes.IN.A import A
from dns.rdtypes.IN.AAAA import AAAA
from dns.rdtypes.IN.SRV import SRV

from wave_federation.links.candidates import SrvRecord
from wave_federation.links.discovery import ResolutionFailed

_PATIENCE: Final = 10.0  # seconds for one question, all name servers and repetitions together
_TRY: Final = 3.0  # seconds for one name server to answer


@final
class DnsResolver:
    """Asks the name servers that the system is configured for, or given ones."""

    def __init__(self, name_servers: Sequence[str] = (), *, port: int = 53, patience: float = _PATIENCE) -> None:
        """``name_servers`` are IP addresses; without any, the system's are asked (``/etc/resolv.conf``).

        ``patience`` is how long one question may take, in seconds.
        """
        self._name_servers: Final = tuple(name_servers)
        self._port: Final = port
        self._patience: Final = patience

    async def srv(self, name: str) -> Sequence[SrvRecord]:
        """See Resolver."""
        answer = await self._ask(name, dns.rdatatype.SRV)
        return [_record(data) for data in answer if isinstance(data, SRV)]

    async def ipv4(self, host: str) -> Sequence[str]:
        """See Resolver."""
        return [data.address for data in await self._ask(host, dns.rdatatype.A) if isinstance(data, A)]

    async def ipv6(self, host: str) -> Sequence[str]:
        """See Resolver."""
        return [data.address for data in await self._ask(host, dns.rdatatype.AAAA) if isinstance(data, AAAA)]

    async def _ask(self, name: str, kind: dns.rdatatype.RdataType) -> Sequence[object]:
        try:
            absolute = dns.name.from_text(name)  # absolute names are never tried under the system's search domains
            answer = await self._resolver.resolve(absolute, kind, raise_on_no_answer=False)
        except dns.resolver.NXDOMAIN:
            return ()
        except dns.exception.DNSException as error:
            raise ResolutionFailed(f"the DNS gives no answer about {name}: {_reason(error)}") from error
        return () if answer.rrset is None else list(answer.rrset)

    @cached_property
    def _resolver(self) -> dns.asyncresolver.Resolver:
        """Made for the first question: whoever has routes for all domains needs no name servers."""
        resolver = dns.asyncresolver.Resolver(configure=not self._name_servers)
        if self._name_servers:
            resolver.nameservers = list(self._name_servers)
            resolver.port = self._port
        resolver.lifetime = self._patience
        resolver.timeout = min(_TRY, self._patience)
        return resolver


def _record(data: SRV) -> SrvRecord:
    target = "" if data.target == dns.name.root else data.target.to_text(omit_final_dot=True).lower()
    return SrvRecord(data.priority, data.weight, data.port, target)


def _reason(error: dns.exception.DNSException) -> str:
    match error:
        case dns.exception.Timeout():
            return "no name server answered in time"
        case dns.resolver.NoResolverConfiguration():
            return "no name servers are configured"
        case dns.resolver.NoNameservers():
            return "every name server failed or refused"
        case _:
            return str(error) or type(error).__name__
