"""Looks after our certificates while the server runs: new files come into use without a restart."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from wave_federation.tls.credentials import CredentialStore, Reloaded, ReloadFailed

DEFAULT_INTERVAL: Final = 60.0  # seconds
_log: Final = logging.getLogger(__name__)

Outcome = Reloaded | ReloadFailed


async def keep_fresh(
    store: CredentialStore,
    *,
    clock: Callable[[], float],
    wake: asyncio.Event,
    interval: float = DEFAULT_INTERVAL,
    on_outcome: Callable[[Outcome], None] = lambda _outcome: None,
) -> None:
    """Look at the files every ``interval`` seconds, and when ``wake`` is set, until cancelled.

    ``clock`` gives seconds since 1970. Every outcome is logged and handed to ``on_outcome``, for metrics.
    """
    while True:
        for outcome in await asyncio.to_thread(store.refresh, now=clock()):
            _report(outcome)
            on_outcome(outcome)
        await _woken(wake, interval)
        wake.clear()


async def _woken(wake: asyncio.Event, interval: float) -> None:
    """Return when ``wake`` is set or the interval is over."""
    try:
        async with asyncio.timeout(interval):
            await wake.wait()
    except TimeoutError:
        return


def _report(outcome: Outcome) -> None:
    match outcome:
        case Reloaded(credentials):
            expires = f"{credentials.expires:%Y-%m-%d}"
            _log.info("the certificate of %s has been replaced; the new one expires on %s", credentials.domain, expires)
        case ReloadFailed(domain, reason):
            _log.error("the certificate of %s stays the old one: %s", domain, reason)
