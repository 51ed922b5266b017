"""Hashed versions and the history's hash chain, against the reference."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

import pytest

from wave_ot.deltas import HashedVersion
from wave_ot.errors import MalformedOperation
from wave_ot.history import next_version, version_zero

from .vectors import vectors


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in vectors("hashes")])
def test_the_reference_chains_the_same_hashes(case: dict[str, Any]) -> None:
    version = version_zero(case["uri"])
    assert version == HashedVersion(0, b64decode(case["version_zero_hash"]))
    for delta in case["deltas"]:
        assert delta["applied_at_version"] == version.version
        version = next_version(version, b64decode(delta["applied_delta"]), delta["operations_applied"])
        assert version == HashedVersion(delta["version"], b64decode(delta["history_hash"]))


def test_one_changed_bit_changes_every_later_hash() -> None:
    start = version_zero("wave://example.com/w+1/conv+root")
    honest = next_version(next_version(start, b"\x00", 1), b"b", 1)
    forged = next_version(next_version(start, b"\x01", 1), b"b", 1)
    assert honest.version == forged.version == 2
    assert honest.history_hash != forged.history_hash


def test_hashed_versions_are_values() -> None:
    assert HashedVersion(1, b"a") == HashedVersion(1, b"a")
    assert len({HashedVersion(1, b"a"), HashedVersion(1, b"a"), HashedVersion(1, b"b"), HashedVersion(2, b"a")}) == 3


@pytest.mark.parametrize(
    "text", ["", "5", ":", "x:", "-1:", "²:", "5:a", "5:YQ", "5:Y Q=", "5:é", f"{2**63}:", "5:YQ==x"]
)
def test_what_is_no_hashed_version_is_refused(text: str) -> None:
    with pytest.raises(MalformedOperation):
        HashedVersion.parse(text)
