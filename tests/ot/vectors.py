"""Reads the conformance vectors: cases that the original implementation was run on."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

VECTORS = Path(__file__).parent.parent / "vectors"


@cache
def vectors(name: str) -> tuple[dict[str, Any], ...]:
    """All cases of ``tests/vectors/<name>.jsonl.gz``, in order."""
    with gzip.open(VECTORS / f"{name}.jsonl.gz", "rt", encoding="ascii") as lines:
        return tuple(json.loads(line) for line in lines)


def failures(name: str, failing: list[str]) -> str:
    """A short message for an assertion: how many cases of a file fail, and the first ones."""
    return f"{len(failing)} of {len(vectors(name))} {name} cases fail: {', '.join(failing[:10])}"
