"""Submitting to one wavelet in memory: the steps of DESIGN section 4 up to bytes and hash."""

from __future__ import annotations

import pytest

from wave_ot.components import AnnotationBoundary, Characters, Retain
from wave_ot.deltas import HashedVersion
from wave_ot.docop import DocOp
from wave_ot.history import next_version, version_zero
from wave_ot.protobuf import decode_applied_delta, decode_delta
from wave_ot.wavelet_operations import AddParticipant, MutateDocument, NoOp, RemoveParticipant
from wave_server.errors import BadVersion, Forbidden, InvalidOperation, InvalidRequest, NotFound, TooLarge, WaveError
from wave_server.limits import HostLimits
from wave_server.names import WaveAddress, WaveletName
from wave_server.wavelet import Prepared, Repeated, Stretch, Wavelet

from .making import (
    ALICE,
    BOB,
    CAROL,
    DOMAIN,
    NAME,
    deletion,
    edit,
    insertion,
    new_wavelet,
    prepared,
    submission,
    text_of,
    wavelet_of,
)


def refused(wavelet: Wavelet, error: type[WaveError], *operations: object, author: WaveAddress = ALICE) -> str:
    """Submit at the head what must be refused with ``error``; check that nothing changed. Returns the message."""
    before, state = wavelet.head, wavelet.snapshot()
    with pytest.raises(error) as raised:
        wavelet.prepare(submission(before, *operations, key="refused"), author, 2_000)  # type: ignore[arg-type]
    after = wavelet.snapshot()
    assert wavelet.head == before
    assert (after.participants, after.documents) == (state.participants, state.documents)
    assert len(wavelet.recent.after(version_zero(wavelet.name.uri)) or []) == (1 if before.version else 0)
    return str(raised.value)


def test_the_first_delta_makes_the_wavelet_and_hashes_from_its_uri() -> None:
    wavelet = new_wavelet()
    result = wavelet.prepare(submission(wavelet.head, AddParticipant(str(ALICE)), key="k1"), ALICE, 1_234)
    assert isinstance(result, Prepared)
    assert result.transformed is None
    assert next_version(version_zero(NAME.uri), result.applied, 1) == wavelet.head
    assert (result.delta.at, result.delta.version, result.delta.key) == (0, 1, "k1")
    assert list(wavelet.participants) == ["alice@example.com"]
    applied = decode_applied_delta(result.applied)
    assert (applied.applied_at, applied.operations_applied, applied.timestamp) == (None, 1, 1_234)
    assert decode_delta(applied.signed.delta).author == "alice@example.com"


def test_the_first_delta_must_add_its_author() -> None:
    refused(new_wavelet(), Forbidden, AddParticipant(str(BOB)))
    refused(new_wavelet(), Forbidden, edit(insertion(0, 0, "x")))


def test_only_users_of_the_hosts_domain_make_wavelets() -> None:
    stranger = WaveAddress.parse("mallory@elsewhere.org")
    refused(new_wavelet(), Forbidden, AddParticipant(str(stranger)), author=stranger)
    everybody = WaveAddress.parse("@example.com")
    refused(new_wavelet(), Forbidden, AddParticipant(str(everybody)), author=everybody)


def test_a_wavelet_of_another_host_cannot_be_made_here() -> None:
    foreign = new_wavelet(WaveletName.parse_path("example.com/w+abc/elsewhere.org/conv+root"))
    refused(foreign, NotFound, AddParticipant(str(ALICE)))


def test_a_private_wavelet_belongs_to_its_user_alone() -> None:
    own = WaveletName.parse_path("elsewhere.org/w+abc/example.com/user+alice@example.com")
    refused(new_wavelet(own), Forbidden, AddParticipant(str(BOB)), author=BOB)
    refused(new_wavelet(own), Forbidden, AddParticipant(str(ALICE)), AddParticipant(str(BOB)))
    refused(wavelet_of(ALICE, name=own), Forbidden, AddParticipant(str(BOB)))


def test_who_is_no_participant_is_refused_in_the_words_for_a_wavelet_that_does_not_exist() -> None:
    there = refused(wavelet_of(ALICE), Forbidden, edit(insertion(0, 0, "x")), author=BOB)
    absent = refused(new_wavelet(), Forbidden, edit(insertion(0, 0, "x")), author=BOB)
    assert there == absent


def test_who_is_no_participant_learns_nothing_from_a_wrong_hash() -> None:
    wavelet = wavelet_of(ALICE)
    with pytest.raises(Forbidden):
        wavelet.prepare(submission(HashedVersion(1, b"?" * 20), NoOp()), BOB, 1)


def test_the_domains_shared_participant_lets_its_users_add_themselves() -> None:
    wavelet = wavelet_of(ALICE, WaveAddress.parse("@example.com"), text="a")
    refused(wavelet, Forbidden, edit(insertion(1, 1, "b")), author=BOB)
    refused(wavelet, Forbidden, AddParticipant(str(CAROL)), author=BOB)
    prepared(wavelet, submission(wavelet.head, AddParticipant(str(BOB)), edit(insertion(1, 1, "b"))), BOB)
    assert text_of(wavelet) == "ab"
    elsewhere = WaveAddress.parse("bob@elsewhere.org")
    with pytest.raises(Forbidden):
        wavelet.prepare(submission(wavelet.head, AddParticipant(str(elsewhere))), elsewhere, 1)


def test_a_target_that_is_not_in_the_history_is_a_bad_version() -> None:
    wavelet = wavelet_of(ALICE, text="a")
    for target in (
        HashedVersion(wavelet.head.version, b"?" * 20),
        HashedVersion(1, wavelet.head.history_hash),  # inside a delta
        HashedVersion(9, wavelet.head.history_hash),
        HashedVersion(0, b"wave://example.com/w+abc/conv+other"),
    ):
        with pytest.raises(BadVersion):
            wavelet.prepare(submission(target, NoOp()), ALICE, 1)


def test_a_late_submission_is_transformed_and_both_forms_are_kept() -> None:
    wavelet = wavelet_of(ALICE, BOB, text="ab")
    base = wavelet.head
    prepared(wavelet, submission(base, edit(insertion(2, 0, "x"))), ALICE)
    before = wavelet.head
    result = wavelet.prepare(submission(base, edit(insertion(2, 1, "y"))), BOB, 5_000)
    assert isinstance(result, Prepared)
    assert text_of(wavelet) == "xayb"
    applied = decode_applied_delta(result.applied)
    assert decode_delta(applied.signed.delta).target == base
    assert applied.applied_at == before
    assert result.transformed is not None
    transformed = decode_delta(result.transformed)
    assert (transformed.target, transformed.author) == (before, str(BOB))
    assert transformed.operations == result.delta.operations == (edit(insertion(3, 2, "y")),)


def test_at_one_place_the_later_submission_comes_first() -> None:  # OT.md, T2: the client's content goes left
    wavelet = wavelet_of(ALICE, BOB, text="ab")
    base = wavelet.head
    prepared(wavelet, submission(base, edit(insertion(2, 1, "1"))), ALICE)
    prepared(wavelet, submission(base, edit(insertion(2, 1, "2"))), BOB)
    assert text_of(wavelet) == "a21b"


def test_the_same_key_sent_again_gives_the_original() -> None:
    wavelet = wavelet_of(ALICE, BOB, text="ab")
    base = wavelet.head
    first = prepared(wavelet, submission(base, edit(insertion(2, 0, "x")), key="once"), ALICE)
    prepared(wavelet, submission(wavelet.head, edit(insertion(3, 0, "y"))), BOB)
    again = wavelet.prepare(submission(base, edit(insertion(2, 0, "x")), key="once"), ALICE, 9_000)
    assert isinstance(again, Repeated)
    assert again.delta is first
    assert text_of(wavelet) == "yxab"


def test_keys_belong_to_their_author() -> None:
    wavelet = wavelet_of(ALICE, BOB, text="a")
    base = wavelet.head
    prepared(wavelet, submission(base, edit(insertion(1, 0, "x")), key="same"), ALICE)
    prepared(wavelet, submission(base, edit(insertion(1, 0, "x")), key="same"), BOB)
    assert text_of(wavelet) == "xxa"


def test_one_person_typing_the_same_letter_in_two_tabs_means_two_letters() -> None:
    wavelet = wavelet_of(ALICE, text="a")
    base = wavelet.head
    prepared(wavelet, submission(base, edit(insertion(1, 0, "x")), key="tab 1"), ALICE)
    prepared(wavelet, submission(base, edit(insertion(1, 0, "x")), key="tab 2"), ALICE)
    assert text_of(wavelet) == "xxa"


def test_a_provider_without_keys_repeats_itself_by_equal_author_and_operations() -> None:
    wavelet = wavelet_of(ALICE, BOB, text="a")
    base = wavelet.head
    prepared(wavelet, submission(base, edit(insertion(1, 0, "y"))), BOB)
    first = prepared(wavelet, submission(base, edit(insertion(1, 1, "x")), key=None), ALICE)
    again = wavelet.prepare(submission(base, edit(insertion(1, 1, "x")), key=None), ALICE, 9_000)
    assert isinstance(again, Repeated)
    assert again.delta is first


def test_a_provider_repeats_what_somebody_wrote_who_has_left_since() -> None:
    wavelet = wavelet_of(ALICE, BOB, text="a")
    theirs = submission(wavelet.head, edit(insertion(1, 1, "x")), key=None)
    prepared(wavelet, submission(wavelet.head, edit(insertion(1, 0, "y"))), ALICE)
    first = prepared(wavelet, theirs, BOB)
    prepared(wavelet, submission(wavelet.head, RemoveParticipant(str(BOB))), ALICE)
    again = wavelet.prepare(theirs, BOB, 9_000)
    assert isinstance(again, Repeated)
    assert again.delta is first
    with pytest.raises(Forbidden):
        wavelet.prepare(submission(theirs.target, edit(insertion(1, 1, "z")), key=None), BOB, 9_000)


def test_somebody_removed_meanwhile_is_refused() -> None:
    wavelet = wavelet_of(ALICE, BOB, text="a")
    base = wavelet.head
    prepared(wavelet, submission(base, RemoveParticipant(str(BOB))), ALICE)
    with pytest.raises(Forbidden):
        wavelet.prepare(submission(base, edit(insertion(1, 0, "x"))), BOB, 1)
    prepared(wavelet, submission(wavelet.head, AddParticipant(str(BOB))), ALICE)
    with pytest.raises(Forbidden):  # crosses the removal, although Bob is back
        wavelet.prepare(submission(base, edit(insertion(1, 0, "x"))), BOB, 1)


def test_who_left_by_a_delta_still_gets_its_acknowledgement_again() -> None:
    wavelet = wavelet_of(ALICE, BOB)
    leave = submission(wavelet.head, RemoveParticipant(str(BOB)), key="bye")
    first = prepared(wavelet, leave, BOB)
    again = wavelet.prepare(leave, BOB, 9_000)
    assert isinstance(again, Repeated)
    assert again.delta is first


def test_two_who_add_the_same_person_both_succeed() -> None:
    wavelet = wavelet_of(ALICE, BOB)
    base = wavelet.head
    prepared(wavelet, submission(base, AddParticipant(str(CAROL))), ALICE)
    delta = prepared(wavelet, submission(base, AddParticipant(str(CAROL))), BOB)
    assert delta.operations == (NoOp(),)
    assert list(wavelet.participants) == [str(ALICE), str(BOB), str(CAROL)]


@pytest.mark.parametrize(
    "operation",
    [
        AddParticipant(str(ALICE)),
        RemoveParticipant(str(CAROL)),
        AddParticipant("Dave@example.com"),
        AddParticipant("nobody"),
        AddParticipant("da ve@example.com"),
        edit(insertion(5, 2, "x")),
        edit(deletion(1, 0, "b")),
        edit(DocOp([Retain(-1)])),
        edit(DocOp([Characters("\ud800"), Retain(1)])),
        edit(DocOp([Retain(1), AnnotationBoundary((), (("k", None, "v"),))])),
    ],
    ids=repr,
)
def test_an_operation_that_does_not_apply_changes_nothing(operation: object) -> None:
    refused(wavelet_of(ALICE, text="a"), InvalidOperation, operation)


def test_an_ill_formed_operation_is_refused_before_it_is_transformed() -> None:
    wavelet = wavelet_of(ALICE, text="a")
    base = wavelet.head
    prepared(wavelet, submission(base, edit(insertion(1, 0, "x"))), ALICE)
    with pytest.raises(InvalidOperation):
        wavelet.prepare(submission(base, edit(DocOp([Retain(-5), Characters("x")])), key="2"), ALICE, 1)


def test_a_delta_is_all_or_nothing() -> None:
    wavelet = wavelet_of(ALICE, BOB, text="abc")
    refused(
        wavelet,
        InvalidOperation,
        AddParticipant(str(CAROL)),
        RemoveParticipant(str(ALICE)),
        edit(deletion(3, 1, "b")),
        edit(insertion(0, 0, "new"), "other"),
        edit(deletion(2, 0, "wrong")),
    )
    assert text_of(wavelet) == "abc"


def test_an_emptied_document_is_as_if_it_had_never_been() -> None:
    wavelet = wavelet_of(ALICE, text="abc")
    prepared(wavelet, submission(wavelet.head, edit(deletion(3, 0, "abc"))), ALICE)
    assert wavelet.snapshot().documents == {}
    prepared(wavelet, submission(wavelet.head, edit(insertion(0, 0, "again"))), ALICE)
    assert text_of(wavelet) == "again"


def test_a_delta_without_operations_is_malformed() -> None:
    refused(wavelet_of(ALICE), InvalidRequest)


@pytest.mark.parametrize("key", ["", "x" * 129, "nul\0", "line\n", "\ud800"])
def test_keys_are_short_and_printable(key: str) -> None:
    wavelet = wavelet_of(ALICE)
    with pytest.raises(InvalidRequest):
        wavelet.prepare(submission(wavelet.head, NoOp(), key=key), ALICE, 1)


@pytest.mark.parametrize("document", ["", "two words", "line\nbreak", "x" * 257])
def test_document_ids_are_short_and_visible(document: str) -> None:
    refused(wavelet_of(ALICE), InvalidRequest, MutateDocument(document, insertion(0, 0, "x")))


def test_each_limit_is_enforced_and_named() -> None:
    limits = HostLimits(participants=2, documents=1, document_items=4, operations_per_delta=2, delta_bytes=200)
    wavelet = wavelet_of(ALICE, text="abc", limits=limits)
    message = refused(wavelet, TooLarge, AddParticipant(str(BOB)), AddParticipant(str(CAROL)))
    assert "2 participants" in message
    assert "1 documents" in refused(wavelet, TooLarge, edit(insertion(0, 0, "x"), "second"))
    assert "4 items" in refused(wavelet, TooLarge, edit(insertion(3, 0, "xy")))
    assert "2 operations" in refused(wavelet, TooLarge, NoOp(), NoOp(), NoOp())
    assert "200 bytes" in refused(wavelet, TooLarge, edit(insertion(3, 0, "x" * 300)))
    prepared(wavelet, submission(wavelet.head, edit(insertion(3, 0, "x")), AddParticipant(str(BOB))), ALICE)


def test_a_submission_that_is_both_long_and_late_is_refused() -> None:
    wavelet = wavelet_of(ALICE, BOB, text="a", limits=HostLimits(transformations=5))
    base = wavelet.head
    for key in range(3):
        prepared(wavelet, submission(wavelet.head, NoOp(), key=str(key)), ALICE)
    with pytest.raises(TooLarge):
        wavelet.prepare(submission(base, NoOp(), NoOp()), BOB, 1)
    prepared(wavelet, submission(base, NoOp()), BOB)


def test_time_does_not_run_backwards_in_a_history() -> None:
    wavelet = wavelet_of(ALICE)
    assert prepared(wavelet, submission(wavelet.head, NoOp()), ALICE, 5_000).timestamp == 5_000
    assert prepared(wavelet, submission(wavelet.head, NoOp(), key="2"), ALICE, 4_000).timestamp == 5_000


def test_only_committed_deltas_that_are_many_and_old_are_dropped_from_memory() -> None:
    limits = HostLimits(recent_deltas=2, recent_deltas_most=4, recent_age=1_000)
    wavelet = wavelet_of(ALICE, text="a", limits=limits)
    for index in range(6):
        prepared(wavelet, submission(wavelet.head, NoOp(), key=f"k{index}"), ALICE, 10_000)
    wavelet.recent.trim(0, 99_999, limits)
    assert len(wavelet.recent) == 7  # nothing is committed
    wavelet.recent.trim(wavelet.head.version, 10_500, limits)
    assert len(wavelet.recent) == 4  # young ones, up to recent_deltas_most
    wavelet.recent.trim(wavelet.head.version, 11_000, limits)
    assert len(wavelet.recent) == 2
    assert wavelet.recent.covers(wavelet.head.version - 2)
    assert not wavelet.recent.covers(wavelet.head.version - 3)


def test_a_target_older_than_memory_is_transformed_over_deltas_from_the_store() -> None:
    limits = HostLimits(recent_deltas=1, recent_age=0)
    wavelet = wavelet_of(ALICE, BOB, text="ab", limits=limits)
    base = wavelet.head
    history = [
        prepared(wavelet, submission(wavelet.head, edit(insertion(2 + i, 0, "x")), key=f"k{i}"), ALICE)
        for i in range(4)
    ]
    wavelet.recent.trim(wavelet.head.version, 9_999, limits)
    assert not wavelet.recent.covers(base.version)
    late = submission(base, edit(insertion(2, 2, "!")), key="late")
    result = wavelet.prepare(late, BOB, 1, Stretch(base, history[:3]))
    assert isinstance(result, Prepared)
    assert text_of(wavelet) == "xxxxab!"


def test_replaying_a_history_gives_the_same_state_and_hashes() -> None:
    wavelet = wavelet_of(ALICE, BOB, text="ab")
    base = wavelet.head
    prepared(wavelet, submission(base, edit(insertion(2, 1, "x"))), ALICE)
    prepared(wavelet, submission(base, edit(insertion(2, 1, "y")), RemoveParticipant(str(ALICE))), BOB)
    copy = Wavelet(NAME, domain=DOMAIN, limits=HostLimits())
    for delta in wavelet.recent.after(version_zero(NAME.uri)) or []:
        copy.replay(delta)
    assert copy.head == wavelet.head
    assert copy.snapshot().documents == wavelet.snapshot().documents
    assert copy.snapshot().participants == wavelet.snapshot().participants
    with pytest.raises(InvalidOperation):
        copy.replay((wavelet.recent.after(base) or [])[0])
