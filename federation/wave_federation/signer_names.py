"""The domains that a certificate may sign deltas for.

Source: FEDERATION.md, section 1; RFC 6120 §13.7.1.2 (SRVName, XmppAddr); OT.md, S1.
"""

from __future__ import annotations

from typing import Final

from cryptography import x509
from cryptography.x509.oid import NameOID

_XMPP_ADDR: Final = x509.ObjectIdentifier("1.3.6.1.5.5.7.8.5")
_SRV_NAME: Final = x509.ObjectIdentifier("1.3.6.1.5.5.7.8.7")
_SRV_SERVICE: Final = "_xmpp-server."
_UTF8_STRING: Final = 0x0C
_IA5_STRING: Final = 0x16


def signing_domains(certificate: x509.Certificate, *, common_name: bool = False) -> frozenset[str]:
    """The domains, exactly as written, that ``certificate`` names: DNS names, XMPP addresses and SRV names.

    ``common_name`` adds the subject's common names, which the original accepts and we do only from legacy domains.
    Names that are no domain are left out; a certificate without any gives the empty set. Raises ValueError when
    the certificate's names cannot be read.
    """
    domains: set[str] = set()
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        names = None
    except (x509.DuplicateExtension, x509.UnsupportedGeneralNameType) as error:
        raise ValueError(f"its extensions are malformed: {error}") from error
    if names is not None:
        domains.update(names.get_values_for_type(x509.DNSName))
        domains.update(_other_domains(names.get_values_for_type(x509.OtherName)))
    if common_name:
        attributes = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        domains.update(str(attribute.value) for attribute in attributes)
    return frozenset(domains)


def _other_domains(names: list[x509.OtherName]) -> list[str]:
    """The domains in names of the two kinds that XMPP added."""
    domains: list[str] = []
    for name in names:
        if name.type_id == _XMPP_ADDR:
            domains.append(_string(name.value, _UTF8_STRING))
        elif name.type_id == _SRV_NAME:
            service = _string(name.value, _IA5_STRING)
            if service.startswith(_SRV_SERVICE):
                domains.append(service.removeprefix(_SRV_SERVICE))
    return [domain for domain in domains if domain]


def _string(der: bytes, tag: int) -> str:
    """The text of a DER string of up to 127 bytes, empty when it is anything else: no domain is, then."""
    if len(der) < 2 or der[0] != tag or der[1] != len(der) - 2 or der[1] > 0x7F:
        return ""
    try:
        return der[2:].decode("utf-8" if tag == _UTF8_STRING else "ascii")
    except UnicodeDecodeError:
        return ""
