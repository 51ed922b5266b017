"""`groundswell serve`: everything wired together, from the store to the sockets, until a signal ends it."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import NamedTuple

from aiohttp import web

import wave_ot.transformation
from groundswell.admin_socket import administered
from groundswell.api import api_parts
from groundswell.config import Config
from groundswell.federating import Federation, federating, wired
from groundswell.metrics import add_metrics, make_registry
from groundswell.providing import Providing, make_providing
from groundswell.settings import host_limits, web_settings
from wave_server.accounts import Accounts
from wave_server.host import WaveHost
from wave_server.indexing import Indexer
from wave_server.live_digests import LiveDigests
from wave_server.passwords import Passwords
from wave_server.store import Store
from wave_web.app import build_app

SHUTDOWN_GRACE = 5.0  # seconds that requests under way may take once the server stops
GARBAGE_THRESHOLDS = (20_000, 20, 20)  # gc.set_threshold; Python's own are (700, 10, 10)
KEEP_ALIVE = 75.0  # seconds that an idle HTTP connection is kept
REQUEST_LINE = 32_768  # bytes: a hundred addresses, percent-encoded, fit in one query

_log = logging.getLogger(__name__)


def milliseconds() -> int:
    """The wall clock, ms since 1970."""
    return time.time_ns() // 1_000_000


@asynccontextmanager
async def open_store(config: Config) -> AsyncIterator[Store]:
    """The configured database, open. The embedded one is made and upgraded when it has to be."""
    store = await Store.open(config.database_url, create=config.is_embedded)
    try:
        yield store
    finally:
        await store.close()


def make_accounts(config: Config, store: Store) -> Accounts:
    """The accounts of the configured domain."""
    passwords = Passwords.costing(config.accounts.password_cost)
    return Accounts(store, domain=config.domain, clock=milliseconds, passwords=passwords)


async def serve(config: Config, announce: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM, then settle what was accepted and stop.

    ``announce`` is told, in one line, when the server can be reached. Raises StoreError when the database
    cannot be used, OSError when the address cannot be listened on.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with (
        open_store(config) as store,
        _wired(config) as federation,
        _core(config, store, federation) as core,
        federating(federation),
        _listening(config, core, federation),
    ):
        _log.info("the engine is %s", engine_kind())
        announce(f"Groundswell serves {config.domain} on {config.public_url} (Ctrl-C stops it)")
        if federation is not None:
            announce(f"It federates as {' and '.join(sorted(federation.transport.domains))} {federation.place}")
        _calm_garbage_collection()
        await stop.wait()


@asynccontextmanager
async def _wired(config: Config) -> AsyncIterator[Federation | None]:
    with wired(config) as federation:
        yield federation


class _Core(NamedTuple):
    """What runs between the store and the edges."""

    store: Store
    accounts: Accounts
    host: WaveHost
    indexer: Indexer
    digests: LiveDigests


@asynccontextmanager
async def _core(config: Config, store: Store, federation: Federation | None) -> AsyncIterator[_Core]:
    """The host, observed by the index, which those are told of who watch their inboxes, and by federation."""
    accounts = make_accounts(config, store)
    indexer, digests = Indexer(store, config.domain), LiveDigests()
    indexer.listen(digests.changed)
    async with AsyncExitStack() as stack:
        if federation is None:
            host = _make_host(config, store, indexer, None)
        else:
            providing = make_providing(config, store, accounts, federation, milliseconds)
            host = _make_host(config, store, indexer, providing)
            await stack.enter_async_context(providing.serving(host))
        await host.start()
        stack.push_async_callback(host.stop)
        indexer.start(host.read)
        stack.push_async_callback(indexer.stop)
        yield _Core(store, accounts, host, indexer, digests)


def _make_host(config: Config, store: Store, indexer: Indexer, providing: Providing | None) -> WaveHost:
    limits = host_limits(config)
    if providing is None:
        return WaveHost(domain=config.domain, store=store, clock=milliseconds, limits=limits, observers=[indexer.note])
    return WaveHost(
        domain=config.domain,
        store=store,
        clock=milliseconds,
        limits=limits,
        signer=providing.signer,
        observers=[indexer.note, providing.provider.observe],
        cursor_listeners=[providing.provider.cursor_moved],
        forwarder=providing.provider.forwarder,
    )


def _calm_garbage_collection() -> None:
    """Leave what has been imported and wired out of every later collection, and collect less often.

    Deltas, operations and frames hold no circles and go by reference counting; what does hold some is small.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE_THRESHOLDS)


@asynccontextmanager
async def _listening(config: Config, core: _Core, federation: Federation | None) -> AsyncIterator[None]:
    """The web edge and the administrators' socket, reachable within the block."""
    registry = make_registry(federation)
    services = None if federation is None else federation.services
    parts = api_parts(config, core.store, core.host, core.indexer, core.accounts, milliseconds, services)
    app = build_app(core.host, core.accounts, web_settings(config), parts, digests=core.digests)
    if config.shows_metrics:
        add_metrics(app, registry)
    runner = web.AppRunner(
        app,
        access_log=None,
        shutdown_timeout=SHUTDOWN_GRACE,
        keepalive_timeout=KEEP_ALIVE,
        max_line_size=REQUEST_LINE,
    )
    await runner.setup()
    try:
        site = web.TCPSite(runner, config.http.host, config.http.port, ssl_context=_tls(config), reuse_address=True)
        await site.start()
        async with administered(config, federation, registry):
            yield
    finally:
        await runner.cleanup()


def _tls(config: Config) -> ssl.SSLContext | None:
    if not config.http.tls_certificate:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(config.http.tls_certificate, config.http.tls_private_key)
    return context


def engine_kind() -> str:
    """Whether the OT engine in use is the compiled one."""
    return "interpreted" if wave_ot.transformation.__file__.endswith(".py") else "compiled"
