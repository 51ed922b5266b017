"""Our own certificates and keys: what is accepted from files, and how they are replaced while we run."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from groundswell.development_ca import make_authority, make_certificate
from s2s.pki import KINDS, Authority, Identity
from s2s.tls_pairs import files_of
from wave_federation.errors import UnusableCredentials
from wave_federation.tls.credentials import (
    CredentialFiles,
    CredentialStore,
    Reloaded,
    ReloadFailed,
    load_credentials,
)

NOW = time.time()
CA = Authority.new()
FIT = (
    "ordinary",
    "SRV-ID only",
    "XmppAddr only",
    "wildcard",
    "serverAuth only",
    "no usages",
    "with intermediate",
    "P-384",
    "Ed25519",
    "RSA",
    "self-signed",  # whom others trust is theirs to say
    "incomplete",
)
UNFIT = {
    "expired": "expired on",
    "not yet valid": "is not valid before",
    "other name": r"does not name wave\.a\.test but elsewhere\.example",
    "common name only": "does not name",
    "clientAuth only": "lacks the usage serverAuth",
    "neither usage": "lacks the usage serverAuth",
    "RSA of 1024 bits": "1024 bits: 2048 are the least",
    "not for signatures": "not meant for signatures",
    "MD5": "signed with MD5",
    "wrong order": "out of order: each issuer follows what it signed",
}


@pytest.mark.parametrize("kind", FIT)
def test_fitting_credentials_are_loaded(tmp_path: Path, kind: str) -> None:
    identity = KINDS[kind](CA, "wave.a.test")
    credentials = load_credentials("wave.a.test", files_of(identity, tmp_path), now=NOW)
    assert credentials.chain == identity.chain
    assert credentials.domain == "wave.a.test"
    assert credentials.expires == min(each.not_valid_after_utc for each in identity.chain)


@pytest.mark.parametrize("kind", UNFIT)
def test_unfit_credentials_are_refused_with_the_reason(tmp_path: Path, kind: str) -> None:
    files = files_of(KINDS[kind](CA, "wave.a.test"), tmp_path)
    with pytest.raises(UnusableCredentials, match=UNFIT[kind]) as caught:
        load_credentials("wave.a.test", files, now=NOW)
    assert str(files.certificate) in str(caught.value)


def test_all_faults_of_a_certificate_are_named_at_once(tmp_path: Path) -> None:
    files = files_of(CA.issue("b.test", key="rsa1024", ends=timedelta(days=-1)), tmp_path)
    with pytest.raises(UnusableCredentials, match=r"does not name a\.test.*; .*expired.*; .*1024 bits"):
        load_credentials("a.test", files, now=NOW)


def test_the_development_authority_s_certificates_fit(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    pair = make_certificate(make_authority("Development", now), "a.test", now)
    files = CredentialFiles(tmp_path / "a.crt", tmp_path / "a.key")
    files.certificate.write_bytes(pair.certificate)
    files.private_key.write_bytes(pair.private_key)
    for domain in ("a.test", "wave.a.test"):
        assert load_credentials(domain, files, now=now.timestamp()).domain == domain


def test_the_key_must_be_the_certificate_s(tmp_path: Path) -> None:
    files = files_of(CA.issue("a.test"), tmp_path)
    other = CA.issue("a.test").write(tmp_path, "other")
    with pytest.raises(UnusableCredentials, match=r"other\.key is not that of the first certificate in .*a\.test\.crt"):
        load_credentials("a.test", CredentialFiles(files.certificate, other.private_key), now=NOW)


@pytest.mark.parametrize("content", [b"", b"no PEM", b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"])
def test_files_of_something_else_are_refused(tmp_path: Path, content: bytes) -> None:
    files = files_of(CA.issue("a.test"), tmp_path)
    files.private_key.write_bytes(content)
    with pytest.raises(UnusableCredentials, match=r"a\.test\.key does not hold a private key in PEM form"):
        load_credentials("a.test", files, now=NOW)
    files.certificate.write_bytes(content)
    with pytest.raises(UnusableCredentials, match=r"a\.test\.crt does not hold certificates in PEM form"):
        load_credentials("a.test", files, now=NOW)


def test_missing_files_are_named(tmp_path: Path) -> None:
    files = files_of(CA.issue("a.test"), tmp_path)
    files.private_key.unlink()
    with pytest.raises(UnusableCredentials, match=r"the private key cannot be read: .*a\.test\.key"):
        load_credentials("a.test", files, now=NOW)
    files.certificate.unlink()
    with pytest.raises(UnusableCredentials, match=r"the certificate cannot be read: .*a\.test\.crt"):
        load_credentials("a.test", files, now=NOW)


def test_an_encrypted_key_and_one_of_a_strange_kind_are_refused(tmp_path: Path) -> None:
    identity = CA.issue("a.test")
    files = files_of(identity, tmp_path)
    encryption = BestAvailableEncryption(b"secret")
    files.private_key.write_bytes(identity.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))
    with pytest.raises(UnusableCredentials, match="encrypted: store it without a password"):
        load_credentials("a.test", files, now=NOW)
    with pytest.raises(UnusableCredentials, match="must be RSA, ECDSA or EdDSA"):
        load_credentials("a.test", files_of(CA.issue("a.test", key="dsa2048"), tmp_path), now=NOW)


# Replacement


def replace(identity: Identity, files: CredentialFiles) -> None:
    """As tools do it: write beside, then rename."""
    for path, content in ((files.certificate, identity.certificate_pem), (files.private_key, identity.key_pem)):
        replace_file(path, content)


def replace_file(path: Path, content: bytes) -> None:
    beside = path.with_suffix(".new")
    beside.write_bytes(content)
    beside.replace(path)


def test_a_store_needs_all_of_its_domains_credentials(tmp_path: Path) -> None:
    good, bad = files_of(CA.issue("a.test"), tmp_path), files_of(CA.issue("other.test"), tmp_path)
    with pytest.raises(UnusableCredentials, match=r"b\.test"):
        CredentialStore({"a.test": good, "b.test": bad}, now=NOW)


def test_changed_files_come_into_use_and_unchanged_ones_are_not_read(tmp_path: Path) -> None:
    files = {domain: files_of(CA.issue(domain), tmp_path) for domain in ("a.test", "wave.a.test")}
    store = CredentialStore(files, now=NOW)
    assert store.domains == ("a.test", "wave.a.test")
    assert store.refresh(now=NOW) == []
    before, fresh = store.get("wave.a.test"), CA.issue("a.test")
    replace(fresh, files["a.test"])
    assert store.refresh(now=NOW) == [Reloaded(store.get("a.test"))]
    assert store.get("a.test").chain == fresh.chain
    assert store.get("wave.a.test") is before
    assert store.refresh(now=NOW) == []


def test_a_change_that_only_time_betrays_is_seen(tmp_path: Path) -> None:
    files = files_of(CA.issue("a.test"), tmp_path)
    store = CredentialStore({"a.test": files}, now=NOW)
    os.utime(files.certificate, ns=(1, 1))
    assert len(store.refresh(now=NOW)) == 1


def test_a_bad_new_certificate_changes_nothing_and_is_reported_once(tmp_path: Path) -> None:
    files = files_of(CA.issue("a.test"), tmp_path)
    store = CredentialStore({"a.test": files}, now=NOW)
    before = store.get("a.test")
    replace(KINDS["expired"](CA, "a.test"), files)
    (failure,) = store.refresh(now=NOW)
    assert isinstance(failure, ReloadFailed)
    assert "expired on" in failure.reason
    assert store.get("a.test") is before
    assert store.refresh(now=NOW) == []


def test_a_certificate_may_be_replaced_before_its_key(tmp_path: Path) -> None:
    files = files_of(CA.issue("a.test"), tmp_path)
    store = CredentialStore({"a.test": files}, now=NOW)
    before, fresh = store.get("a.test"), CA.issue("a.test")
    replace_file(files.certificate, fresh.certificate_pem)
    assert isinstance(store.refresh(now=NOW)[0], ReloadFailed)
    assert store.get("a.test") is before
    replace_file(files.private_key, fresh.key_pem)
    assert isinstance(store.refresh(now=NOW)[0], Reloaded)
    assert store.get("a.test").chain == fresh.chain


def test_files_may_vanish_and_come_back(tmp_path: Path) -> None:
    identity = CA.issue("a.test")
    files = files_of(identity, tmp_path)
    store = CredentialStore({"a.test": files}, now=NOW)
    files.private_key.unlink()
    assert isinstance(store.refresh(now=NOW)[0], ReloadFailed)
    replace(identity, files)
    assert isinstance(store.refresh(now=NOW)[0], Reloaded)
