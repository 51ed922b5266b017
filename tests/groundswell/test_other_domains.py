"""What the browser is told of other domains, asked of real providers."""

from __future__ import annotations

from pathlib import Path

import pytest

from groundswell.other_domains import OtherDomains
from s2s.providers import providers
from wave_server.errors import InvalidRequest
from wave_web.domains_api import OtherDomain, Standing


async def test_a_domain_is_found_when_its_wave_service_answers(tmp_path: Path) -> None:
    async with providers(tmp_path, "alpha.test", "beta.test") as world:
        domains = OtherDomains("alpha.test", world["alpha.test"].services)
        assert await domains.look_up("Beta.Test") == OtherDomain("beta.test", Standing.FOUND)
        assert await domains.look_up("alpha.test") == OtherDomain("alpha.test", Standing.OWN)
        gone = await domains.look_up("gamma.test")
        assert (gone.domain, gone.standing) == ("gamma.test", Standing.UNREACHABLE)
        assert gone.message is not None
        assert gone.message.startswith("no wave service of gamma.test can be reached")


async def test_nobody_waits_long_for_a_domain_that_says_nothing(tmp_path: Path) -> None:
    async with providers(tmp_path, "alpha.test", "beta.test") as world:
        found = await OtherDomains("alpha.test", world["alpha.test"].services, patience=0).look_up("beta.test")
        assert found == OtherDomain("beta.test", Standing.UNREACHABLE, "beta.test has not answered within 0 seconds")


async def test_what_is_no_domain_is_refused() -> None:
    for text in ("", "a b", "127.0.0.1"):
        with pytest.raises(InvalidRequest):
            await OtherDomains("alpha.test", None).look_up(text)
