"""Certificates are taken into use as their files change, or on SIGHUP, without a restart."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Final

from wave_federation.tls.credentials import Credentials, CredentialStore, ReloadFailed

LOOK_SECONDS: Final = 30.0
WARN_BEFORE: Final = timedelta(days=14)

_log: Final = logging.getLogger(__name__)


@asynccontextmanager
async def watched(store: CredentialStore, clock: Callable[[], float]) -> AsyncIterator[None]:
    """Look at the files regularly, and on SIGHUP, within the block. ``clock`` gives seconds since 1970."""
    wake = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, wake.set)
    for domain in store.domains:
        _warn_of_end(store.get(domain), clock())
    task = loop.create_task(_watch(store, clock, wake), name="certificates")
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _watch(store: CredentialStore, clock: Callable[[], float], wake: asyncio.Event) -> None:
    while True:
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_SECONDS):
                await wake.wait()
        wake.clear()
        await look(store, clock())


async def look(store: CredentialStore, now: float) -> None:
    """Take what has changed into use, and say so."""
    for change in await asyncio.to_thread(store.refresh, now=now):
        if isinstance(change, ReloadFailed):
            _log.error("the certificate of %s stays as it was: %s", change.domain, change.reason)
        else:
            credentials = change.credentials
            _log.warning("the certificate of %s was replaced; the new one %s", credentials.domain, _end(credentials))
            _warn_of_end(credentials, now)


def _warn_of_end(credentials: Credentials, now: float) -> None:
    if credentials.expires < datetime.fromtimestamp(now, UTC) + WARN_BEFORE:
        _log.warning("the certificate of %s %s: replace its files", credentials.domain, _end(credentials))


def _end(credentials: Credentials) -> str:
    return f"expires on {credentials.expires:%Y-%m-%d %H:%M} UTC"
