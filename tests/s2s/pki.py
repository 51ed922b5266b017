"""A certification authority for tests, and certificates of every kind that a peer might show.

``Authority.issue`` makes any certificate; the functions below it make those that have a name in the attack matrix,
and ``KINDS`` lists them by that name. ``Identity.write`` puts one into files for our server or for a real peer.

    ca = Authority.new()
    files = ca.issue("a.test").write(directory)        # directory/a.test.crt (the chain), a.test.key
    ca.write(directory)                                # directory/ca.crt
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final, TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PrivateKey: TypeAlias = (
    rsa.RSAPrivateKey
    | ec.EllipticCurvePrivateKey
    | ed25519.Ed25519PrivateKey
    | ed448.Ed448PrivateKey
    | dsa.DSAPrivateKey
)
PublicKey: TypeAlias = (
    rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | ed448.Ed448PublicKey | dsa.DSAPublicKey
)
Extension: TypeAlias = tuple[x509.ExtensionType, bool]  # and whether it is critical

SERVER: Final = ExtendedKeyUsageOID.SERVER_AUTH
CLIENT: Final = ExtendedKeyUsageOID.CLIENT_AUTH
BOTH: Final = (SERVER, CLIENT)


@cache
def rsa_key(bits: int) -> rsa.RSAPrivateKey:
    """One key for all tests: RSA keys take long to make."""
    return rsa.generate_private_key(65537, bits)


KEYS: Final[dict[str, Callable[[], PrivateKey]]] = {
    "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
    "ed448": ed448.Ed448PrivateKey.generate,
    "rsa2048": lambda: rsa_key(2048),
    "rsa1024": lambda: rsa_key(1024),
    "dsa2048": lambda: dsa.generate_private_key(2048),
}
_SRV_NAME: Final = x509.ObjectIdentifier("1.3.6.1.5.5.7.8.7")
_XMPP_ADDR: Final = x509.ObjectIdentifier("1.3.6.1.5.5.7.8.5")
_IA5_STRING: Final = 0x16
_UTF8_STRING: Final = 0x0C
_SHA256_WITH_RSA: Final = bytes.fromhex("06092a864886f70d01010b")  # OIDs in DER, equally long
_MD5_WITH_RSA: Final = bytes.fromhex("06092a864886f70d010104")
_LONG: Final = (timedelta(days=-400), timedelta(days=3650))  # a validity, from now


def dns(domain: str) -> x509.GeneralName:
    """A DNS-ID, an A-label or a wildcard."""
    return x509.DNSName(domain)


def srv(domain: str, service: str = "_xmpp-server") -> x509.GeneralName:
    """An SRV-ID, RFC 4985."""
    return x509.OtherName(_SRV_NAME, _der(_IA5_STRING, f"{service}.{domain}".encode()))


def xmpp(address: str) -> x509.GeneralName:
    """An XmppAddr, RFC 6120 §13.7.1.4."""
    return x509.OtherName(_XMPP_ADDR, _der(_UTF8_STRING, address.encode()))


@dataclass(frozen=True, slots=True)
class Files:
    """The files of one identity: ``certificate`` holds the whole chain as it is to be presented."""

    certificate: Path
    private_key: Path


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate with its key and what is presented along with it."""

    chain: tuple[x509.Certificate, ...]  # as presented, the own certificate first unless the order is wrong on purpose
    key: PrivateKey
    name: str  # of its files

    @property
    def certificate_pem(self) -> bytes:
        return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in self.chain)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def presenting(self, *chain: x509.Certificate) -> Identity:
        """The same identity with another chain."""
        return Identity(chain, self.key, self.name)

    def write(self, directory: Path, name: str | None = None) -> Files:
        """Write ``name.crt`` and ``name.key`` into the directory."""
        stem = name or self.name
        files = Files(directory / f"{stem}.crt", directory / f"{stem}.key")
        files.certificate.write_bytes(self.certificate_pem)
        files.private_key.write_bytes(self.key_pem)
        return files


@dataclass(frozen=True, slots=True)
class Authority:
    """A certification authority: a root from ``new``, or, from ``intermediate``, one below another."""

    certificate: x509.Certificate
    key: PrivateKey
    parent: Authority | None = None

    @staticmethod
    def new(name: str = "Test CA", *, key: str = "p256") -> Authority:
        """A root."""
        private = KEYS[key]()
        subject = _subject(name)
        return Authority(
            _certify(subject, private.public_key(), subject, private, *_LONG, _authority(private)), private
        )

    def intermediate(
        self, name: str = "Test Intermediate CA", *, key: str = "p256", more: Iterable[Extension] = ()
    ) -> Authority:
        """An authority below this one."""
        private = KEYS[key]()
        issuer = self.certificate.subject
        extensions = [*_authority(private), *more]
        certificate = _certify(_subject(name), private.public_key(), issuer, self.key, *_LONG, extensions)
        return Authority(certificate, private, self)

    @property
    def presented(self) -> tuple[x509.Certificate, ...]:
        """What a peer shows besides its own certificate: the authorities up to the root, without it."""
        return () if self.parent is None else (self.certificate, *self.parent.presented)

    def write(self, directory: Path, name: str = "ca") -> Path:
        """Write ``name.crt`` into the directory, to be trusted."""
        path = directory / f"{name}.crt"
        path.write_bytes(self.certificate.public_bytes(Encoding.PEM))
        return path

    def issue(
        self,
        domain: str,
        *,
        names: Iterable[x509.GeneralName] | None = None,
        common_name: str | None = None,
        key: str = "p256",
        begins: timedelta = timedelta(days=-30),
        ends: timedelta = timedelta(days=300),
        usages: Iterable[x509.ObjectIdentifier] | None = BOTH,
        digital_signature: bool = True,
        is_authority: bool = False,
        more: Iterable[Extension] = (),
    ) -> Identity:
        """A certificate for ``domain``: by default a DNS-ID of it, P-256, valid now, for servers and clients.

        ``names`` replaces the alternative names (none at all when empty), ``usages=None`` leaves the usages out;
        ``begins`` and ``ends`` count from now.
        """
        private = KEYS[key]()
        extensions: list[Extension] = [
            (x509.BasicConstraints(ca=is_authority, path_length=None), True),
            (_key_usage(authority=is_authority, digital_signature=digital_signature), True),
            (x509.SubjectKeyIdentifier.from_public_key(private.public_key()), False),
            *more,
        ]
        alternatives = [dns(domain)] if names is None else list(names)
        if alternatives:
            extensions.append((x509.SubjectAlternativeName(alternatives), False))
        if usages is not None:
            extensions.append((x509.ExtendedKeyUsage(list(usages)), False))
        subject, issuer = _subject(common_name or "A certificate for tests"), self.certificate.subject
        certificate = _certify(subject, private.public_key(), issuer, self.key, begins, ends, extensions)
        return Identity((certificate, *self.presented), private, domain)


def self_signed(domain: str) -> Identity:
    """A certificate that only its own key vouches for."""
    key, name = KEYS["p256"](), _subject(domain)
    names = x509.SubjectAlternativeName([dns(domain)])
    extensions: list[Extension] = [(names, False), (x509.ExtendedKeyUsage(list(BOTH)), False)]
    return Identity((_certify(name, key.public_key(), name, key, *_LONG, extensions),), key, domain)


def expired(ca: Authority, domain: str) -> Identity:
    return ca.issue(domain, begins=timedelta(days=-90), ends=timedelta(days=-1))


def not_yet_valid(ca: Authority, domain: str) -> Identity:
    return ca.issue(domain, begins=timedelta(days=1), ends=timedelta(days=90))


def other_name(ca: Authority, domain: str) -> Identity:
    return ca.issue(domain, names=[dns("elsewhere.example")])


def common_name_only(ca: Authority, domain: str) -> Identity:
    return ca.issue(domain, names=(), common_name=domain)


def srv_only(ca: Authority, domain: str) -> Identity:
    return ca.issue(domain, names=[srv(domain)])


def xmpp_only(ca: Authority, domain: str) -> Identity:
    return ca.issue(domain, names=[xmpp(domain)])


def wildcard(ca: Authority, domain: str) -> Identity:
    """``*`` in place of the domain's left-most label."""
    return ca.issue(domain, names=[dns("*." + domain.partition(".")[2])])


def server_usage_only(ca: Authority, domain: str) -> Identity:
    """What public authorities issue nowadays."""
    return ca.issue(domain, usages=(SERVER,))


def client_usage_only(ca: Authority, domain: str) -> Identity:
    return ca.issue(domain, usages=(CLIENT,))


def neither_usage(ca: Authority, domain: str) -> Identity:
    return ca.issue(domain, usages=(ExtendedKeyUsageOID.CODE_SIGNING,))


def no_usages(ca: Authority, domain: str) -> Identity:
    return ca.issue(domain, usages=None)


def unknown_authority(_ca: Authority, domain: str) -> Identity:
    """The chain, complete, leads to a root that nobody trusts, though it bears the trusted one's name."""
    other = Authority.new("Test CA")
    issued = other.issue(domain)
    return issued.presenting(*issued.chain, other.certificate)


def with_intermediate(ca: Authority, domain: str) -> Identity:
    return ca.intermediate().issue(domain)


def wrong_order(ca: Authority, domain: str) -> Identity:
    """Own certificate, then root, then the two intermediates the wrong way round: completable."""
    upper = ca.intermediate("Upper Test CA")
    issued = upper.intermediate("Lower Test CA").issue(domain)
    own, lower, higher = issued.chain
    return issued.presenting(own, ca.certificate, higher, lower)


def incomplete(ca: Authority, domain: str) -> Identity:
    """The intermediate is not presented."""
    issued = ca.intermediate().issue(domain)
    return issued.presenting(issued.chain[0])


def issued_by_no_authority(ca: Authority, domain: str) -> Identity:
    """Signed by the key of an ordinary certificate, which is no authority."""
    ordinary = ca.issue("ordinary.example")
    return Authority(ordinary.chain[0], ordinary.key, ca).issue(domain)


def weak_rsa(ca: Authority, domain: str) -> Identity:
    return ca.issue(domain, key="rsa1024")


def not_for_signatures(ca: Authority, domain: str) -> Identity:
    return ca.issue(domain, key="rsa2048", digital_signature=False)


def md5_signed(_ca: Authority, domain: str) -> Identity:
    """Signed with MD5. It needs an RSA authority: ``md5_authority()`` must be trusted."""
    authority = md5_authority()
    issued = authority.issue(domain)
    own = issued.chain[0]
    signed_part = own.tbs_certificate_bytes.replace(_SHA256_WITH_RSA, _MD5_WITH_RSA)
    assert isinstance(authority.key, rsa.RSAPrivateKey)
    signature = authority.key.sign(signed_part, padding.PKCS1v15(), hashes.MD5())
    algorithm = _der(0x30, _MD5_WITH_RSA + b"\x05\x00")
    forged = _der(0x30, signed_part + algorithm + _der(0x03, b"\x00" + signature))
    return issued.presenting(x509.load_der_x509_certificate(forged))


@cache
def md5_authority() -> Authority:
    """The authority that ``md5_signed`` uses."""
    return Authority.new("MD5 Test CA", key="rsa2048")


Maker: TypeAlias = Callable[[Authority, str], Identity]

KINDS: Final[dict[str, Maker]] = {
    "ordinary": lambda ca, domain: ca.issue(domain),
    "self-signed": lambda _ca, domain: self_signed(domain),
    "expired": expired,
    "not yet valid": not_yet_valid,
    "other name": other_name,
    "common name only": common_name_only,
    "SRV-ID only": srv_only,
    "XmppAddr only": xmpp_only,
    "wildcard": wildcard,
    "serverAuth only": server_usage_only,
    "clientAuth only": client_usage_only,
    "neither usage": neither_usage,
    "no usages": no_usages,
    "unknown authority": unknown_authority,
    "with intermediate": with_intermediate,
    "wrong order": wrong_order,
    "incomplete": incomplete,
    "issued by no authority": issued_by_no_authority,
    "P-384": lambda ca, domain: ca.issue(domain, key="p384"),
    "Ed25519": lambda ca, domain: ca.issue(domain, key="ed25519"),
    "RSA": lambda ca, domain: ca.issue(domain, key="rsa2048"),
    "RSA of 1024 bits": weak_rsa,
    "not for signatures": not_for_signatures,
    "MD5": md5_signed,
}


def _subject(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _certify(
    subject: x509.Name,
    key: PublicKey,
    issuer: x509.Name,
    issuer_key: PrivateKey,
    begins: timedelta,
    ends: timedelta,
    extensions: Iterable[Extension],
) -> x509.Certificate:
    now = datetime.now(UTC).replace(microsecond=0)
    builder = x509.CertificateBuilder(issuer, subject, key, x509.random_serial_number(), now + begins, now + ends)
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    for extension, critical in [(authority, False), *extensions]:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(issuer_key, _hash_for(issuer_key))


def _authority(key: PrivateKey) -> list[Extension]:
    """The extensions of an authority's certificate."""
    return [
        (x509.BasicConstraints(ca=True, path_length=None), True),
        (_key_usage(authority=True), True),
        (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
    ]


def _hash_for(key: PrivateKey) -> hashes.SHA256 | None:
    """Edwards curves bring their own."""
    return None if isinstance(key, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey) else hashes.SHA256()


def _key_usage(*, authority: bool, digital_signature: bool = True) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        key_encipherment=not digital_signature,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _der(tag: int, content: bytes) -> bytes:
    """One DER value."""
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content
