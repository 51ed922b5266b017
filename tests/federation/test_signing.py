"""Signatures over deltas, against the reference's cases, and the rules of our own."""

from __future__ import annotations

import gzip
import json
from base64 import b64decode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import given
from hypothesis import strategies as st

from wave_federation.errors import FederationError, InvalidSignature, UntrustedSigner, UnusableSigner
from wave_federation.signing import DomainSigner, SignerChain, SigningKey, pki_path, signer_id, verify_delta
from wave_ot.deltas import ECDSA_P256_SHA256, ED25519, SHA1_RSA, SHA256, SHA256_RSA, SHA512, Signature, SignerInfo

Case = dict[str, Any]

with gzip.open(Path(__file__).parents[1] / "vectors" / "signing.jsonl.gz", "rt", encoding="ascii") as lines:
    CASES: list[Case] = [json.loads(line) for line in lines]
cases = pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in CASES])

NOW = datetime(2026, 11, 1, tzinfo=UTC)
DELTA = b"a delta's bytes"


def signer_info(case: Case, hash_algorithm: int = SHA256) -> SignerInfo:
    pems = [x509.load_pem_x509_certificate(pem.encode()) for pem in case["certificates_pem"]]
    certificates = tuple(certificate.public_bytes(Encoding.DER) for certificate in pems)
    return SignerInfo(hash_algorithm, case["domain"], certificates)


@cases
def test_signer_ids_are_the_reference_s(case: Case) -> None:
    assert pki_path(signer_info(case).certificates) == b64decode(case["pki_path"])
    assert signer_id(signer_info(case)) == b64decode(case["signer_id"])
    assert signer_id(signer_info(case, SHA512)) == b64decode(case["signer_id_sha512"])


@cases
def test_signatures_and_authorities_are_judged_as_by_the_reference(case: Case) -> None:
    chain = SignerChain(signer_info(case))
    signature = Signature(b64decode(case["signature"]), b64decode(case["signer_id"]), SHA1_RSA)
    for attempt in case["verify"]:
        payload = b64decode(case["payload"]) + (b"x" if attempt["tampered"] else b"")
        if attempt["result"] == "ok":
            verify_delta(payload, signature, chain, attempt["authority"], legacy=True)
            continue
        error = InvalidSignature if "did not verify" in attempt["result"] else UntrustedSigner
        with pytest.raises(error):
            verify_delta(payload, signature, chain, attempt["authority"], legacy=True)


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in CASES if "chain" in case])
def test_chains_are_trusted_as_by_the_reference(case: Case) -> None:
    chain = SignerChain(signer_info(case))
    root = x509.load_pem_x509_certificate(case["trust_root_pem"].encode())
    now = case["validation_time_ms"] / 1000
    if case["chain"] == "ok":
        chain.check_trust([root], now=now)
    else:
        with pytest.raises(UntrustedSigner, match=r"self\.example\.org is not trusted"):
            chain.check_trust([root], now=now)


class Authority:
    """A certification authority made for one test."""

    def __init__(self, name: str = "Test CA") -> None:
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.key = ec.generate_private_key(ec.SECP256R1())
        key_usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        self.root = self._builder(self.name, self.key, NOW).add_extension(x509.BasicConstraints(True, None), True)
        self.certificate = self.root.add_extension(key_usage, True).sign(self.key, hashes.SHA256())

    def _builder(self, subject: x509.Name, key: SigningKey, expires: datetime) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder(self.name, subject, key.public_key(), x509.random_serial_number())
            .not_valid_before(NOW - timedelta(days=30))
            .not_valid_after(expires + timedelta(days=30))
        )

    def issue(
        self, key: SigningKey, *names: x509.GeneralName, usage: x509.KeyUsage | None = None, common_name: str = ""
    ) -> SignerInfo:
        """A signer whose one certificate has ``names``; its domain is alpha.test."""
        attributes = [x509.NameAttribute(NameOID.COMMON_NAME, common_name)] if common_name else []
        builder = self._builder(x509.Name(attributes), key, NOW)
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=not common_name)
        if usage is not None:
            builder = builder.add_extension(usage, critical=True)
        server_only = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        certificate = builder.add_extension(server_only, critical=False).sign(self.key, hashes.SHA256())
        return SignerInfo(SHA256, "alpha.test", (certificate.public_bytes(Encoding.DER),))


@cache
def rsa_key(bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


def p256_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@cache
def authority() -> Authority:
    return Authority()


ALPHA = x509.DNSName("alpha.test")


@pytest.mark.parametrize(
    ("make_key", "algorithm"),
    [(lambda: rsa_key(2048), SHA256_RSA), (p256_key, ECDSA_P256_SHA256), (ed25519.Ed25519PrivateKey.generate, ED25519)],
)
def test_what_a_domain_signs_others_can_verify(make_key: Callable[[], SigningKey], algorithm: int) -> None:
    key = make_key()
    signer = DomainSigner(authority().issue(key, ALPHA), key)
    (signature,) = signer.sign(DELTA)
    assert signature.algorithm == algorithm
    chain = SignerChain(signer.info)
    chain.check_trust([authority().certificate], now=NOW.timestamp())
    verify_delta(DELTA, signature, chain, "alpha.test")
    with pytest.raises(InvalidSignature, match="does not fit"):
        verify_delta(DELTA + b"!", signature, chain, "alpha.test")
    with pytest.raises(UntrustedSigner, match=r"does not name 'beta\.test'"):
        verify_delta(DELTA, signature, chain, "beta.test")


def test_a_legacy_signer_uses_sha_1_which_only_legacy_domains_may() -> None:
    signer = DomainSigner(authority().issue(rsa_key(2048), ALPHA), rsa_key(2048), legacy=True)
    (signature,) = signer.sign(DELTA)
    assert signature.algorithm == SHA1_RSA
    verify_delta(DELTA, signature, SignerChain(signer.info), "alpha.test", legacy=True)
    with pytest.raises(InvalidSignature, match="only from legacy domains"):
        verify_delta(DELTA, signature, SignerChain(signer.info), "alpha.test")


def test_a_short_rsa_key_signs_only_for_legacy_domains() -> None:
    info = authority().issue(rsa_key(1024), ALPHA)
    with pytest.raises(UnusableSigner, match="less than 2048 bits"):
        DomainSigner(info, rsa_key(1024))
    (sha1,) = DomainSigner(info, rsa_key(1024), legacy=True).sign(DELTA)
    verify_delta(DELTA, sha1, SignerChain(info), "alpha.test", legacy=True)
    with pytest.raises(InvalidSignature, match="less than 2048 bits"):
        verify_delta(DELTA, Signature(sha1.value, sha1.signer_id, SHA256_RSA), SignerChain(info), "alpha.test")


def test_a_signature_under_another_algorithm_or_signer_is_refused() -> None:
    key = p256_key()
    signer = DomainSigner(authority().issue(key, ALPHA), key)
    (signature,) = signer.sign(DELTA)
    chain = SignerChain(signer.info)
    for algorithm in (0, SHA1_RSA, SHA256_RSA, ED25519, 99):
        with pytest.raises(InvalidSignature, match="does not go with the key"):
            chain.check_signature(DELTA, Signature(signature.value, signer.id, algorithm), legacy=True)
    with pytest.raises(InvalidSignature, match="another signer"):
        chain.check_signature(DELTA, Signature(signature.value, bytes(32), ECDSA_P256_SHA256))


def other_name(oid: str, tag: int, text: str) -> x509.OtherName:
    return x509.OtherName(x509.ObjectIdentifier(oid), bytes((tag, len(text))) + text.encode())


XMPP_ADDR, SRV_NAME = "1.3.6.1.5.5.7.8.5", "1.3.6.1.5.5.7.8.7"


@pytest.mark.parametrize(
    "name", [other_name(XMPP_ADDR, 0x0C, "alpha.test"), other_name(SRV_NAME, 0x16, "_xmpp-server.alpha.test")]
)
def test_xmpp_and_srv_names_count_as_the_domain(name: x509.GeneralName) -> None:
    SignerChain(authority().issue(p256_key(), name)).check_authority("alpha.test")


@pytest.mark.parametrize(
    "name",
    [
        x509.DNSName("*.test"),
        x509.DNSName("sub.alpha.test"),
        x509.RFC822Name("a@alpha.test"),
        x509.UniformResourceIdentifier("https://alpha.test"),
        other_name(SRV_NAME, 0x16, "_https.alpha.test"),
        other_name(XMPP_ADDR, 0x16, "alpha.test"),
        other_name("1.2.3.4", 0x0C, "alpha.test"),
        x509.OtherName(x509.ObjectIdentifier(XMPP_ADDR), b"\x0c\x02\xff\xff"),
        x509.OtherName(x509.ObjectIdentifier(XMPP_ADDR), b"\x0c\x00"),
    ],
)
def test_no_other_name_counts_as_the_domain(name: x509.GeneralName) -> None:
    chain = SignerChain(authority().issue(p256_key(), name, common_name="alpha.test"))
    with pytest.raises(UntrustedSigner, match=r"does not name 'alpha\.test'"):
        chain.check_authority("alpha.test")
    chain.check_authority("alpha.test", common_name=True)


def test_a_chain_of_another_authority_or_out_of_date_is_not_trusted() -> None:
    chain = SignerChain(authority().issue(p256_key(), ALPHA))
    for roots, now in [
        ([Authority().certificate], NOW),
        ([], NOW),
        ([authority().certificate], NOW + timedelta(days=31)),
        ([authority().certificate], NOW - timedelta(days=31)),
    ]:
        with pytest.raises(UntrustedSigner, match="is not trusted"):
            chain.check_trust(roots, now=now.timestamp())


def test_a_certificate_not_meant_for_signatures_is_not_trusted() -> None:
    encipherment = x509.KeyUsage(False, False, True, False, False, False, False, False, False)
    chain = SignerChain(authority().issue(p256_key(), ALPHA, usage=encipherment))
    with pytest.raises(UntrustedSigner, match="not meant for signatures"):
        chain.check_trust([authority().certificate], now=NOW.timestamp())


def test_keys_that_cannot_sign_are_refused_at_once() -> None:
    key = p256_key()
    info = authority().issue(key, ALPHA)
    with pytest.raises(UnusableSigner, match="not that of the certificate"):
        DomainSigner(info, p256_key())
    with pytest.raises(UnusableSigner, match=r"does not name 'beta\.test'"):
        DomainSigner(SignerInfo(SHA256, "beta.test", info.certificates), key)
    with pytest.raises(UnusableSigner, match="RSA keys only"):
        DomainSigner(info, key, legacy=True)
    wide = ec.generate_private_key(ec.SECP384R1())
    with pytest.raises(UnusableSigner, match="not P-256"):
        DomainSigner(authority().issue(wide, ALPHA), wide)


def test_a_signer_is_read_from_pem() -> None:
    key = p256_key()
    info = authority().issue(key, ALPHA)
    chain_pem = x509.load_der_x509_certificate(info.certificates[0]).public_bytes(Encoding.PEM)
    key_pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    assert DomainSigner.from_pem("alpha.test", chain_pem, key_pem).info == info
    with pytest.raises(UnusableSigner, match=r"alpha\.test cannot be read"):
        DomainSigner.from_pem("alpha.test", chain_pem, b"no key")
    with pytest.raises(UnusableSigner, match=r"alpha\.test cannot be read"):
        DomainSigner.from_pem("alpha.test", b"no certificate", key_pem)


@pytest.mark.parametrize("certificates", [(), (b"junk",), (b"",) * 11])
def test_unreadable_chains_are_refused(certificates: tuple[bytes, ...]) -> None:
    with pytest.raises(UnusableSigner):
        SignerChain(SignerInfo(SHA256, "alpha.test", certificates))


def test_an_unknown_hash_algorithm_is_refused() -> None:
    with pytest.raises(UnusableSigner, match="hash algorithm 3"):
        signer_id(SignerInfo(3, "alpha.test", (b"",)))


@pytest.mark.filterwarnings("ignore:Parsed a serial number which wasn't positive")
@given(st.data())
def test_damaged_certificates_end_in_an_error_of_ours(data: st.DataObject) -> None:
    info = signer_info(CASES[0])
    damaged = bytearray(info.certificates[0])
    damaged[data.draw(st.integers(0, len(damaged) - 1))] ^= data.draw(st.integers(1, 255))
    root = x509.load_pem_x509_certificate(CASES[0]["trust_root_pem"].encode())
    info = SignerInfo(SHA256, info.domain, (bytes(damaged), *info.certificates[1:]))
    with pytest.raises(FederationError):
        check(info, root, CASES[0]["validation_time_ms"] / 1000)


def check(info: SignerInfo, root: x509.Certificate, now: float) -> None:
    SignerChain(info).check_trust([root], now=now)
