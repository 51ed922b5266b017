"""A user's own data: from documents to a state, and the operations that change them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wave_ot.composition import compose
from wave_ot.docop import DocOp
from wave_ot.document import Document
from wave_ot.validation import validate
from wave_ot.verdict import Verdict
from wave_server.names import WaveAddress, WaveId
from wave_server.schema import schema_of
from wave_server.user_data import ReadMarks, StateChange, UserState, operations_for, owner_of, state_of, wavelet_of

KEY = "example.com/conv+root"
OTHER = "example.com/conv+x"


def element(kind: str, *children: list[dict[str, Any]], **attributes: str) -> list[dict[str, Any]]:
    return [{"start": [kind, attributes]}, *(each for child in children for each in child), {"end": True}]


def document(*elements: list[dict[str, Any]]) -> DocOp:
    return DocOp.from_json([each for found in elements for each in found])


def applied(documents: Mapping[str, DocOp], change: StateChange) -> dict[str, DocOp]:
    """The documents after the change's operations, each of which must be valid for its document."""
    after = dict(documents)
    for operation in operations_for(documents, change):
        before = after.get(operation.document_id, DocOp())
        verdict = validate(Document.from_op(before), operation.op, schema_of(operation.document_id))
        assert verdict is Verdict.VALID, (operation, verdict)
        after[operation.document_id] = compose(before, operation.op)
    return after


# Reading what others wrote


@pytest.mark.parametrize("rooted", [False, True])
def test_documents_are_read_with_a_root_element_and_without(rooted: bool) -> None:
    def made(*elements: list[dict[str, Any]]) -> DocOp:
        return document(element("data", *elements)) if rooted else document(*elements)

    found = state_of(
        {
            "m/read": made(
                element(
                    "wavelet", element("blip", i="b+1", v="4"), element("all", v="2"), element("tags", v="9"), i=KEY
                )
            ),
            "m/archiving": made(element("archive", i=KEY, v="7")),
            "m/folder": made(element("folder", i="Work"), element("folder", i="Work"), element("folder", i="")),
            "m/muted": document(element("data", muted="true")),
            "m/pinned": document(element("data", pinned="false")),
        }
    )
    assert found == UserState({KEY: ReadMarks(2, {"b+1": 4})}, {KEY: 7}, True, False, ("Work",))


def test_of_several_entries_the_largest_counts_whatever_their_form() -> None:
    found = state_of(
        {
            "m/read": document(
                element("wavelet", element("blip", i="b+1", v="4"), element("all", v="3"), i=KEY),
                element(
                    "wavelet", element("blip", i="b+1", v="9"), element("blip", i="b+1"), i="example.com!conv+root"
                ),
            ),
            "m/archiving": document(element("archive", i=KEY, v="7"), element("archive", i=KEY, v="5")),
        }
    )
    assert found.reads == {KEY: ReadMarks(3, {"b+1": 9})}
    assert found.archived == {KEY: 7}


def test_entries_that_make_no_sense_are_passed_over() -> None:
    found = state_of(
        {
            "m/read": document(element("wavelet", element("blip", v="4")), element("wavelet", i="nonsense")),
            "m/archiving": document(element("archive", v="7"), element("archive", i="a/b/c", v="7")),
            "m/muted": document(element("data", muted="false")),
        }
    )
    assert found == UserState()


def test_a_blip_is_read_as_far_as_itself_or_everything_was() -> None:
    marks = ReadMarks(5, {"b+1": 3, "b+2": 8})
    assert [marks.of(each) for each in ("b+1", "b+2", "b+3")] == [5, 8, 5]


def test_whose_data_a_wavelet_holds() -> None:
    name = wavelet_of(WaveId("elsewhere.example", "w+a"), WaveAddress("alice", "example.com"))
    assert (name.path, owner_of(name)) == (
        "elsewhere.example/w+a/example.com/user+alice@example.com",
        "alice@example.com",
    )


# Writing


versions = st.integers(1, 30)
keys = st.sampled_from([KEY, OTHER])
blips = st.sampled_from(["b+1", "b+2", "b+😀"])
changes = st.builds(
    StateChange,
    read_blips=st.dictionaries(keys, st.dictionaries(blips, versions, max_size=3), max_size=2),
    read_all=st.dictionaries(keys, versions, max_size=2),
    archived=st.none() | st.dictionaries(keys, versions, max_size=2),
    muted=st.none() | st.booleans(),
    pinned=st.none() | st.booleans(),
    folders=st.none() | st.lists(st.sampled_from(["a", "b", "c 𝒜"]), max_size=3, unique=True).map(tuple),
)


def expected(state: UserState, change: StateChange) -> UserState:
    """What the change makes of a state, said plainly. An ``all`` makes lesser marks of blips immaterial."""
    reads: dict[str, ReadMarks] = dict(state.reads)
    for key in {*change.read_blips, *change.read_all}:
        known = reads.get(key, ReadMarks())
        everything = max(known.all, change.read_all.get(key, 0))
        marks = dict(known.blips)
        for blip, version in change.read_blips.get(key, {}).items():
            marks[blip] = max(version, marks.get(blip, 0))
        reads[key] = ReadMarks(everything, marks)
    archived = dict(state.archived)
    if change.archived is not None:
        archived = {key: max(version, archived.get(key, 0)) for key, version in change.archived.items()} | (
            {key: version for key, version in archived.items() if key not in change.archived} if change.archived else {}
        )
    folders = state.folders if change.folders is None else change.folders
    muted = state.muted if change.muted is None else change.muted
    return UserState(reads, archived, muted, state.pinned if change.pinned is None else change.pinned, folders)


def meaning(state: UserState) -> object:
    """What a state comes to."""
    read = {
        (key, blip): state.reads.get(key, ReadMarks()).of(blip)
        for key in (KEY, OTHER)
        for blip in ("b+1", "b+2", "b+😀")
    }
    return read, dict(state.archived), state.muted, state.pinned, set(state.folders)


@given(st.lists(changes, max_size=5))
def test_changes_make_what_they_say_and_every_operation_is_valid(given_changes: list[StateChange]) -> None:
    documents: dict[str, DocOp] = {}
    for change in given_changes:
        before = state_of(documents)
        documents = applied(documents, change)
        assert meaning(state_of(documents)) == meaning(expected(before, change))
        assert operations_for(documents, change) == ()


@given(st.lists(changes, min_size=1, max_size=4))
def test_what_was_read_never_grows_less(given_changes: list[StateChange]) -> None:
    documents: dict[str, DocOp] = {}
    for change in given_changes:
        before = state_of(documents).reads
        documents = applied(documents, change)
        after = state_of(documents).reads
        for key, marks in before.items():
            assert all(after[key].of(blip) >= marks.of(blip) for blip in ("b+1", "b+2", "b+😀"))


def test_an_entry_inside_a_root_element_gets_its_neighbours_there() -> None:
    documents = {"m/read": document(element("data", element("wavelet", element("blip", i="b+1", v="4"), i=KEY)))}
    after = applied(documents, StateChange(read_blips={KEY: {"b+1": 6, "b+2": 1}, OTHER: {"b+1": 2}}))
    assert after["m/read"] == document(
        element(
            "data",
            element("wavelet", element("blip", i="b+1", v="6"), element("blip", i="b+2", v="1"), i=KEY),
            element("wavelet", element("blip", i="b+1", v="2"), i=OTHER),
        )
    )


def test_a_flag_is_taken_back_wherever_it_was_set() -> None:
    documents = {"m/muted": document(element("data", muted="true"))}
    assert not state_of(applied(documents, StateChange(muted=False))).muted
    assert operations_for({}, StateChange(muted=False, pinned=False, archived={}, folders=())) == ()
