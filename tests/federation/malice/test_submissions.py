"""What a provider submits that it may not: each is refused with its error, changes nothing, and disturbs nobody."""

from __future__ import annotations

import pytest

from s2s import pki
from s2s.evil import RESULT, signed, signer_of
from s2s.malice import ALICE, ALPHA, BETA, BOB, CLOSED, EVIL, MALLORY, NOWHERE, OWN, SHARED, Attack, Scene, insertion
from wave_federation.signing import DomainSigner
from wave_ot.deltas import HashedVersion, Signature, SignedDelta, SignerInfo
from wave_ot.protobuf import decode_applied_delta
from wave_ot.wavelet_operations import AddParticipant, NoOp, RemoveParticipant
from wave_server.names import WaveletName


async def submitted(
    scene: Scene, author: str = MALLORY, name: WaveletName = SHARED, signer: DomainSigner | None = None
) -> str:
    """A delta that is sound but for what the caller gives."""
    sign = (signer or scene.evil.signer).sign
    delta = signed(sign, author, await scene.head(name), insertion(scene.size.get(name, 0), 0, "evil"))
    return await scene.evil.submit(ALPHA, name, delta)


async def a_forged_author_of_the_host(scene: Scene) -> str:
    return await submitted(scene, author=ALICE)


async def a_forged_author_of_a_third_domain(scene: Scene) -> str:
    return await submitted(scene, author=BOB)


async def an_author_whose_domain_only_ends_like_the_sender_s(scene: Scene) -> str:
    return await submitted(scene, author="mallory@notevil.test")


async def an_author_without_a_domain(scene: Scene) -> str:
    return await submitted(scene, author="mallory")


async def an_author_in_other_letters(scene: Scene) -> str:
    return await submitted(scene, author="Mallory@EVIL.test")


async def a_forged_signature(scene: Scene) -> str:
    def forge(_delta: bytes) -> tuple[Signature, ...]:
        return scene.evil.signer.sign(b"something else")

    return await scene.evil.submit(
        ALPHA, SHARED, signed(forge, MALLORY, await scene.head(SHARED), insertion(scene.size[SHARED], 0, "evil"))
    )


async def no_signature(scene: Scene) -> str:
    delta = signed(lambda _: (), MALLORY, await scene.head(SHARED), insertion(scene.size[SHARED], 0, "evil"))
    return await scene.evil.submit(ALPHA, SHARED, delta)


async def too_many_signatures(scene: Scene) -> str:
    def sign(delta: bytes) -> tuple[Signature, ...]:
        return scene.evil.signer.sign(delta) * 11

    return await scene.evil.submit(
        ALPHA, SHARED, signed(sign, MALLORY, await scene.head(SHARED), insertion(scene.size[SHARED], 0, "evil"))
    )


async def a_signature_of_the_honest_one_over_another_delta(scene: Scene) -> str:
    """Bob's own signature, taken from the history, under words that he did not write."""
    (bobs, *_) = await deltas_of(scene, BOB, SHARED)
    forged = signed(lambda _: bobs.signatures, BOB, await scene.head(SHARED), insertion(scene.size[SHARED], 0, "evil"))
    return await scene.evil.submit(ALPHA, SHARED, forged)


async def a_signer_that_nobody_knows(scene: Scene) -> str:
    return await submitted(scene, signer=signer_of(scene.authority, EVIL))


async def the_delta_of_another_domain_replayed(scene: Scene) -> str:
    (bobs, *_) = await deltas_of(scene, BOB, SHARED)
    return await scene.evil.submit(ALPHA, SHARED, bobs)


async def the_delta_of_another_domain_replayed_into_another_wavelet(scene: Scene) -> str:
    (bobs, *_) = await deltas_of(scene, BOB, CLOSED)
    return await scene.evil.submit(ALPHA, SHARED, bobs)


async def a_wavelet_that_the_domain_is_not_part_of(scene: Scene) -> str:
    return await submitted(scene, name=CLOSED)


async def a_wavelet_that_it_wants_to_join(scene: Scene) -> str:
    delta = signed(scene.evil.signer.sign, MALLORY, await scene.head(CLOSED), AddParticipant(MALLORY))
    return await scene.evil.submit(ALPHA, CLOSED, delta)


async def a_wavelet_that_does_not_exist(scene: Scene) -> str:
    return await submitted(scene, name=NOWHERE)


async def a_wavelet_to_be_made_at_another_s_domain(scene: Scene) -> str:
    delta = signed(scene.evil.signer.sign, MALLORY, await scene.head(NOWHERE), AddParticipant(MALLORY))
    return await scene.evil.submit(ALPHA, NOWHERE, delta)


async def somebody_s_own_data(scene: Scene) -> str:
    return await submitted(scene, name=OWN)


async def a_wavelet_that_another_hosts(scene: Scene) -> str:
    return await submitted(scene, name=WaveletName.parse_path(f"{BETA}/w+elsewhere/~/conv+root"))


async def a_wrong_hash_at_the_right_version(scene: Scene) -> str:
    wrong = HashedVersion((await scene.head(SHARED)).version, b"\0" * 20)
    return await scene.evil.submit(
        ALPHA, SHARED, signed(scene.evil.signer.sign, MALLORY, wrong, insertion(scene.size[SHARED], 0, "evil"))
    )


async def a_version_above_the_head(scene: Scene) -> str:
    head = await scene.head(SHARED)
    above = HashedVersion(head.version + 1, head.history_hash)
    return await scene.evil.submit(
        ALPHA, SHARED, signed(scene.evil.signer.sign, MALLORY, above, insertion(scene.size[SHARED], 0, "evil"))
    )


async def a_delta_that_does_not_apply(scene: Scene) -> str:
    delta = signed(scene.evil.signer.sign, MALLORY, await scene.head(SHARED), insertion(999, 0, "evil"))
    return await scene.evil.submit(ALPHA, SHARED, delta)


async def a_delta_that_its_document_s_schema_forbids(scene: Scene) -> str:
    text = insertion(0, 0, "no body", document="b+1")
    delta = signed(scene.evil.signer.sign, MALLORY, await scene.head(SHARED), text)
    return await scene.evil.submit(ALPHA, SHARED, delta)


async def a_removal_of_nobody(scene: Scene) -> str:
    delta = signed(scene.evil.signer.sign, MALLORY, await scene.head(SHARED), RemoveParticipant("nobody@nowhere.test"))
    return await scene.evil.submit(ALPHA, SHARED, delta)


async def a_delta_without_operations(scene: Scene) -> str:
    return await scene.evil.submit(ALPHA, SHARED, signed(scene.evil.signer.sign, MALLORY, await scene.head(SHARED)))


async def a_delta_of_too_many_operations(scene: Scene) -> str:
    delta = signed(scene.evil.signer.sign, MALLORY, await scene.head(SHARED), *[NoOp()] * 1_001)
    return await scene.evil.submit(ALPHA, SHARED, delta)


async def bytes_that_are_no_delta(scene: Scene) -> str:
    return await scene.evil.submit(ALPHA, SHARED, b"\xff\xff\xff")


async def signed_bytes_that_are_no_delta(scene: Scene) -> str:
    junk = b"\xff\xff\xff"
    return await scene.evil.submit(ALPHA, SHARED, SignedDelta(junk, scene.evil.signer.sign(junk)))


async def the_certificate_of_another_domain_posted_as_that_domain_s(scene: Scene) -> str:
    return await scene.evil.post(ALPHA, scene.beta.signer.info)


async def the_certificate_of_another_domain_posted_as_its_own(scene: Scene) -> str:
    certificates = signer_of(scene.authority, "gamma.test").info.certificates
    return await scene.evil.post(ALPHA, SignerInfo(1, EVIL, certificates))


async def its_own_certificate_posted_as_another_domain_s(scene: Scene) -> str:
    return await scene.evil.post(ALPHA, SignerInfo(1, BETA, scene.evil.signer.info.certificates))


async def a_certificate_as_the_host_s_own_signer(scene: Scene) -> str:
    return await scene.evil.post(ALPHA, SignerInfo(1, ALPHA, scene.evil.signer.info.certificates))


async def a_certificate_of_an_authority_that_nobody_trusts(scene: Scene) -> str:
    return await scene.evil.post(ALPHA, signer_of(pki.Authority.new(), EVIL).info)


async def a_certificate_that_has_expired(scene: Scene) -> str:
    identity = pki.expired(scene.authority, EVIL)
    signer = DomainSigner.from_pem(EVIL, identity.certificate_pem, identity.key_pem)
    return await scene.evil.post(ALPHA, signer.info)


async def a_certificate_that_is_none(scene: Scene) -> str:
    return await scene.evil.post(ALPHA, SignerInfo(1, EVIL, (b"no certificate",)))


async def deltas_of(scene: Scene, author: str, name: WaveletName) -> list[SignedDelta]:
    """What somebody has signed, as the history has it."""
    return [decode_applied_delta(row.applied).signed for row in await scene.rows(name) if row.author == author]


REFUSED: list[tuple[Attack, str]] = [
    (a_forged_author_of_the_host, "forbidden"),
    (a_forged_author_of_a_third_domain, "forbidden"),
    (an_author_whose_domain_only_ends_like_the_sender_s, "forbidden"),
    (an_author_without_a_domain, "forbidden"),
    (an_author_in_other_letters, "forbidden"),
    (a_forged_signature, "forbidden"),
    (no_signature, "forbidden"),
    (too_many_signatures, "forbidden"),
    (a_signature_of_the_honest_one_over_another_delta, "forbidden"),
    (a_signer_that_nobody_knows, "item-not-found"),
    (the_delta_of_another_domain_replayed, "forbidden"),
    (the_delta_of_another_domain_replayed_into_another_wavelet, "forbidden"),
    (a_wavelet_that_the_domain_is_not_part_of, "forbidden"),
    (a_wavelet_that_it_wants_to_join, "forbidden"),
    (a_wavelet_that_does_not_exist, "forbidden"),
    (a_wavelet_to_be_made_at_another_s_domain, "forbidden"),
    (somebody_s_own_data, "forbidden"),
    (a_wavelet_that_another_hosts, "item-not-found"),
    (a_wrong_hash_at_the_right_version, "conflict"),
    (a_version_above_the_head, "conflict"),
    (a_delta_that_does_not_apply, "not-acceptable"),
    (a_delta_that_its_document_s_schema_forbids, "not-acceptable"),
    (a_removal_of_nobody, "not-acceptable"),
    (a_delta_without_operations, "bad-request"),
    (a_delta_of_too_many_operations, "policy-violation"),
    (bytes_that_are_no_delta, "bad-request"),
    (signed_bytes_that_are_no_delta, "forbidden"),
    (the_certificate_of_another_domain_posted_as_that_domain_s, "forbidden"),
    (the_certificate_of_another_domain_posted_as_its_own, "forbidden"),
    (its_own_certificate_posted_as_another_domain_s, "forbidden"),
    (a_certificate_as_the_host_s_own_signer, "forbidden"),
    (a_certificate_of_an_authority_that_nobody_trusts, "forbidden"),
    (a_certificate_that_has_expired, "forbidden"),
    (a_certificate_that_is_none, "bad-request"),
]


@pytest.mark.parametrize(("attack", "condition"), REFUSED, ids=[attack.__name__ for attack, _ in REFUSED])
async def test_it_is_refused_and_changes_nothing(scene: Scene, attack: Attack, condition: str) -> None:
    before = await scene.stored()
    assert await attack(scene) == condition
    assert await scene.stored() == before
    await scene.all_is_well()


async def test_its_own_delta_sent_again_is_answered_as_at_first_and_applied_once(scene: Scene) -> None:
    delta = signed(scene.evil.signer.sign, MALLORY, await scene.head(SHARED), insertion(scene.size[SHARED], 0, "x"))
    assert await scene.evil.submit(ALPHA, SHARED, delta) == RESULT
    before = await scene.stored()
    assert await scene.evil.submit(ALPHA, SHARED, delta) == RESULT
    assert await scene.stored() == before
    scene.size[SHARED] += 1
    await scene.all_is_well()


async def test_who_was_removed_writes_nothing_more_not_even_at_a_version_from_before(scene: Scene) -> None:
    before = await scene.head(SHARED)
    await scene.alpha.submit(SHARED, ALICE, (RemoveParticipant(MALLORY),), key="remove")
    delta = signed(scene.evil.signer.sign, MALLORY, before, insertion(scene.size[SHARED], 0, "evil"))
    stored = await scene.rows(SHARED)
    assert await scene.evil.submit(ALPHA, SHARED, delta) == "forbidden"
    assert await scene.rows(SHARED) == stored
    await scene.all_is_well()


async def test_a_refusal_does_not_tell_wavelets_of_others_from_none_at_all(scene: Scene) -> None:
    said = []
    for name in (CLOSED, NOWHERE, OWN):
        await submitted(scene, name=name)
        said.append(str(scene.evil.refusals[-1]).replace(name.path, "it"))
    assert len(said) == 3
    assert len(set(said)) == 1
