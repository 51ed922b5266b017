"""A real Prosody, Debian's, started by the tests on a loopback address of its own with certificates as its only proof.

No dialback: what it lets in has proved its name by certificate, and so has to prove it to others. Any user may sign in
with any password, without TLS, so that tests can send stanzas as its users; and it takes one component.
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

MISSING: Final = (
    "Prosody is missing: install Debian's packages `prosody` and `lua-unbound` (apt-get install prosody lua-unbound)"
)
ADDRESS: Final = "127.0.0.2"
_PORTS: Final = ("server_port", "direct_tls_port", "client_port", "component_port")
COMPONENT_SECRET: Final = "a secret between a component and its server"

_CONFIG: Final = """\
run_as_root = true
data_path = "{directory}/data"
pidfile = "{directory}/prosody.pid"
certificates = "{directory}/certificates"
log = {{ {{ levels = {{ min = "debug" }}, to = "console" }} }}
interfaces = {{ "{address}" }}
c2s_ports = {{ {client_port} }}
s2s_ports = {{ {server_port} }}
s2s_direct_tls_ports = {{ {direct_tls_port} }}
component_interfaces = {{ "{address}" }}
component_ports = {{ {component_port} }}
modules_enabled = {{ "roster", "saslauth", "tls", "disco", "ping", "version", "posix" }}
modules_disabled = {{ "offline" }}
authentication = "insecure"
insecure_open_authentication = "Yes please, I know what I'm doing!"
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
s2s_require_encryption = true
s2s_secure_auth = true
use_ipv6 = false
unbound = {{
  resolvconf = false; hoststxt = false; forward = {{ "{name_server}" }};
  options = {{ ["do-not-query-localhost:"] = "no"; ["local-zone:"] = "test. transparent"; ["cache-max-ttl:"] = "0" }};
}}
ssl = {{ cafile = "{authority}"; capath = false }}
"""
_HOST: Final = 'VirtualHost "{domain}"\n'
_COMPONENT: Final = 'Component "{domain}"\n  component_secret = "{secret}"\n'


@dataclass(frozen=True, slots=True)
class Prosody:
    """A running server. ``server_port`` takes STARTTLS streams of servers, ``direct_tls_port`` those of XEP-0368."""

    address: str
    server_port: int
    direct_tls_port: int
    client_port: int
    component_port: int
    process: PeerProcess


@contextmanager
def running_prosody(
    hosts: Sequence[Credentials],
    *,
    authority: Path,
    name_server: tuple[str, int],
    components: Sequence[Credentials] = (),
    address: str = ADDRESS,
) -> Iterator[Prosody]:
    """Serve ``hosts``, and ``components`` that present COMPONENT_SECRET (XEP-0114), until the block ends.

    ``authority`` is the PEM file of the authorities that it trusts, ``name_server`` the address and port of the DNS
    server that it asks. Raises PeerUnavailable, naming Debian's packages, when there is no server to start.
    """
    program = shutil.which("prosody")
    if program is None or not list(Path("/usr/lib").glob("*/lua/5.4/lunbound.so")):
        raise PeerUnavailable(MISSING)
    with tempfile.TemporaryDirectory(prefix="groundswell-prosody-") as name:
        directory = Path(name)
        (directory / "data").mkdir()
        _install_certificates(directory / "certificates", [*hosts, *components])
        ports = {kind: free_port(address) for kind in _PORTS}
        config = directory / "prosody.cfg.lua"
        sections = [
            _CONFIG.format(
                directory=directory,
                address=address,
                authority=authority,
                name_server="{}@{}".format(*name_server),
                **ports,
            ),
            *(_HOST.format(domain=host.domain) for host in hosts),
            *(_COMPONENT.format(domain=component.domain, secret=COMPONENT_SECRET) for component in components),
        ]
        config.write_text("".join(sections), encoding="utf-8")
        environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8"}
        ready = [f"Activated service '{service}'" for service in ("c2s", "s2s", "s2s_direct_tls", "component")]
        command = [program, "--config", str(config), "-F"]
        with running(command, environment, directory, ready) as process:
            yield Prosody(address=address, process=process, **ports)


def _install_certificates(directory: Path, hosts: Sequence[Credentials]) -> None:
    """Put the files where Prosody looks for them by the host's name, for STARTTLS and for direct TLS."""
    directory.mkdir()
    for host in hosts:
        shutil.copy(host.certificate, directory / f"{host.domain}.crt")
        shutil.copy(host.private_key, directory / f"{host.domain}.key")
