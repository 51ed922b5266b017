"""`groundswell federation`: see how links are, and what is wrong with one."""

from __future__ import annotations

import time
from collections.abc import Iterable

import click

from groundswell.admin_client import NotAnswered, ask_check, ask_status
from groundswell.admin_reports import CheckReport
from groundswell.admin_socket import MAX_PATIENCE, PATIENCE
from groundswell.command_line import run_async, with_config
from groundswell.config import Config
from groundswell.federating import load_credentials, load_trust, native_settings
from groundswell.federation_config import names
from groundswell.federation_probe import Exploration, Explorer
from groundswell.federation_report import check_lines, credential_lines, exploration_lines, fault_of, status_lines
from wave_federation.domains import canonical_domain
from wave_federation.services import own_service


def federation_facts(config: Config) -> dict[str, str]:
    """What ``[federation]`` and ``[policy]`` come to, for `check-config`. Raises FederationError."""
    federation, component = config.federation, config.federation.component
    if not federation.is_on:
        return {"federation": "off"}
    policy = {
        "allowed": ", ".join(names(config.policy.allow_domains)) or "all domains",
        "blocked": ", ".join(names(config.policy.block_domains)) or "none",
    }
    if federation.has_component:
        security = " over TLS" if component.tls else ""
        return {"federation": f"as component of {component.host}:{component.port}{security}", **policy}
    store = load_credentials(config)
    load_trust(federation)
    ends = (f"{domain} until {store.get(domain).expires:%Y-%m-%d}" for domain in store.domains)
    return {
        "federation": "on " + ", ".join((*names(federation.listen), *names(federation.listen_direct_tls))),
        "certificates": f"{', '.join(ends)}",
        "authorities": federation.ca_file or "the system's",
        "routes": ", ".join(f"{domain} to {place}" for domain, place in federation.routes.items()) or "by the DNS",
        **policy,
    }


@click.group()
def federation() -> None:
    """Look at the links to other domains."""


@federation.command("status")
@with_config
def status(config: Config) -> None:
    """List the links of the running server, what waits, and until when certificates last."""
    try:
        report = run_async(ask_status(config))
    except NotAnswered as error:
        raise click.ClickException(str(error)) from error
    _print(status_lines(report, time.time()))


@federation.command("check")
@click.argument("domain")
@click.option(
    "--patience",
    type=click.FloatRange(1.0, MAX_PATIENCE),
    default=PATIENCE,
    show_default=True,
    help="Seconds that the domain has to answer a ping.",
)
@with_config
def check(config: Config, domain: str, patience: float) -> None:
    """Say whether waves can be shared with DOMAIN, and if not, what is wrong.

    Looks at its DNS, addresses and certificates from here, and opens streams to it as the server would. Whether it
    comes to us can only be seen by the running server: it pings the domain, which has to open a stream to answer.
    Exit status 1 when anything is wrong.
    """
    if not config.federation.is_on:
        raise click.ClickException("federation is off: configure a certificate, as docs/federation.md says")
    fault = run_async(_check(config, canonical_domain(domain), patience))
    if fault:
        raise click.ClickException(fault)


async def _check(config: Config, domain: str, patience: float) -> str:
    """Print what is found, as it is found. Returns what is wrong, "" when nothing is."""
    explorer = _explorer(config)
    explorations = [] if explorer is None else [await _explore(explorer, domain)]
    if explorations and explorations[0].fault:
        click.echo(f"from them: not checked, since no ping gets to {domain}")
        report = None
    else:
        report = await _ask_server(config, domain, patience)
    service = report.service if report is not None and report.service else own_service(domain)
    if explorer is not None and service != domain:
        explorations.append(await _explore(explorer, service))
    if report is not None:
        _print(check_lines(report))
    elif explorer is None:
        return "start the server: behind another XMPP server, nothing can be seen without it"
    fault = fault_of(explorations, report)
    if not fault:
        click.echo(f"Nothing is wrong with {domain}" + ("." if report else ", as far as can be seen from here."))
    return fault


def _explorer(config: Config) -> Explorer | None:
    """None behind another server, whose streams these are. Prints our own certificates."""
    if config.federation.has_component:
        click.echo("The streams are those of the server that this is a component of.")
        return None
    credentials = load_credentials(config)
    _print(credential_lines([credentials.get(domain) for domain in credentials.domains], time.time()))
    settings = native_settings(config, credentials, load_trust(config.federation))
    return Explorer(settings, own_service(canonical_domain(config.domain)))


async def _explore(explorer: Explorer, domain: str) -> Exploration:
    found = await explorer.explore(domain)
    _print(exploration_lines(found, time.time()))
    return found


async def _ask_server(config: Config, domain: str, patience: float) -> CheckReport | None:
    click.echo("asking the running server ...", err=True)
    try:
        return await ask_check(config, domain, patience)
    except NotAnswered as error:
        click.echo(f"from them: not checked, {error}")
        return None


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line)
