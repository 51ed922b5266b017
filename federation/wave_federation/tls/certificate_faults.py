"""What can be wrong with one certificate, each fault with one sentence that says it to the people who can mend it.

The sentences go to peers and into logs. What they quote comes from certificates, so it is made printable and short.

Source: RFC 5280 §4.1.2 and §4.2.1, RFC 9525 §6, RFC 9325 §4.2 and §4.5 (strength), BCP 195.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeVar, final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from wave_federation.domains import unicode_domain
from wave_federation.tls.peer_identity import names_domain, presented_names

MIN_RSA_BITS: Final = 2048
MIN_CURVE_BITS: Final = 256
_WEAK_HASHES: Final = frozenset({"md5", "sha1"})
_QUOTED_NAMES: Final = 5
_QUOTED_CHARACTERS: Final = 100

_ExtensionT = TypeVar("_ExtensionT", bound=x509.ExtensionType)


class Role(StrEnum):
    """What the holder of a certificate is in the TLS connection."""

    CLIENT = "client"
    SERVER = "server"


class FaultKind(StrEnum):
    """The faults, as short as logs and metrics want them."""

    NO_CERTIFICATE = "no-certificate"
    TOO_MANY_CERTIFICATES = "too-many-certificates"
    UNREADABLE = "unreadable"
    SELF_SIGNED = "self-signed"
    UNKNOWN_AUTHORITY = "unknown-authority"
    BROKEN_CHAIN = "broken-chain"
    OUTSIDE_CONSTRAINTS = "outside-constraints"
    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"
    OTHER_NAME = "other-name"
    WRONG_USAGE = "wrong-usage"
    NOT_FOR_SIGNATURES = "not-for-signatures"
    WEAK_KEY = "weak-key"
    WEAK_SIGNATURE = "weak-signature"
    # informational: mended by us, but not by everybody
    OUT_OF_ORDER = "out-of-order"
    SUPERFLUOUS = "superfluous-certificates"


@final
@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. The sentence has "the certificate" or "its ..." as its subject, no capital and no full stop."""

    kind: FaultKind
    sentence: str


def date_faults(certificate: x509.Certificate, now: datetime) -> list[Fault]:
    """Whether ``certificate`` is valid at ``now``, which has a time zone."""
    which = described(certificate)
    if now > certificate.not_valid_after_utc:
        return [Fault(FaultKind.EXPIRED, f"{which} expired on {_moment(certificate.not_valid_after_utc)}")]
    if now < certificate.not_valid_before_utc:
        begins = _moment(certificate.not_valid_before_utc)
        return [Fault(FaultKind.NOT_YET_VALID, f"{which} is not valid before {begins}")]
    return []


def name_faults(certificate: x509.Certificate, domain: str) -> list[Fault]:
    """Whether ``certificate`` names ``domain``, which is canonical. Raises ValueError when names cannot be read."""
    if names_domain(certificate, domain):
        return []
    names = presented_names(certificate)
    others = f"but {_listed(names)}" if names else "nor any other domain (a common name does not count)"
    return [Fault(FaultKind.OTHER_NAME, f"the certificate does not name {_shown(domain)} {others}")]


def usage_faults(certificate: x509.Certificate, role: Role, *, strict: bool) -> list[Fault]:
    """Whether ``certificate`` may be used in ``role``, and its key for signatures, as TLS since 1.2 does.

    A client's certificate that is for servers only counts unless ``strict``: public authorities issue no others any
    more. Raises ValueError when extensions cannot be read.
    """
    faults = []
    usages = extension(certificate, x509.ExtendedKeyUsage)
    if usages is not None and not _accepted_usages(role, strict=strict) & set(usages):
        wanted = "clientAuth" if role is Role.CLIENT else "serverAuth"
        faults.append(Fault(FaultKind.WRONG_USAGE, f"the certificate lacks the usage {wanted}"))
    key_usage = extension(certificate, x509.KeyUsage)
    if key_usage is not None and not key_usage.digital_signature:
        faults.append(Fault(FaultKind.NOT_FOR_SIGNATURES, "the certificate's key is not meant for signatures"))
    return faults


def strength_faults(certificate: x509.Certificate) -> list[Fault]:
    """Whether the key, and the signature on the certificate, are strong enough."""
    which = described(certificate)
    faults = []
    weakness = _key_weakness(certificate)
    if weakness:
        faults.append(Fault(FaultKind.WEAK_KEY, f"{which} has {weakness}"))
    algorithm = _weak_signature(certificate)
    if algorithm:
        faults.append(Fault(FaultKind.WEAK_SIGNATURE, f"{which} is signed with {algorithm}"))
    return faults


def extension(certificate: x509.Certificate, kind: type[_ExtensionT]) -> _ExtensionT | None:
    """An extension, None when it is absent. Raises ValueError when the certificate's extensions cannot be read."""
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
    except (x509.DuplicateExtension, x509.UnsupportedGeneralNameType) as error:
        raise ValueError(f"its extensions are malformed: {error}") from error


def described(certificate: x509.Certificate) -> str:
    """How a sentence speaks of a certificate: an authority's by its subject, another as "the certificate"."""
    try:
        constraints = extension(certificate, x509.BasicConstraints)
    except ValueError:
        constraints = None
    is_authority = constraints is not None and constraints.ca
    return f"its authority {quoted(certificate.subject)}" if is_authority else "the certificate"


def quoted(name: x509.Name) -> str:
    """A distinguished name within a sentence."""
    return f"'{_printable(name.rfc4514_string())}'"


def _accepted_usages(role: Role, *, strict: bool) -> set[x509.ObjectIdentifier]:
    accepted = {ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}  # RFC 5280 §4.2.1.12
    if role is Role.SERVER or not strict:
        accepted.add(ExtendedKeyUsageOID.SERVER_AUTH)
    if role is Role.CLIENT:
        accepted.add(ExtendedKeyUsageOID.CLIENT_AUTH)
    return accepted


def _key_weakness(certificate: x509.Certificate) -> str:
    """What is weak about the key, after "has"; empty when nothing is."""
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return "a key of a kind that is not known here"
    match key:
        case rsa.RSAPublicKey() if key.key_size < MIN_RSA_BITS:
            return f"an RSA key of {key.key_size} bits: {MIN_RSA_BITS} are the least"
        case ec.EllipticCurvePublicKey() if key.curve.key_size < MIN_CURVE_BITS:
            return f"a key on a curve of {key.curve.key_size} bits: {MIN_CURVE_BITS} are the least"
        case dsa.DSAPublicKey():
            return "a DSA key, which TLS has given up"
    return ""


def _weak_signature(certificate: x509.Certificate) -> str:
    """The signature's algorithm when it is weak, else empty."""
    try:
        algorithm = certificate.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return "an algorithm that is not known here"
    return algorithm.name.upper() if algorithm is not None and algorithm.name in _WEAK_HASHES else ""


def _shown(domain: str) -> str:
    """A canonical domain, with its U-labels where it has any: administrators look for either."""
    readable = unicode_domain(domain)
    return domain if readable == domain else f"{domain} ({readable})"


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(_printable(name) for name in names[:_QUOTED_NAMES])
    more = len(names) - _QUOTED_NAMES
    return f"{shown} and {more} more" if more > 0 else shown


def _printable(text: str) -> str:
    """Text of a certificate in printable ASCII, and not at any length."""
    printable = text.encode("unicode_escape").decode("ascii")
    return printable if len(printable) <= _QUOTED_CHARACTERS else f"{printable[:_QUOTED_CHARACTERS]}..."


def _moment(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M} UTC"
