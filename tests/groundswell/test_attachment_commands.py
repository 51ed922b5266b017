"""`groundswell attachments` and `groundswell user invite`, as a user types them."""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from groundswell.api import attachment_files, make_registration
from groundswell.cli import main
from groundswell.config import load_config
from groundswell.serving import make_accounts, milliseconds, open_store
from wave_server.attachment_files import UNCLAIMED_AFTER
from wave_server.attachment_images import ImageWork
from wave_server.attachments import AttachmentLimits, Attachments
from wave_server.names import WaveAddress, WaveletName


class Shell:
    """Runs commands with one configuration."""

    def __init__(self, folder: Path, *more: str) -> None:
        self.file = folder / "groundswell.toml"
        lines = ['domain = "alpha.test"', f'data_dir = "{folder}/data"', *more, ""]
        self.file.write_text("\n".join(lines), encoding="utf-8")
        self.config = load_config(self.file, {})

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(main, [*arguments, "--config", str(self.file)])

    def attach(self, data: bytes, uploader: str) -> str:
        """Upload, as the server would; the attachment's id."""

        async def everybody(name: WaveletName, reader: WaveAddress) -> None:
            """Everybody sees everything."""

        async def upload() -> str:
            async with open_store(self.config) as store:
                attachments = Attachments(
                    store,
                    attachment_files(self.config),
                    check_visible=everybody,
                    clock=milliseconds,
                    work=ImageWork(),
                    limits=AttachmentLimits(),
                )
                name = WaveletName.parse_path("alpha.test/w+a/~/conv+root")
                async with await attachments.begin(name, WaveAddress(uploader, "alpha.test")) as begun:
                    await begun.write(data)
                    return (await begun.finish("notes.txt", "text/plain")).id

        return asyncio.run(upload())


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def test_attachments_are_listed_by_uploader_and_removed(shell: Shell) -> None:
    ada, bob = shell.attach(b"one", "ada"), shell.attach(b"two", "bob")
    listed = shell.run("attachments", "list").output
    assert ada in listed
    assert bob in listed
    assert "alpha.test/w+a/~/conv+root  notes.txt" in listed
    assert [line.split()[0] for line in shell.run("attachments", "list", "--by", "bob").output.splitlines()] == [bob]
    assert shell.run("attachments", "remove", ada).exit_code == 0
    assert ada not in shell.run("attachments", "list").output
    again = shell.run("attachments", "remove", ada)
    assert (again.exit_code, again.stderr) == (1, f"Error: there is no attachment {ada!r}\n")


def test_sweeping_says_how_much_it_removed(shell: Shell) -> None:
    shell.attach(b"one", "ada")
    files = attachment_files(shell.config)
    orphan = files.path(files.put(b"an orphan"))
    old = milliseconds() / 1000 - UNCLAIMED_AFTER - 1
    os.utime(orphan, (old, old))
    assert shell.run("attachments", "sweep").output == "removed 1 file\n"
    assert not orphan.exists()


def test_an_invitation_is_a_link_that_makes_an_account(tmp_path: Path) -> None:
    shell = Shell(tmp_path, "[http]", 'public_url = "https://wave.test"', "[accounts]", 'registration = "invite"')
    result = shell.run("user", "invite", "--uses", "1", "--days", "2")
    assert (result.exit_code, result.stderr) == (0, "")
    link = re.fullmatch(r"https://wave\.test/register\?invitation=([A-Za-z0-9_-]{22})\n", result.stdout)
    assert link is not None

    async def register() -> str:
        async with open_store(shell.config) as store:
            accounts = make_accounts(shell.config, store)
            registration = make_registration(shell.config, store, accounts, milliseconds)
            return str((await registration.register("ada", "correct horse", invitation=link[1])).address)

    assert asyncio.run(register()) == "ada@alpha.test"


def test_an_invitation_that_nobody_can_use_comes_with_a_warning(tmp_path: Path) -> None:
    result = Shell(tmp_path, "[accounts]", 'registration = "closed"').run("user", "invite")
    assert result.exit_code == 0
    assert "Registration is closed" in result.stderr
    refused = Shell(tmp_path).run("user", "invite", "--uses", "0")
    assert (refused.exit_code, "1 to 1000 uses" in refused.stderr) == (1, True)


def test_a_token_gets_the_scopes_that_are_asked_for(shell: Shell) -> None:
    async def scopes(secret: str) -> frozenset[str]:
        async with open_store(shell.config) as store:
            account = await make_accounts(shell.config, store).token(secret)
            assert account is not None
            assert account.scopes is not None
            return account.scopes

    CliRunner().invoke(
        main, ["user", "add", "ada", "--password-stdin", "--config", str(shell.file)], input="correct horse\n"
    )
    default = shell.run("token", "create", "ada").output.strip()
    assert asyncio.run(scopes(default)) == {"waves:read", "waves:write"}
    narrow = shell.run("token", "create", "ada", "--scope", "account").output.strip()
    assert asyncio.run(scopes(narrow)) == {"account"}
    assert shell.run("token", "create", "ada", "--scope", "everything").exit_code == 2
