"""Reading conversations, and who changed what last."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wave_ot.docop import DocOp
from wave_ot.wavelet_operations import AddParticipant, MutateDocument, NoOp, WaveletOperation
from wave_server.conversation import BlipText, blip_text, is_conversation, shown_blips, tags
from wave_server.modifications import Modifications, Touch
from wave_server.names import WaveletName
from wave_server.submission import Delta

from .world import manifest

NAME = WaveletName.parse_path("example.com/w+a/~/conv+root")
LINE: list[dict[str, Any]] = [{"start": ["line", {}]}, {"end": True}]

END: dict[str, Any] = {"ann": {"end": ["conv/title"], "change": []}}


def blip(*inner: dict[str, Any]) -> DocOp:
    return DocOp.from_json([{"start": ["body", {}]}, *inner, {"end": True}])


def chars(text: str) -> dict[str, Any]:
    return {"chars": text}


def titled(value: str | None, before: str | None = None) -> dict[str, Any]:
    return {"ann": {"end": [], "change": [["conv/title", before, value]]}}


def test_a_blips_lines_are_its_text_between_line_elements() -> None:
    image = [{"start": ["image", {}]}, {"start": ["caption", {}]}, chars("cap"), {"end": True}, {"end": True}]
    found = blip_text(blip(*LINE, chars("a 😀"), *LINE, *LINE, chars("b"), *image))
    assert found == BlipText(("a 😀", "", "bcap"), "")


def test_a_title_is_the_annotated_text_or_else_the_first_line_that_is_not_blank() -> None:
    marked = blip(*LINE, chars("x "), titled("y"), chars("the "), chars("title"), END, chars(" z"))
    assert blip_text(marked).title == "the title"
    over_two_lines = blip(*LINE, titled(""), chars("one"), *LINE, chars("two"), END)
    assert blip_text(over_two_lines).title == "one two"
    assert blip_text(blip(*LINE, chars("  "), *LINE, chars(" second "))).title == "second"
    assert blip_text(blip(*LINE)).title == ""


def test_blips_are_shown_in_reading_order_without_deleted_ones() -> None:
    op = DocOp.from_json(
        [
            {"start": ["conversation", {}]},
            {"start": ["blip", {"id": "b+1"}]},
            {"start": ["thread", {"id": "t"}]},
            {"start": ["blip", {"deleted": "true", "id": "b+2"}]},
            {"start": ["thread", {"id": "u"}]},
            {"start": ["blip", {"id": "b+3"}]},
            *[{"end": True}] * 5,
            {"start": ["blip", {"deleted": "false", "id": "b+4"}]},
            {"end": True},
            {"start": ["blip", {"id": "b+1"}]},
            {"end": True},
            {"start": ["blip", {}]},
            {"end": True},
            {"end": True},
        ]
    )
    assert shown_blips({"conversation": op}) == ("b+1", "b+3", "b+4")


def test_without_a_manifest_every_blip_is_shown_by_id() -> None:
    assert shown_blips({"b+2": blip(), "tags": DocOp(), "b+1": blip()}) == ("b+1", "b+2")
    assert shown_blips({"b+2": blip(), "conversation": manifest()}) == ()


def test_tags_are_listed_once_in_their_order() -> None:
    names = ["to  do", "x", "", "to do", " 😀 "]
    parts = [
        part for name in names for part in ({"start": ["tag", {}]}, *([chars(name)] if name else []), {"end": True})
    ]
    assert tags({"tags": DocOp.from_json(parts)}) == ("to do", "x", "😀")
    assert tags({}) == ()


@pytest.mark.parametrize(
    ("wavelet", "is_one"), [("conv+root", True), ("conv+x", True), ("user+a@b", False), ("x", False)]
)
def test_conversations_are_known_by_their_ids(wavelet: str, is_one: bool) -> None:
    assert is_conversation(wavelet) is is_one


# Who changed what last


def delta(author: str, at: int, *operations: WaveletOperation) -> Delta:
    return Delta(NAME, author, at, at + len(operations), b"", at * 10, operations, None)


def edit(document: str, *components: dict[str, Any]) -> MutateDocument:
    return MutateDocument(document, DocOp.from_json(list(components)))


authors = st.sampled_from(["alice", "bob", "carol"])


@given(st.lists(st.tuples(authors, st.sampled_from(["b+1", "b+2", "tags"])), max_size=12), authors, st.integers(0, 12))
def test_the_last_version_by_others_is_known_for_everybody(
    history: list[tuple[str, str]], asking: str, cut: int
) -> None:
    deltas = [delta(author, at, edit(document, chars("x"))) for at, (author, document) in enumerate(history)]
    found = Modifications().after(deltas[:cut]).after(deltas[max(0, cut - 2) :])
    for document in ("b+1", "b+2"):
        mine = [at + 1 for at, (author, each) in enumerate(history) if each == document and author != asking]
        touch = found.blips.get(document)
        assert (0 if touch is None else touch.by_others_than(asking)) == max(mine, default=0)
    others = [at + 1 for at, (author, _) in enumerate(history) if author != asking]
    assert found.touch.by_others_than(asking) == max(others, default=0)


def test_who_made_a_wavelet_and_when_is_kept() -> None:
    found = Modifications().after([delta("alice", 0, NoOp()), delta("bob", 1, AddParticipant("x"), NoOp())])
    assert (found.creator, found.created, found.modified, found.version) == ("alice", 0, 10, 3)
    assert found.touch == Touch("bob", 3, 1)


def test_keeping_everything_and_moving_a_cursor_changes_no_blip() -> None:
    cursor = {"ann": {"end": [], "change": [["user/d/x", None, "1"]]}}
    operations = [
        edit("b+1", {"retain": 3}),
        edit("b+1", cursor, {"retain": 3}, {"ann": {"end": ["user/d/x"], "change": []}}),
    ]
    assert Modifications().after([delta("alice", 0, *operations)]).blips == {}
    bold = {"ann": {"end": [], "change": [["style/fontWeight", None, "bold"]]}}
    formatted = edit("b+1", bold, {"retain": 3}, {"ann": {"end": ["style/fontWeight"], "change": []}})
    assert Modifications().after([delta("alice", 0, formatted)]).blips == {"b+1": Touch("alice", 1, 0)}


def test_a_gap_in_the_history_is_noticed() -> None:
    with pytest.raises(ValueError, match="does not follow"):
        Modifications().after([delta("alice", 1, NoOp())])
