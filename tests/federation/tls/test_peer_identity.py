"""Which domains a certificate names for streams."""

from __future__ import annotations

from contextlib import suppress

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtensionOID
from hypothesis import given
from hypothesis import strategies as st

from s2s.pki import Authority, dns, srv, xmpp
from wave_federation.tls.peer_identity import names_domain, presented_names

CA = Authority.new()
XMPP_ADDR = x509.ObjectIdentifier("1.3.6.1.5.5.7.8.5")
SRV_NAME = x509.ObjectIdentifier("1.3.6.1.5.5.7.8.7")


def certificate(*names: x509.GeneralName, common_name: str | None = None) -> x509.Certificate:
    return CA.issue("unused.test", names=names, common_name=common_name).chain[0]


@pytest.mark.parametrize(
    ("name", "domain"),
    [
        (dns("a.test"), "a.test"),
        (dns("A.Test"), "a.test"),
        (dns("xn--bcher-kva.test"), "xn--bcher-kva.test"),
        (dns("*.example.test"), "wave.example.test"),
        (dns("*.example.test"), "xn--bcher-kva.example.test"),
        (dns("*.xn--bcher-kva.test"), "wave.xn--bcher-kva.test"),
        (srv("a.test"), "a.test"),
        (srv("xn--bcher-kva.test"), "xn--bcher-kva.test"),
        (srv(".".join(["a" * 60] * 3)), ".".join(["a" * 60] * 3)),  # more than 127 bytes
        (xmpp("a.test"), "a.test"),
        (xmpp("bücher.test"), "xn--bcher-kva.test"),
        (xmpp("BÜCHER.test"), "xn--bcher-kva.test"),
    ],
)
def test_dns_srv_and_xmpp_names_name_a_domain(name: x509.GeneralName, domain: str) -> None:
    assert names_domain(certificate(dns("other.test"), name), domain)


@pytest.mark.parametrize(
    ("name", "domain"),
    [
        (dns("a.test"), "b.test"),
        (dns("a.test"), "wave.a.test"),  # a domain does not speak for those below
        (dns("wave.a.test"), "a.test"),  # nor for the one above
        (dns("a.test"), "aa.test"),
        (dns("xn--lpha-5cd.test"), "alpha.test"),  # a homograph, with a Cyrillic letter
        (dns("*.example.test"), "example.test"),
        (dns("*.example.test"), "very.deep.example.test"),
        (dns("w*.example.test"), "wave.example.test"),
        (dns("*e.example.test"), "wave.example.test"),
        (dns("wave.*.test"), "wave.example.test"),
        (dns("*.*.test"), "wave.example.test"),
        (dns("*.test"), "a.test"),
        (dns("*"), "test"),
        (dns("xn--*.example.test"), "xn--bcher-kva.example.test"),
        (dns("a.test\x00.evil.test"), "a.test"),
        (dns("_xmpp-server.a.test"), "a.test"),
        (srv("*.example.test"), "wave.example.test"),
        (srv("a.test", service="_xmpp-client"), "a.test"),
        (xmpp("*.example.test"), "wave.example.test"),
        (xmpp("user@a.test"), "a.test"),
        (xmpp("a.test/resource"), "a.test"),
        (x509.DirectoryName(x509.Name([])), "a.test"),
        (x509.UniformResourceIdentifier("xmpp:a.test"), "a.test"),
        (x509.RFC822Name("user@a.test"), "a.test"),
    ],
)
def test_other_names_do_not(name: x509.GeneralName, domain: str) -> None:
    assert not names_domain(certificate(name), domain)


def test_a_common_name_names_nothing() -> None:
    assert not names_domain(certificate(common_name="a.test"), "a.test")
    assert presented_names(certificate(common_name="a.test")) == ()


@pytest.mark.parametrize("oid", [XMPP_ADDR, SRV_NAME])
@pytest.mark.parametrize(
    "der",
    [
        b"\x16\x06a.test",  # the other kind's string type, or without the service
        b"\x04\x06a.test",
        b"\x0c\x02\xff\xfe",
        b"\x16\x02\xff\xfe",
        b"\x0c\x00",
        b"\x05\x00",
    ],
)
def test_values_that_are_no_names_name_nothing(oid: x509.ObjectIdentifier, der: bytes) -> None:
    assert not names_domain(certificate(x509.OtherName(oid, der)), "a.test")


@given(der=st.binary(min_size=1, max_size=20), oid=st.sampled_from([XMPP_ADDR, SRV_NAME]))
def test_a_name_of_any_bytes_is_read_or_is_a_value_error(der: bytes, oid: x509.ObjectIdentifier) -> None:
    kind = bytes.fromhex("06082b060105050708") + bytes((5 if oid == XMPP_ADDR else 7,))
    name = tlv(0xA0, kind + tlv(0xA0, der))
    extension = x509.UnrecognizedExtension(ExtensionOID.SUBJECT_ALTERNATIVE_NAME, tlv(0x30, name))
    hostile = CA.issue("unused.test", names=(), more=[(extension, False)]).chain[0]
    with suppress(ValueError):
        assert not names_domain(hostile, "a.test")
        presented_names(hostile)


def tlv(tag: int, content: bytes) -> bytes:
    return bytes((tag, len(content))) + content


def test_all_names_are_shown_each_once() -> None:
    names = (dns("a.test"), dns("*.b.test"), srv("a.test"), srv("c.test"), xmpp("d.test"))
    assert presented_names(certificate(*names)) == ("a.test", "*.b.test", "c.test", "d.test")
