#!/usr/bin/env python3
"""Coverage-guided fuzzing of all that reads a stream's XML, with atheris, where that is installed.

    make fuzz                                              # a minute, from the corpus
    python tests/fuzz/fuzz_streams.py -max_total_time=3600 build/fuzz

The options are libFuzzer's. An input is a conversation: packets apart by a byte 0xFF, which no XML in UTF-8 holds; the
first byte's lowest bit says who calls. Nothing may be raised, whatever comes.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), *(str(ROOT / folder) for folder in ("federation", "wave", "ot"))]

try:
    import atheris  # type: ignore[import-untyped]
except ImportError:
    sys.exit("atheris is not installed: .tools/bin/uv pip install atheris, then again")

with atheris.instrument_imports(include=["wave_federation"]):
    from s2s.conversation import CALLED, CALLER, Conversation
    from s2s.samples import SAMPLES
    from wave_federation.xml.limits import XmlLimits
    from wave_federation.xml.stream_parser import Offence, ParserEvent, StreamParser

PACKET_END = b"\xff"


def converse(data: bytes) -> None:
    """One input: a whole conversation, and its bytes once more to two parsers in different portions."""
    we_call, packets = bool(data[:1] and data[0] & 1), data[1:].split(PACKET_END)
    conversation = Conversation(we_call=we_call)
    for packet in packets:
        conversation.hear(packet)
    whole, bytewise = StreamParser(XmlLimits()), StreamParser(XmlLimits())
    at_once = outline(whole.feed(data[1:]))
    assert at_once == outline([event for byte in data[1:] for event in bytewise.feed(bytes((byte,)))])


def outline(events: list[ParserEvent]) -> list[str]:
    """Kinds of events, with the condition of an offence."""
    return [event.error.condition if isinstance(event, Offence) else type(event).__name__ for event in events]


def seed(folder: Path) -> None:
    """Write the honest conversations and the corpus to begin with: libFuzzer adds what it finds."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, first, packets in (("caller", b"0", CALLER), ("called", b"1", CALLED)):
        (folder / name).write_bytes(first + PACKET_END.join(packets))
    for sample in SAMPLES:
        (folder / sample.name).write_bytes(b"0" + sample.data)


def main() -> None:
    """Fuzz until told otherwise."""
    seed(ROOT / "build" / "fuzz")
    atheris.Setup(sys.argv, converse)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
