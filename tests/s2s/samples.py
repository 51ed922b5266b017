"""Streams to parse, a file each: ``corpus/CONDITION/what.xml`` ends in that stream error, ``corpus/fine/`` in none."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

_FOLDER: Final = Path(__file__).parent / "corpus"


@dataclass(frozen=True)
class Sample:
    """All bytes of a stream from its initiating side, and the condition of the stream error that they deserve."""

    name: str
    data: bytes
    condition: str | None


SAMPLES: Final = tuple(
    Sample(
        f"{path.parent.name}-{path.stem}", path.read_bytes(), None if path.parent.name == "fine" else path.parent.name
    )
    for path in sorted(_FOLDER.glob("*/*.xml"))
)
samples = pytest.mark.parametrize("sample", [pytest.param(sample, id=sample.name) for sample in SAMPLES])
