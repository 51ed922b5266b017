"""The domains that a certificate may sign deltas for.

Source: FEDERATION.md, section 1; RFC 6120 §13.7.1.2 (SRVName, XmppAddr); OT.md, S1.
"""

from __future__ import annotations

from cryptography import x509

from wave_federation.certificate_names import common_names, read_names


def signing_domains(certificate: x509.Certificate, *, common_name: bool = False) -> frozenset[str]:
    """The domains, exactly as written, that ``certificate`` names: DNS names, XMPP addresses and SRV names.

    ``common_name`` adds the subject's common names, which the original accepts and we do only from legacy domains.
    A certificate without any gives the empty set. Raises ValueError when the certificate's names cannot be read.
    """
    names = read_names(certificate)
    domains = {*names.dns, *names.srv, *names.xmpp}
    if common_name:
        domains.update(common_names(certificate))
    return frozenset(filter(None, domains))
