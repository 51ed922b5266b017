"""A DeltaSigner for tests that have no certificates: its signatures name a domain, and nobody checks them."""

from __future__ import annotations

from hashlib import sha256

from wave_ot.deltas import ED25519, Signature


class NamedSigner:
    """Signs in the name of a domain, in a way that tests can read."""

    def __init__(self, domain: str) -> None:
        self._id = sha256(domain.encode()).digest()

    def refusal(self, _domain: str, /) -> str | None:
        return None

    def sign(self, delta: bytes, /) -> tuple[Signature, ...]:
        return (Signature(sha256(self._id + delta).digest(), self._id, ED25519),)
