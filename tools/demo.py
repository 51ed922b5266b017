"""Two servers on this machine that share waves, alpha.localhost and beta.localhost, until Ctrl-C. `make demo` runs it.

Their certificates come from a private authority made here; data and keys are in the folder that is given, and stay.
"""

from __future__ import annotations

import datetime
import os
import signal
import subprocess
import sys
from pathlib import Path

from groundswell.development_ca import KeyPair, make_authority, make_certificate

DOMAINS = {"alpha.localhost": (8081, 5281), "beta.localhost": (8082, 5282)}  # ports for browsers, for servers
CONFIG = """\
domain = "{domain}"
data_dir = "{folder}/data"
[http]
host = "127.0.0.1"
port = {port}
public_url = "http://{domain}:{port}"
[accounts]
registration = "open"
[federation]
listen = ["127.0.0.1:{server_port}"]
certificate = "{folder}/{domain}.crt"
private_key = "{folder}/{domain}.key"
ca_file = "{authority}"
[federation.routes]
{routes}
"""


def write_pair(pair: KeyPair, folder: Path, name: str) -> None:
    """Write a certificate and its key, the latter for its owner alone."""
    (folder / f"{name}.crt").write_bytes(pair.certificate)
    key = folder / f"{name}.key"
    key.touch(mode=0o600)
    key.write_bytes(pair.private_key)


def read_authority(folder: Path) -> KeyPair:
    """The demonstration's authority; made when it is not there."""
    if not (folder / "ca.key").exists():
        write_pair(make_authority("Groundswell demonstration CA", datetime.datetime.now(datetime.UTC)), folder, "ca")
    return KeyPair((folder / "ca.crt").read_bytes(), (folder / "ca.key").read_bytes())


def prepare(folder: Path, domain: str, authority: KeyPair) -> Path:
    """A folder with everything that one of the servers needs. Its configuration file comes back."""
    own = folder / domain
    (own / "data").mkdir(parents=True, exist_ok=True)
    if not (own / f"{domain}.key").exists():
        write_pair(make_certificate(authority, domain, datetime.datetime.now(datetime.UTC)), own, domain)
    others = {other: ports[1] for other, ports in DOMAINS.items() if other != domain}
    routes = "\n".join(
        f'"{prefix}{other}" = "127.0.0.1:{port}"' for other, port in others.items() for prefix in ("", "wave.")
    )
    port, server_port = DOMAINS[domain]
    config = own / "groundswell.toml"
    text = CONFIG.format(
        domain=domain,
        folder=own,
        port=port,
        server_port=server_port,
        authority=folder / "ca.crt",
        routes=routes,
    )
    config.write_text(text, encoding="utf-8")
    return config


def main(folder: Path) -> int:
    """Run both servers until Ctrl-C, or until one of them ends. 1 when one could not start or failed."""
    folder.mkdir(parents=True, exist_ok=True)
    authority = read_authority(folder)
    configs = [prepare(folder, domain, authority) for domain in DOMAINS]
    serve = [sys.executable, "-m", "groundswell", "serve", "--config"]
    servers = [subprocess.Popen([*serve, str(config)], start_new_session=True) for config in configs]  # noqa: S603 - ours
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop(servers))
    for domain, (port, _) in DOMAINS.items():
        print(f"{domain}: http://{domain}:{port}")
    print(
        "Make an account on each, start a wave on one, and add NAME@beta.localhost to it. Ctrl-C stops both.",
        flush=True,
    )
    os.waitpid(-1, 0)
    stop(servers)
    return max(abs(server.wait()) for server in servers)


def stop(servers: list[subprocess.Popen[bytes]]) -> None:
    """Ask those that still run to end."""
    for server in servers:
        if server.poll() is None:
            server.terminate()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).absolute()))
