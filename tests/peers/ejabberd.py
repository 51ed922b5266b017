"""A real ejabberd, Debian's, started by the tests on a loopback address of its own with certificates as its only proof.

Its Erlang runs without a node name, so it needs no epmd. Any user may sign in with any password, without TLS, so that
tests can send stanzas as its users.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from peers.credentials import Credentials
from peers.process import PeerProcess, PeerUnavailable, running
from running.ports import free_port

MISSING: Final = "ejabberd is missing: install Debian's package `ejabberd` (apt-get install ejabberd)"
ADDRESS: Final = "127.0.0.3"

_CONFIG: Final = """\
loglevel: debug
hosts:
{hosts}
certfiles:
{certificates}
ca_file: "{authority}"
s2s_use_starttls: required
s2s_protocol_options: [no_sslv3, no_tlsv1, no_tlsv1_1, no_compression]
s2s_max_retry_delay: 1
auth_method: [anonymous]
anonymous_protocol: login_anon
allow_multiple_connections: true
disable_sasl_mechanisms: [digest-md5, x-oauth2]
listen:
  -
    port: {client_port}
    ip: "{address}"
    module: ejabberd_c2s
    starttls: false
  -
    port: {server_port}
    ip: "{address}"
    module: ejabberd_s2s_in
    tls: false
acl: {{}}
modules:
  mod_disco: {{}}
  mod_ping: {{}}
  mod_version: {{}}
"""
# ``dns`` looks names up with Erlang's own resolver, which asks the server named here, on any port.
_INETRC: Final = """\
{{lookup, [dns]}}.
{{resolv_conf, ""}}.
{{hosts_file, ""}}.
{{nameserver, {{{address}}}, {port}}}.
{{cache_size, 0}}.
"""


@dataclass(frozen=True, slots=True)
class Ejabberd:
    """A running server. ``server_port`` takes STARTTLS streams of servers; version 23.01 has no direct TLS for them."""

    address: str
    server_port: int
    client_port: int
    process: PeerProcess


@contextmanager
def running_ejabberd(
    hosts: Sequence[Credentials], *, authority: Path, name_server: tuple[str, int], address: str = ADDRESS
) -> Iterator[Ejabberd]:
    """Serve ``hosts`` until the block ends.

    ``authority`` is the PEM file of the authorities that it trusts, ``name_server`` the address and port of the DNS
    server that it asks. Raises PeerUnavailable, naming Debian's package, when there is no server to start.
    """
    erlang = shutil.which("erl")
    libraries = sorted(Path("/usr/lib").glob("*/ejabberd-*/ebin/ejabberd.app"))
    if erlang is None or not libraries:
        raise PeerUnavailable(MISSING)
    with tempfile.TemporaryDirectory(prefix="groundswell-ejabberd-") as name:
        directory = Path(name)
        ports = {kind: free_port(address) for kind in ("server_port", "client_port")}
        config, inetrc = directory / "ejabberd.yml", directory / "inetrc"
        config.write_text(
            _CONFIG.format(
                hosts="\n".join(f'  - "{host.domain}"' for host in hosts),
                certificates="\n".join(f'  - "{_combined(host, directory)}"' for host in hosts),
                authority=authority,
                address=address,
                **ports,
            ),
            encoding="utf-8",
        )
        dns_address, dns_port = name_server
        inetrc.write_text(_INETRC.format(address=dns_address.replace(".", ","), port=dns_port), encoding="ascii")
        environment = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "HOME": str(directory),
            "LC_ALL": "C.UTF-8",
            "ERL_LIBS": str(libraries[0].parents[2]),
            "ERL_INETRC": str(inetrc),
            "EJABBERD_CONFIG_PATH": str(config),
            "EJABBERD_LOG_PATH": str(directory / "ejabberd.log"),
        }
        command = [erlang, "-noinput", "-mnesia", "dir", f'"{directory}/mnesia"', "-s", "ejabberd"]
        ready = [f"{address}:{port}" for port in ports.values()]
        with running(command, environment, directory, ready) as process:
            yield Ejabberd(address=address, process=process, **ports)


def _combined(host: Credentials, directory: Path) -> Path:
    """Chain and key in one file, as ejabberd takes them."""
    path = directory / f"{host.domain}.pem"
    path.write_bytes(host.certificate.read_bytes() + host.private_key.read_bytes())
    return path
