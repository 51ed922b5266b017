"""Our own signer: the one that signs now, replaced without a restart when its certificate is."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final, final

from wave_federation.errors import UnusableSigner
from wave_federation.signers.registry import Signers
from wave_federation.signing import DomainSigner
from wave_ot.deltas import Signature

_log: Final = logging.getLogger(__name__)


@final
class OwnSigner:
    """The core's DeltaSigner, on a certificate chain and a key in PEM files.

    What earlier ones signed stays verifiable: every signer that was in use is kept in ``signers``.
    """

    def __init__(self, domain: str, certificate: Path, private_key: Path, signers: Signers) -> None:
        """Raises UnusableSigner, OSError."""
        self._domain: Final = domain
        self._certificate: Final = certificate
        self._private_key: Final = private_key
        self._signers: Final = signers
        self._current = self._read()

    @property
    def current(self) -> DomainSigner:
        """What signs now."""
        return self._current

    def sign(self, delta: bytes, /) -> tuple[Signature, ...]:
        """See DeltaSigner."""
        return self._current.sign(delta)

    def refusal(self, domain: str, /) -> str | None:
        """See DeltaSigner. An original server verifies RSA with SHA-1 only, which we do not sign with."""
        if domain in self._signers.legacy:
            return f"{domain} runs an original server, which cannot verify what is signed here"
        return None

    async def keep(self) -> None:
        """Keep the present signer for ever. To be called before anything is signed. Raises StoreUnavailable."""
        await self._signers.keep_own(self._current.info)

    async def refresh(self) -> None:
        """Use what is in the files now. When that cannot be used, what was in use stays, and the log says so."""
        try:
            fresh = self._read()
            if fresh.id == self._current.id:
                return
            await self._signers.keep_own(fresh.info)
        except (UnusableSigner, OSError) as error:
            _log.error("the signer of %s stays as it was: %s", self._domain, error)
            return
        self._current = fresh
        _log.warning("the signer of %s was replaced", self._domain)

    def _read(self) -> DomainSigner:
        return DomainSigner.from_pem(self._domain, self._certificate.read_bytes(), self._private_key.read_bytes())
