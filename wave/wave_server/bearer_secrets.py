"""Secrets that whoever bears them is let in with: 256 random bits, of which only a hash is stored."""

from __future__ import annotations

import hashlib
import secrets
from typing import Final

TOKEN_PREFIX: Final = "gsw_"  # noqa: S105 - lets people and scanners tell a token that got where it should not be
_RANDOM_BYTES: Final = 32


def new_session_secret() -> str:
    """A session's secret, 43 characters, fit for a cookie."""
    return secrets.token_urlsafe(_RANDOM_BYTES)


def new_token_secret() -> str:
    """A token's secret, with TOKEN_PREFIX."""
    return TOKEN_PREFIX + secrets.token_urlsafe(_RANDOM_BYTES)


def secret_hash(secret: str) -> bytes:
    """What is stored and looked up, 32 bytes. No salt and no stretching: the secret is random already."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
