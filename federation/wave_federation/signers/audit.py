"""Checking the signatures of a stored history, with the signers that were stored with it."""

from __future__ import annotations

from typing import Final, final

from wave_federation.errors import FederationError
from wave_federation.signers.registry import Signers
from wave_federation.signers.verification import verify_signed
from wave_ot.errors import OperationError
from wave_ot.protobuf import decode_applied_delta
from wave_server.store import StoredDelta


@final
class SignatureAudit:
    """Checks stored deltas one by one, and counts. ``domain`` is ours.

    What users of ours wrote before there was a certificate to sign with has no signature; nobody else's may lack one.
    """

    def __init__(self, domain: str, signers: Signers) -> None:
        self.valid = 0
        self.unsigned = 0
        self._domain: Final = domain
        self._signers: Final = signers

    async def check(self, row: StoredDelta) -> str | None:
        """What is wrong with its signatures; None when nothing is, or it cannot be read. Raises StoreUnavailable."""
        try:
            applied = decode_applied_delta(row.applied)
        except OperationError:
            return None
        if not applied.signed.signatures and row.author.endswith(f"@{self._domain}"):
            self.unsigned += 1
            return None
        try:
            await verify_signed(self._signers, applied.signed, applied.timestamp)
        except FederationError as error:
            return f"its signature does not hold: {error}"
        self.valid += 1
        return None
