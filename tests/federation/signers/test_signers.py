"""Which signers are admitted, that they are never forgotten, and what deltas prove with them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from databases import sqlite_database
from s2s import pki
from wave_federation.errors import FederationError, InvalidSignature, UnknownSigner, UntrustedSigner, UnusableSigner
from wave_federation.persistence import StoredFederation
from wave_federation.signers.audit import SignatureAudit
from wave_federation.signers.own import OwnSigner
from wave_federation.signers.registry import KnownSigner, Signers
from wave_federation.signers.verification import verify_signed
from wave_federation.signing import DomainSigner
from wave_ot.deltas import SHA256, AppliedDelta, HashedVersion, SignedDelta, SignerInfo, WaveletDelta
from wave_ot.protobuf import encode_applied_delta, encode_delta
from wave_ot.wavelet_operations import NoOp
from wave_server.names import WaveletName
from wave_server.store import Store, StoredDelta

ROOT = WaveletName.parse_path("alpha.test/w+one/~/conv+root")
NOW = int(datetime.now(UTC).timestamp() * 1000)
DAY = int(timedelta(days=1).total_seconds() * 1000)


class World:
    """A registry on a real database, an authority that it trusts, and one that it does not."""

    def __init__(self, store: Store, legacy: frozenset[str] = frozenset()) -> None:
        self.store = StoredFederation(store)
        self.ca = pki.Authority.new()
        self.roots: list[x509.Certificate] = [self.ca.certificate]
        self.signers = self.registry(legacy)

    def registry(self, legacy: frozenset[str] = frozenset()) -> Signers:
        """Another registry on the same database, as after a restart."""
        return Signers(self.store, lambda: self.roots, clock=lambda: NOW, legacy=legacy)

    def signer(self, domain: str, kind: str = "ordinary", *, legacy: bool = False) -> DomainSigner:
        identity = pki.KINDS[kind](self.ca, domain)
        return DomainSigner.from_pem(domain, identity.certificate_pem, identity.key_pem, legacy=legacy)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    store = await Store.open(await sqlite_database(tmp_path / "signers.db"))
    yield World(store)
    await store.close()


def signed_by(signer: DomainSigner, author: str = "bob@beta.test") -> SignedDelta:
    delta = encode_delta(WaveletDelta(HashedVersion(3, b"h" * 20), author, (NoOp(),)))
    return SignedDelta(delta, signer.sign(delta))


async def test_a_signer_that_has_been_admitted_is_known_after_a_restart(world: World) -> None:
    signer = world.signer("beta.test")
    await world.signers.admit(signer.info)
    known = await world.registry().find(signer.id)
    assert known is not None
    assert known.chain.info == signer.info
    assert known.not_before < NOW < known.not_after


@pytest.mark.parametrize("kind", ["ordinary", "RSA", "Ed25519", "serverAuth only", "SRV-ID only", "with intermediate"])
async def test_certificates_that_name_the_domain_under_a_trusted_authority_are_admitted(
    world: World, kind: str
) -> None:
    identity = pki.KINDS[kind](world.ca, "beta.test")
    signer = DomainSigner.from_pem("beta.test", identity.certificate_pem, identity.key_pem)
    verified = await verify_signed(await admitted(world, signer), signed_by(signer), NOW)
    assert str(verified.author) == "bob@beta.test"
    assert verified.signer.chain.id == signer.id


async def admitted(world: World, signer: DomainSigner) -> Signers:
    await world.signers.admit(signer.info)
    return world.signers


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("self-signed", "not trusted"),
        ("expired", "not trusted"),
        ("not yet valid", "not trusted"),
        ("other name", "does not name 'beta.test'"),
        ("common name only", "does not name 'beta.test'"),
        ("unknown authority", "not trusted"),
        ("incomplete", "not trusted"),
        ("issued by no authority", "not trusted"),
    ],
)
async def test_other_certificates_are_not_admitted_and_leave_no_trace(world: World, kind: str, said: str) -> None:
    identity = pki.KINDS[kind](world.ca, "beta.test")
    certificates = tuple(each.public_bytes(Encoding.DER) for each in identity.chain)
    info = SignerInfo(SHA256, "beta.test", certificates)
    with pytest.raises(UntrustedSigner, match=said):
        await world.signers.admit(info)
    with pytest.raises(UnusableSigner):
        await world.signers.admit(SignerInfo(SHA256, "beta.test", (b"no certificate",)))
    async with world.store._store.reading() as connection:
        assert (await connection.exec_driver_sql("SELECT count(*) FROM signers")).scalar_one() == 0


async def test_a_signer_whose_certificate_is_out_of_date_today_is_admitted_for_what_it_signed_before(
    world: World,
) -> None:
    identity = pki.expired(world.ca, "beta.test")
    signer = DomainSigner.from_pem("beta.test", identity.certificate_pem, identity.key_pem)
    await world.signers.admit(signer.info, at=NOW - 30 * DAY)
    await verify_signed(world.signers, signed_by(signer), NOW - 30 * DAY)
    with pytest.raises(UntrustedSigner, match="out of date when the delta was signed"):
        await verify_signed(world.signers, signed_by(signer), NOW)
    with pytest.raises(UntrustedSigner, match="not valid yet when the delta was signed"):
        await verify_signed(world.signers, signed_by(signer), NOW - 100 * DAY)


async def test_old_history_stays_verifiable_when_its_authority_is_no_longer_trusted(world: World) -> None:
    signer = world.signer("beta.test")
    await world.signers.admit(signer.info)
    world.roots.clear()
    await verify_signed(world.registry(), signed_by(signer), NOW)
    with pytest.raises(UntrustedSigner, match="no authority is configured"):
        await world.signers.admit(world.signer("gamma.test").info)


async def test_a_domain_that_renews_its_certificate_has_both_signers(world: World) -> None:
    old, new = world.signer("beta.test"), world.signer("beta.test")
    await world.signers.admit(old.info)
    await world.signers.admit(new.info)
    for signer in (old, new):
        await verify_signed(world.signers, signed_by(signer), NOW)


async def test_a_certificate_for_several_domains_signs_for_each_of_them(world: World) -> None:
    identity = world.ca.issue("beta.test", names=[pki.dns("beta.test"), pki.dns("gamma.test")])
    signer = DomainSigner.from_pem("beta.test", identity.certificate_pem, identity.key_pem)
    await world.signers.admit(signer.info)
    await verify_signed(world.signers, signed_by(signer, "carol@gamma.test"), NOW)


async def test_nobody_signs_for_another_domain(world: World) -> None:
    signer = world.signer("beta.test")
    await world.signers.admit(signer.info)
    for author in ("alice@alpha.test", "bob@sub.beta.test", "bob@test", "bob@eta.test"):
        with pytest.raises(UntrustedSigner, match="does not name"):
            await verify_signed(world.signers, signed_by(signer, author), NOW)


@pytest.mark.parametrize(
    "author", ["Bob@beta.test", "bob@BETA.test", "bob", "", "bob@beta.test ", "bob@b\u0435ta.test"]
)
async def test_an_author_that_is_no_address_as_it_is_written_proves_nothing(world: World, author: str) -> None:
    signer = world.signer("beta.test")
    await world.signers.admit(signer.info)
    with pytest.raises(FederationError):
        await verify_signed(world.signers, signed_by(signer, author), NOW)


async def test_a_changed_delta_and_a_changed_signature_are_refused(world: World) -> None:
    signer = world.signer("beta.test")
    await world.signers.admit(signer.info)
    signed = signed_by(signer)
    other = signed_by(signer, "eve@beta.test")
    with pytest.raises(InvalidSignature, match="does not fit"):
        await verify_signed(world.signers, SignedDelta(other.delta, signed.signatures), NOW)
    with pytest.raises(InvalidSignature, match="not signed"):
        await verify_signed(world.signers, SignedDelta(signed.delta), NOW)
    with pytest.raises(InvalidSignature, match="readable"):
        await verify_signed(world.signers, SignedDelta(b"\xff", signed.signatures), NOW)
    with pytest.raises(InvalidSignature, match="more than 10"):
        await verify_signed(world.signers, SignedDelta(signed.delta, signed.signatures * 11), NOW)


async def test_one_valid_signature_of_the_author_s_domain_is_enough_beside_others(world: World) -> None:
    stranger, signer = world.signer("gamma.test"), world.signer("beta.test")
    await world.signers.admit(signer.info)
    signed = signed_by(signer)
    both = SignedDelta(signed.delta, (*stranger.sign(signed.delta), *signed.signatures))
    assert (await verify_signed(world.signers, both, NOW)).signer.chain.id == signer.id


async def test_a_signer_that_nobody_knows_is_fetched_or_missed(world: World) -> None:
    signer = world.signer("beta.test")
    with pytest.raises(UnknownSigner, match="Unknown signer"):
        await verify_signed(world.signers, signed_by(signer), NOW)
    asked: list[bytes] = []

    async def fetch(signer_id: bytes) -> KnownSigner:
        asked.append(signer_id)
        return await world.signers.admit(signer.info)

    await verify_signed(world.signers, signed_by(signer), NOW, fetch)
    await verify_signed(world.signers, signed_by(signer), NOW, fetch)
    assert asked == [signer.id]


async def test_sha1_counts_only_for_domains_listed_as_legacy(world: World) -> None:
    signer = world.signer("beta.test", "RSA", legacy=True)
    await world.signers.admit(signer.info)
    with pytest.raises(InvalidSignature, match="SHA-1"):
        await verify_signed(world.signers, signed_by(signer), NOW)
    await verify_signed(world.registry(frozenset({"beta.test"})), signed_by(signer), NOW)
    with pytest.raises(InvalidSignature, match="SHA-1"):
        await verify_signed(world.registry(frozenset({"gamma.test"})), signed_by(signer), NOW)


async def test_our_own_signer_is_kept_though_we_do_not_trust_others_by_its_authority(world: World) -> None:
    own = DomainSigner.from_pem(
        "alpha.test", (identity := pki.self_signed("alpha.test")).certificate_pem, identity.key_pem
    )
    await world.signers.keep_own(own.info)
    known = await world.registry().find(own.id)
    assert known is not None
    await verify_signed(world.signers, signed_by(own, "ada@alpha.test"), NOW)


async def test_an_audit_finds_what_is_not_signed_as_it_must_be(world: World) -> None:
    ours, theirs = world.signer("alpha.test"), world.signer("beta.test")
    await world.signers.keep_own(ours.info)
    await world.signers.admit(theirs.info)
    audit = SignatureAudit("alpha.test", world.registry())

    def stored(author: str, signed: SignedDelta) -> StoredDelta:
        applied = encode_applied_delta(AppliedDelta(signed, None, 1, NOW))
        return StoredDelta(ROOT, 3, 4, b"h" * 20, author, NOW, applied, None, None)

    assert await audit.check(stored("ada@alpha.test", signed_by(ours, "ada@alpha.test"))) is None
    assert await audit.check(stored("bob@beta.test", signed_by(theirs))) is None
    unsigned = SignedDelta(signed_by(ours, "ada@alpha.test").delta)
    assert await audit.check(stored("ada@alpha.test", unsigned)) is None
    assert (audit.valid, audit.unsigned) == (2, 1)
    assert "not signed" in str(await audit.check(stored("bob@beta.test", SignedDelta(signed_by(theirs).delta))))
    forged = SignedDelta(signed_by(ours, "eve@beta.test").delta, signed_by(theirs).signatures)
    assert "does not hold" in str(await audit.check(stored("eve@beta.test", forged)))
    assert (audit.valid, audit.unsigned) == (2, 1)


async def test_our_signer_is_replaced_without_a_restart_and_what_the_old_one_signed_stays_valid(
    world: World, tmp_path: Path
) -> None:
    files = world.ca.issue("alpha.test").write(tmp_path)
    own = OwnSigner("alpha.test", files.certificate, files.private_key, world.signers)
    await own.keep()
    old = own.current
    await own.refresh()
    assert own.current is old
    world.ca.issue("alpha.test").write(tmp_path)
    await own.refresh()
    assert own.current.id != old.id
    for signer in (old, own.current):
        await verify_signed(world.registry(), signed_by(signer, "ada@alpha.test"), NOW)


async def test_a_signer_that_cannot_be_used_replaces_nothing(
    world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    files = world.ca.issue("alpha.test").write(tmp_path)
    own = OwnSigner("alpha.test", files.certificate, files.private_key, world.signers)
    old = own.current
    for content in (b"no certificate", pki.other_name(world.ca, "alpha.test").certificate_pem):
        files.certificate.write_bytes(content)
        await own.refresh()
        assert own.current is old
    assert caplog.text.count("the signer of alpha.test stays as it was") == 2


async def test_nobody_of_an_original_server_can_be_added_to_what_we_sign(world: World, tmp_path: Path) -> None:
    files = world.ca.issue("alpha.test").write(tmp_path)
    own = OwnSigner("alpha.test", files.certificate, files.private_key, world.registry(frozenset({"old.test"})))
    assert "original server" in str(own.refusal("old.test"))
    assert own.refusal("beta.test") is None
