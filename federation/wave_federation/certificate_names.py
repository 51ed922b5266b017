"""The names in a certificate that can be those of a provider: DNS names, SRV names and XMPP addresses.

Source: RFC 5280 §4.2.1.6 (alternative names), RFC 4985 (SRVName), RFC 6120 §13.7.1.4 (XmppAddr).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, final

from cryptography import x509
from cryptography.x509.oid import NameOID

_XMPP_ADDR: Final = x509.ObjectIdentifier("1.3.6.1.5.5.7.8.5")
_SRV_NAME: Final = x509.ObjectIdentifier("1.3.6.1.5.5.7.8.7")
_SRV_SERVICE: Final = "_xmpp-server."
_UTF8_STRING: Final = 0x0C
_IA5_STRING: Final = 0x16


@final
@dataclass(frozen=True, slots=True)
class CertificateNames:
    """Names exactly as written, in the certificate's order. No name is checked for being a domain."""

    dns: tuple[str, ...]  # may be wildcards
    srv: tuple[str, ...]  # of the service xmpp-server, without the service
    xmpp: tuple[str, ...]  # may be addresses of users, too


def read_names(certificate: x509.Certificate) -> CertificateNames:
    """The alternative names of ``certificate``. Raises ValueError when they cannot be read."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return CertificateNames((), (), ())
    except (x509.DuplicateExtension, x509.UnsupportedGeneralNameType) as error:
        raise ValueError(f"its extensions are malformed: {error}") from error
    others = names.get_values_for_type(x509.OtherName)
    services = [_string(name.value, _IA5_STRING) for name in others if name.type_id == _SRV_NAME]
    addresses = [_string(name.value, _UTF8_STRING) for name in others if name.type_id == _XMPP_ADDR]
    return CertificateNames(
        dns=tuple(names.get_values_for_type(x509.DNSName)),
        srv=tuple(name.removeprefix(_SRV_SERVICE) for name in services if name.startswith(_SRV_SERVICE)),
        xmpp=tuple(filter(None, addresses)),
    )


def common_names(certificate: x509.Certificate) -> tuple[str, ...]:
    """The subject's common names: only the legacy of signing deltas looks at them, never a stream."""
    return tuple(str(attribute.value) for attribute in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME))


def _string(der: bytes, tag: int) -> str:
    """The text of a string in DER, empty when it is anything else: no domain is, then."""
    if der[0] != tag:
        return ""
    length_bytes = der[1] & 0x7F if der[1] & 0x80 else 0  # X.690 §8.1.3; the reader of certificates takes only DER
    try:
        return der[2 + length_bytes :].decode("utf-8" if tag == _UTF8_STRING else "ascii")
    except UnicodeDecodeError:
        return ""
