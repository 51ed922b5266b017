"""The loop that the server runs on, and TLS: taking a connection over from aiohttp works there too."""

from __future__ import annotations

import asyncio
import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from serving.web_server import PATH, WAVE, web_server
from wave_web.rate_limits import UNLIMITED
from wave_web.settings import SocketLimits, WebSettings

LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


def certificate(directory: Path) -> Path:
    """A self-signed certificate for 127.0.0.1, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(hours=1))
    made = builder.add_extension(address, critical=False).sign(key, hashes.SHA256())
    path = directory / "server.pem"
    plain = serialization.NoEncryption()
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("loop", LOOPS)
def test_a_reader_that_does_not_read_is_cut_alone(tmp_path: Path, loop: str, tls: bool) -> None:
    async def scenario() -> None:
        limits = SocketLimits(
            unsent_bytes=100_000,
            grace=0.1,
            connection_operations=UNLIMITED,
            connection_bytes=UNLIMITED,
            account_operations=UNLIMITED,
            account_bytes=UNLIMITED,
        )
        pem = certificate(tmp_path) if tls else None
        async with web_server(tmp_path, WebSettings(socket=limits), certificate=pem) as server:
            alice, slow, other = [await server.connect(name) for name in ("alice", "bob", "carol")]
            ack = await alice.create(("notes", [{"chars": "x" * 300_000}]), add=("alice", "bob", "carol"))
            await other.ask(type="open", id=1, wave=WAVE)
            await other.get()
            assert (await slow.ask(type="open", id=1, wave=WAVE))["type"] == "opened"
            assert len(str(await slow.get())) > 300_000
            slow.stop_reading()
            noise = [{"doc": "notes", "op": [{"delchars": "x" * 300_000}, {"chars": "y" * 300_000}]}]
            back = [{"doc": "notes", "op": [{"delchars": "y" * 300_000}, {"chars": "x" * 300_000}]}]
            number = 0
            while len(server.sockets) == 3:
                at = {"at": ack["version"], "hash": ack["hash"]}
                ops = back if number % 2 else noise
                ack = await alice.ask(type="submit", id=9, wavelet=PATH, key=f"k{number}", **at, ops=ops)
                assert ack["type"] == "ack", ack
                assert (await other.get())["version"] == ack["version"]
                number += 1

    with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
        runner.run(scenario())
