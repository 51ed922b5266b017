"""Who signs in a simulated world: made once in a process, the same for all worlds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from s2s import pki
from wave_federation.signing import DomainSigner
from wave_ot.deltas import SignedDelta

_AGE: Final = timedelta(days=30)  # of the certificates


@dataclass(frozen=True, slots=True)
class Identity:
    """A domain's signer, the authority that vouches for it, and its public key."""

    domain: str
    signer: DomainSigner
    authority: x509.Certificate
    key: EllipticCurvePublicKey
    epoch: float  # seconds since 1970 when worlds begin: the certificate has been valid for a while

    def has_signed(self, signed: SignedDelta) -> bool:
        """Whether the one signature is this domain's, over exactly these bytes. Asks nothing of the code under test."""
        if len(signed.signatures) != 1:
            return False
        try:
            self.key.verify(signed.signatures[0].value, signed.delta, ECDSA(SHA256()))
        except InvalidSignature:
            return False
        return True


@cache
def _authority() -> pki.Authority:
    return pki.Authority.new()


@cache
def identity_of(domain: str) -> Identity:
    """The same each time."""
    issued = _authority().issue(domain, begins=-_AGE)
    signer = DomainSigner.from_pem(domain, issued.certificate_pem, issued.key_pem)
    key = issued.chain[0].public_key()
    assert isinstance(key, EllipticCurvePublicKey)
    epoch = (issued.chain[0].not_valid_before_utc + _AGE).timestamp()
    return Identity(domain, signer, _authority().certificate, key, epoch)
