"""Federation between two real servers, and what their administrators see of it."""

from __future__ import annotations

import asyncio
import re
import stat
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import aiohttp
import pytest
import pytest_asyncio
from click.testing import CliRunner
from prometheus_client.parser import text_string_to_metric_families

from groundswell.cli import main
from running.ports import free_port
from running.server_process import CommandFailed, ServerProcess
from s2s.pki import Authority, dns

FEDERATION = """\
[federation]
listen = ["127.0.0.1:{port}"]
certificate = "{folder}/{domain}.crt"
private_key = "{folder}/{domain}.key"
ca_file = "{folder}/ca.crt"
[federation.routes]
{routes}
"""


def certify(authority: Authority, domain: str, folder: Path) -> None:
    authority.issue(domain, names=[dns(domain), dns(f"wave.{domain}")]).write(folder, domain)


def routes(ports: dict[str, int]) -> str:
    """Each domain, and what is below it, at its port of this machine."""
    return "".join(
        f'"{prefix}{domain}" = "127.0.0.1:{port}"\n' for domain, port in ports.items() for prefix in ("", "wave.")
    )


class World(NamedTuple):
    authority: Authority
    folder: Path  # of certificates
    alpha: ServerProcess
    beta: ServerProcess


@asynccontextmanager
async def serving(*servers: ServerProcess) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        for server in servers:
            stack.push_async_callback(server.stop)
            await server.start()
        yield


@pytest.fixture
def world(tmp_path: Path) -> World:
    """alpha.test and beta.test, not started, with certificates of one authority."""
    authority = Authority.new()
    authority.write(tmp_path)
    ports = {"alpha.test": free_port(), "beta.test": free_port()}
    servers = []
    for domain, port in ports.items():
        certify(authority, domain, tmp_path)
        folder = tmp_path / domain
        folder.mkdir()
        others = routes({other: place for other, place in ports.items() if other != domain})
        more = FEDERATION.format(port=port, folder=tmp_path, domain=domain, routes=others)
        servers.append(ServerProcess(folder, "", domain=domain, more=more))
    return World(authority, tmp_path, *servers)


@pytest_asyncio.fixture
async def both(world: World) -> AsyncIterator[World]:
    async with serving(world.alpha, world.beta):
        yield world


class Said(NamedTuple):
    """What a command printed, and how it ended."""

    output: str
    error: str
    status: int


async def run(server: ServerProcess, *arguments: str) -> Said:
    """A command on the server's configuration, in this process: starting another one for each takes seconds."""
    result = await asyncio.to_thread(CliRunner().invoke, main, [*arguments, "--config", str(server.config)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return Said(result.stdout, result.stderr.replace("asking the running server ...\n", ""), result.exit_code)


async def succeed(server: ServerProcess, *arguments: str) -> str:
    said = await run(server, *arguments)
    assert said.status == 0, said
    return said.output


async def metrics(server: ServerProcess) -> dict[tuple[str, ...], float]:
    """Samples by name and the values of their labels."""
    async with aiohttp.ClientSession() as session, session.get(f"{server.url}/metrics") as response:
        assert response.status == 200
        text = await response.text()
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {(sample.name, *sample.labels.values()): sample.value for sample in samples}


async def test_two_servers_find_each_other_and_say_so(both: World) -> None:
    assert "There are no links" in await succeed(both.alpha, "federation", "status")
    checked = await succeed(both.alpha, "federation", "check", "beta.test")
    assert "alpha.test and wave.alpha.test (ours)" in checked
    assert "names beta.test, wave.beta.test" in checked
    assert "usages serverAuth, clientAuth" in checked
    assert "wave service: wave.beta.test" in checked
    for domain in ("beta.test", "wave.beta.test"):
        assert f"from them: {domain} answered our ping" in checked
    assert checked.endswith("Nothing is wrong with beta.test.\n")

    status = await succeed(both.alpha, "federation", "status")
    assert "wave.alpha.test -> wave.beta.test  ready" in status
    assert "wave.alpha.test <- wave.beta.test  ready" in status
    assert "TLSv1.3" in status
    assert "certificate of wave.alpha.test: expires" in status
    measured = await metrics(both.alpha)
    assert measured["groundswell_links", "outgoing", "ready"] == 2
    assert measured["groundswell_requests_total", "answered"] == 4
    assert measured["groundswell_certificate_expiry_seconds", "alpha.test"] > 1.7e9
    await both.alpha.logged("incoming-ready wave.alpha.test wave.beta.test")

    await asyncio.gather(both.alpha.stop(), both.beta.stop())
    assert "Traceback" not in both.alpha.log + both.beta.log


async def test_a_server_that_is_not_there_is_named_in_one_sentence(world: World) -> None:
    said = await run(world.alpha, "federation", "check", "beta.test")
    assert said.status == 1
    assert re.fullmatch(
        r"Error: beta\.test cannot be reached: 127\.0\.0\.1:\d+: no connection could be made: Connection refused\n",
        said.error,
    )
    assert "not checked, since no ping gets to beta.test" in said.output


async def test_without_our_own_server_only_one_direction_is_checked_and_that_is_said(world: World) -> None:
    async with serving(world.beta):
        checked = await succeed(world.alpha, "federation", "check", "beta.test")
    assert "from them: not checked, no server runs with this configuration" in checked
    assert checked.endswith("Nothing is wrong with beta.test, as far as can be seen from here.\n")
    assert "no server runs with this configuration" in (await run(world.alpha, "federation", "status")).error


async def test_a_domain_that_cannot_come_to_us_is_told_apart_from_one_that_is_out_of_reach(world: World) -> None:
    config = world.beta.config.read_text()
    world.beta.config.write_text(re.sub(r'(alpha\.test" = "127\.0\.0\.1:)\d+', rf"\g<1>{free_port()}", config))
    async with serving(world.alpha, world.beta):
        said = await run(world.alpha, "federation", "check", "beta.test", "--patience", "2")
    assert said.output.count("to them    a stream could be used\n") == 2
    assert said.error == "Error: beta.test does not come to us with an answer: beta.test did not answer within 2 s\n"


async def test_a_new_certificate_is_used_without_a_restart_and_a_bad_one_is_not(both: World) -> None:
    before = await succeed(both.alpha, "federation", "status")
    path = both.folder / "alpha.test.crt"
    path.write_bytes(b"nonsense")
    both.alpha.reload()
    await both.alpha.logged("the certificate of alpha.test stays as it was: ")
    assert await succeed(both.alpha, "federation", "status") == before
    certify(both.authority, "alpha.test", both.folder)
    both.alpha.reload()
    await both.alpha.logged("the certificate of wave.alpha.test was replaced")
    await succeed(both.alpha, "federation", "check", "beta.test")


async def test_only_the_owner_may_ask_and_a_killed_server_leaves_nothing_in_the_way(world: World) -> None:
    await world.alpha.start()
    place = world.folder / "alpha.test" / "admin.sock"
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    await world.alpha.kill()
    assert place.is_socket()
    async with serving(world.alpha):
        assert "federates as wave.alpha.test" in await succeed(world.alpha, "federation", "status")
    assert not place.exists()


async def test_a_certificate_that_cannot_be_used_is_named_and_the_server_does_not_start(world: World) -> None:
    Authority.new().issue("other.test").write(world.folder, "alpha.test")
    said = await run(world.alpha, "check-config")
    assert re.fullmatch(r"Error: \S+/alpha\.test\.crt cannot be used for alpha\.test: .*\n", said.error)
    with pytest.raises(CommandFailed, match=r"alpha\.test\.crt cannot be used for alpha\.test"):
        await world.alpha.start()


async def test_check_config_says_how_the_server_federates(world: World) -> None:
    said = await succeed(world.alpha, "check-config")
    assert "certificates alpha.test until" in said
    assert "wave.beta.test to 127.0.0.1" in said


async def test_without_a_certificate_nothing_federates_and_metrics_may_be_kept_off_the_web(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path, "")
    server.config.write_text(server.config.read_text().replace("[http]\n", '[http]\nmetrics = "off"\n'))
    async with serving(server), aiohttp.ClientSession() as session:
        for command in (("status",), ("check", "beta.test")):
            said = await run(server, "federation", *command)
            assert said.error.startswith("Error: federation is off: configure a certificate")
        async with session.get(f"{server.url}/metrics") as response:
            assert response.status == 404
        connector = aiohttp.UnixConnector(str(tmp_path / "admin.sock"))
        async with (
            aiohttp.ClientSession(connector=connector) as local,
            local.get("http://localhost/metrics") as response,
        ):
            text = await response.text()
    assert "process_cpu_seconds_total" in text
    assert "groundswell_" not in text
