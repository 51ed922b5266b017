"""The canonical form of domains."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wave_federation.domains import canonical_domain, unicode_domain
from wave_federation.errors import InvalidDomain


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("alpha.test", "alpha.test"),
        ("Alpha.TEST.", "alpha.test"),
        ("localhost", "localhost"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("XN--BCHER-KVA.example", "xn--bcher-kva.example"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.example.", "xn--bcher-kva.example"),
        ("faß.example", "xn--fa-hia.example"),
        ("ａｌｐｈａ。test", "alpha.test"),  # full width letters, an ideographic full stop
        ("E\u0301.test", "xn--9ca.test"),  # decomposed
        ("1.example", "1.example"),
    ],
)
def test_a_domain_has_one_canonical_form_however_it_is_written(written: str, canonical: str) -> None:
    assert canonical_domain(written) == canonical


def test_a_homograph_is_another_domain() -> None:
    assert canonical_domain("аlpha.test") != canonical_domain("alpha.test")  # the first letter is Cyrillic


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "alpha..test",
        "alpha.test..",
        ".alpha.test",
        "al pha.test",
        "alpha.test\n",
        "al\x00pha.test",
        "user@alpha.test",
        "alpha.test/resource",
        "alpha_beta.test",
        "*.alpha.test",
        "-alpha.test",
        "alpha-.test",
        "xn--zzzzzz99.test",  # no Punycode
        "xn--alpha-.test",  # Punycode for what needs none
        "\ud800.test",
        "127.0.0.1",
        "[::1]",
        "::1",
        "alpha.5269",
        f"{'a' * 64}.test",
        ".".join(["a" * 63] * 4),
        "a." * 50_000,
        "ü" * 50_000,
        " " * 1_000,
        "\u0378" * 1_000,  # unassigned
    ],
)
def test_what_is_no_domain_is_refused_on_one_short_line(text: str) -> None:
    with pytest.raises(InvalidDomain) as caught:
        canonical_domain(text)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400


def test_the_longest_domain_has_253_characters() -> None:
    longest = ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 61])
    assert canonical_domain(longest) == longest
    with pytest.raises(InvalidDomain, match="longer than the 253"):
        canonical_domain(longest + "d")


def test_people_see_their_own_script() -> None:
    assert unicode_domain("xn--bcher-kva.example") == "bücher.example"
    assert unicode_domain("alpha.test") == "alpha.test"


@given(
    st.text(max_size=40) | st.from_regex(r"(xn--)?[a-zA-Z0-9äßжあ-]{1,12}(\.[a-zа-я-]{1,8}){0,3}\.?", fullmatch=True)
)
def test_a_canonical_form_is_its_own_and_survives_being_shown(text: str) -> None:
    try:
        canonical = canonical_domain(text)
    except InvalidDomain:
        return
    assert canonical_domain(canonical) == canonical
    assert canonical.isascii()
    assert canonical == canonical.lower()
    assert canonical_domain(unicode_domain(canonical)) == canonical
