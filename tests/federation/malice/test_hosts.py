"""What a host says of its wavelets that cannot be: refused, and where it contradicts itself, the copy stands still."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

import msgspec
import pytest

from s2s import pki
from s2s.evil import RECEIVED, Ledger, Signing, signed, signer_of
from s2s.malice import ALICE, ALPHA, BETA, BOB, CLOSED, EVIL, MALLORY, TRAP, Attack, Scene, insertion
from wave_federation.errors import StanzaRefused
from wave_federation.protocol.messages import HistoryPage, HistoryRequest, WaveletUpdate
from wave_federation.remote.quarantines import Evidence
from wave_ot.deltas import HashedVersion
from wave_ot.protobuf import decode_applied_delta
from wave_ot.wavelet_operations import AddParticipant, RemoveParticipant, WaveletOperation
from wave_server.errors import Quarantined
from wave_server.names import WaveletName

BEGINNING = (AddParticipant(MALLORY), AddParticipant(BOB), insertion(0, 0, "hello"))
HISTORY = [BEGINNING, (insertion(5, 5, " bob"),), (insertion(9, 9, "!"),)]


class Trap:
    """A wavelet that evil hosts, of which beta has an honest copy so far."""

    def __init__(self, scene: Scene, name: WaveletName = TRAP) -> None:
        self.scene = scene
        self.ledger = Ledger(name)

    def write(self, *operations: WaveletOperation, author: str = MALLORY, sign: Signing | None = None) -> bytes:
        """Apply a delta at the head."""
        delta = signed(sign or self.scene.evil.signer.sign, author, self.ledger.head, *operations)
        return self.ledger.add(delta, len(operations))

    async def send(self, *applied: bytes, committed: HashedVersion | None = None) -> str:
        """Tell beta."""
        return await self.scene.evil.update(BETA, WaveletUpdate(self.ledger.name, applied, committed))


Lie: TypeAlias = Callable[[Trap], Awaitable[str]]


async def trap(scene: Scene, history: Sequence[tuple[WaveletOperation, ...]] = HISTORY) -> Trap:
    """The copy is there, and what has come is sound."""
    made = Trap(scene)
    for operations in history:
        assert await made.send(made.write(*operations)) == RECEIVED
    assert await scene.beta.host.head(TRAP) == made.ledger.head
    return made


def another(made: Trap, number: int) -> bytes:
    """Another delta than the one of that number, properly signed, at the same version."""
    at = made.ledger.versions[number]
    delta = signed(made.scene.evil.signer.sign, MALLORY, at, AddParticipant(f"eve{number}@{EVIL}"))
    return Ledger(TRAP).add(delta, 1, at=at)


# What contradicts what came before, or what was signed


async def a_fork_at_the_beginning(made: Trap) -> str:
    return await made.send(another(made, 0))


async def a_fork_in_the_middle(made: Trap) -> str:
    return await made.send(another(made, 1))


async def a_fork_of_the_last_delta(made: Trap) -> str:
    return await made.send(another(made, 2))


async def a_delta_on_a_history_that_was_another(made: Trap) -> str:
    wrong = HashedVersion(made.ledger.head.version, b"\0" * 20)
    delta = signed(made.scene.evil.signer.sign, MALLORY, wrong, insertion(10, 0, "evil"))
    return await made.send(Ledger(TRAP).add(delta, 1, at=wrong))


async def a_delta_that_does_not_apply(made: Trap) -> str:
    return await made.send(made.write(insertion(999, 0, "evil")))


async def a_removal_of_nobody(made: Trap) -> str:
    return await made.send(made.write(RemoveParticipant("nobody@nowhere.test")))


async def a_delta_that_counts_its_operations_wrong(made: Trap) -> str:
    delta = signed(made.scene.evil.signer.sign, MALLORY, made.ledger.head, insertion(10, 0, "evil"))
    return await made.send(made.ledger.add(delta, 7))


async def a_forged_author(made: Trap) -> str:
    return await made.send(made.write(insertion(10, 0, "evil"), author=BOB))


async def an_author_who_takes_no_part(made: Trap) -> str:
    return await made.send(made.write(insertion(10, 0, "evil"), author=f"eve@{EVIL}"))


async def a_delta_that_nobody_signed(made: Trap) -> str:
    return await made.send(made.write(insertion(10, 0, "evil"), sign=lambda _: ()))


async def a_signature_over_something_else(made: Trap) -> str:
    sign = made.scene.evil.signer.sign
    return await made.send(made.write(insertion(10, 0, "evil"), sign=lambda _: sign(b"something else")))


async def a_delta_of_an_honest_domain_in_another_wavelet(made: Trap) -> str:
    """Bob's own, properly signed, but for another wavelet's version."""
    rows = await made.scene.rows(CLOSED)
    bobs = next(decode_applied_delta(row.applied).signed for row in rows if row.author == BOB)
    return await made.send(made.ledger.add(bobs, 1))


async def a_notice_of_another_hash_than_it_sent(made: Trap) -> str:
    return await made.send(committed=HashedVersion(made.ledger.head.version, b"\0" * 20))


async def a_notice_of_a_version_in_the_middle_of_a_delta(made: Trap) -> str:
    return await made.send(committed=HashedVersion(1, made.ledger.head.history_hash))


async def a_history_that_is_refused_after_it_was_named(made: Trap) -> str:
    def refuse(_request: HistoryRequest) -> HistoryPage:
        raise StanzaRefused("that version has another hash", condition="conflict")

    made.scene.evil.history = refuse
    return await made.send(committed=HashedVersion(made.ledger.head.version + 5, b"\0" * 20))


async def a_history_that_was_rewritten_before_the_gap(made: Trap) -> str:
    """It leaves out a delta, and has another past when it is asked for it."""
    rewritten = Trap(made.scene)
    for operations in (BEGINNING, (insertion(5, 0, "say "),), (insertion(9, 0, "I "),), (insertion(11, 0, "!"),)):
        rewritten.write(*operations)
    made.scene.evil.history = lambda _request: HistoryPage(tuple(rewritten.ledger.applied), 6)
    return await rewritten.send(rewritten.write(insertion(12, 0, "!")))


CONTRADICTIONS: list[Lie] = [
    a_fork_at_the_beginning,
    a_fork_in_the_middle,
    a_fork_of_the_last_delta,
    a_delta_on_a_history_that_was_another,
    a_delta_that_does_not_apply,
    a_removal_of_nobody,
    a_delta_that_counts_its_operations_wrong,
    a_forged_author,
    an_author_who_takes_no_part,
    a_delta_that_nobody_signed,
    a_signature_over_something_else,
    a_delta_of_an_honest_domain_in_another_wavelet,
    a_notice_of_another_hash_than_it_sent,
    a_notice_of_a_version_in_the_middle_of_a_delta,
    a_history_that_is_refused_after_it_was_named,
    a_history_that_was_rewritten_before_the_gap,
]


@pytest.mark.parametrize("lie", CONTRADICTIONS, ids=[lie.__name__ for lie in CONTRADICTIONS])
async def test_a_copy_whose_host_contradicts_itself_stands_still_with_the_evidence(scene: Scene, lie: Lie) -> None:
    made = await trap(scene)
    head, before = made.ledger.head, await scene.stored()
    assert await lie(made) == "not-acceptable"
    assert await scene.stored() == before
    assert await scene.beta.host.head(TRAP) == head
    (quarantine,) = await scene.beta.kept.all_quarantines()
    evidence = msgspec.msgpack.decode(quarantine.evidence, type=Evidence)
    assert (quarantine.wavelet, evidence.host, evidence.sender) == (TRAP, EVIL, scene.evil.service)
    assert evidence.head_version == head.version
    with pytest.raises(Quarantined):
        await scene.beta.submit(TRAP, BOB, (insertion(10, 0, "bob"),), key="still")
    honest = signed(scene.evil.signer.sign, MALLORY, head, insertion(10, 0, "sorry"))
    assert await made.send(Ledger(TRAP).add(honest, 1, at=head)) == "not-acceptable"
    await scene.all_is_well()


# What cannot be used, and may be sent again


async def bytes_that_are_no_delta(made: Trap) -> str:
    return await made.send(b"\xff\xff\xff")


async def a_signer_of_an_authority_that_nobody_trusts(made: Trap) -> str:
    stranger = signer_of(pki.Authority.new(), EVIL)
    made.scene.evil.signers[stranger.id] = stranger.info
    return await made.send(made.write(insertion(10, 0, "evil"), sign=stranger.sign))


async def a_signer_that_is_another_than_was_asked_for(made: Trap) -> str:
    other = signer_of(made.scene.authority, EVIL)
    made.scene.evil.signers[other.id] = made.scene.evil.signer.info
    return await made.send(made.write(insertion(10, 0, "evil"), sign=other.sign))


async def a_version_that_its_history_does_not_reach(made: Trap) -> str:
    made.scene.evil.history = lambda request: HistoryPage((), request.end.version)
    return await made.send(committed=HashedVersion(made.ledger.head.version + 5, b"\0" * 20))


async def a_history_that_gives_again_what_is_there(made: Trap) -> str:
    made.scene.evil.history = lambda request: HistoryPage(tuple(made.ledger.applied), request.end.version)
    return await made.send(committed=HashedVersion(made.ledger.head.version + 5, b"\0" * 20))


async def a_history_that_cannot_be_read(made: Trap) -> str:
    made.scene.evil.history = lambda request: HistoryPage((b"\xff\xff\xff",), request.end.version)
    return await made.send(committed=HashedVersion(made.ledger.head.version + 5, b"\0" * 20))


async def a_page_that_is_larger_than_was_asked_for(made: Trap) -> str:
    size = 10
    for _ in range(15):
        made.write(insertion(size, 0, "evil" * 5_000))
        size += 20_000
    made.scene.evil.history = made.ledger.page
    return await made.send(committed=made.ledger.head)


UNUSABLE: list[tuple[Lie, str]] = [
    (bytes_that_are_no_delta, "bad-request"),
    (a_signer_of_an_authority_that_nobody_trusts, "resource-constraint"),
    (a_signer_that_is_another_than_was_asked_for, "resource-constraint"),
    (a_version_that_its_history_does_not_reach, "resource-constraint"),
    (a_history_that_gives_again_what_is_there, "resource-constraint"),
    (a_history_that_cannot_be_read, "resource-constraint"),
    (a_page_that_is_larger_than_was_asked_for, "resource-constraint"),
]


@pytest.mark.parametrize(("lie", "condition"), UNUSABLE, ids=[lie.__name__ for lie, _ in UNUSABLE])
async def test_what_cannot_be_used_is_refused_and_the_copy_goes_on_with_what_can(
    scene: Scene, lie: Lie, condition: str
) -> None:
    made = await trap(scene)
    head, before = made.ledger.head, await scene.stored()
    assert await lie(made) == condition
    assert await scene.stored() == before
    assert await scene.beta.kept.all_quarantines() == []
    honest = signed(scene.evil.signer.sign, MALLORY, head, insertion(10, 0, "sorry"))
    assert await made.send(Ledger(TRAP).add(honest, 1, at=head)) == RECEIVED
    await scene.all_is_well()


# Wavelets that are not here, and are not to come


async def invitation(
    scene: Scene, name: WaveletName, *operations: WaveletOperation, sign: Signing | None = None
) -> str:
    made = Trap(scene, name)
    return await made.send(made.write(*operations, sign=sign))


async def an_invitation_of_nobody_here(scene: Scene) -> str:
    return await invitation(scene, TRAP, AddParticipant(MALLORY), AddParticipant(ALICE))


async def an_invitation_of_somebody_who_has_no_account(scene: Scene) -> str:
    scene.beta.users = {BOB}
    return await invitation(scene, TRAP, AddParticipant(MALLORY), AddParticipant(f"nobody@{BETA}"))


async def an_invitation_that_nobody_signed(scene: Scene) -> str:
    return await invitation(scene, TRAP, *BEGINNING, sign=lambda _: ())


async def an_invitation_to_a_wavelet_that_another_hosts(scene: Scene) -> str:
    name = WaveletName.parse_path(f"{ALPHA}/w+trap/~/conv+root")
    return await invitation(scene, name, *BEGINNING)


async def an_invitation_to_a_wavelet_that_we_host(scene: Scene) -> str:
    name = WaveletName.parse_path(f"{BETA}/w+trap/~/conv+root")
    return await invitation(scene, name, *BEGINNING)


async def news_of_a_wavelet_that_another_hosts(scene: Scene) -> str:
    head = await scene.head(CLOSED)
    delta = signed(scene.evil.signer.sign, MALLORY, head, insertion(scene.size[CLOSED], 0, "evil"))
    return await scene.evil.update(BETA, WaveletUpdate(CLOSED, (Ledger(CLOSED).add(delta, 1, at=head),), None))


async def a_true_delta_of_another_host_replayed(scene: Scene) -> str:
    rows = await scene.rows(CLOSED)
    return await scene.evil.update(BETA, WaveletUpdate(CLOSED, (rows[-1].applied,), None))


async def a_lie_behind_a_sound_update_in_one_message(scene: Scene) -> str:
    made = Trap(scene)
    sound = WaveletUpdate(TRAP, (made.write(*BEGINNING),), None)
    return await scene.evil.update(BETA, sound, WaveletUpdate(CLOSED, (), await scene.head(CLOSED)))


async def somebody_s_own_data(scene: Scene) -> str:
    name = WaveletName.parse_path(f"{EVIL}/w+trap/~/user+{BOB}")
    return await invitation(scene, name, *BEGINNING)


async def an_invitation_by_a_stranger_of_another_domain(scene: Scene) -> str:
    """The first delta is by a user of alpha, who never wrote it."""
    made = Trap(scene)
    return await made.send(made.write(*BEGINNING, author=ALICE))


UNWELCOME: list[tuple[Attack, str]] = [
    (an_invitation_of_nobody_here, "item-not-found"),
    (an_invitation_of_somebody_who_has_no_account, "item-not-found"),
    (an_invitation_that_nobody_signed, "not-acceptable"),
    (an_invitation_to_a_wavelet_that_another_hosts, "forbidden"),
    (an_invitation_to_a_wavelet_that_we_host, "forbidden"),
    (news_of_a_wavelet_that_another_hosts, "forbidden"),
    (a_true_delta_of_another_host_replayed, "forbidden"),
    (a_lie_behind_a_sound_update_in_one_message, "forbidden"),
    (somebody_s_own_data, "forbidden"),
    (an_invitation_by_a_stranger_of_another_domain, "not-acceptable"),
]


@pytest.mark.parametrize(("attack", "condition"), UNWELCOME, ids=[attack.__name__ for attack, _ in UNWELCOME])
async def test_what_is_not_to_come_here_leaves_nothing_behind(scene: Scene, attack: Attack, condition: str) -> None:
    before = await scene.stored()
    assert await attack(scene) == condition
    assert await scene.stored() == before
    assert await scene.beta.host.read(TRAP) is None
    assert await scene.beta.kept.all_quarantines() == []
    await scene.all_is_well()
    assert await trap(scene)  # an honest invitation to the same wavelet is welcome


async def test_a_copy_that_a_lie_reached_first_is_not_seen_by_other_domains(scene: Scene) -> None:
    """Alpha takes part in the wavelet, too, and has heard no lie: it goes on."""
    made = Trap(scene)
    beginning = made.write(AddParticipant(ALICE), *BEGINNING)
    for domain in (ALPHA, BETA):
        assert await scene.evil.update(domain, WaveletUpdate(TRAP, (beginning,), None)) == RECEIVED
    assert await made.send(another(made, 0)) == "not-acceptable"
    true = made.write(insertion(5, 5, "!"))
    assert await scene.evil.update(ALPHA, WaveletUpdate(TRAP, (true,), None)) == RECEIVED
    assert await made.send(true) == "not-acceptable"
    await scene.all_is_well()
