"""A whole server of ours as a component of a real Prosody."""

from __future__ import annotations

import asyncio
from pathlib import Path

from click.testing import CliRunner

from groundswell.cli import main
from peers.credentials import Certify
from peers.prosody import COMPONENT_SECRET, Prosody
from peers.user import signed_in
from running.server_process import ServerProcess

CONFIG = """\
[federation]
signer_certificate = "{signer.certificate}"
signer_private_key = "{signer.private_key}"
[federation.component]
host = "{host}"
port = {port}
secret = "{secret}"
"""


def ask(prosody: Prosody) -> str | None:
    with signed_in(prosody.address, prosody.client_port, "prosody.test", "ada") as user:
        answer = user.request("wave.prosody.test", "<query xmlns='jabber:iq:version'/>")
        return answer.findtext(".//{jabber:iq:version}name")


async def test_the_server_serves_its_prosody_and_its_administrators(
    prosody: Prosody, certify: Certify, tmp_path: Path
) -> None:
    more = CONFIG.format(
        signer=certify("prosody.test"), host=prosody.address, port=prosody.component_port, secret=COMPONENT_SECRET
    )
    server = ServerProcess(tmp_path, "", domain="prosody.test", more=more)

    def command(*arguments: str) -> str:
        result = CliRunner().invoke(main, [*arguments, "--config", str(server.config)])
        assert result.exit_code == 0, result.output
        assert COMPONENT_SECRET not in result.output
        return result.output

    checked = await asyncio.to_thread(command, "check-config")
    assert f"as component of {prosody.address}:{prosody.component_port}" in checked
    await server.start()
    try:
        await server.logged("link-ready wave.prosody.test")
        assert await asyncio.to_thread(ask, prosody) == "Groundswell"
        status = await asyncio.to_thread(command, "federation", "status")
        assert "wave.prosody.test -> everybody  ready" in status
    finally:
        await server.stop()
    assert "Traceback" not in server.log
