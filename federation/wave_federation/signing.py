"""Signatures over deltas: how our domain signs, and how another domain's signature is verified.

A provider signs the bytes of every delta of its users. A signer is known by its id, the SHA-256 of its
certificate chain as a PkiPath. Verifying takes three checks, each with an error of its own: the chain leads
to a trusted authority, the certificate names the author's domain, the signature fits the bytes.

Source: FEDERATION.md, sections 1 and 5; OT.md, S1; DESIGN.md, section 9.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from hashlib import sha256, sha512
from typing import Final, TypeAlias, final

from cryptography import x509
from cryptography.exceptions import InvalidSignature as CryptographyInvalidSignature
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from wave_federation.errors import InvalidSignature, UntrustedSigner, UnusableSigner
from wave_federation.signer_names import signing_domains
from wave_ot.deltas import ECDSA_P256_SHA256, ED25519, SHA1_RSA, SHA256, SHA256_RSA, SHA512, Signature, SignerInfo

SigningKey: TypeAlias = RSAPrivateKey | EllipticCurvePrivateKey | Ed25519PrivateKey
VerifyingKey: TypeAlias = RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey

MAX_CERTIFICATES: Final = 10
MIN_RSA_BITS: Final = 2048
_DER_SEQUENCE: Final = b"\x30"


def signer_id(info: SignerInfo) -> bytes:
    """The id of a signer: the hash of its PkiPath. Raises UnusableSigner for an unknown hash algorithm."""
    path = pki_path(info.certificates)
    if info.hash_algorithm == SHA256:
        return sha256(path).digest()
    if info.hash_algorithm == SHA512:
        return sha512(path).digest()
    raise UnusableSigner(f"the signer of {info.domain} uses hash algorithm {info.hash_algorithm}: 1 and 2 are known")


def pki_path(certificates: Sequence[bytes]) -> bytes:
    """The DER PkiPath of a chain in DER: a SEQUENCE, the certificate nearest the root first.

    ``certificates`` come as in SignerInfo, the signer's own first.
    """
    content = b"".join(reversed(certificates))
    size = len(content)
    if size < 0x80:
        return _DER_SEQUENCE + bytes((size,)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return _DER_SEQUENCE + bytes((0x80 | len(length),)) + length + content


@final
class DomainSigner:
    """Signs deltas with one key of our domain. ``info`` is what peers need to verify.

    RSA keys sign with SHA-256, or with SHA-1 when ``legacy`` asks for what the original server reads; P-256 and
    Ed25519 keys have one way each.
    """

    def __init__(self, info: SignerInfo, key: SigningKey, *, legacy: bool = False) -> None:
        """Raises UnusableSigner when the key is of no supported kind or not the certificate's, or names do not fit."""
        chain = SignerChain(info)
        if _public_bytes(key.public_key()) != _public_bytes(chain.key):
            raise UnusableSigner(f"the private key is not that of the certificate for {info.domain}: configure its own")
        if not chain.names(info.domain, common_name=legacy):
            raise UnusableSigner(f"the signer's certificate does not name {info.domain!r}: configure one that does")
        self.info: Final = info
        self.id: Final = chain.id
        self.algorithm: Final = _algorithm(key, legacy=legacy)
        self._key: Final = key

    @staticmethod
    def from_pem(domain: str, chain: bytes, private_key: bytes, *, legacy: bool = False) -> DomainSigner:
        """A signer from PEM: the chain, the domain's own certificate first, and the unencrypted private key."""
        try:
            certificates = x509.load_pem_x509_certificates(chain)
            key = load_pem_private_key(private_key, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion) as error:
            raise UnusableSigner(f"the certificate or key to sign with for {domain} cannot be read: {error}") from error
        if not isinstance(key, RSAPrivateKey | EllipticCurvePrivateKey | Ed25519PrivateKey):
            raise UnusableSigner(f"the signer's key for {domain} must be RSA, P-256 or Ed25519")
        encoded = tuple(certificate.public_bytes(Encoding.DER) for certificate in certificates)
        return DomainSigner(SignerInfo(SHA256, domain, encoded), key, legacy=legacy)

    def sign(self, delta: bytes, /) -> tuple[Signature, ...]:
        """Our signature over an encoded ProtocolWaveletDelta."""
        return (Signature(self._signature(delta), self.id, self.algorithm),)

    def refusal(self, _domain: str, /) -> str | None:
        """See DeltaSigner: whoever federates can verify this."""
        return None

    def _signature(self, delta: bytes) -> bytes:
        key = self._key
        if isinstance(key, RSAPrivateKey):
            return key.sign(delta, PKCS1v15(), _rsa_hash(self.algorithm))
        if isinstance(key, EllipticCurvePrivateKey):
            return key.sign(delta, ECDSA(hashes.SHA256()))
        return key.sign(delta)


@final
class SignerChain:
    """Certificates that a peer sent, readable but not trusted before the checks have passed."""

    def __init__(self, info: SignerInfo) -> None:
        """Raises UnusableSigner when there are none or too many, or one cannot be read."""
        if not 0 < len(info.certificates) <= MAX_CERTIFICATES:
            count = len(info.certificates)
            raise UnusableSigner(
                f"the signer of {info.domain} has {count} certificates: 1 to {MAX_CERTIFICATES} are read"
            )
        try:
            self.certificates: Final = tuple(x509.load_der_x509_certificate(der) for der in info.certificates)
            key = self.certificates[0].public_key()
            self._domains: Final = signing_domains(self.certificates[0])
            self._legacy_domains: Final = signing_domains(self.certificates[0], common_name=True)
        except (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion) as error:
            raise UnusableSigner(f"a certificate of the signer of {info.domain} cannot be read: {error}") from error
        if any(certificate.serial_number <= 0 for certificate in self.certificates):  # RFC 5280 §4.1.2.2
            raise UnusableSigner(f"a certificate of the signer of {info.domain} has a serial number below 1")
        if not isinstance(key, RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey):
            raise UnusableSigner(f"the certificate of the signer of {info.domain} has no RSA, P-256 or Ed25519 key")
        self.key: Final[VerifyingKey] = key
        self.info: Final = info
        self.id: Final = signer_id(info)

    def check_trust(self, roots: Iterable[x509.Certificate], *, now: float) -> None:
        """Raise UntrustedSigner unless the chain leads to one of ``roots`` and is valid at ``now``, seconds since 1970.

        A certificate that is itself among the roots is trusted. Which usages it has been issued for does not
        matter, except that its key must be meant for signatures: TLS certificates serve as signers.
        """
        anchors = list(roots)
        if not anchors:
            raise UntrustedSigner(f"the signer of {self.info.domain} is not trusted: no authority is configured")
        policy = PolicyBuilder().store(Store(anchors)).time(datetime.fromtimestamp(now, UTC))
        policy = policy.extension_policies(ee_policy=_SIGNER_EXTENSIONS, ca_policy=ExtensionPolicy.webpki_defaults_ca())
        try:
            policy.build_client_verifier().verify(self.certificates[0], list(self.certificates[1:]))
        except VerificationError as error:
            raise UntrustedSigner(f"the signer of {self.info.domain} is not trusted: {error}") from error

    def names(self, domain: str, *, common_name: bool = False) -> bool:
        """Whether the certificate names ``domain``, exactly as written; with ``common_name``, also there."""
        return domain in (self._legacy_domains if common_name else self._domains)

    def check_authority(self, domain: str, *, common_name: bool = False) -> None:
        """Raise UntrustedSigner unless the certificate ``names`` the domain."""
        if not self.names(domain, common_name=common_name):
            raise UntrustedSigner(f"the certificate of the signer of {self.info.domain} does not name {domain!r}")

    def check_signature(self, delta: bytes, signature: Signature, *, legacy: bool = False) -> None:
        """Raise InvalidSignature unless ``signature`` is this signer's over exactly ``delta``.

        SHA-1, and RSA keys below 2048 bits, count only with ``legacy``.
        """
        if signature.signer_id != self.id:
            raise InvalidSignature(f"the signature names another signer than the one of {self.info.domain}")
        self._check_algorithm(signature.algorithm, legacy=legacy)
        try:
            if isinstance(self.key, RSAPublicKey):
                self.key.verify(signature.value, delta, PKCS1v15(), _rsa_hash(signature.algorithm))
            elif isinstance(self.key, EllipticCurvePublicKey):
                self.key.verify(signature.value, delta, ECDSA(hashes.SHA256()))
            else:
                self.key.verify(signature.value, delta)
        except CryptographyInvalidSignature as error:
            raise InvalidSignature(f"the signature of {self.info.domain} does not fit the delta") from error

    def _check_algorithm(self, algorithm: int, *, legacy: bool) -> None:
        if algorithm not in _algorithms_of(self.key):
            raise InvalidSignature(f"signature algorithm {algorithm} does not go with the key of {self.info.domain}")
        if legacy:
            return
        if algorithm == SHA1_RSA:
            raise InvalidSignature(f"{self.info.domain} signs with SHA-1, which is accepted only from legacy domains")
        if isinstance(self.key, RSAPublicKey) and self.key.key_size < MIN_RSA_BITS:
            raise InvalidSignature(f"the RSA key of {self.info.domain} has less than {MIN_RSA_BITS} bits")


def verify_delta(
    delta: bytes, signature: Signature, signer: SignerChain, author_domain: str, *, legacy: bool = False
) -> None:
    """Check that ``signer`` signed these bytes and may speak for the author's domain. Check its trust beforehand, once.

    Raises InvalidSignature or UntrustedSigner. ``legacy`` admits what only the original server needs: SHA-1, short
    RSA keys, and the common name as the domain.
    """
    signer.check_signature(delta, signature, legacy=legacy)
    signer.check_authority(author_domain, common_name=legacy)


def _signs(_policy: Policy, _certificate: x509.Certificate, usage: x509.KeyUsage | None) -> None:
    if usage is not None and not usage.digital_signature:
        raise ValueError("the certificate's key is not meant for signatures")


_SIGNER_EXTENSIONS: Final = ExtensionPolicy.permit_all().may_be_present(x509.KeyUsage, Criticality.AGNOSTIC, _signs)


def _algorithms_of(key: SigningKey | VerifyingKey) -> tuple[int, ...]:
    """The algorithms that go with a key, the one to prefer first; none for another curve than P-256."""
    if isinstance(key, RSAPrivateKey | RSAPublicKey):
        return (SHA256_RSA, SHA1_RSA)
    if isinstance(key, EllipticCurvePrivateKey | EllipticCurvePublicKey):
        return (ECDSA_P256_SHA256,) if isinstance(key.curve, SECP256R1) else ()
    return (ED25519,)


def _algorithm(key: SigningKey, *, legacy: bool) -> int:
    """The algorithm to sign with. Raises UnusableSigner when there is none."""
    algorithms = _algorithms_of(key)
    if legacy:
        if SHA1_RSA not in algorithms:
            raise UnusableSigner("the original server reads signatures of RSA keys only: give the legacy signer one")
        return SHA1_RSA
    if not algorithms:
        raise UnusableSigner("the signer's elliptic curve is not P-256: make a key with that one")
    if isinstance(key, RSAPrivateKey) and key.key_size < MIN_RSA_BITS:
        raise UnusableSigner(f"the signer's RSA key has less than {MIN_RSA_BITS} bits: make a longer one")
    return algorithms[0]


def _rsa_hash(algorithm: int) -> hashes.HashAlgorithm:
    return hashes.SHA1() if algorithm == SHA1_RSA else hashes.SHA256()  # noqa: S303 - what legacy peers sign with


def _public_bytes(key: VerifyingKey) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
