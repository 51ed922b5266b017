"""What the stores of several servers hold of a wavelet that they share."""

from __future__ import annotations

from federating.world import ROOT, World
from wave_server.names import WaveletName
from wave_server.store import Store, StoredDelta

WHOLE = 1_000_000  # deltas


async def stored(world: World, domain: str, name: WaveletName = ROOT) -> list[StoredDelta]:
    """The history of a wavelet in the store of a domain, whether its server runs or not."""
    store = await Store.open(world.servers[domain].database)
    try:
        return list(await store.deltas(name, 0, limit=WHOLE))
    finally:
        await store.close()


async def one_history(world: World, *domains: str, name: WaveletName = ROOT) -> int:
    """See that all have the same history, byte for byte and hash for hash. How many deltas it is."""
    first, *others = [
        [(row.applied, row.history_hash) for row in await stored(world, domain, name)] for domain in domains
    ]
    for domain, other in zip(domains[1:], others, strict=True):
        assert other == first, f"{domain} has another history than {domains[0]}"
    return len(first)


async def verified(world: World) -> None:
    """Recompute every hash and check every signature in every store. Raises CommandFailed when one is wrong."""
    for domain, server in world.servers.items():
        said = await server.process.command("verify")
        assert "0 of our own are not signed" in said, f"{domain}: {said}"
