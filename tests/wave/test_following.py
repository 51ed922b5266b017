"""What gets into a copy, and what does not: one wavelet at its host, and what another provider makes of its deltas."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from named_signer import NamedSigner
from wave_ot.components import Characters, Retain
from wave_ot.deltas import AppliedDelta, HashedVersion, SignedDelta, WaveletDelta
from wave_ot.docop import DocOp
from wave_ot.history import next_version, version_zero
from wave_ot.protobuf import encode_applied_delta, encode_delta
from wave_ot.wavelet_operations import AddParticipant, NoOp, RemoveParticipant, WaveletOperation
from wave_server.errors import Diverged, Forbidden, Gap, InvalidOperation, NotFound, TooLarge
from wave_server.following import LATEST, follow
from wave_server.limits import HostLimits
from wave_server.names import WaveAddress, WaveletName
from wave_server.originals import ReceivedDelta, read_original, read_received
from wave_server.submission import Submission
from wave_server.wavelet import Prepared, Repeated, Stretch, Wavelet

from .federating import ALICE, ALPHA, ANNE, BEN, BETA, BOB, SHARED
from .making import LIMITS, blip, deletion, edit, insertion, submission, text_of

EVERYBODY = WaveAddress.shared(BETA)
MALLORY = WaveAddress("mallory", "gamma.test")


class Pair:
    """A wavelet at its host, and the copy, which has everything so far."""

    def __init__(self, *others: WaveAddress, text: str = "ab", limits: HostLimits = LIMITS) -> None:
        self.host = Wavelet(SHARED, domain=ALPHA, limits=LIMITS, signer=NamedSigner(ALPHA))
        self.copy = Wavelet(SHARED, domain=BETA, limits=limits)
        self.last: Prepared | None = None
        operations = [AddParticipant(str(each)) for each in (ALICE, *others)]
        self.followed(self.submit(ALICE, version_zero(SHARED.uri), *operations, edit(insertion(0, 0, text))))

    def submit(self, author: WaveAddress, target: HashedVersion, *operations: WaveletOperation) -> ReceivedDelta:
        result = self.host.prepare(Submission(target, operations, None), author, 1_000)
        assert isinstance(result, Prepared)
        self.last = result
        return read_received(result.applied)

    def followed(self, received: ReceivedDelta, key: str | None = None) -> Prepared:
        prepared = follow(self.copy, received, key)
        assert self.copy.head == self.host.head == received.after
        return prepared

    def forged(
        self,
        *operations: WaveletOperation,
        author: str = str(ALICE),
        target: HashedVersion | None = None,
        at: HashedVersion | None = None,
        count: int | None = None,
        timestamp: int = 2_000,
    ) -> ReceivedDelta:
        """What a host might claim to have applied."""
        delta = encode_delta(WaveletDelta(target or self.copy.head, author, operations))
        number = len(operations) if count is None else count
        applied = AppliedDelta(SignedDelta(delta), at or self.copy.head, number, timestamp)
        return read_received(encode_applied_delta(applied))

    def diverged(self, received: ReceivedDelta) -> str:
        """Follow what cannot be followed; check that nothing changed. Returns the message."""
        head, state = self.copy.head, self.copy.snapshot()
        with pytest.raises(Diverged) as raised:
            follow(self.copy, received, None)
        after = self.copy.snapshot()
        assert self.copy.head == head
        assert (after.participants, after.documents) == (state.participants, state.documents)
        assert (raised.value.at, raised.value.theirs, raised.value.ours) == (received.at, received.data, None)
        return str(raised.value)


def x(size: int = 2) -> WaveletOperation:
    return edit(insertion(size, 0, "x"))


# What follows


def test_a_copy_ends_with_the_state_hash_and_bytes_of_its_host() -> None:
    pair = Pair(BOB)
    target = pair.host.head
    first = pair.submit(ALICE, target, edit(insertion(2, 1, "1")))
    second = pair.submit(BOB, target, edit(insertion(2, 1, "2")))  # transformed over the first
    at_host = pair.last
    assert follow(pair.copy, first, None).transformed is None
    assert pair.followed(second).transformed is not None
    assert at_host is not None
    assert pair.copy.recent.after(first.after) is not None
    assert text_of(pair.copy) == text_of(pair.host) == "a21b"
    assert pair.copy.timestamp == pair.host.timestamp


def test_a_row_of_the_copy_is_the_hosts_but_for_the_key() -> None:
    pair = Pair(BOB)
    target = pair.host.head
    follow(pair.copy, pair.submit(ALICE, target, x()), None)
    received = pair.submit(BOB, target, edit(insertion(2, 2, "y")))
    at_host, here = pair.last, pair.followed(received, "bobs-key")
    assert at_host is not None
    assert (here.applied, here.transformed) == (at_host.applied, at_host.transformed)
    assert here.delta.operations == at_host.delta.operations
    assert (here.delta.key, here.delta.author, here.delta.timestamp) == ("bobs-key", str(BOB), 1_000)


def test_a_host_that_always_says_where_a_delta_applies_is_followed_as_one_that_does_not() -> None:
    pair = Pair()
    prepared = follow(pair.copy, pair.forged(x(), at=pair.copy.head), None)  # as the original does
    assert prepared.transformed is None


def test_participants_before_and_after_are_known() -> None:
    pair = Pair(BOB)
    prepared = pair.followed(pair.submit(ALICE, pair.host.head, AddParticipant(str(BEN)), RemoveParticipant(str(BOB))))
    assert list(prepared.before) == [str(ALICE), str(BOB)]
    assert list(prepared.participants) == [str(ALICE), str(BEN)]


def test_whoever_is_admitted_by_their_domain_joins_a_copy_too() -> None:
    pair = Pair(EVERYBODY)
    pair.followed(pair.submit(BOB, pair.host.head, AddParticipant(str(BOB)), x()))
    assert str(BOB) in pair.copy.participants


def test_deltas_older_than_memory_are_transformed_over_what_the_store_gives() -> None:
    pair = Pair(BOB)
    target = pair.host.head
    between = [follow(pair.copy, pair.submit(ALICE, pair.host.head, x(2 + count)), None) for count in range(3)]
    pair.copy.recent.trim(pair.copy.head.version, 10**9, HostLimits(recent_deltas=1))
    assert not pair.copy.recent.covers(target.version)
    late = pair.submit(BOB, target, edit(insertion(2, 2, "y")))
    stretch = Stretch(target, [each.delta for each in between[:2]])
    follow(pair.copy, late, None, stretch)
    assert pair.copy.head == pair.host.head
    assert text_of(pair.copy) == "xxxaby"


def test_a_delta_that_comes_too_early_names_what_is_missing() -> None:
    pair = Pair()
    missed = pair.submit(ALICE, pair.host.head, x())
    early = pair.submit(ALICE, pair.host.head, x(3))
    with pytest.raises(Gap) as raised:
        follow(pair.copy, early, None)
    assert (raised.value.head, raised.value.at) == (missed.at, early.at)


# What does not

BEFORE = HashedVersion(1, b"x" * 20)
FORGERIES: dict[str, tuple[Callable[[Pair], ReceivedDelta], str]] = {
    "another history": (lambda pair: pair.forged(x(), at=HashedVersion(2, b"\0" * 20)), "two histories"),
    "an older version": (lambda pair: pair.forged(x(), at=BEFORE), "two histories"),
    "fewer operations than applied": (lambda pair: pair.forged(x(), count=2), "of which 2"),
    "more operations than applied": (lambda pair: pair.forged(x(), x(3), count=1), "of which 1"),
    "nothing": (lambda pair: pair.forged(count=0), "at least one operation"),
    "too many operations": (lambda pair: pair.forged(*(NoOp() for _ in range(1_001))), "at most 1000"),
    "a time before all time": (lambda pair: pair.forged(x(), timestamp=-1), "not a time"),
    "a time after all time": (lambda pair: pair.forged(x(), timestamp=LATEST + 1), "not a time"),
    "a stranger": (lambda pair: pair.forged(x(), author=str(MALLORY)), "took no part"),
    "an author in capitals": (lambda pair: pair.forged(x(), author="Alice@alpha.test"), "not the wave address"),
    "an author without a domain": (lambda pair: pair.forged(x(), author="alice"), "not a wave address"),
    "a domain as an author": (lambda pair: pair.forged(x(), author="@beta.test"), "not the wave address"),
    "a target not in the history": (lambda pair: pair.forged(x(), target=BEFORE), "is not in the history"),
    "a target to come": (lambda pair: pair.forged(x(), target=HashedVersion(9, b"x" * 20)), "is not in the history"),
    "an edit of another text": (lambda pair: pair.forged(x(7)), "document notes"),
    "a deletion of another text": (lambda pair: pair.forged(edit(deletion(2, 0, "z"))), "document notes"),
    "one that fails half-way": (lambda pair: pair.forged(x(), AddParticipant(str(ALICE))), "already"),
    "a blip without a body": (
        lambda pair: pair.forged(edit(DocOp([Characters("x")]), "b+1")),
        "document b+1",
    ),
    "a control character in a blip": (lambda pair: pair.forged(edit(blip("a\tb"), "b+1")), "document b+1"),
    "an address in capitals": (lambda pair: pair.forged(AddParticipant("Bob@beta.test")), "not a wave address"),
    "a document with a blank in its id": (lambda pair: pair.forged(edit(insertion(0, 0, "x"), "a b")), "white space"),
}


@pytest.mark.parametrize("what", FORGERIES)
def test_what_no_honest_host_applies_changes_nothing(what: str) -> None:
    pair = Pair(BOB)
    forge, said = FORGERIES[what]
    assert said in pair.diverged(forge(pair))


def test_whoever_was_removed_cannot_go_on_writing() -> None:
    pair = Pair(BOB)
    target = pair.host.head
    pair.followed(pair.submit(ALICE, target, RemoveParticipant(str(BOB))))
    assert "took no part" in pair.diverged(pair.forged(x(), author=str(BOB)))
    assert "took no part" in pair.diverged(pair.forged(x(), author=str(BOB), target=target))


def test_what_exceeds_the_limits_here_cannot_be_followed() -> None:
    assert "at most 3 items" in Pair(limits=HostLimits(document_items=3)).diverged(_long(Pair()))
    small = Pair(limits=HostLimits(delta_bytes=200))
    assert "at most 200 bytes" in small.diverged(small.forged(edit(insertion(2, 0, "x" * 300))))
    busy = Pair(BOB, limits=HostLimits(transformations=1))
    target = busy.host.head
    for count in range(2):
        busy.followed(busy.submit(ALICE, busy.host.head, x(2 + count)))
    assert "2 versions behind" in busy.diverged(busy.submit(BOB, target, edit(insertion(2, 2, "y"))))


def _long(pair: Pair) -> ReceivedDelta:
    return pair.forged(edit(insertion(2, 0, "xxx")))


@pytest.mark.parametrize(
    ("author", "operations"),
    [
        (MALLORY, (AddParticipant(str(MALLORY)),)),
        (BOB, (AddParticipant(str(BOB)),)),
        (ALICE, (AddParticipant(str(BOB)),)),
        (ALICE, (edit(insertion(0, 0, "x")),)),
    ],
)
def test_a_copy_begins_only_with_a_user_of_the_host_who_adds_themself(
    author: WaveAddress, operations: tuple[WaveletOperation, ...]
) -> None:
    copy = Wavelet(SHARED, domain=BETA, limits=LIMITS)
    delta = encode_delta(WaveletDelta(copy.head, str(author), operations))
    applied = AppliedDelta(SignedDelta(delta), copy.head, len(operations), 1)
    with pytest.raises(Diverged, match="took no part"):
        follow(copy, read_received(encode_applied_delta(applied)), None)
    assert copy.head == version_zero(SHARED.uri)


@pytest.mark.parametrize("data", [b"", b"\xff", b"\x0a\x00\x18\x01\x20\x01"])
def test_bytes_that_are_no_applied_delta_are_refused_before_they_get_here(data: bytes) -> None:
    with pytest.raises(InvalidOperation, match="cannot be read"):
        read_received(data)


def test_where_a_received_delta_leads_follows_from_its_bytes() -> None:
    pair = Pair()
    received = pair.submit(ALICE, pair.host.head, x(), x(3))
    assert received.after == next_version(received.at, received.data, 2)


# Submissions that another provider signed


def signed(author: WaveAddress, target: HashedVersion, *operations: WaveletOperation) -> Submission:
    delta = encode_delta(WaveletDelta(target, str(author), operations))
    return Submission.of(read_original(SignedDelta(delta, NamedSigner(author.domain).sign(delta))))


def test_the_host_keeps_the_bytes_and_signatures_of_a_provider() -> None:
    pair = Pair(BOB)
    submitted = signed(BOB, pair.host.head, x())
    result = pair.host.prepare(submitted, BOB, 2_000)
    assert isinstance(result, Prepared)
    assert submitted.original is not None
    assert read_received(result.applied).original == submitted.original


def test_a_delta_that_is_signed_for_somebody_else_is_refused() -> None:
    pair = Pair(BOB, BEN)
    with pytest.raises(Forbidden, match=r"signed for bob@beta\.test"):
        pair.host.prepare(signed(BOB, pair.host.head, x()), BEN, 2_000)


def test_a_provider_that_sends_the_same_again_is_told_where_it_landed() -> None:
    pair = Pair(BOB)
    submitted = signed(BOB, pair.host.head, x())
    first = pair.host.prepare(submitted, BOB, 2_000)
    pair.submit(ALICE, pair.host.head, x(3))
    again = pair.host.prepare(submitted, BOB, 3_000)
    assert isinstance(first, Prepared)
    assert isinstance(again, Repeated)
    assert again.delta is first.delta


def test_a_signed_delta_that_is_too_long_is_refused() -> None:
    host = Wavelet(SHARED, domain=ALPHA, limits=HostLimits(delta_bytes=200), signer=NamedSigner(ALPHA))
    first = host.prepare(submission(host.head, AddParticipant(str(ALICE)), AddParticipant(str(BOB))), ALICE, 1)
    assert isinstance(first, Prepared)
    with pytest.raises(TooLarge, match="200 bytes"):
        host.prepare(signed(BOB, host.head, edit(insertion(0, 0, "x" * 300))), BOB, 2)


# Submissions of local users, made ready for their host


def test_a_submission_to_a_copy_is_brought_to_its_head_and_changes_nothing_here() -> None:
    pair = Pair(BOB)
    target = pair.host.head
    pair.followed(pair.submit(ALICE, target, edit(insertion(2, 0, "xy"))))
    head, state = pair.copy.head, pair.copy.snapshot()
    rebased = pair.copy.rebase(Submission(target, (edit(insertion(2, 2, "!")),), "k"), BOB)
    assert rebased == Submission(head, (edit(DocOp([Retain(4), Characters("!")])),), "k")
    assert pair.copy.head == head
    assert pair.copy.snapshot().documents == state.documents


def test_one_made_for_the_head_stays_as_it_is() -> None:
    pair = Pair(BOB)
    submitted = Submission(pair.copy.head, (x(), AddParticipant(str(BEN))), "k")
    assert pair.copy.rebase(submitted, BOB) is submitted
    assert list(pair.copy.participants) == [str(ALICE), str(BOB)]


def test_one_that_has_come_back_is_found_by_its_key() -> None:
    pair = Pair(BOB)
    target = pair.host.head
    came_back = pair.followed(pair.submit(BOB, target, x()), "k").delta
    assert pair.copy.rebase(Submission(target, (x(),), "k"), BOB) == Repeated(came_back)


def test_what_cannot_be_applied_is_not_sent_to_the_host() -> None:
    pair = Pair(BOB)
    with pytest.raises(InvalidOperation):
        pair.copy.rebase(Submission(pair.copy.head, (x(), x(9)), "k"), BOB)
    assert text_of(pair.copy) == "ab"


@pytest.mark.parametrize("author", [BEN, ANNE, MALLORY, ALICE])
def test_only_local_participants_write_through_a_copy(author: WaveAddress) -> None:
    pair = Pair(BOB)
    with pytest.raises(NotFound, match=r"hosted by alpha\.test, not by beta\.test"):
        pair.copy.rebase(Submission(pair.copy.head, (x(),), "k"), author)


def test_whoever_was_removed_meanwhile_is_told_so() -> None:
    pair = Pair(BOB, EVERYBODY)
    target = pair.host.head
    pair.followed(pair.submit(ALICE, target, RemoveParticipant(str(BOB))))
    with pytest.raises(Forbidden):
        pair.copy.rebase(Submission(target, (x(),), "k"), BOB)


def test_a_wavelet_of_another_host_without_a_copy_cannot_be_made_here() -> None:
    absent = Wavelet(WaveletName.parse_path("alpha.test/w+no/~/conv+root"), domain=BETA, limits=LIMITS)
    with pytest.raises(NotFound):
        absent.rebase(Submission(absent.head, (AddParticipant(str(BOB)),), "k"), BOB)
