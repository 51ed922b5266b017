"""The configuration: one TOML file, every key also an environment variable.

``[http] port`` is ``GROUNDSWELL_HTTP__PORT`` in the environment, which wins over the file. Unknown keys,
wrong types and values out of range are errors: a misspelt key never passes for a default.
"""

from __future__ import annotations

import ipaddress
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from groundswell.federation_config import FederationConfig, PolicyConfig, problems
from wave_server.identifiers import is_valid_domain
from wave_server.passwords import PasswordCost

ENVIRONMENT_PREFIX = "GROUNDSWELL_"
EMBEDDED_DATABASE = "groundswell.db"
ATTACHMENTS = "attachments"

Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]
Positive = Annotated[int, msgspec.Meta(ge=1)]
Rate = Annotated[float, msgspec.Meta(ge=0)]


class ConfigError(Exception):
    """The configuration cannot be used; the message is one line that says where and what to do."""


class HttpConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``[http]``: where browsers and bots reach the server."""

    host: str = "127.0.0.1"
    port: Port = 8080
    public_url: str = ""  # as users type it; "" = http(s)://host:port
    tls_certificate: str = ""  # PEM chain; "" = plain HTTP, for loopback or behind a proxy
    tls_private_key: str = ""
    metrics: Literal["", "on", "off"] = ""  # whether /metrics answers; "" = see Config.shows_metrics


class DatabaseConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``[database]``: "" is SQLite in the data directory."""

    url: str = ""  # sqlite+aiosqlite:///… or postgresql+asyncpg://…


class AccountsConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``[accounts]``: who may make an account in the browser, and what guards it."""

    registration: Literal["", "open", "invite", "closed"] = ""  # "" = see Config.registration
    password_cost: PasswordCost = "standard"  # noqa: S105 - of a hash; a changed one holds from the next sign-in on


class LimitsConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``[limits]``: what a message, connection, account or wavelet may cost. A rate of 0 is no limit."""

    message_bytes: Positive = 1_048_576  # one WebSocket message or request body from a client
    unsent_bytes: Positive = 4_194_304  # a reader that is further behind is cut off
    connections: Positive = 20_000
    connections_per_account: Positive = 500
    messages_per_second: Rate = 200.0  # of one connection, on average; an account may have five times that
    bytes_per_second: Rate = 1_048_576.0  # of one connection; an account may have four times that
    sign_ins_per_minute: Rate = 5.0  # attempts for one address
    registrations_per_hour: Rate = 20.0  # attempts from one network address
    requests_per_second: Rate = 50.0  # to the API, of one account
    uploads_per_minute: Rate = 60.0  # of one account
    attachment_bytes: Positive = 20_000_000  # one upload
    attachment_bytes_per_account: Annotated[int, msgspec.Meta(ge=0)] = 1_000_000_000  # all uploads; 0 is no limit
    document_items: Positive = 4_000_000  # characters and tags in one document
    documents: Positive = 10_000  # in one wavelet
    participants: Positive = 1_000  # of one wavelet
    operations_per_delta: Positive = 1_000
    idle_wavelets: Annotated[int, msgspec.Meta(ge=0)] = 1_000  # kept in memory though nobody uses them


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole configuration, with embedded defaults: no file is needed to start."""

    domain: str = "localhost"  # users are name@domain
    data_dir: str = "data"
    http: HttpConfig = HttpConfig()
    database: DatabaseConfig = DatabaseConfig()
    accounts: AccountsConfig = AccountsConfig()
    federation: FederationConfig = FederationConfig()
    policy: PolicyConfig = PolicyConfig()
    limits: LimitsConfig = LimitsConfig()

    @property
    def database_url(self) -> str:
        """SQLAlchemy's URL of the database, the embedded one where none is configured."""
        return self.database.url or f"sqlite+aiosqlite:///{Path(self.data_dir) / EMBEDDED_DATABASE}"

    @property
    def is_embedded(self) -> bool:
        """Whether the database is the SQLite file in the data directory, which migrates itself."""
        return not self.database.url

    @property
    def attachments_directory(self) -> Path:
        """Where the bytes of attachments and avatars are."""
        return Path(self.data_dir) / ATTACHMENTS

    @property
    def registration(self) -> Literal["open", "invite", "closed"]:
        """Who may make an account: everybody where only this machine can ask, nobody elsewhere unless it is said."""
        if self.accounts.registration:
            return self.accounts.registration
        return "open" if self._is_private else "closed"

    @property
    def shows_metrics(self) -> bool:
        """Whether /metrics answers: to everybody who can ask, so by itself only where that is this machine alone."""
        return self.http.metrics == "on" or (self.http.metrics == "" and self._is_private)

    @property
    def _is_private(self) -> bool:
        """Whether only this machine reaches the server over HTTP, as far as one can see."""
        return _is_loopback(self.http.host) and not self.http.public_url

    @property
    def public_url(self) -> str:
        """The origin that browsers use, without a slash at its end."""
        scheme = "https" if self.http.tls_certificate else "http"
        host = f"[{self.http.host}]" if ":" in self.http.host else self.http.host
        return self.http.public_url.rstrip("/") or f"{scheme}://{host}:{self.http.port}"


def load_config(file: Path | None, environment: Mapping[str, str]) -> Config:
    """Read ``file`` (None: embedded defaults only), overlay the environment, check everything.

    Raises ConfigError.
    """
    settings: dict[str, Any] = {}
    if file is not None:
        try:
            settings = tomllib.loads(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise ConfigError(f"{file}: cannot be read ({error.strerror}); `groundswell init` writes one") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(f"{file}: not valid TOML: {error}") from error
    source = str(file) if file is not None else "environment"
    _overlay(settings, environment)
    try:
        # strict=False: the environment has only text, so "8081" stands for a number there.
        config = msgspec.convert(settings, Config, strict=False)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{source}: {error}".replace("`$.", "`").replace(" - at `$`", "")) from error
    _check(config, source)
    return config


def _overlay(settings: dict[str, Any], environment: Mapping[str, str]) -> None:
    """Put ``GROUNDSWELL_SECTION__KEY`` into ``settings``.

    Other GROUNDSWELL_ variables (of tests and tools) have no double underscore and name no key: ignored.
    """
    for variable, value in sorted(environment.items()):
        if not variable.startswith(ENVIRONMENT_PREFIX):
            continue
        path = variable.removeprefix(ENVIRONMENT_PREFIX).lower().split("__")
        if len(path) == 1 and path[0] not in Config.__struct_fields__:
            continue
        target = settings
        for name in path[:-1]:
            target = target.setdefault(name, {})
            if not isinstance(target, dict):
                raise ConfigError(f"{variable}: {name} is not a section")
        if isinstance(target.get(path[-1]), dict):
            raise ConfigError(f"{variable}: {path[-1]} is a section, and takes no value of its own")
        target[path[-1]] = value


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _check(config: Config, source: str) -> None:
    """What the types cannot say."""
    if not is_valid_domain(config.domain):
        raise ConfigError(f"{source}: domain = {config.domain!r} is not a domain name in lower-case ASCII")
    if bool(config.http.tls_certificate) != bool(config.http.tls_private_key):
        raise ConfigError(f"{source}: http.tls_certificate and http.tls_private_key go together; one is missing")
    for key, value in (
        ("tls_certificate", config.http.tls_certificate),
        ("tls_private_key", config.http.tls_private_key),
    ):
        if value and not Path(value).is_file():
            raise ConfigError(f"{source}: http.{key} = {value!r}: there is no such file")
    if config.database.url and not config.database.url.startswith(("sqlite+aiosqlite:", "postgresql+asyncpg:")):
        raise ConfigError(f"{source}: database.url must start with sqlite+aiosqlite:/// or postgresql+asyncpg://")
    if config.http.public_url and not config.http.public_url.startswith(("http://", "https://")):
        raise ConfigError(f"{source}: http.public_url must start with http:// or https://")
    for problem in problems(config.domain, config.federation, config.policy):
        raise ConfigError(f"{source}: {problem}")
