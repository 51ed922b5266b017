"""`groundswell init` writes what `serve` can use, and overwrites nothing."""

from __future__ import annotations

import datetime
import re
import ssl
import tomllib
from pathlib import Path

import msgspec
import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store

from groundswell.config import LimitsConfig, load_config
from groundswell.federation_config import ComponentConfig, FederationConfig, PolicyConfig
from groundswell.initialization import InitializationError, initialize

NOW = datetime.datetime(2026, 11, 22, tzinfo=datetime.UTC)


def test_the_configuration_that_init_writes_can_be_used(tmp_path: Path) -> None:
    initialize(tmp_path, "alpha.test", NOW)
    config = load_config(tmp_path / "groundswell.toml", {})
    assert config.domain == "alpha.test"
    assert Path(config.data_dir) == tmp_path / "data"


def test_the_file_names_every_limit_with_its_default(tmp_path: Path) -> None:
    initialize(tmp_path, "alpha.test", NOW)
    limits = (tmp_path / "groundswell.toml").read_text().partition("[limits]")[2]
    named = re.findall(r"^# (\w+ = [0-9.]+)", limits, re.MULTILINE)
    assert tomllib.loads("\n".join(named)) == msgspec.to_builtins(LimitsConfig())


def test_the_file_explains_every_key_of_federation_and_policy_and_they_can_be_switched_on(tmp_path: Path) -> None:
    initialize(tmp_path, "alpha.test", NOW)
    path = tmp_path / "groundswell.toml"
    head, _, rest = path.read_text().partition("[federation]\n")
    sections, _, limits = rest.partition("[limits]")
    switched_on = re.sub(r"^# (\w+ = )", r"\1", sections, flags=re.MULTILINE)
    path.write_text(f"{head}[federation]\n{switched_on}[limits]{limits}")
    config = load_config(path, {})
    assert config.federation.is_on
    written = tomllib.loads(path.read_text())
    assert set(written["federation"]) == set(FederationConfig.__struct_fields__)
    assert set(written["federation"]["component"]) == set(ComponentConfig.__struct_fields__)
    assert set(written["policy"]) == set(PolicyConfig.__struct_fields__)


def test_the_certificate_chains_to_the_development_ca_and_names_the_domain(tmp_path: Path) -> None:
    initialize(tmp_path, "alpha.test", NOW)
    authority = x509.load_pem_x509_certificate((tmp_path / "keys/ca.crt").read_bytes())
    leaf = x509.load_pem_x509_certificate((tmp_path / "keys/alpha.test.crt").read_bytes())
    policy = PolicyBuilder().store(Store([authority])).time(NOW)
    for name in ("alpha.test", "wave.alpha.test"):
        assert policy.build_server_verifier(x509.DNSName(name)).verify(leaf, [])[0] == leaf
    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(
        tmp_path / "keys/alpha.test.crt", tmp_path / "keys/alpha.test.key"
    )


def test_private_keys_are_for_their_owner_only(tmp_path: Path) -> None:
    initialize(tmp_path, "alpha.test", NOW)
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "keys").glob("*.key")} == {0o600}


def test_nothing_is_overwritten_or_half_written(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys/ca.key").write_text("precious")
    with pytest.raises(InitializationError, match=r"ca\.key is there already"):
        initialize(tmp_path, "alpha.test", NOW)
    assert (tmp_path / "keys/ca.key").read_text() == "precious"
    assert not (tmp_path / "groundswell.toml").exists()
