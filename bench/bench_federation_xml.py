#!/usr/bin/env python3
"""How fast the XML of streams is read and checked, on one core, beside parsers that check and limit nothing.

    python bench/bench_federation_xml.py

Prints MB/s of stanzas of 2 kB parsed to elements, Wave stanzas validated per second, and the memory of an idle
parser. Time is the process's own: what else the machine does counts less.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from random import Random
from typing import Any, Final
from xml.etree.ElementTree import XMLPullParser

import psutil
from lxml import etree

from wave_federation.namespaces import PUBSUB_EVENT, RECEIPTS, WAVE
from wave_federation.stanzas import Element, Stanza, read_stanza
from wave_federation.xml.limits import XmlLimits
from wave_federation.xml.stream_parser import ElementParsed, Offence, StreamParser
from wave_federation.xml.validation import validate
from wave_federation.xml.writing import stream_header, to_bytes

SIZE: Final = 2_000  # bytes of a stanza
PORTION: Final = 16_384  # bytes that are fed at once, as TLS records are
STANZAS: Final = 8_000  # of one round
ROUNDS: Final = 7
PARSERS: Final = 2_000

HEADER: Final = stream_header("wave.a.test", "wave.b.test")


def update(*, cdata: bool) -> bytes:
    """A Wave update of SIZE bytes, its payload as text or in CDATA."""
    opening, closing = ("<![CDATA[", "]]>") if cdata else ("", "")
    frame = (
        "<message type='normal' id='kOQ3Dg6vFh0AAAAAAAAADQ==' from='wave.a.test' to='wave.b.test'>"
        f"<request xmlns='{RECEIPTS}'/><event xmlns='{PUBSUB_EVENT}'><items><item><wavelet-update xmlns='{WAVE}'"
        f" wavelet-name='wave://a.test/w+kOQ3Dg6vFh0A/conv+root'><applied-delta>{opening}{{}}{closing}</applied-delta>"
        "</wavelet-update></item></items></event></message>"
    )
    payload = Random(1).randbytes((SIZE - len(frame) + 2) * 3 // 4)
    return frame.format(base64.b64encode(payload).decode()).encode()


def chat() -> bytes:
    """A message of SIZE bytes of text."""
    frame = "<message type='chat' id='a1' from='ann@a.test/phone' to='bob@b.test'><body>{}</body></message>"
    return frame.format(("What people write to each other. " * SIZE)[: SIZE - len(frame) + 2]).encode()


def ours(stream: bytes) -> int:
    """Parse to elements with ours; how many."""
    parser = StreamParser(XmlLimits())
    parser.feed(HEADER)
    count = 0
    for start in range(0, len(stream), PORTION):
        events = parser.feed(stream[start : start + PORTION])
        assert not any(isinstance(event, Offence) for event in events)
        count += len(events)
    return count


def pull(make: Callable[..., Any], stream: bytes) -> int:
    """The same with a pull parser; a stanza ends where its depth is that of the root's children."""
    parser = make(("start", "end"))
    parser.feed(HEADER)
    count = depth = 0
    for start in range(0, len(stream), PORTION):
        parser.feed(stream[start : start + PORTION])
        for event, element in parser.read_events():
            depth += 1 if event == "start" else -1
            if event == "end" and depth == 1:
                count += 1
                element.clear()
    return count


def fastest(work: Callable[[], object]) -> float:
    """Seconds of the fastest of ROUNDS."""

    def seconds() -> float:
        start = time.process_time()
        work()
        return time.process_time() - start

    return min(seconds() for _ in range(ROUNDS))


def parsing() -> None:
    """Parsers beside each other, for each kind of stanza."""
    print(f"{f'stanzas of {SIZE} bytes, MB/s':34}{'ours':>8}{'lxml':>8}{'ElementTree':>13}")
    samples = {"Wave updates": update(cdata=False), "Wave updates in CDATA": update(cdata=True), "chat": chat()}
    for name, stanza in samples.items():
        stream = stanza * STANZAS
        assert ours(stream) == STANZAS
        figures = [
            len(stream) / 1e6 / fastest(work)
            for work in (
                lambda stream=stream: ours(stream),
                lambda stream=stream: pull(etree.XMLPullParser, stream),
                lambda stream=stream: pull(XMLPullParser, stream),
            )
        ]
        print(f"{name:34}{figures[0]:8.1f}{figures[1]:8.1f}{figures[2]:13.1f}")


def parsed(data: bytes) -> Stanza:
    """A stanza as it comes from a stream."""
    parser = StreamParser(XmlLimits())
    parser.feed(HEADER)
    (event,) = parser.feed(data)
    assert isinstance(event, ElementParsed)
    return read_stanza(event.element)


def validating() -> None:
    """The schema, and writing."""
    stanza = parsed(update(cdata=False))

    def check() -> None:
        for _ in range(STANZAS):
            validate(stanza)

    seconds = fastest(check)
    print(f"\nWave updates validated per second {STANZAS / seconds:12,.0f}")
    element: Element = stanza.element
    seconds = fastest(lambda: [to_bytes(element) for _ in range(STANZAS)])
    print(f"and written                       {STANZAS / seconds:12,.0f}")


def memory() -> None:
    """What a stream's parser holds on to when nothing comes, after some stanzas."""
    process = psutil.Process()
    stanza = update(cdata=False)
    before = process.memory_info().rss
    parsers = []
    for _ in range(PARSERS):
        parser = StreamParser(XmlLimits())
        parser.feed(HEADER)
        parser.feed(stanza * 3)
        parsers.append(parser)
    grown = process.memory_info().rss - before
    print(f"\nan idle parser, kB                {grown / len(parsers) / 1e3:12.1f}")


if __name__ == "__main__":
    memory()
    parsing()
    validating()
