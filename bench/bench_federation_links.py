#!/usr/bin/env python3
"""What 1,000 established streams cost: the memory of each side while they are idle, and the time to establish them.

    PYTHONPATH=tests python bench/bench_federation_links.py

One process listens, another one connects, over loopback, on the loop that the server uses; each looks at its own
growth. The certificates are RSA below an intermediate authority, as public authorities issue them. The mark is 150 MB
for the streams of one side.
"""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import resource
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

import psutil
import uvloop
from lxml import etree

from s2s.pki import Authority, Files
from s2s.stream_servers import Address, Caller
from wave_federation.namespaces import SERVER, qualified
from wave_federation.stanzas import Kind, Stanza, make_stanza
from wave_federation.streams.admission import AdmissionLimits
from wave_federation.streams.connection import StreamConnection
from wave_federation.streams.connector import Connector
from wave_federation.streams.effects import Ending
from wave_federation.streams.limits import StreamLimits
from wave_federation.streams.listener import ListeningAddress, StreamListener
from wave_federation.streams.receiving import Reception
from wave_federation.streams.session import Judge
from wave_federation.tls.certificate_faults import Role
from wave_federation.tls.credentials import CredentialFiles, CredentialStore
from wave_federation.tls.openssl import OpenSslSessions
from wave_federation.tls.trust import TrustStore

STREAMS: Final = 1000
WARM_UP: Final = 20  # streams made before memory is first looked at
AT_ONCE: Final = 20  # that are being negotiated
STANZAS: Final = 20  # on each stream, before it is idle again
STANZA_BYTES: Final = 2000
MARK: Final = 150.0  # MB
LIMITS: Final = StreamLimits()
FILES_LIMIT: Final = 4 * STREAMS


class Counter:
    """The listener's user."""

    def __init__(self) -> None:
        self.stanzas = 0
        self.changed = asyncio.Event()

    def established(self, stream: StreamConnection) -> None:
        """Nothing: the other side counts them."""

    def arrived(self, stream: StreamConnection, stanza: Stanza) -> None:
        self.stanzas += 1
        self.changed.set()

    def failed(self, stream: StreamConnection, ending: Ending) -> None:
        raise AssertionError(ending.reason)

    def ended(self, stream: StreamConnection, ending: Ending) -> None:
        """The other side is done."""

    async def count(self, wanted: int) -> None:
        while self.stanzas < wanted:
            self.changed.clear()
            await self.changed.wait()


def main() -> None:
    """Run both processes and print all figures."""
    raise_limit_of_files()
    authority = Authority.new(key="rsa2048")
    issuer = authority.intermediate(key="rsa2048")
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        roots = authority.write(place)
        alpha, beta = (issuer.issue(domain, key="rsa2048").write(place) for domain in ("alpha.test", "beta.test"))
        near, far = multiprocessing.Pipe()
        other = multiprocessing.get_context("spawn").Process(target=run_caller, args=(far, roots, beta))
        other.start()
        uvloop.run(listen(near, roots, alpha))
        other.join()
    assert other.exitcode == 0


async def listen(other: Connection, roots: Path, files: Files) -> None:
    """alpha.test."""
    counter = Counter()
    listener = StreamListener(
        [ListeningAddress("127.0.0.1", 0)],
        Reception(("alpha.test",)),
        sessions("alpha.test", files),
        judge(roots, Role.CLIENT),
        counter,
        limits=LIMITS,
        admission=AdmissionLimits(per_network=AT_ONCE * 2),
    )
    await listener.start()
    other.send(listener.ports[0])
    await asyncio.to_thread(other.recv)  # warmed up
    before = resident()
    seconds = await asyncio.to_thread(other.recv)
    print(f"establishing a stream, both sides {seconds / STREAMS * 1e3:7.2f} ms")
    show("1,000 idle incoming streams", resident() - before)
    other.send(None)
    show("1,000 idle outgoing streams", await asyncio.to_thread(other.recv))
    await counter.count((STREAMS + WARM_UP) * STANZAS)
    show(f"incoming, after {STANZAS} stanzas each", resident() - before)
    other.send(None)
    show(f"outgoing, after {STANZAS} stanzas each", await asyncio.to_thread(other.recv))
    await listener.stop()


def run_caller(other: Connection, roots: Path, files: Files) -> None:
    """The other process."""
    raise_limit_of_files()
    uvloop.run(call(other, roots, files))


async def call(other: Connection, roots: Path, files: Files) -> None:
    """beta.test. It waits for the other process without its loop: that has nothing to do then."""
    connector = Connector(sessions("beta.test", files), judge(roots, Role.SERVER), LIMITS)
    target = Address("127.0.0.1", other.recv())
    turns = asyncio.Semaphore(AT_ONCE)

    async def connect() -> StreamConnection:
        async with turns:
            return await connector.connect("beta.test", "alpha.test", target, Caller())

    streams = [await connect() for _ in range(WARM_UP)]
    before, start = resident(), time.perf_counter()
    other.send(None)
    streams += await asyncio.gather(*(connect() for _ in range(STREAMS)))
    other.send(time.perf_counter() - start)
    other.recv()
    other.send(resident() - before)
    for _ in range(STANZAS):
        for stream in streams:
            stream.send(stanza())
        await asyncio.sleep(0)
    other.recv()
    other.send(resident() - before)


def sessions(domain: str, files: Files) -> OpenSslSessions:
    return OpenSslSessions(
        CredentialStore({domain: CredentialFiles(files.certificate, files.private_key)}, now=time.time())
    )


def judge(roots: Path, role: Role) -> Judge:
    trust = TrustStore.from_file(roots)
    return lambda chain, domain: trust.judge(chain, domain, now=time.time(), role=role).sentence or None


def stanza() -> Stanza:
    body = etree.Element(qualified(SERVER, "body"))
    body.text = "x" * STANZA_BYTES
    return make_stanza(Kind.MESSAGE, "ann@beta.test", "bob@alpha.test", body)


def show(what: str, size: int) -> None:
    megabytes = size / 1e6
    verdict = "" if megabytes < MARK else f"  above the mark of {MARK:.0f}"
    print(f"{what:33} {megabytes:8.1f} MB{verdict}")


def raise_limit_of_files() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(FILES_LIMIT, most), most))


def resident() -> int:
    """The memory of this process, in bytes."""
    gc.collect()
    return int(psutil.Process().memory_info().rss)


if __name__ == "__main__":
    main()
