"""The configuration: defaults, the file, the environment, and errors that say what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from groundswell.config import Config, ConfigError, load_config


def written(folder: Path, text: str) -> Path:
    path = folder / "groundswell.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_file_the_embedded_defaults_serve_localhost_on_8080() -> None:
    config = load_config(None, {})
    assert config == Config()
    assert config.public_url == "http://127.0.0.1:8080"
    assert config.database_url == "sqlite+aiosqlite:///data/groundswell.db"
    assert config.is_embedded


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, 'domain = "alpha.test"\n[http]\nport = 9000\nhost = "127.0.0.2"\n')
    config = load_config(path, {"GROUNDSWELL_HTTP__PORT": "9001", "HOME": "/"})
    assert (config.domain, config.http.host, config.http.port) == ("alpha.test", "127.0.0.2", 9001)


def test_variables_of_tests_and_tools_name_no_key_and_are_ignored() -> None:
    assert load_config(None, {"GROUNDSWELL_TRACES": "elsewhere"}) == Config()


@pytest.mark.parametrize(
    ("text", "environment", "message"),
    [
        ("[http]\nprot = 1\n", {}, "unknown field `prot`"),
        ("", {"GROUNDSWELL_HTPP__PORT": "1"}, "unknown field `htpp`"),
        ("", {"GROUNDSWELL_HTTP__PORT": "many"}, "`http.port`"),
        ("[http]\nport = 70000\n", {}, "`http.port`"),
        ("domain = ", {}, "not valid TOML"),
        ('domain = "not a domain"', {}, "is not a domain name"),
        ('[database]\nurl = "mysql://x"', {}, "database.url must start with"),
        ('[http]\ntls_certificate = "x"', {}, "go together"),
        ('[http]\npublic_url = "wave.test"', {}, "must start with http"),
        ("[limits]\nmessage_bytes = 0\n", {}, "`limits.message_bytes`"),
        ("", {"GROUNDSWELL_DOMAIN__X": "1", "GROUNDSWELL_DOMAIN": "a.test"}, "domain"),
    ],
)
def test_what_cannot_be_used_is_refused_with_one_line(
    tmp_path: Path, text: str, environment: dict[str, str], message: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(written(tmp_path, text), environment)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_points_to_init(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="groundswell init"):
        load_config(tmp_path / "none.toml", {})


@pytest.mark.parametrize(
    ("environment", "registration"),
    [({}, "open"), ({"HTTP__HOST": "localhost"}, "open"), ({"HTTP__HOST": "::1"}, "open"),
     ({"HTTP__HOST": "127.8.9.1"}, "open"), ({"HTTP__HOST": "0.0.0.0"}, "closed"),
     ({"HTTP__HOST": "wave.test"}, "closed"),
     ({"HTTP__PUBLIC_URL": "https://wave.test"}, "closed"),
     ({"HTTP__HOST": "0.0.0.0", "ACCOUNTS__REGISTRATION": "invite"}, "invite"),
     ({"ACCOUNTS__REGISTRATION": "closed"}, "closed")],
)  # fmt: skip
def test_only_a_server_that_nobody_else_reaches_is_open_by_itself(
    environment: dict[str, str], registration: str
) -> None:
    named = {f"GROUNDSWELL_{key}": value for key, value in environment.items()}
    assert load_config(None, named).registration == registration


def test_a_password_costs_one_of_two_words() -> None:
    assert load_config(None, {"GROUNDSWELL_ACCOUNTS__PASSWORD_COST": "small"}).accounts.password_cost == "small"
    with pytest.raises(ConfigError, match=r"password_cost"):
        load_config(None, {"GROUNDSWELL_ACCOUNTS__PASSWORD_COST": "none"})


def test_registration_is_one_of_three_words() -> None:
    with pytest.raises(ConfigError, match=r"registration"):
        load_config(None, {"GROUNDSWELL_ACCOUNTS__REGISTRATION": "everybody"})
