"""Which domain signed what, and how other domains stand, over HTTP, on a server that does not federate."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from serving.api_server import DOMAIN, ApiServer, api_server

PATH = f"{DOMAIN}/w+a/~/conv+root"


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[ApiServer]:
    async with api_server(tmp_path) as running:
        yield running


async def test_without_federation_nothing_is_signed(server: ApiServer) -> None:
    ada = await server.person("ada")
    await server.wavelet(PATH, ["ada", "bob"])
    answer = await ada.api("GET", "/wavelets/signatures", params={"wavelet": PATH, "version": "2"})
    signature = {"version": 2, "author": f"ada@{DOMAIN}", "signed_by": None, "verified_at": None}
    assert (answer.status, answer.json) == (200, {"signatures": [signature]})


async def test_signatures_of_versions_that_are_none_and_of_strange_waves_are_refused(server: ApiServer) -> None:
    ada, eve = await server.person("ada"), await server.person("eve")
    await server.wavelet(PATH, ["ada", "bob"])
    for person, version, error in (
        (ada, "1", (409, "bad-version")),
        (ada, "x", (400, "invalid-request")),
        (eve, "2", (404, "not-found")),
    ):
        answer = await person.api("GET", "/wavelets/signatures", params={"wavelet": PATH, "version": version})
        assert answer.error == error
    answer = await ada.api("GET", "/wavelets/signatures", params={"wavelet": PATH})
    assert answer.error == (400, "invalid-request")


async def test_without_federation_other_domains_are_out_of_reach(server: ApiServer) -> None:
    ada = await server.person("ada")
    for domain, standing in ((DOMAIN, "own"), ("Example.COM", "own"), ("beta.test", "off")):
        answer = await ada.api("GET", f"/domains/{domain}")
        assert answer.json == {"domain": domain.lower(), "standing": standing, "message": None}
    assert (await ada.api("GET", "/domains/127.0.0.1")).error == (400, "invalid-request")
