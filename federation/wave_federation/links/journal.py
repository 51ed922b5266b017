"""What is logged of links: one line a decision, the same facts as text for people and as fields for machines."""

from __future__ import annotations

import logging
from typing import Final

LOGGER: Final = "wave_federation.links"

_log: Final = logging.getLogger(LOGGER)


def note(event: str, local: str, remote: str, *, level: int = logging.INFO, **facts: object) -> None:
    """Log that ``event`` happened between a domain of ours and another.

    A domain that has not been named is "". The record has the attribute ``link``: a dict with ``event``, ``local``,
    ``remote`` and the facts.
    """
    if _log.isEnabledFor(level):
        text = "".join(f" {name}={_quoted(value)}" for name, value in facts.items())
        fields = {"event": event, "local": local, "remote": remote, **facts}
        _log.log(level, "%s %s %s%s", event, local or "?", remote or "?", text, extra={"link": fields})


def _quoted(value: object) -> str:
    """One word, or an ASCII literal: what peers say may hold anything."""
    text = str(value)
    return (
        text if text.isascii() and text.isprintable() and text and " " not in text and '"' not in text else ascii(text)
    )
