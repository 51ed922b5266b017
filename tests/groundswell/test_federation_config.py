"""[federation] and [policy]: what switches federation on, and what is refused before anything starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from groundswell.config import Config, ConfigError, load_config
from groundswell.federation_config import names, socket_address


def configured(folder: Path, text: str, environment: dict[str, str] | None = None) -> Config:
    for name in ("alpha.crt", "alpha.key"):
        (folder / name).touch()
    path = folder / "groundswell.toml"
    path.write_text(text.replace("@", f"{folder}/"), encoding="utf-8")
    return load_config(path, environment or {})


SIGNER = 'signer_certificate = "@alpha.crt"\nsigner_private_key = "@alpha.key"\n'
KEYS = 'certificate = "@alpha.crt"\nprivate_key = "@alpha.key"\n'


@pytest.mark.parametrize(
    ("text", "is_on"),
    [
        ("", False),
        (f"[federation]\n{KEYS}", True),
        (f"[federation]\nenabled = false\n{KEYS}", False),
        (f'[federation]\n{SIGNER}[federation.component]\nsecret = "x"\n', True),
        ('[federation]\nenabled = false\n[federation.component]\nsecret = "x"\n', False),
    ],
)
def test_a_certificate_or_a_component_switches_federation_on_unless_it_is_said_otherwise(
    tmp_path: Path, text: str, is_on: bool
) -> None:
    assert configured(tmp_path, f'domain = "alpha.test"\n{text}').federation.is_on == is_on


def test_the_environment_names_lists_with_commas(tmp_path: Path) -> None:
    config = configured(
        tmp_path,
        "",
        {
            "GROUNDSWELL_POLICY__BLOCK_DOMAINS": "evil.test, worse.test",
            "GROUNDSWELL_FEDERATION__LISTEN": "127.0.0.1:1,[::1]:2",
            "GROUNDSWELL_FEDERATION__ENABLED": "false",
            "GROUNDSWELL_FEDERATION__COMPONENT__PORT": "5348",
        },
    )
    assert names(config.policy.block_domains) == ("evil.test", "worse.test")
    assert [socket_address(text) for text in names(config.federation.listen)] == [("127.0.0.1", 1), ("::1", 2)]
    assert config.federation.component.port == 5348
    assert config.federation.enabled is False


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[federation]\nenabled = true", "needs federation.certificate"),
        ('[federation]\ncertificate = "@alpha.crt"', "federation.certificate and federation.private_key go together"),
        ('[federation]\nsigner_private_key = "@alpha.key"', "federation.signer_certificate and"),
        ('[federation]\nca_file = "@none.crt"', "there is no such file"),
        ('[federation]\nlisten = ["5269"]', "federation.listen: '5269' is no address"),
        ('[federation]\nlisten = ["alpha.test:5269"]', "is no address"),
        ('[federation]\nlisten = ["127.0.0.1:70000"]', "is no address"),
        ('[federation]\nname_servers = ["dns.test"]', "federation.name_servers: 'dns.test' is no address"),
        ('[federation]\nname_servers = ["127.0.0.1", "127.0.0.2:54"]', "the same port"),
        ('[federation]\nrequire = "dialback"', "`federation.require`"),
        ('[federation.routes]\n"beta test" = "127.0.0.1:1"', "federation.routes: 'beta test' is not a domain"),
        ('[federation.routes]\n"beta.test" = "127.0.0.1:x"', "is no route"),
        ('[federation.component]\nhost = "192.0.2.1"\nsecret = "x"', "is another machine"),
        ('[federation.component]\nsecret = "x"', "needs federation.signer_certificate"),
        ('[federation.component]\nport = 0', "`federation.component.port`"),
        ('[policy]\nblock_domains = ["*.evil.test"]', "policy.block_domains"),
        ('[policy]\nblock = ["evil.test"]', "unknown field `block`"),
        (f"domain = 'localhost'\n[federation]\n{KEYS}listen = 7", "`federation.listen`"),
    ],
)  # fmt: skip
def test_what_cannot_work_is_refused_before_anything_starts(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        configured(tmp_path, text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_component_of_another_machine_needs_tls(tmp_path: Path) -> None:
    text = f'[federation]\n{SIGNER}[federation.component]\nhost = "192.0.2.1"\nsecret = "x"\ntls = true\n'
    assert configured(tmp_path, text).federation.has_component


@pytest.mark.parametrize(
    ("environment", "shown"),
    [({}, True), ({"HTTP__METRICS": "off"}, False), ({"HTTP__HOST": "0.0.0.0"}, False),
     ({"HTTP__PUBLIC_URL": "https://wave.test"}, False),
     ({"HTTP__HOST": "0.0.0.0", "HTTP__METRICS": "on"}, True)],
)  # fmt: skip
def test_metrics_are_for_this_machine_unless_it_is_said_otherwise(environment: dict[str, str], shown: bool) -> None:
    named = {f"GROUNDSWELL_{key}": value for key, value in environment.items()}
    assert load_config(None, named).shows_metrics == shown
