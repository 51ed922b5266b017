"""Names, addresses and ids: the reference's cases, then the laws of our own."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wave_ot.deltas import HashedVersion
from wave_ot.history import version_zero
from wave_server.addresses import domain_of
from wave_server.identifiers import (
    escape_token,
    is_valid_domain,
    is_valid_identifier,
    new_identifier,
    split_tokens,
    unescape_token,
)
from wave_server.names import InvalidName, WaveAddress, WaveId, WaveletId, WaveletName
from wave_server.wave_references import WaveReference

Case = dict[str, Any]

VECTORS = Path(__file__).parents[1] / "vectors" / "names.jsonl.gz"
with gzip.open(VECTORS, "rt", encoding="ascii") as lines:
    CASES: list[Case] = [json.loads(line) for line in lines]


def of(kind: str) -> list[Any]:
    """The reference's cases of one kind."""
    return [pytest.param(case, id=case["id"]) for case in CASES if case["kind"] == kind]


def outcome(function: Callable[..., Any], *arguments: Any) -> Any:
    """What ``function`` returns, or ``{"error": …}`` as in the cases when it refuses."""
    try:
        return function(*arguments)
    except InvalidName:
        return {"error": True}


def expected(value: Any) -> Any:
    """The case's value, whatever Java called the error."""
    return {"error": True} if isinstance(value, dict) else value


def parts(name: WaveletName) -> dict[str, list[str]]:
    return {
        "wave": [name.wave.domain, name.wave.id],
        "wavelet": [name.wavelet.domain, name.wavelet.id],
    }


def test_every_kind_of_case_is_covered() -> None:
    assert {case["kind"] for case in CASES} == {
        *("domain", "identifier", "wave_id.of", "wave_id.of_legacy", "wavelet_name.serialise", "uri.parse"),
        *("uri_path.parse", "modern.wave_id.parse", "legacy.wave_id.parse", "dual.wave_id.parse"),
        *("modern.wavelet_id.parse", "legacy.wavelet_id.parse", "modern.wavelet_name.parse", "participant.of"),
        *("participant.new", "split.plus", "escape", "unescape", "waveref.parse", "hashed_version.serialise"),
    }


@pytest.mark.parametrize("case", of("domain"))
def test_domains_are_judged_as_by_the_reference(case: Case) -> None:
    assert is_valid_domain(case["input"]) == case["valid"]


@pytest.mark.parametrize("case", of("identifier"))
def test_identifiers_are_judged_as_by_the_reference(case: Case) -> None:
    assert is_valid_identifier(case["input"]) == case["valid"]


@pytest.mark.parametrize("case", [*of("wave_id.of"), *of("wave_id.of_legacy")])
@pytest.mark.parametrize("kind", [WaveId, WaveletId])
def test_ids_are_made_and_written_as_by_the_reference(kind: type[WaveId | WaveletId], case: Case) -> None:
    make = kind.legacy if case["kind"] == "wave_id.of_legacy" else kind
    made = outcome(make, *case["input"])
    if not case["ok"]:
        assert made == {"error": True}
        return
    assert outcome(made.serialise) == expected(case["modern"])
    assert made.legacy_text == case["legacy"]


@pytest.mark.parametrize(
    ("case", "parse"),
    [
        pytest.param(*case.values, parse, id=f"{case.id}-{kind}")
        for kind, parse in {
            "modern.wave_id.parse": WaveId.parse,
            "legacy.wave_id.parse": WaveId.parse_legacy,
            "dual.wave_id.parse": WaveId.parse_either,
            "modern.wavelet_id.parse": WaveletId.parse,
            "legacy.wavelet_id.parse": WaveletId.parse_legacy,
        }.items()
        for case in of(kind)
    ],
)
def test_ids_are_read_as_by_the_reference(case: Case, parse: Callable[[str], WaveId | WaveletId]) -> None:
    read = outcome(parse, case["input"])
    if case["ok"]:
        assert (read.domain, read.id) == (case["domain"], case["local"])
    else:
        assert read == {"error": True}


@pytest.mark.parametrize("case", of("wavelet_name.serialise"))
def test_wavelet_names_are_written_as_by_the_reference(case: Case) -> None:
    wave_domain, wave, wavelet_domain, wavelet = case["input"]
    name = WaveletName(WaveId.legacy(wave_domain, wave), WaveletId.legacy(wavelet_domain, wavelet))
    assert name.uri == case["uri"] == "wave://" + case["uri_path"]
    assert outcome(lambda: name.path) == expected(case["modern"])
    assert HashedVersion.parse(f"0:{case['zero_hash']}") == version_zero(name.uri)


@pytest.mark.parametrize(
    ("case", "parse"),
    [
        pytest.param(*case.values, parse, id=f"{case.id}-{kind}")
        for kind, parse in {
            "uri.parse": WaveletName.parse_uri,
            "uri_path.parse": WaveletName.parse_uri_path,
            "modern.wavelet_name.parse": WaveletName.parse_path,
        }.items()
        for case in of(kind)
    ],
)
def test_wavelet_names_are_read_as_by_the_reference(case: Case, parse: Callable[[str], WaveletName]) -> None:
    read = outcome(parse, case["input"])
    if case["ok"]:
        assert parts(read) == {"wave": case["wave"], "wavelet": case["wavelet"]}
    else:
        assert read == {"error": True}


@pytest.mark.parametrize("case", of("participant.of"))
def test_addresses_are_read_as_by_the_reference(case: Case) -> None:
    read = outcome(WaveAddress.parse, case["input"])
    if case["ok"]:
        assert (str(read), read.domain) == (case["address"], case["domain"])
    else:
        assert read == {"error": True}


@pytest.mark.parametrize("case", of("participant.new"))
def test_any_participant_in_history_has_the_domain_that_the_reference_sees(case: Case) -> None:
    assert case["input"].lower() == case["address"]
    assert outcome(domain_of, case["address"]) == expected(case["domain"])


@pytest.mark.parametrize("case", of("split.plus"))
def test_ids_split_into_tokens_as_by_the_reference(case: Case) -> None:
    assert outcome(split_tokens, case["input"]) == case.get("output", {"error": True})


@pytest.mark.parametrize("case", [*of("escape"), *of("unescape")])
def test_tokens_are_escaped_as_by_the_reference(case: Case) -> None:
    function = escape_token if case["kind"] == "escape" else unescape_token
    assert outcome(function, case["input"]) == expected(case["output"])


@pytest.mark.parametrize("case", of("waveref.parse"))
def test_references_are_read_and_written_as_by_the_reference(case: Case) -> None:
    read = outcome(WaveReference.parse, case["input"])
    if not case["ok"]:
        assert read == {"error": True}
        return
    assert [read.wave.domain, read.wave.id] == case["wave"]
    assert (None if read.wavelet is None else [read.wavelet.domain, read.wavelet.id]) == case["wavelet"]
    assert read.document == case["document"]
    assert str(read) == case["encoded"]


@pytest.mark.parametrize("case", of("hashed_version.serialise"))
def test_hashed_versions_are_written_as_by_the_reference(case: Case) -> None:
    version, base64_hash = case["input"]
    assert HashedVersion.parse(f"{version}:{base64_hash}").serialise() == case["output"]


domains = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?(\.[a-z]{1,3}){0,2}", fullmatch=True)
identifiers = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12).filter(
    is_valid_identifier
) | st.from_regex(r"[A-Za-z0-9._+*@~-]{1,12}", fullmatch=True)


def escaped_properly(text: str) -> bool:
    try:
        WaveId.legacy("a", text)
    except InvalidName:
        return False
    return True


@given(wave=st.builds(WaveId, domains, identifiers), wavelet=st.builds(WaveletId, domains, identifiers))
def test_valid_names_survive_the_path_form(wave: WaveId, wavelet: WaveletId) -> None:
    name = WaveletName(wave, wavelet)
    assert WaveletName.parse_path(name.path) == name
    assert hash(WaveletName.parse_path(name.path)) == hash(name)


@given(
    domain=domains,
    host=domains,
    wave=identifiers.filter(escaped_properly),
    wavelet=identifiers.filter(escaped_properly),
)
def test_properly_escaped_names_survive_the_uri_form(domain: str, host: str, wave: str, wavelet: str) -> None:
    name = WaveletName(WaveId(domain, wave), WaveletId(host, wavelet))
    assert WaveletName.parse_uri(name.uri) == name


@given(st.text(st.sampled_from("a~+!é"), max_size=8))
def test_escaping_a_token_can_be_undone(token: str) -> None:
    assert unescape_token(escape_token(token)) == token
    assert split_tokens(f"{escape_token(token)}+{escape_token(token)}") == [token, token]


@given(st.text(max_size=20) | st.text(st.sampled_from("a%2/+!~@"), max_size=12))
def test_whatever_is_read_is_a_name_or_an_invalid_name(text: str) -> None:
    for parse in (WaveId.parse_either, WaveletName.parse_path, WaveletName.parse_uri_path, WaveReference.parse):
        outcome(parse, text)
    outcome(WaveAddress.parse, text)


def test_a_space_and_a_plus_give_one_uri_as_in_the_reference() -> None:
    with_space = WaveletName(WaveId.legacy("a.com", "w a"), WaveletId("a.com", "conv+root"))
    with_plus = WaveletName(WaveId("a.com", "w+a"), WaveletId("a.com", "conv+root"))
    assert with_space.uri == with_plus.uri
    assert with_plus.is_valid
    assert not with_space.is_valid


def test_a_wave_and_a_wavelet_id_of_the_same_text_differ() -> None:
    assert WaveId("a.com", "x") != WaveletId("a.com", "x")
    assert WaveId("a.com", "x") == WaveId("a.com", "x")


def test_the_host_is_the_domain_of_the_wavelet_not_of_the_wave() -> None:
    assert WaveletName.parse_path("a.com/w+1/b.com/conv+root").host == "b.com"


def test_a_new_id_has_72_random_bits_and_is_valid() -> None:
    assert new_identifier("w", lambda count: b"\xff" * count) == "w+____________"
    assert is_valid_identifier(new_identifier("conv", lambda count: b"\xfb" * count))


def test_the_shared_participant_has_no_name() -> None:
    shared = WaveAddress.parse("@Example.com")
    assert shared == WaveAddress.shared("example.com")
    assert shared.is_shared
    assert shared.is_valid
    assert str(shared) == "@example.com"


@pytest.mark.parametrize(
    "text", ["bob@ex ample", "bob@Ex_ample.com", "b ob@x.com", "b\u202eob@x.com", "a" * 1024 + "@x.com"]
)
def test_addresses_that_only_history_may_hold_are_told_apart(text: str) -> None:
    assert not WaveAddress.parse(text).is_valid
