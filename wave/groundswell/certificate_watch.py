"""Certificates are taken into use as their files change, or on SIGHUP, without a restart."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

from wave_federation.tls.credentials import Credentials, CredentialStore, ReloadFailed

Look: TypeAlias = Callable[[], Awaitable[None]]
"""Looks whether files have changed, takes what is in them into use, and says so in the log. It does not raise."""

LOOK_SECONDS: Final = 30.0
WARN_BEFORE: Final = timedelta(days=14)

_log: Final = logging.getLogger(__name__)


@asynccontextmanager
async def watched(looks: Sequence[Look]) -> AsyncIterator[None]:
    """Have each of ``looks`` look at its files regularly, and on SIGHUP, within the block. Others may be added."""
    wake = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, wake.set)
    task = loop.create_task(_watch(looks, wake), name="certificates")
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _watch(looks: Sequence[Look], wake: asyncio.Event) -> None:
    while True:
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_SECONDS):
                await wake.wait()
        wake.clear()
        for look in looks:
            await look()


def credentials_look(store: CredentialStore, clock: Callable[[], float]) -> Look:
    """What looks after TLS certificates; those that end soon are warned of at once. ``clock``: seconds since 1970."""
    for domain in store.domains:
        _warn_of_end(store.get(domain), clock())

    async def look() -> None:
        await _refresh(store, clock())

    return look


async def _refresh(store: CredentialStore, now: float) -> None:
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
