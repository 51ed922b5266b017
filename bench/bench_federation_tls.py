#!/usr/bin/env python3
"""What a TLS session costs: memory while idle, a handshake, a judgement, a megabyte.

    PYTHONPATH=tests python bench/bench_federation_tls.py

Both ends are ours and in memory, with RSA certificates below an intermediate authority, as public authorities issue
them: a handshake's time is that of both sides together, memory is of one. The judgement is made beside the system's
authorities.
"""

from __future__ import annotations

import gc
import tempfile
import time
from pathlib import Path

import psutil

from s2s.pki import Authority
from s2s.tls_pairs import exchange, sessions, shake_hands
from wave_federation.tls.certificate_faults import Role
from wave_federation.tls.openssl import OpenSslSession, OpenSslSessions
from wave_federation.tls.trust import Chain, TrustStore

PAIRS = 500
WARM_UP = 20  # pairs made before memory is first looked at
STANZAS = bytes(2_000) * 50
MEGABYTES = 64
JUDGEMENTS = 300

Pair = tuple[OpenSslSession, OpenSslSession]


def main() -> None:
    """Print all figures."""
    authority = Authority.new(key="rsa2048")
    issuer = authority.intermediate(key="rsa2048")
    identities = [issuer.issue(domain, key="rsa2048") for domain in ("a.test", "b.test")]
    with tempfile.TemporaryDirectory() as directory:
        ours = sessions(Path(directory), time.time(), *identities)
        memory(ours)
        throughput(ours)
    judgement(authority, identities[0].chain)


def memory(ours: OpenSslSessions) -> None:
    """Idle sessions, before and after each has carried some stanzas, and what their handshakes took."""
    kept = [establish(ours) for _ in range(WARM_UP)]
    before, start = resident(), time.perf_counter()
    kept += [establish(ours) for _ in range(PAIRS)]
    seconds = time.perf_counter() - start
    print(f"a handshake, both sides       {seconds / PAIRS * 1e3:8.2f} ms")
    print(f"an idle session               {(resident() - before) / PAIRS / 2 / 1024:8.1f} KiB")
    for client, server in kept:
        client.send(STANZAS)
        server.send(STANZAS)
        exchange(client, server)
    print(f"the same after {2 * len(STANZAS) // 1000} kB          {(resident() - before) / PAIRS / 2 / 1024:8.1f} KiB")


def throughput(ours: OpenSslSessions) -> None:
    """Stanzas encrypted on one side and decrypted on the other."""
    client, server = establish(ours)
    rounds = MEGABYTES * 1_000_000 // len(STANZAS)
    start = time.perf_counter()
    for _ in range(rounds):
        client.send(STANZAS)
        server.receive(client.data_to_send())
    print(f"encrypted and decrypted       {MEGABYTES / (time.perf_counter() - start):8.0f} MB/s")


def judgement(authority: Authority, chain: Chain) -> None:
    """One chain judged, among all authorities of the system."""
    trust = TrustStore([*TrustStore.system().roots, authority.certificate])
    start = time.perf_counter()
    for _ in range(JUDGEMENTS):
        assert trust.judge(chain, "a.test", now=time.time(), role=Role.CLIENT).accepted
    print(f"a judgement, {len(trust.roots)} authorities  {(time.perf_counter() - start) / JUDGEMENTS * 1e3:8.2f} ms")


def establish(ours: OpenSslSessions) -> Pair:
    """Both ends of a new session."""
    pair = ours.connect("a.test", "b.test"), ours.accept("b.test")
    shake_hands(*pair)
    return pair


def resident() -> int:
    """The memory of this process, in bytes."""
    gc.collect()
    return int(psutil.Process().memory_info().rss)


if __name__ == "__main__":
    main()
