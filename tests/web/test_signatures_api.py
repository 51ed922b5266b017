"""Which domain signed what, and how other domains stand, over HTTP, on a server that does not federate."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from serving.api_server import DOMAIN, ApiServer, api_server

PATH = f"{DOMAIN}/w+a/~/conv+root"
QUERY = {"wavelet": PATH, "author": f"ada@{DOMAIN}"}


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[ApiServer]:
    async with api_server(tmp_path) as running:
        yield running


async def test_without_federation_nothing_is_signed(server: ApiServer) -> None:
    ada = await server.person("ada")
    await server.wavelet(PATH, ["ada", "bob"])
    answer = await ada.api("GET", "/wavelets/signatures", params={**QUERY, "version": "2"})
    assert answer.json == {"signatures": [{"version": 2, "signed_by": None, "verified_at": None}]}
    answer = await ada.api("GET", "/wavelets/signatures", params={**QUERY, "version": "3"})
    assert answer.json == {"signatures": []}


async def test_strangers_and_malformed_questions_learn_nothing(server: ApiServer) -> None:
    ada, eve = await server.person("ada"), await server.person("eve")
    await server.wavelet(PATH, ["ada", "bob"])
    for person, query, error in (
        (ada, {**QUERY, "version": "x"}, (400, "invalid-request")),
        (ada, {**QUERY, "version": "2", "wavelet": "x"}, (400, "invalid-request")),
        (ada, QUERY, (400, "invalid-request")),
        (eve, {**QUERY, "version": "2"}, (404, "not-found")),
    ):
        assert (await person.api("GET", "/wavelets/signatures", params=query)).error == error


async def test_without_federation_other_domains_are_out_of_reach(server: ApiServer) -> None:
    ada = await server.person("ada")
    for domain, standing in ((DOMAIN, "own"), ("Example.COM", "own"), ("beta.test", "off")):
        answer = await ada.api("GET", f"/domains/{domain}")
        assert answer.json == {"domain": domain.lower(), "standing": standing, "message": None}
    assert (await ada.api("GET", "/domains/127.0.0.1")).error == (400, "invalid-request")
