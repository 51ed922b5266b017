#!/usr/bin/env python3
"""Deltas from domain to domain: how many a second, and what a remote's edit costs over a local one.

    PYTHONPATH=tests python bench/bench_federation.py

Two providers, each in a process on a core of its own, with real databases (SQLite, synchronous=FULL) and streams with
TLS between them; the load is made in the process whose users write. An edit counts when its author has been answered,
and so when it is durable at the host and, for a remote's users, in the copy as well; the clock stops when the other
side has everything. The marks: 1,000 deltas a second with many under way, 200 a second one at a time, and less than
10 ms more for a remote's edit than for a local one, at the median.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Iterable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final, NamedTuple

import uvloop

from running.ports import free_port
from s2s.pki import Authority, dns
from s2s.providers import RunningProvider
from wave_federation.links.candidates import Endpoint
from wave_federation.links.native import NativeSettings, NativeTransport
from wave_federation.streams.listener import ListeningAddress
from wave_federation.tls.credentials import CredentialFiles, CredentialStore
from wave_federation.tls.trust import TrustStore
from wave_ot.components import Characters, Retain
from wave_ot.docop import DocOp
from wave_ot.wavelet_operations import AddParticipant, MutateDocument
from wave_server.names import WaveletName

ALPHA, BETA = DOMAINS = ("alpha.test", "beta.test")
WAVELETS: Final = [WaveletName.parse_path(f"{ALPHA}/w+{number}/~/conv+root") for number in range(10)]
AUTHORS: Final = 20  # of each domain
ONE_AT_A_TIME: Final = 400  # edits
MANY: Final = 30  # edits of each author in each wavelet
WARM_UP: Final = 50
MANY_MARK, SINGLE_MARK, ADDED_MARK = 1_000, 200, 10.0


class Load(NamedTuple):
    """``edits`` by each of so many authors in each of so many wavelets, each author waiting for every answer."""

    wavelets: int
    authors: int
    edits: int

    @property
    def total(self) -> int:
        return self.wavelets * self.authors * self.edits


class Outcome(NamedTuple):
    """How long each edit took, in ms, and where each wavelet stands in the end."""

    latencies: list[float]
    versions: dict[WaveletName, int]


class NativeHub:
    """Gives a provider a transport of its own, where providers in one process have a hub."""

    def __init__(self, folder: Path, ports: dict[str, int]) -> None:
        self._folder = folder
        self._ports = ports

    def end(self, *domains: str) -> NativeTransport:
        """Streams with TLS between loopback ports."""
        mine = domains[0]
        files = CredentialFiles(self._folder / f"{mine}.crt", self._folder / f"{mine}.key")
        routes = {
            f"{prefix}{domain}": Endpoint("127.0.0.1", port)
            for domain, port in self._ports.items()
            for prefix in ("", "wave.")
        }
        return NativeTransport(
            NativeSettings(
                CredentialStore(dict.fromkeys(domains, files), now=time.time()),
                TrustStore.from_file(self._folder / "ca.crt"),
                (ListeningAddress("127.0.0.1", self._ports[mine]),),
                routes=routes,
            )
        )


class Writers:
    """The users of one provider. Each has a document of their own in each wavelet, so nothing is transformed away."""

    def __init__(self, provider: RunningProvider) -> None:
        self._provider = provider
        self._sizes: dict[tuple[WaveletName, str], int] = {}
        self._keys = 0

    async def share(self) -> dict[WaveletName, int]:
        """Make the wavelets, for everybody of both domains."""
        people = tuple(AddParticipant(address) for domain in DOMAINS for address in addresses(domain))
        made = [await self._provider.submit(name, people[0].address, people, key="make") for name in WAVELETS]
        return {name: acknowledged.version for name, acknowledged in zip(WAVELETS, made, strict=True)}

    async def write(self, load: Load) -> Outcome:
        """Carry out a load."""
        authors = addresses(self._provider.domain)[: load.authors]
        lanes = [self._lane(name, author, load.edits) for name in WAVELETS[: load.wavelets] for author in authors]
        latencies = [each for lane in await asyncio.gather(*lanes) for each in lane]
        return Outcome(latencies, dict(self._provider.versions))

    async def _lane(self, name: WaveletName, author: str, edits: int) -> list[float]:
        took = []
        for _ in range(edits):
            size = self._sizes.get((name, author), 0)
            self._sizes[name, author] = size + 1
            self._keys += 1
            kept = (Retain(size),) if size else ()
            typed = MutateDocument(f"notes+{author}", DocOp((*kept, Characters("x"))))
            began = time.perf_counter()
            await self._provider.submit(name, author, (typed,), key=str(self._keys))
            took.append((time.perf_counter() - began) * 1_000)
        return took


def addresses(domain: str) -> list[str]:
    """The users of a domain."""
    return [f"user{number}@{domain}" for number in range(AUTHORS)]


async def serve(domain: str, folder: Path, authority: Authority, ports: dict[str, int], orders: Connection) -> None:
    """A provider that does what it is told, until it is told nothing more."""
    hub: Any = NativeHub(folder, ports)
    provider = RunningProvider(domain, folder, hub, authority)
    await provider.start()
    await provider.transport.start()
    writers = Writers(provider)
    loop = asyncio.get_running_loop()
    orders.send("ready")
    while (order := await loop.run_in_executor(None, orders.recv)) is not None:
        what, argument = order
        match what:
            case "share":
                orders.send(await writers.share())
            case "write":
                orders.send(await writers.write(argument))
            case "reach":
                await provider.until(lambda: all(provider.versions.get(n, 0) >= v for n, v in argument.items()))  # noqa: B023
                orders.send(None)
    await provider.stop()


def run(domain: str, core: int, folder: Path, authority: Authority, ports: dict[str, int], orders: Connection) -> None:
    """The process of one provider."""
    os.sched_setaffinity(0, {core})
    uvloop.run(serve(domain, folder, authority, ports, orders))


class Provider:
    """The other end of the orders."""

    def __init__(self, domain: str, core: int, folder: Path, authority: Authority, ports: dict[str, int]) -> None:
        self._orders, theirs = multiprocessing.Pipe()
        arguments = (domain, core, folder, authority, ports, theirs)
        self._process = multiprocessing.get_context("fork").Process(target=run, args=arguments)
        self._process.start()
        assert self._orders.recv() == "ready"

    def ask(self, what: str, argument: Any = None) -> Any:
        """Give an order and wait for its outcome."""
        self._orders.send((what, argument))
        return self._orders.recv()

    def stop(self) -> None:
        """Let it end."""
        self._orders.send(None)
        self._process.join()


def measured(writer: Provider, reader: Provider, load: Load) -> tuple[float, list[float]]:
    """Deltas a second until both sides have everything, and what each edit took."""
    began = time.perf_counter()
    outcome: Outcome = writer.ask("write", load)
    reader.ask("reach", outcome.versions)
    return load.total / (time.perf_counter() - began), outcome.latencies


def report(what: str, rate: float, latencies: Iterable[float], mark: int) -> float:
    """One line. The median, in ms."""
    median = statistics.median(latencies)
    print(f"  {what:<46}{rate:>8.0f}/s   (mark {mark:>5,}/s)   median {median:>6.1f} ms")
    return median


def main() -> None:
    """Measure, and print."""
    cores = sorted(os.sched_getaffinity(0))
    single, many = Load(1, 1, ONE_AT_A_TIME), Load(len(WAVELETS), AUTHORS, MANY)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        authority = Authority.new()
        authority.write(folder)
        for domain in DOMAINS:
            authority.issue(domain, names=[dns(domain), dns(f"wave.{domain}")]).write(folder, domain)
        ports = {domain: free_port() for domain in DOMAINS}
        alpha, beta = (
            Provider(domain, cores[number % len(cores)], folder, authority, ports)
            for number, domain in enumerate(DOMAINS)
        )
        beta.ask("reach", alpha.ask("share"))
        for writer, reader in ((alpha, beta), (beta, alpha)):
            measured(writer, reader, Load(2, 5, WARM_UP))
        print("From domain to domain, one core each:")
        local = report("one at a time, at the host", *measured(alpha, beta, single), SINGLE_MARK)
        remote = report("one at a time, at a remote", *measured(beta, alpha, single), SINGLE_MARK)
        report(f"{many.wavelets * many.authors} under way, at the host", *measured(alpha, beta, many), MANY_MARK)
        report(f"{many.wavelets * many.authors} under way, at a remote", *measured(beta, alpha, many), MANY_MARK)
        print(f"  a remote's edit takes {remote - local:.1f} ms more than a local one (mark {ADDED_MARK:g} ms)")
        alpha.stop()
        beta.stop()


if __name__ == "__main__":
    main()
