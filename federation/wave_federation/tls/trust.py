"""Which authorities we trust, and the judgement of the certificates that a peer presents.

The chain is built and checked by OpenSSL, which takes the presented certificates in any order and leaves out what is
not needed; names, usages and strength are checked here. All faults are found, not only the first: who mends one
should not run into the next. Revocation is not looked up.

Source: RFC 6120 §13.7.2, RFC 5280 §6.1, RFC 9525 §6, XEP-0178 §3. docs/decisions/0009-tls.md.
"""

from __future__ import annotations

import ssl
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, final

from cryptography import x509
from cryptography.utils import CryptographyDeprecationWarning
from OpenSSL import crypto

from wave_federation.errors import UnusableAuthorities
from wave_federation.tls.certificate_faults import (
    Fault,
    FaultKind,
    Role,
    date_faults,
    described,
    extension,
    name_faults,
    quoted,
    strength_faults,
    usage_faults,
)
from wave_federation.tls.peer_identity import presented_names

MAX_CERTIFICATES: Final = 10
_PEM_END: Final = b"-----END CERTIFICATE-----"
_BUNDLES: Final = (  # where systems keep theirs, beside the place that OpenSSL was built for
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Alpine, Arch
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  # Fedora
    "/etc/ssl/ca-bundle.pem",  # SUSE
    "/etc/ssl/cert.pem",  # FreeBSD, macOS
)
_NO_CHECK_TIME: Final = 0x200000  # X509_V_FLAG_NO_CHECK_TIME, x509_vfy.h; pyOpenSSL has no name for it
_TIME_CODES: Final = frozenset({9, 10})  # X509_V_ERR_CERT_NOT_YET_VALID, _HAS_EXPIRED
_SELF_SIGNED: Final = 18  # X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT
_UNKNOWN_ROOT: Final = 19  # X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN
_NO_ISSUER: Final = frozenset({2, 20, 21})  # ..._UNABLE_TO_GET_ISSUER_CERT, _LOCALLY, _VERIFY_LEAF_SIGNATURE

Chain = Sequence[x509.Certificate]


@final
@dataclass(frozen=True, slots=True)
class Verdict:
    """What we think of a peer's certificates as proof that it is ``domain``."""

    domain: str  # canonical
    faults: tuple[Fault, ...]  # each is enough to refuse the peer
    remarks: tuple[Fault, ...] = ()  # for administrators: we can live with them
    names: tuple[str, ...] = ()  # in the certificate, as written
    expires: datetime | None = None  # the first of the chain to expire; None without a chain

    @property
    def accepted(self) -> bool:
        """Whether the peer has proved that it is ``domain``."""
        return not self.faults

    @property
    def sentence(self) -> str:
        """All faults in one sentence, for the peer's administrators and ours; empty when there are none."""
        return "; ".join(fault.sentence for fault in self.faults)


@final
class TrustStore:
    """The authorities that we trust. A certificate that is itself among them is trusted, too."""

    def __init__(self, roots: Iterable[x509.Certificate]) -> None:
        """Raises UnusableAuthorities when there are none."""
        self.roots: Final = tuple(roots)
        if not self.roots:
            raise UnusableAuthorities("no authority is trusted: without one, no peer can prove its name")
        self._roots: Final = [crypto.X509.from_cryptography(root) for root in self.roots]

    @staticmethod
    def from_file(path: Path) -> TrustStore:
        """The authorities in a PEM file. Raises UnusableAuthorities when it, or one of them, cannot be read."""
        return TrustStore(_read_bundle(path))

    @staticmethod
    def system() -> TrustStore:
        """The authorities that the system trusts. Raises UnusableAuthorities when they are not found."""
        usual = ssl.get_default_verify_paths().cafile  # honours SSL_CERT_FILE
        for path in (usual, *_BUNDLES):
            if path is not None and Path(path).is_file():
                return TrustStore(_read_bundle(Path(path), leniently=True))
        raise UnusableAuthorities(
            "the system's trusted authorities are not found: install them, or name a file of them"
        )

    def judge(self, chain: Chain, domain: str, *, now: float, role: Role, strict_usage: bool = False) -> Verdict:
        """Judge ``chain``, as presented, as proof of ``domain`` (canonical) at ``now``, seconds since 1970.

        ``role`` is the presenting side's. ``strict_usage`` refuses clients whose certificate is for servers only.
        """
        if not chain:
            return Verdict(domain, (Fault(FaultKind.NO_CERTIFICATE, "no certificate was presented"),))
        if len(chain) > MAX_CERTIFICATES:
            sentence = f"{len(chain)} certificates were presented: {MAX_CERTIFICATES} are the most"
            return Verdict(domain, (Fault(FaultKind.TOO_MANY_CERTIFICATES, sentence),))
        try:
            return self._judge(chain, domain, datetime.fromtimestamp(now, UTC), role, strict_usage=strict_usage)
        except (ValueError, crypto.Error) as error:  # what is parsed only when it is looked at, or by OpenSSL only
            sentence = f"the certificate cannot be read: {str(error)!a}"
            return Verdict(domain, (Fault(FaultKind.UNREADABLE, sentence),))

    def _judge(self, chain: Chain, domain: str, now: datetime, role: Role, *, strict_usage: bool) -> Verdict:
        own = chain[0]
        path, faults = self._path(chain, now)
        without_root = path[:-1] or path
        faults += _constraint_faults(path, domain)
        faults += name_faults(own, domain)
        faults += usage_faults(own, role, strict=strict_usage)
        for certificate in without_root:
            faults += strength_faults(certificate)
        return Verdict(
            domain,
            tuple(faults),
            _order_remarks(chain, path),
            presented_names(own),
            min(certificate.not_valid_after_utc for certificate in path),
        )

    def _path(self, chain: Chain, now: datetime) -> tuple[list[x509.Certificate], list[Fault]]:
        """The path from the peer's certificate to a root, and what is wrong with it; without one, the former alone."""
        own, *others = (crypto.X509.from_cryptography(certificate) for certificate in chain)
        try:
            return _verified(self._store(now), own, others), []
        except crypto.X509StoreContextError as error:
            if error.errors[0] not in _TIME_CODES:
                return [chain[0]], [_chain_fault(error), *date_faults(chain[0], now)]
            faults = _time_faults(error, chain[0], now)
        try:  # apart from the time: is it all right?
            return _verified(self._store(None), own, others), faults
        except crypto.X509StoreContextError as error:
            return [chain[0]], [_chain_fault(error), *faults]

    def _store(self, now: datetime | None) -> crypto.X509Store:
        """A store that checks validity at ``now``, or not at all. OpenSSL sets a store's time only once."""
        store = crypto.X509Store()
        for root in self._roots:
            store.add_cert(root)
        store.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN)  # what is trusted need not be a root
        if now is None:
            store.set_flags(_NO_CHECK_TIME)
        else:
            store.set_time(now)
        return store


def _verified(store: crypto.X509Store, own: crypto.X509, others: Sequence[crypto.X509]) -> list[x509.Certificate]:
    """The path, own certificate first. Raises X509StoreContextError."""
    path = crypto.X509StoreContext(store, own, others).get_verified_chain()
    return [certificate.to_cryptography() for certificate in path]


def _chain_fault(error: crypto.X509StoreContextError) -> Fault:
    code, _, message = error.errors
    certificate = error.certificate.to_cryptography()
    if code == _SELF_SIGNED:
        return Fault(FaultKind.SELF_SIGNED, "the certificate is self-signed")
    if code == _UNKNOWN_ROOT:
        sentence = f"the certificate leads to the authority {quoted(certificate.subject)}, which is not trusted here"
        return Fault(FaultKind.UNKNOWN_AUTHORITY, sentence)
    if code in _NO_ISSUER:
        issuer = quoted(certificate.issuer)
        sentence = f"the issuer of {described(certificate)}, {issuer}, is neither presented nor trusted here"
        return Fault(FaultKind.UNKNOWN_AUTHORITY, sentence)
    return Fault(
        FaultKind.BROKEN_CHAIN, f"the chain of certificates is broken at {quoted(certificate.subject)}: {message}"
    )


def _time_faults(error: crypto.X509StoreContextError, own: x509.Certificate, now: datetime) -> list[Fault]:
    """The faults of the peer's own certificate and of the one that OpenSSL stopped at, which may be the same."""
    stopped_at = error.certificate.to_cryptography()
    faults = date_faults(own, now)
    if stopped_at != own:
        faults += date_faults(stopped_at, now)
    return faults or [Fault(FaultKind.BROKEN_CHAIN, f"the chain of certificates is not valid now: {error.errors[2]}")]


def _constraint_faults(path: Chain, domain: str) -> list[Fault]:
    """Whether the authorities on the path may vouch for ``domain`` at all, RFC 5280 §4.2.1.10.

    OpenSSL applies constraints on DNS names to DNS-IDs only: by an SRV-ID or XmppAddr, an authority that is confined to
    one domain could speak for any.
    """
    for authority in path[1:]:
        constraints = extension(authority, x509.NameConstraints)
        if constraints is None:
            continue
        permitted = _dns_subtrees(constraints.permitted_subtrees)
        excluded = _dns_subtrees(constraints.excluded_subtrees)
        if (permitted and not _within(domain, permitted)) or _within(domain, excluded):
            sentence = f"{described(authority)} must not issue certificates for {domain}"
            return [Fault(FaultKind.OUTSIDE_CONSTRAINTS, sentence)]
    return []


def _dns_subtrees(subtrees: Iterable[x509.GeneralName] | None) -> list[str]:
    return [name.value.lower() for name in subtrees or () if isinstance(name, x509.DNSName)]


def _within(domain: str, subtrees: Iterable[str]) -> bool:
    """Whether a domain is one of ``subtrees`` or below. One that begins with a dot holds only what is below."""
    return any(
        not tree or domain == tree or domain.endswith(tree if tree.startswith(".") else f".{tree}") for tree in subtrees
    )


def _order_remarks(chain: Chain, path: Chain) -> tuple[Fault, ...]:
    """What other servers may stumble over. Nothing is said of a chain that leads nowhere."""
    if len(path) < 2:
        return ()
    remarks = []
    if [certificate for certificate in chain if certificate in path] != [each for each in path if each in chain]:
        sentence = "the certificates were presented out of order"
        remarks.append(Fault(FaultKind.OUT_OF_ORDER, sentence))
    if any(certificate not in path for certificate in chain):
        remarks.append(Fault(FaultKind.SUPERFLUOUS, "certificates were presented that do not belong to the chain"))
    return tuple(remarks)


def _read_bundle(path: Path, *, leniently: bool = False) -> list[x509.Certificate]:
    """The certificates of a PEM file; ``leniently`` leaves out those that cannot be read, as systems have some."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UnusableAuthorities(f"the trusted authorities cannot be read: {error}") from error
    roots: list[x509.Certificate] = []
    with warnings.catch_warnings():  # serial numbers of zero: old authorities have them
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        for block in content.split(_PEM_END)[:-1]:
            try:
                roots.append(x509.load_pem_x509_certificate(block + _PEM_END))
            except (ValueError, x509.InvalidVersion) as error:
                if not leniently:
                    raise UnusableAuthorities(f"{path} holds an authority that cannot be read: {error}") from error
    if not roots:
        raise UnusableAuthorities(f"{path} holds no certificates in PEM form: name a file of trusted authorities")
    return roots
