"""Reading searches."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wave_server.errors import InvalidRequest
from wave_server.search_query import (
    LONGEST_QUERY,
    Fact,
    FactKind,
    Flag,
    Place,
    SearchQuery,
    Text,
    parse_query,
)

DOMAIN = "example.com"


def parsed(text: str) -> SearchQuery:
    return parse_query(text, DOMAIN)


OPERATORS = ("in:", "is:", "with:", "tag:", "before:", "after:", "title:", "creator:")
OTHERS = (
    "-",
    '"',
    ":",
    "inbox",
    "unread",
    "bob",
    "a@b",
    "2026-01-31",
    " ",
    "😀",
    "𝒜",
    "東京",
    "\x00",
    "\n",
    "é",
    "*",
    "(",
)
pieces = st.sampled_from([*OPERATORS, *OTHERS, "AND", "NEAR("])


@given(st.one_of(st.text(max_size=60), st.lists(pieces, max_size=12).map("".join)))
def test_any_text_is_a_search_or_is_refused_with_a_reason(text: str) -> None:
    reason = ""
    texts: tuple[Text, ...] = ()
    try:
        found = parsed(text)
        texts = (*found.texts, *found.not_texts)
    except InvalidRequest as error:
        reason = str(error)
    assert re.fullmatch(
        r"|(in|is|with|tag|before|after|title|creator): (takes|cannot be|stands there twice).*", reason, re.DOTALL
    )
    for each in texts:
        assert each.words
        assert all(word.isalnum() for word in each.words)


@given(st.lists(st.text(alphabet="abcäöü東😀", min_size=1, max_size=8), min_size=1, max_size=5))
def test_words_without_operators_ask_for_each_word(given_words: list[str]) -> None:
    found = parsed(" ".join(given_words) + " ")
    assert (found.facts, found.flags, found.not_texts) == ((), (), ())
    assert found.place is Place.ALL
    assert not any(each.prefix for each in found.texts)


def test_nothing_is_the_inbox_and_anything_without_a_place_is_everything() -> None:
    assert (parsed("").place, parsed("  ").place) == (Place.INBOX, Place.INBOX)
    assert (parsed("word").place, parsed("is:unread").place) == (Place.ALL, Place.ALL)


@pytest.mark.parametrize("place", list(Place))
def test_every_place_can_be_named(place: Place) -> None:
    assert parsed(f"in:{place.value}").place is place
    assert parsed(f"IN:{place.value.upper()}").place is place


def test_another_place_is_a_folder() -> None:
    assert (parsed("in:Work").folder, parsed('in:"Two words"').folder) == ("Work", "Two words")


def test_addresses_without_a_domain_are_of_this_server() -> None:
    assert parsed("with:Bob creator:carol@Elsewhere.Example").facts == (
        Fact(FactKind.WITH, "bob@example.com"),
        Fact(FactKind.CREATOR, "carol@elsewhere.example"),
    )


def test_the_last_word_alone_may_be_a_beginning() -> None:
    assert parsed("one two").texts == (Text(("one",)), Text(("two",), prefix=True))
    assert parsed("one two ").texts == (Text(("one",)), Text(("two",)))
    assert parsed('one "two"').texts == (Text(("one",)), Text(("two",)))
    assert parsed("one is:unread").texts == (Text(("one",)),)
    assert parsed("-one").not_texts == (Text(("one",)),)


def test_a_phrase_without_its_closing_quote_goes_to_the_end() -> None:
    assert parsed('"one two').texts == (Text(("one", "two")),)


def test_what_looks_like_an_operator_and_is_none_is_text() -> None:
    assert parsed("https://x.example ").texts == (Text(("https", "x", "example")),)
    assert parsed("subtitle:x ").texts == (Text(("subtitle", "x")),)


def test_negation_reaches_one_condition() -> None:
    found = parsed('-with:bob -is:muted -"a b" -title:c -tag:d e ')
    assert (found.not_facts, found.not_flags) == (
        (Fact(FactKind.WITH, "bob@example.com"), Fact(FactKind.TAG, "d")),
        (Flag.MUTED,),
    )
    assert found.not_texts == (Text(("a", "b")), Text(("c",), in_title=True))
    assert found.texts == (Text(("e",)),)


def test_dates_are_starts_of_days_in_utc_unless_they_say_otherwise() -> None:
    assert parsed("after:1970-01-02").after == 86_400_000
    assert parsed("before:1970-01-02T00:00:00+01:00").before == 86_400_000 - 3_600_000


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("in:", "in: takes inbox, archive, muted, all, pinned or the name of a folder"),
        ('with:""', "with: takes an address"),
        ("with:a@b@c", "with: takes an address"),
        ("with:'x", "with: takes an address"),
        ("creator:@", "creator: takes an address"),
        ("tag: x", "tag: takes a tag"),
        ("is:new", "is: takes unread, pinned, muted or private, not 'new'"),
        ("before:soon", "before: takes a date, such as 2026-05-31, not 'soon'"),
        ("after:2026-13-01", "after: takes a date"),
        ("in:\x00", "in: takes"),
        ("title:", "title: takes a word"),
        ("-in:inbox", "in: cannot be negated"),
        ("-before:2026-01-01", "before: cannot be negated"),
        ("in:inbox in:all", "in: stands there twice"),
        ("before:2026-01-01 before:2026-01-02", "before: stands there twice"),
        ("x" * (LONGEST_QUERY + 1), "at most 1000 characters"),
        ("x " * 41, "at most 40 conditions"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_it_takes(text: str, message: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parsed(text)
    assert message in str(refused.value)
