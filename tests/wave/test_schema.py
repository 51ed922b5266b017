"""What blips, manifests, tags and the other documents that the server knows may hold."""

from __future__ import annotations

import pytest

from wave_ot.components import (
    AnnotationBoundary,
    Attributes,
    Characters,
    Component,
    DeleteElementEnd,
    DeleteElementStart,
    ElementEnd,
    ElementStart,
    Retain,
    UpdateAttributes,
)
from wave_ot.docop import DocOp
from wave_server.documents import Documents
from wave_server.errors import InvalidOperation
from wave_server.limits import HostLimits

from .making import blip

END = ElementEnd()
LIMITS = HostLimits()


def start(type_: str, **attributes: str) -> ElementStart:
    return ElementStart(type_, tuple(sorted(attributes.items())))


def empty(type_: str, **attributes: str) -> list[Component]:
    return [start(type_, **attributes), END]


def body(*components: Component) -> DocOp:
    return DocOp([start("body"), *empty("line"), *components, END])


def accepts(document_id: str, *ops: DocOp) -> bool:
    documents = Documents()
    try:
        for op in ops:
            documents.apply(document_id, op, LIMITS)
    except InvalidOperation:
        return False
    return True


def test_a_blip_holds_lines_and_text() -> None:
    assert accepts("b+a", blip("Hello 👋 world"))
    styled: Attributes = (("a", "c"), ("i", "2"), ("listyle", "decimal"), ("t", "li"))
    assert accepts("b+a", body(Characters("one"), ElementStart("line", styled), END, Characters("two")))


def test_a_blip_holds_images_with_captions_replies_gadgets_and_forms() -> None:
    image = [start("image", attachment="a1", style="full"), start("caption"), Characters("A cat"), END, END]
    assert accepts("b+a", body(*image, *empty("reply", id="t+1"), *empty("gadget", url="https://x.example/g.xml")))
    form = [*empty("check", name="c", value="true"), start("button", name="b"), *empty("caption"), END]
    area = [start("textarea", name="t"), *empty("line"), Characters("x"), END]
    assert accepts("b+a", body(*form, *area, start("label", **{"for": "c"}), Characters("L"), END))


def test_the_originals_contributors_and_head_are_kept() -> None:
    head = [start("head"), start("timestamp"), *empty("lmt", t="123"), END, END]
    original = [*empty("contributor", name="alice@example.com"), *head, start("body"), *empty("line"), END]
    assert accepts("b+a", DocOp(original))


@pytest.mark.parametrize(
    "op",
    [
        DocOp([Characters("bare")]),
        DocOp([start("p"), END]),
        DocOp(empty("body")),
        DocOp([start("body"), Characters("x"), *empty("line"), END]),
        DocOp([start("body"), *empty("image"), *empty("line"), END]),
        body(*empty("script")),
        body(*empty("body")),
        body(start("line"), Characters("inside a line"), END),
        body(*empty("line", t="h9")),
        body(*empty("line", i="-1")),
        body(*empty("line", onclick="x")),
        body(start("gadget"), Characters("x"), END),
        body(Characters("a\nb")),
        body(Characters("a\tb")),
        body(Characters("\x85")),
    ],
    ids=repr,
)
def test_a_blip_refuses_anything_else(op: DocOp) -> None:
    assert not accepts("b+a", op)


def test_a_blips_first_line_cannot_be_deleted_or_preceded() -> None:
    first_line = [DeleteElementStart("line", ()), DeleteElementEnd()]
    assert not accepts("b+a", blip("ab"), DocOp([Retain(1), *first_line, Retain(3)]))
    assert not accepts("b+a", blip("ab"), DocOp([Retain(1), Characters("x"), Retain(5)]))
    assert accepts("b+a", blip("ab"), DocOp([Retain(1), *empty("line"), *first_line, Retain(3)]))


def test_an_attribute_change_obeys_the_schema() -> None:
    heading = UpdateAttributes((("t", None, "h1"),))
    assert accepts("b+a", blip("ab"), DocOp([Retain(1), heading, Retain(4)]))
    unknown = UpdateAttributes((("t", None, "h7"),))
    assert not accepts("b+a", blip("ab"), DocOp([Retain(1), unknown, Retain(4)]))


def test_annotations_are_free() -> None:
    bold = AnnotationBoundary((), (("style/fontWeight", None, "bold"),))
    stop = AnnotationBoundary(("style/fontWeight",), ())
    assert accepts("b+a", blip("ab"), DocOp([Retain(3), bold, Retain(2), stop, Retain(1)]))


def test_a_blip_may_be_emptied() -> None:
    gone = [
        DeleteElementStart("body", ()),
        DeleteElementStart("line", ()),
        DeleteElementEnd(),
        DeleteElementEnd(),
    ]
    assert accepts("b+a", blip(""), DocOp(gone), blip("again"))


def test_a_manifest_is_one_conversation_of_blips_and_threads() -> None:
    thread = [start("thread", id="t+1", inline="true"), *empty("blip", id="b+2"), END]
    replied = [start("blip", id="b+1", deleted="true"), *thread, *empty("peer", id="b+9"), END]
    manifest = DocOp([start("conversation", anchorVersion="12", sort="m"), *replied, *empty("blip", id="b+3"), END])
    assert accepts("conversation", manifest)
    second = DocOp([Retain(2), *empty("conversation")])
    assert not accepts("conversation", DocOp(empty("conversation")), second)


@pytest.mark.parametrize(
    "components",
    [
        empty("blip", id="b+1"),
        [start("conversation"), Characters("x"), END],
        [start("conversation"), *empty("thread", id="t+1"), END],
        [start("conversation"), *empty("blip", id="1"), END],
        [start("conversation"), *empty("blip", id="b+1", deleted="maybe"), END],
        empty("conversation", anchorVersion="-1"),
        empty("conversation", anchorBlip="conversation"),
        empty("conversation", anchorWavelet="example.com/user+alice"),
    ],
    ids=repr,
)
def test_a_manifest_refuses_anything_else(components: list[Component]) -> None:
    assert not accepts("conversation", DocOp(components))


def test_the_other_known_documents_have_their_elements_only() -> None:
    tag = [start("tag"), Characters("todo"), END]
    assert accepts("tags", DocOp(tag + tag))
    assert not accepts("tags", DocOp([Characters("todo")]))
    assert accepts("attach+1", DocOp(empty("node", key="mime_type", value="image/png")))
    assert not accepts("attach+1", DocOp(empty("node", name="x")))
    assert accepts("roles", DocOp(empty("role", address="bob@example.com", role="reader")))
    assert not accepts("roles", DocOp(empty("owner")))


def test_read_state_is_accepted_with_and_without_its_root() -> None:
    read = [start("wavelet", i="example.com/conv+root"), *empty("blip", i="b+1", v="12"), *empty("all", v="3"), END]
    assert accepts("m/read", DocOp(read))
    assert accepts("m/read", DocOp([start("data"), *read, END]))
    assert not accepts("m/read", DocOp([start("wavelet"), *empty("blip", i="b+1", v="soon"), END]))
    assert accepts("m/folder", DocOp(empty("folder", i="1")))
    assert accepts("m/archiving", DocOp(empty("archive", i="example.com/conv+root", v="7")))
    assert accepts("m/muted", DocOp(empty("data", muted="true")))


def test_documents_of_other_ids_hold_anything_well_formed() -> None:
    assert accepts("notes", DocOp([Characters("plain\ntext\t"), start("any", x="y"), END]))
    assert accepts("m/seen", DocOp([start("whatever"), END]))
