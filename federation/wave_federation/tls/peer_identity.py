"""Whether a certificate names a domain, as streams ask it: DNS-ID, SRV-ID and XmppAddr, never the common name.

Source: RFC 9525 §6 (matching, wildcards, no common name), RFC 6120 §13.7.1.2 and §13.7.2, RFC 4985.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from cryptography import x509

from wave_federation.certificate_names import read_names
from wave_federation.domains import canonical_domain
from wave_federation.errors import InvalidDomain

_WILDCARD: Final = "*."


def names_domain(certificate: x509.Certificate, domain: str) -> bool:
    """Whether ``certificate`` names exactly ``domain``, which is canonical.

    A wildcard stands for one whole label, the left-most, of a DNS-ID, below a name of two labels or more.
    Names that are no domains count for nothing. Raises ValueError when the certificate's names cannot be read.
    """
    names = read_names(certificate)
    parent = domain.partition(".")[2]
    wildcards = _canonical(name.removeprefix(_WILDCARD) for name in names.dns if name.startswith(_WILDCARD))
    return domain in _canonical((*names.dns, *names.srv, *names.xmpp)) or ("." in parent and parent in wildcards)


def presented_names(certificate: x509.Certificate) -> tuple[str, ...]:
    """The names that ``names_domain`` looks at, as written, each once, to show to administrators."""
    names = read_names(certificate)
    return tuple(dict.fromkeys((*names.dns, *names.srv, *names.xmpp)))


def _canonical(names: Iterable[str]) -> set[str]:
    """Those names that are domains, in canonical form."""
    domains = set()
    for name in names:
        try:
            domains.add(canonical_domain(name))
        except InvalidDomain:  # a wildcard, the address of a user, a name with an underscore: they match nothing
            continue
    return domains
