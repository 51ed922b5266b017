"""The real stanzas of ``tests/captures``, read once."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from lxml import etree

from wave_federation.namespaces import SERVER
from wave_federation.stanzas import Element

FOLDER = Path(__file__).parent / "captures"
_KINDS = ("message", "iq", "presence")


class Captured(NamedTuple):
    """One stanza as it went over the wire; ``element`` stands in ``jabber:server``, as on a stream."""

    file: str
    number: int
    kind: str  # what the recorder took it for, such as "submit-request"
    element: Element


@cache
def captured_stanzas() -> tuple[Captured, ...]:
    """All stanzas that original servers and their peers exchanged."""
    return tuple(stanza for path in sorted(FOLDER.glob("run*component*.jsonl.gz")) for stanza in _of_file(path))


def of_kind(kind: str) -> list[Captured]:
    """Those of one kind."""
    return [stanza for stanza in captured_stanzas() if stanza.kind == kind]


def _of_file(path: Path) -> Iterator[Captured]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            if record["xml"].lstrip("<").split(" ", 1)[0] in _KINDS:
                element = etree.fromstring(f"<stream xmlns='{SERVER}'>{record['xml']}</stream>")[0]
                yield Captured(path.name, record["seq"], record["kind"], element)
