"""Certificates and private keys of our own domains: read from files, checked, and read again when the files change.

What is served is always a pair that fits: a new file that is bad changes nothing and is reported.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Final, TypeAlias, final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from wave_federation.errors import UnusableCredentials
from wave_federation.tls.certificate_faults import Role, date_faults, name_faults, strength_faults, usage_faults

PrivateKey: TypeAlias = RSAPrivateKey | EllipticCurvePrivateKey | Ed25519PrivateKey | Ed448PrivateKey
_Version: TypeAlias = tuple[tuple[int, int, int], ...]  # changes when a file does


@final
@dataclass(frozen=True, slots=True)
class CredentialFiles:
    """Where the certificate chain of a domain, its own certificate first, and its private key are, in PEM."""

    certificate: Path
    private_key: Path  # not encrypted


@final
@dataclass(frozen=True, slots=True, eq=False)
class Credentials:
    """A certificate chain and key that fit each other and the domain."""

    domain: str  # canonical
    chain: tuple[x509.Certificate, ...]  # as we present it
    key: PrivateKey

    @property
    def expires(self) -> datetime:
        """When the first certificate of the chain expires."""
        return min(certificate.not_valid_after_utc for certificate in self.chain)


@final
@dataclass(frozen=True, slots=True)
class Reloaded:
    """A domain's files have changed, and what is in them is in use from now on."""

    credentials: Credentials


@final
@dataclass(frozen=True, slots=True)
class ReloadFailed:
    """A domain's files have changed, but are no good: what was in use before stays."""

    domain: str
    reason: str  # one sentence


def load_credentials(domain: str, files: CredentialFiles, *, now: float) -> Credentials:
    """Read and check the credentials of ``domain`` (canonical) at ``now``, seconds since 1970.

    Raises UnusableCredentials, naming the file and everything that is wrong with the certificate.
    """
    chain = _read_chain(files.certificate)
    key = _read_key(files.private_key)
    if key.public_key() != chain[0].public_key():
        raise UnusableCredentials(
            f"the key in {files.private_key} is not that of the first certificate in {files.certificate}"
        )
    for certificate, issuer in pairwise(chain):
        if certificate.issuer != issuer.subject:
            raise UnusableCredentials(
                f"the chain in {files.certificate} is out of order: each issuer follows what it signed"
            )
    _check(chain, domain, files.certificate, datetime.fromtimestamp(now, UTC))
    return Credentials(domain, chain, key)


@final
class CredentialStore:
    """The credentials of all domains of ours, as their files were when last looked at."""

    def __init__(self, files: Mapping[str, CredentialFiles], *, now: float) -> None:
        """``files`` by canonical domain. Raises UnusableCredentials unless all of them can be used."""
        self._files: Final = dict(files)
        self._seen: Final = {domain: _version(each) for domain, each in self._files.items()}
        self._current: Final = {domain: load_credentials(domain, each, now=now) for domain, each in self._files.items()}

    @property
    def domains(self) -> tuple[str, ...]:
        """Our domains, in the order in which they were given."""
        return tuple(self._current)

    def get(self, domain: str) -> Credentials:
        """What is in use for ``domain``. Raises UnusableCredentials when it is none of ours."""
        try:
            return self._current[domain]
        except KeyError:
            raise UnusableCredentials(f"{domain} is not a domain of this server: it has no certificate here") from None

    def refresh(self, *, now: float) -> list[Reloaded | ReloadFailed]:
        """Read files that have changed since the last time, and say what came of it. Blocks: call it in a thread.

        A file that is no good is reported once, and read again when it, or its companion, changes once more: so a
        certificate may be replaced before its key.
        """
        return [self._reload(domain, now) for domain in self._files if self._has_changed(domain)]

    def _has_changed(self, domain: str) -> bool:
        version = _version(self._files[domain])
        changed = version != self._seen[domain]
        self._seen[domain] = version  # taken before the reading: a change during it is seen next time
        return changed

    def _reload(self, domain: str, now: float) -> Reloaded | ReloadFailed:
        try:
            credentials = load_credentials(domain, self._files[domain], now=now)
        except UnusableCredentials as error:
            return ReloadFailed(domain, str(error))
        self._current[domain] = credentials
        return Reloaded(credentials)


def _version(files: CredentialFiles) -> _Version:
    version = []
    for path in (files.certificate, files.private_key):
        try:
            status = path.stat()
        except OSError:
            version.append((0, 0, 0))  # gone, or not to be looked at: loading will say so
        else:
            version.append((status.st_mtime_ns, status.st_size, status.st_ino))
    return tuple(version)


def _read_chain(path: Path) -> tuple[x509.Certificate, ...]:
    try:
        return tuple(x509.load_pem_x509_certificates(path.read_bytes()))
    except OSError as error:
        raise UnusableCredentials(f"the certificate cannot be read: {error}") from error
    except (ValueError, x509.InvalidVersion) as error:
        raise UnusableCredentials(f"{path} does not hold certificates in PEM form: {error}") from error


def _read_key(path: Path) -> PrivateKey:
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise UnusableCredentials(f"the private key cannot be read: {error}") from error
    except TypeError as error:
        raise UnusableCredentials(f"the private key in {path} is encrypted: store it without a password") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise UnusableCredentials(f"{path} does not hold a private key in PEM form: {error}") from error
    if not isinstance(key, RSAPrivateKey | EllipticCurvePrivateKey | Ed25519PrivateKey | Ed448PrivateKey):
        raise UnusableCredentials(f"the private key in {path} must be RSA, ECDSA or EdDSA")
    return key


def _check(chain: tuple[x509.Certificate, ...], domain: str, path: Path, now: datetime) -> None:
    """Raise UnusableCredentials for what OpenSSL would not present, or peers would refuse, whoever the issuer is."""
    own = chain[0]
    try:
        faults = [*name_faults(own, domain), *usage_faults(own, Role.SERVER, strict=True)]
        for certificate in chain:
            faults += date_faults(certificate, now)
            if certificate is own or certificate.issuer != certificate.subject:  # a root's signature counts for nothing
                faults += strength_faults(certificate)
    except ValueError as error:
        raise UnusableCredentials(f"a certificate in {path} cannot be read: {error}") from error
    if faults:
        reasons = "; ".join(fault.sentence for fault in faults)
        raise UnusableCredentials(f"{path} cannot be used for {domain}: {reasons}")
