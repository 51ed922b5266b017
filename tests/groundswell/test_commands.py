"""The commands, run as a user types them, on a real SQLite database."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from groundswell.cli import main

PASSWORD = "correct horse battery"


class Shell:
    """Runs commands with one configuration."""

    def __init__(self, folder: Path) -> None:
        self.config = folder / "groundswell.toml"
        self.config.write_text(f'domain = "alpha.test"\ndata_dir = "{folder}/data"\n', encoding="utf-8")

    def run(self, *arguments: str, stdin: str = "") -> Result:
        return CliRunner().invoke(main, [*arguments, "--config", str(self.config)], input=stdin)

    def succeed(self, *arguments: str, stdin: str = "") -> str:
        result = self.run(*arguments, stdin=stdin)
        assert result.exit_code == 0, result.output
        return result.output

    def fail(self, *arguments: str, stdin: str = "") -> str:
        result = self.run(*arguments, stdin=stdin)
        assert result.exit_code == 1, result.output
        assert result.stderr.startswith("Error: ")
        assert result.stderr.count("\n") == 1
        return result.stderr


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def test_an_account_is_added_listed_disabled_and_enabled(shell: Shell) -> None:
    assert "no accounts yet" in shell.succeed("user", "list")
    assert "added ada@alpha.test" in shell.succeed("user", "add", "ada", "--password-stdin", stdin=f"{PASSWORD}\n")
    assert "ada@alpha.test" in shell.succeed("user", "list")
    shell.succeed("user", "disable", "ada")
    assert "disabled" in shell.succeed("user", "list")
    shell.succeed("user", "enable", "ada@alpha.test")
    assert "disabled" not in shell.succeed("user", "list")


def test_a_password_is_asked_for_twice_and_not_shown(shell: Shell) -> None:
    output = shell.succeed("user", "add", "ada", stdin=f"{PASSWORD}\n{PASSWORD}\n")
    assert "Password for ada@alpha.test" in output
    assert PASSWORD not in output


def test_a_token_is_shown_once_listed_without_its_secret_and_revoked(shell: Shell) -> None:
    shell.succeed("user", "add", "ada", "--password-stdin", stdin=f"{PASSWORD}\n")
    secret = shell.succeed("token", "create", "ada", "--label", "laptop").strip()
    listed = shell.succeed("token", "list", "ada")
    assert "laptop" in listed
    assert secret not in listed
    shell.succeed("token", "revoke", "ada", listed.split()[0])
    assert "no tokens" in shell.succeed("token", "list", "ada")


def test_what_cannot_be_done_is_said_in_one_line_with_exit_status_1(shell: Shell) -> None:
    assert "nobody@alpha.test" in shell.fail("user", "disable", "nobody")
    assert "not of this server's domain" in shell.fail("user", "add", "a@b.test", "--password-stdin", stdin="x" * 12)
    assert "8" in shell.fail("user", "add", "ada", "--password-stdin", stdin="short\n")
    shell.succeed("user", "add", "ada", "--password-stdin", stdin=f"{PASSWORD}\n")
    assert "ada@alpha.test" in shell.fail("user", "add", "ADA", "--password-stdin", stdin=f"{PASSWORD}\n")


def test_migrate_makes_the_tables_and_does_nothing_the_second_time(shell: Shell, tmp_path: Path) -> None:
    assert "0001" in shell.succeed("migrate")
    assert (tmp_path / "data" / "groundswell.db").is_file()
    assert "applied" not in shell.succeed("migrate")


def test_check_config_says_what_it_comes_to_and_hides_passwords(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    shell.config.write_text('[database]\nurl = "postgresql+asyncpg://wave:secret@db/wave"\n', encoding="utf-8")
    output = shell.succeed("check-config")
    assert "wave@db/wave" in output
    assert "secret" not in output


def test_a_broken_configuration_is_named_by_its_file(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    shell.config.write_text("[http]\nport = 99999\n", encoding="utf-8")
    assert "groundswell.toml" in shell.fail("check-config")
    assert "http.port" in shell.fail("serve")


def test_init_writes_what_check_config_accepts(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["init", "--domain", "alpha.test", "--directory", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert "groundswell serve --config" in result.output
    checked = CliRunner().invoke(main, ["check-config", "--config", str(tmp_path / "groundswell.toml")])
    assert "alpha.test" in checked.output


def test_verify_finds_nothing_wrong_in_an_empty_store(shell: Shell) -> None:
    shell.succeed("migrate")
    assert "all right" in shell.succeed("verify")


def test_a_load_test_without_a_server_says_so(shell: Shell) -> None:
    result = CliRunner().invoke(main, ["loadtest", "--url", "http://127.0.0.1:9", "--token", "gsw_x", "--seconds", "1"])
    assert result.exit_code == 1
    assert "127.0.0.1:9" in result.stderr
