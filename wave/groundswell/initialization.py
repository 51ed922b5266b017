"""`groundswell init`: a configuration file, a data directory, and keys from a private development CA."""

from __future__ import annotations

import datetime
from pathlib import Path

from groundswell.development_ca import KeyPair, make_authority, make_certificate

CONFIG_NAME = "groundswell.toml"

CONFIG_TEMPLATE = """\
# Groundswell's configuration. Every key may also be set in the environment: [http] port is GROUNDSWELL_HTTP__PORT.
# `groundswell check-config --config {name}` says whether it can be used.

domain = "{domain}"            # users are name@{domain}; cannot be changed once there are waves
data_dir = "{data_dir}"        # the embedded database, attachments and avatars

[http]
host = "127.0.0.1"
port = 8080
public_url = ""               # as users type it, such as "https://wave.example.org"; "" = http(s)://host:port
# The key and certificate below are from a private CA made for development (its certificate: {keys}/ca.crt).
# tls_certificate = "{keys}/{domain}.crt"
# tls_private_key = "{keys}/{domain}.key"
metrics = ""                  # whether /metrics answers everybody who can ask: "on" or "off"; "" = on while host is a
                              # loopback address and there is no public_url

[database]
url = ""                      # "" = SQLite in data_dir; or "postgresql+asyncpg://user:password@host/database"

[accounts]
registration = ""             # "open": everybody may register; "invite": with a link from `groundswell user invite`;
                              # "closed": only `groundswell user add`. "" = open while http.host is a loopback
                              # address and there is no public_url, else closed
password_cost = "standard"    # of a hash: 64 MiB and 250 ms of a core; "small": 19 MiB and 50 ms, for small machines

[federation]
# Waves are shared with other domains as soon as there is a certificate: see docs/federation.md. It must name {domain}
# and wave.{domain}, and come from an authority that the others trust. The one below is from the private CA.
# enabled = true                # "true" or "false" overrides that
# certificate = "{keys}/{domain}.crt"
# private_key = "{keys}/{domain}.key"
# service_certificate = ""      # where wave.{domain} has a certificate of its own
# service_private_key = ""
# listen = ["0.0.0.0:5269", "[::]:5269"]
# listen_direct_tls = []        # ["0.0.0.0:5270"]: TLS from the first byte, XEP-0368
# ca_file = ""                  # who vouches for others; "" = the system's trust store. For trying: "{keys}/ca.crt"
# signer_certificate = ""       # where deltas are signed with another key than the one above
# signer_private_key = ""
# legacy_domains = []           # original servers: for them alone, SHA-1 signatures and common names count
# give_up_days = 7              # of silence after which a domain gets nothing until it comes by itself
# require = "external"          # others authenticate by certificate; nothing else is offered
# require_client_usage = false  # true refuses certificates that are for servers only, as public authorities issue them
# show_version = true           # to other servers that ask
# name_servers = []             # ip or ip:port; [] = the system's

[federation.routes]
# Where servers are, whatever the DNS says. "beta.test" = "127.0.0.3:5269"; "xmpps://..." for direct TLS

[federation.component]
# An XMPP server that is there already has the streams to others, and this one is its component wave.{domain}.
# host = "127.0.0.1"
# port = 5347
# secret = ""                   # "" = no component
# tls = false                   # needed when host is another machine
# ca_file = ""

[policy]
# A domain stands for those below it, too.
# allow_domains = []            # [] = all
# block_domains = []

[limits]
# A rate of 0 is no limit.
# message_bytes = 1048576            # one message from a client
# unsent_bytes = 4194304             # a reader that is further behind is cut off; it resumes where it was
# connections = 20000                # WebSockets
# connections_per_account = 500
# messages_per_second = 200          # of one connection; an account may have five times that
# bytes_per_second = 1048576         # of one connection; an account may have four times that
# sign_ins_per_minute = 5            # attempts for one address
# registrations_per_hour = 20        # attempts from one network address
# requests_per_second = 50           # to the API, of one account
# uploads_per_minute = 60            # of one account
# attachment_bytes = 20000000        # one upload
# attachment_bytes_per_account = 1000000000  # all uploads of one account; 0 = no limit
# document_items = 4000000           # characters and tags in one document
# documents = 10000                  # in one wavelet
# participants = 1000                # of one wavelet
# operations_per_delta = 1000
# idle_wavelets = 1000               # kept in memory though nobody uses them
"""


class InitializationError(Exception):
    """Something is in the way; nothing was written. The message says what to do."""


def initialize(directory: Path, domain: str, now: datetime.datetime) -> list[Path]:
    """Write a configuration, a data directory and development keys; the new files come back.

    Nothing is overwritten: raises InitializationError when any of the files is there already.
    """
    config = directory / CONFIG_NAME
    data = directory / "data"
    keys = directory / "keys"
    authority = make_authority(f"Groundswell development CA for {domain}", now)
    identity = make_certificate(authority, domain, now)
    files = {
        config: CONFIG_TEMPLATE.format(name=config, domain=domain, data_dir=data, keys=keys).encode(),
        **_key_files(keys, "ca", authority),
        **_key_files(keys, domain, identity),
    }
    for path in files:
        if path.exists():
            raise InitializationError(f"{path} is there already: remove it, or choose another --directory")
    for folder in (directory, data, keys):
        folder.mkdir(parents=True, exist_ok=True)
    keys.chmod(0o700)
    for path, content in files.items():
        path.touch(mode=0o600 if path.suffix == ".key" else 0o644)
        path.write_bytes(content)
    return list(files)


def _key_files(folder: Path, name: str, pair: KeyPair) -> dict[Path, bytes]:
    return {folder / f"{name}.crt": pair.certificate, folder / f"{name}.key": pair.private_key}
