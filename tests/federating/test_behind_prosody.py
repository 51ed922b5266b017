"""One server is a component of a real Prosody, the other has streams of its own: waves go through all the same."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from federating.histories import one_history, verified
from federating.world import World, all_reached, opened, people_on, shared, type_at_once
from peers.credentials import Credentials
from peers.prosody import COMPONENT_SECRET, running_prosody
from running.federated import FederatedServer, component, native
from running.ports import free_port
from s2s.name_server import running_name_server
from s2s.pki import Authority, dns
from wave_server.names import WaveletName

ALICE, BOB, BEN = "alice@alpha.test", "bob@beta.test", "ben@beta.test"

pytestmark = pytest.mark.timeout(240)


@asynccontextmanager
async def behind_prosody(folder: Path) -> AsyncIterator[World]:
    """alpha.test has streams of its own; Prosody has those of beta.test."""
    authority = Authority.new()
    trusted = authority.write(folder)
    authority.issue("alpha.test", names=[dns("alpha.test"), dns("wave.alpha.test")]).write(folder, "alpha.test")
    beta, service = (
        Credentials.of(authority.issue(domain), domain, folder) for domain in ("beta.test", "wave.beta.test")
    )
    port = free_port()
    with (
        running_name_server() as names,
        running_prosody(
            [beta], components=[service], authority=trusted, name_server=(names.address, names.port)
        ) as prosody,
    ):
        for domain in ("alpha.test", "wave.alpha.test"):
            names.put_server(domain, "127.0.0.1", port)
        others = {"beta.test": f"{prosody.address}:{prosody.server_port}"}
        place = (prosody.address, prosody.component_port)
        servers = [
            FederatedServer("alpha.test", folder, native(folder, "alpha.test", port, others)),
            FederatedServer("beta.test", folder, component(folder, "beta.test", *place, COMPONENT_SECRET)),
        ]
        async with people_on({server.domain: server for server in servers}, [ALICE, BOB, BEN]) as world:
            yield world


async def test_waves_of_either_side_are_written_together_through_a_real_prosody(tmp_path: Path) -> None:
    async with behind_prosody(tmp_path) as here:
        names = [WaveletName.parse_path(f"{domain}/w+shared/~/conv+root") for domain in ("alpha.test", "beta.test")]
        await shared(here.clients[ALICE], BOB, name=names[0])
        await shared(here.clients[BOB], ALICE, name=names[1])
        for name in names:
            wavelets = [await opened(here.clients[each], name) for each in (ALICE, BOB)]
            await type_at_once(wavelets, edits=40)

            wavelets[0].add_participant(BEN)  # late, and gets all of it
            await wavelets[0].settled()
            await all_reached(*wavelets, await opened(here.clients[BEN], name))
            await one_history(here, "alpha.test", "beta.test", name=name)
        await verified(here)
