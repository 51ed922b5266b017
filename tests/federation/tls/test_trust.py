"""The judgement of chains: every kind of certificate, in both roles, with its faults in words."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID
from hypothesis import given
from hypothesis import strategies as st

from s2s.pki import CLIENT, KINDS, Authority, Extension, Identity, dns, md5_authority, srv, xmpp
from wave_federation.errors import UnusableAuthorities
from wave_federation.tls.certificate_faults import FaultKind, Role
from wave_federation.tls.trust import TrustStore, Verdict

NOW = time.time()
DOMAIN = "wave.a.test"
CA = Authority.new()
TRUST = TrustStore([CA.certificate, md5_authority().certificate])
LONG_CHAIN = CA.intermediate("Upper Test CA").intermediate("Lower Test CA").issue(DOMAIN)
DAMAGED = CA.issue(DOMAIN)
CLIENT_ROLE, SERVER_ROLE = Role.CLIENT, Role.SERVER

ACCEPTED = (
    "ordinary",
    "SRV-ID only",
    "XmppAddr only",
    "wildcard",
    "no usages",
    "with intermediate",
    "wrong order",
    "P-384",
    "Ed25519",
    "RSA",
)
FAULTS = {  # the fault in either role, and what the sentence says
    "self-signed": (FaultKind.SELF_SIGNED, "the certificate is self-signed"),
    "expired": (FaultKind.EXPIRED, "the certificate expired on 20"),
    "not yet valid": (FaultKind.NOT_YET_VALID, "the certificate is not valid before 20"),
    "other name": (FaultKind.OTHER_NAME, "the certificate does not name wave.a.test but elsewhere.example"),
    "common name only": (
        FaultKind.OTHER_NAME,
        "the certificate does not name wave.a.test nor any other domain (a common name does not count)",
    ),
    "neither usage": (FaultKind.WRONG_USAGE, "the certificate lacks the usage"),
    "unknown authority": (FaultKind.UNKNOWN_AUTHORITY, "'CN=Test CA'"),
    "incomplete": (
        FaultKind.UNKNOWN_AUTHORITY,
        "the issuer of the certificate, 'CN=Test Intermediate CA', is neither presented nor trusted here",
    ),
    "issued by no authority": (FaultKind.BROKEN_CHAIN, "the chain of certificates is broken at"),
    "RSA of 1024 bits": (FaultKind.WEAK_KEY, "the certificate has an RSA key of 1024 bits: 2048 are the least"),
    "not for signatures": (FaultKind.NOT_FOR_SIGNATURES, "the certificate's key is not meant for signatures"),
    "MD5": (FaultKind.WEAK_SIGNATURE, "the certificate is signed with MD5"),
}


def judge(identity: Identity, role: Role = CLIENT_ROLE, *, domain: str = DOMAIN, strict: bool = False) -> Verdict:
    return TRUST.judge(identity.chain, domain, now=NOW, role=role, strict_usage=strict)


def kinds(verdict: Verdict) -> list[FaultKind]:
    return [fault.kind for fault in verdict.faults]


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("kind", ACCEPTED)
def test_sound_certificates_are_accepted(kind: str, role: Role) -> None:
    verdict = judge(KINDS[kind](CA, DOMAIN), role)
    assert verdict.accepted
    assert verdict.sentence == ""
    assert verdict.domain == DOMAIN


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("kind", FAULTS)
def test_each_fault_is_found_and_said(kind: str, role: Role) -> None:
    verdict = judge(KINDS[kind](CA, DOMAIN), role)
    expected, sentence = FAULTS[kind]
    assert kinds(verdict) == [expected]
    assert sentence in verdict.sentence
    assert verdict.sentence.isprintable()
    assert not verdict.accepted


def test_the_table_covers_every_kind() -> None:
    assert {*ACCEPTED, *FAULTS, "serverAuth only", "clientAuth only"} == set(KINDS)


@pytest.mark.parametrize(
    ("kind", "role", "strict", "accepted"),
    [
        ("serverAuth only", Role.SERVER, True, True),
        ("serverAuth only", Role.CLIENT, False, True),  # all that public authorities issue
        ("serverAuth only", Role.CLIENT, True, False),
        ("clientAuth only", Role.CLIENT, True, True),
        ("clientAuth only", Role.SERVER, False, False),
        ("no usages", Role.CLIENT, True, True),
        ("ordinary", Role.CLIENT, True, True),
    ],
)
def test_usages_count_for_the_role(kind: str, role: Role, strict: bool, accepted: bool) -> None:
    verdict = judge(KINDS[kind](CA, DOMAIN), role, strict=strict)
    assert kinds(verdict) == ([] if accepted else [FaultKind.WRONG_USAGE])
    if not accepted:
        assert verdict.sentence == f"the certificate lacks the usage {role}Auth"


def test_any_usage_is_every_usage() -> None:
    anything = CA.issue(DOMAIN, usages=[ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE])
    assert judge(anything, SERVER_ROLE).accepted
    assert judge(anything, CLIENT_ROLE, strict=True).accepted


def test_all_faults_are_found_not_only_the_first() -> None:
    identity = CA.issue("b.test", key="rsa1024", ends=timedelta(days=-1), usages=[CLIENT], digital_signature=False)
    verdict = judge(identity, SERVER_ROLE)
    assert set(kinds(verdict)) == {
        FaultKind.EXPIRED,
        FaultKind.OTHER_NAME,
        FaultKind.WRONG_USAGE,
        FaultKind.NOT_FOR_SIGNATURES,
        FaultKind.WEAK_KEY,
    }
    assert verdict.sentence.count(";") == 4


def test_an_expired_certificate_of_a_stranger_is_both() -> None:
    stranger = Authority.new("Another CA").issue(DOMAIN, ends=timedelta(days=-1))
    assert kinds(judge(stranger)) == [FaultKind.UNKNOWN_AUTHORITY, FaultKind.EXPIRED]


def test_no_certificate_is_no_proof() -> None:
    verdict = TRUST.judge((), DOMAIN, now=NOW, role=CLIENT_ROLE)
    assert kinds(verdict) == [FaultKind.NO_CERTIFICATE]
    assert verdict.sentence == "no certificate was presented"


def test_a_heap_of_certificates_is_not_looked_at() -> None:
    chain = CA.issue(DOMAIN).chain * 11
    assert kinds(TRUST.judge(chain, DOMAIN, now=NOW, role=CLIENT_ROLE)) == [FaultKind.TOO_MANY_CERTIFICATES]


@pytest.mark.parametrize(
    ("offset", "accepted"),
    [(-1, False), (0, True), (86_400, True), (86_401, False)],
)
def test_validity_has_sharp_ends(offset: int, accepted: bool) -> None:
    identity = CA.issue(DOMAIN, begins=timedelta(), ends=timedelta(days=1))
    begins = identity.chain[0].not_valid_before_utc.timestamp()
    verdict = TRUST.judge(identity.chain, DOMAIN, now=begins + offset, role=CLIENT_ROLE)
    assert verdict.accepted == accepted


def test_an_authority_that_has_expired_is_named() -> None:
    identity = CA.intermediate().issue(DOMAIN, ends=timedelta(days=5000))
    later = (datetime.now(UTC) + timedelta(days=4000)).timestamp()
    verdict = TRUST.judge(identity.chain, DOMAIN, now=later, role=CLIENT_ROLE)
    assert kinds(verdict) == [FaultKind.EXPIRED]
    assert verdict.sentence.startswith("its authority 'CN=Test")


# Chains


@given(order=st.permutations(range(4)))
def test_the_order_of_the_authorities_does_not_matter(order: Sequence[int]) -> None:
    issued = LONG_CHAIN
    others = [*issued.chain[1:], CA.certificate, Authority.new("Unrelated CA").certificate]
    shuffled = issued.presenting(issued.chain[0], *(others[place] for place in order))
    verdict = judge(shuffled)
    assert verdict.accepted
    in_order = [place for place in order if place != 3] == [0, 1, 2]
    assert [remark.kind for remark in verdict.remarks] == [
        *([] if in_order else [FaultKind.OUT_OF_ORDER]),
        FaultKind.SUPERFLUOUS,
    ]


def test_a_chain_in_order_gets_no_remark_with_or_without_its_root() -> None:
    assert judge(LONG_CHAIN).remarks == ()
    assert judge(LONG_CHAIN.presenting(*LONG_CHAIN.chain, CA.certificate)).remarks == ()


def test_the_own_certificate_comes_first_whatever_else_is_sent() -> None:
    own, *others = LONG_CHAIN.chain
    verdict = judge(LONG_CHAIN.presenting(others[0], own, *others[1:]))  # TLS proves possession of the first one's key
    assert FaultKind.OTHER_NAME in kinds(verdict)


def test_an_intermediate_authority_or_a_certificate_can_itself_be_trusted() -> None:
    intermediate = CA.intermediate()
    own = KINDS["self-signed"](CA, DOMAIN)
    trust = TrustStore([intermediate.certificate, own.chain[0]])
    for chain in (intermediate.issue(DOMAIN).chain, own.chain):
        assert trust.judge(chain, DOMAIN, now=NOW, role=SERVER_ROLE).accepted
    assert not trust.judge(CA.issue(DOMAIN).chain, DOMAIN, now=NOW, role=SERVER_ROLE).accepted


def test_a_forged_signature_breaks_the_chain() -> None:
    der = bytearray(CA.issue(DOMAIN).chain[0].public_bytes(Encoding.DER))
    der[-1] ^= 1
    forged = x509.load_der_x509_certificate(bytes(der))
    verdict = TRUST.judge((forged,), DOMAIN, now=NOW, role=CLIENT_ROLE)
    assert kinds(verdict) == [FaultKind.BROKEN_CHAIN]
    assert "signature failure" in verdict.sentence


def test_a_weak_authority_on_the_way_is_refused() -> None:
    verdict = judge(CA.intermediate("Weak CA", key="rsa1024").issue(DOMAIN))
    assert kinds(verdict) == [FaultKind.WEAK_KEY]
    assert "its authority 'CN=Weak CA' has an RSA key of 1024 bits" in verdict.sentence


def confined(*, permitted: str | None = None, excluded: str | None = None) -> Authority:
    constraints = x509.NameConstraints(
        [x509.DNSName(permitted)] if permitted is not None else None,
        [x509.DNSName(excluded)] if excluded is not None else None,
    )
    return CA.intermediate("Confined CA", more=[(constraints, True)])


@pytest.mark.parametrize("name", [dns, srv, xmpp])
def test_an_authority_confined_to_other_domains_vouches_for_none_of_ours_by_any_kind_of_name(
    name: Callable[[str], x509.GeneralName],
) -> None:
    for authority in (confined(permitted="b.test"), confined(excluded="a.test"), confined(permitted=".wave.a.test")):
        assert not judge(authority.issue(DOMAIN, names=[name(DOMAIN)])).accepted
    for authority in (confined(permitted="a.test"), confined(excluded="b.test"), confined(permitted=".a.test")):
        assert judge(authority.issue(DOMAIN, names=[name(DOMAIN)])).accepted


def test_a_chain_without_end_is_refused() -> None:
    authority = CA
    for depth in range(8):
        authority = authority.intermediate(f"CA {depth}")
    assert judge(authority.issue(DOMAIN)).accepted
    verdict = judge(authority.intermediate().intermediate().issue(DOMAIN))
    assert kinds(verdict) == [FaultKind.TOO_MANY_CERTIFICATES]


# What a verdict tells


def test_a_verdict_tells_names_and_the_first_expiry() -> None:
    identity = CA.intermediate().issue(DOMAIN, names=[dns(DOMAIN), dns("*.b.test")], ends=timedelta(days=9))
    verdict = judge(identity)
    assert verdict.names == (DOMAIN, "*.b.test")
    assert verdict.expires == identity.chain[0].not_valid_after_utc


def test_the_domain_is_shown_in_its_own_script_too() -> None:
    verdict = judge(CA.issue("b.test"), domain="xn--bcher-kva.test")
    assert verdict.sentence == "the certificate does not name xn--bcher-kva.test (bücher.test) but b.test"


def test_hostile_names_are_quoted_harmlessly_and_briefly() -> None:
    names = [dns("]]>\x00</stream:stream>\n"), xmpp("\u202e" * 300), *(dns(f"{number}.test") for number in range(50))]
    verdict = judge(CA.issue(DOMAIN, names=names))
    assert verdict.sentence.isprintable()
    assert verdict.sentence.isascii()
    assert len(verdict.sentence) < 600
    assert "and 47 more" in verdict.sentence


def broken_extension() -> Extension:
    return (x509.UnrecognizedExtension(ExtensionOID.SUBJECT_ALTERNATIVE_NAME, b"\x30\x03\x82\x10a"), False)


def test_extensions_that_cannot_be_read_are_a_fault_not_an_error() -> None:
    verdict = judge(CA.issue(DOMAIN, names=(), more=[broken_extension()]))
    assert not verdict.accepted
    assert verdict.sentence.isprintable()


@given(place=st.integers(0, 600), byte=st.integers(0, 255))
def test_no_damage_to_a_certificate_raises_or_is_trusted(place: int, byte: int) -> None:
    der = bytearray(DAMAGED.chain[0].public_bytes(Encoding.DER))
    place %= len(der)
    if der[place] == byte:
        return
    der[place] = byte
    try:
        certificate = x509.load_der_x509_certificate(bytes(der))
    except (ValueError, x509.InvalidVersion, Warning):
        return
    assert not TRUST.judge((certificate,), DOMAIN, now=NOW, role=CLIENT_ROLE).accepted


# Authorities from files


def test_a_file_may_hold_several_authorities_among_comments(tmp_path: Path) -> None:
    other = Authority.new("Another CA")
    bundle = tmp_path / "bundle.crt"
    pems = [each.certificate.public_bytes(Encoding.PEM) for each in (CA, other)]
    bundle.write_bytes(b"# ours\n" + pems[0] + b"\nand another's\n" + pems[1] + b"\n")
    trust = TrustStore.from_file(bundle)
    assert trust.roots == (CA.certificate, other.certificate)
    assert trust.judge(other.issue(DOMAIN).chain, DOMAIN, now=NOW, role=SERVER_ROLE).accepted


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "cannot be read: .*No such file"),
        (b"", "holds no certificates in PEM form"),
        (b"-----BEGIN CERTIFICATE-----\nrubbish\n-----END CERTIFICATE-----\n", "an authority that cannot be read"),
    ],
)
def test_a_file_without_authorities_is_an_error(tmp_path: Path, content: bytes | None, complaint: str) -> None:
    path = tmp_path / "ca.crt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UnusableAuthorities, match=complaint):
        TrustStore.from_file(path)


def test_trusting_nobody_is_an_error() -> None:
    with pytest.raises(UnusableAuthorities, match="no authority is trusted"):
        TrustStore([])


def test_the_system_s_authorities_may_be_named_by_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unreadable = b"-----BEGIN CERTIFICATE-----\nrubbish\n-----END CERTIFICATE-----\n"
    path = tmp_path / "system.crt"
    path.write_bytes(unreadable + CA.certificate.public_bytes(Encoding.PEM))
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    assert TrustStore.system().roots == (CA.certificate,)
