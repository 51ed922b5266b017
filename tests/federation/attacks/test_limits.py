"""Too much of everything: at the limit it is fine, one byte over it ends the stream, and nothing is kept in memory."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from s2s.attacking import Attack, Outcome, Stage, StreamError, Unanswered, check
from wave_federation.xml.limits import BEFORE_AUTHENTICATION, XmlLimits

from .conftest import Scene

AFTER = XmlLimits()
# Legal, and never answered: so only its size matters.
OPEN, CLOSE = "<iq type='error' id='x' from='a.test' to='b.test'>", "</iq>"
STANZA_TOO_BIG = StreamError("policy-violation", "bytes", "stanza-too-big")
VIOLATION = StreamError("policy-violation")
FINE = Unanswered()


def of_size(size: int) -> str:
    """A stanza of so many bytes."""
    begin, end = OPEN + "<x xmlns='urn:x'>" + "é" * 10, "</x>" + CLOSE
    return begin + "x" * (size - len(begin.encode()) - len(end)) + end


def with_attributes(number: int) -> str:
    """A stanza with an element that has so many attributes."""
    return OPEN + "<x xmlns='urn:x'" + "".join(f" a{index}=''" for index in range(number)) + "/>" + CLOSE


def of_depth(depth: int) -> str:
    """A stanza whose elements are nested so deep, itself the first."""
    return OPEN + "<x xmlns='urn:x'>" + "<x>" * (depth - 2) + "</x>" * (depth - 1) + CLOSE


def of_elements(number: int) -> str:
    """A stanza of so many elements, itself included."""
    return OPEN + "<x xmlns='urn:x'>" + "<y/>" * (number - 2) + "</x>" + CLOSE


def with_tag(size: int) -> str:
    """A stanza with a tag of so many bytes."""
    return OPEN + "<x xmlns='urn:x' a='" + "x" * (size - len("<x xmlns='urn:x' a=''/>")) + "'/>" + CLOSE


ATTACKS = [
    Attack("a stanza at the limit", Stage.READY, of_size(AFTER.stanza_bytes), FINE),
    Attack("a stanza one byte over", Stage.READY, of_size(AFTER.stanza_bytes + 1), STANZA_TOO_BIG),
    Attack("a stanza far over", Stage.READY, of_size(8 * AFTER.stanza_bytes), STANZA_TOO_BIG),
    Attack("attributes at the limit", Stage.READY, with_attributes(AFTER.attributes), FINE),
    Attack("one attribute over", Stage.READY, with_attributes(AFTER.attributes + 1), VIOLATION),
    Attack("10,000 attributes", Stage.READY, with_attributes(10_000), VIOLATION),
    Attack("depth at the limit", Stage.READY, of_depth(AFTER.depth), FINE),
    Attack("one level over", Stage.READY, of_depth(AFTER.depth + 1), VIOLATION),
    Attack("depth 10,000", Stage.READY, of_depth(10_000), VIOLATION),
    Attack("elements at the limit", Stage.READY, of_elements(AFTER.elements), FINE),
    Attack("one element over", Stage.READY, of_elements(AFTER.elements + 1), VIOLATION),
    Attack("a tag at the limit", Stage.READY, with_tag(AFTER.tag_bytes), FINE),
    Attack("a tag one byte over", Stage.READY, with_tag(AFTER.tag_bytes + 1), VIOLATION),
    Attack("before authentication", Stage.OFFERED, of_size(BEFORE_AUTHENTICATION.stanza_bytes + 1), STANZA_TOO_BIG),
    Attack("before TLS", Stage.OPENED, of_size(BEFORE_AUTHENTICATION.stanza_bytes + 1), STANZA_TOO_BIG),
    Attack("10,000 attributes before TLS", Stage.OPENED, with_attributes(10_000), VIOLATION),
    Attack("depth 10,000 before TLS", Stage.OPENED, of_depth(10_000), VIOLATION),
]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_what_is_within_the_limits_passes_and_nothing_beyond(attack: Attack, scene: Scene) -> None:
    with scene.attacker.stream(attack.stage) as peer:
        peer.send_until_ended(iter([attack.sends.encode()]), 1)
        scene.honest_ping()
        check(attack.outcome, peer, scene.attacker)


def text() -> Iterator[bytes]:
    yield OPEN.encode()
    while True:
        yield b"x" * 65_536


def attribute() -> Iterator[bytes]:
    yield OPEN.encode() + b"<x a='"
    while True:
        yield b"x" * 65_536


def angles_in_an_attribute() -> Iterator[bytes]:
    yield OPEN.encode() + b"<x a='"
    while True:
        yield b">" * 1_000


def name() -> Iterator[bytes]:
    yield b"<"
    while True:
        yield b"x" * 65_536


def attributes() -> Iterator[bytes]:
    yield OPEN.encode() + b"<x"
    for index in count():
        yield b"".join(b" a%d='x'" % number for number in range(index * 1_000, (index + 1) * 1_000))


def declarations() -> Iterator[bytes]:
    yield OPEN.encode() + b"<x"
    for index in count():
        yield b"".join(b" xmlns:a%d='urn:x'" % number for number in range(index * 1_000, (index + 1) * 1_000))


def levels() -> Iterator[bytes]:
    yield OPEN.encode()
    while True:
        yield b"<x>" * 100


def siblings() -> Iterator[bytes]:
    yield OPEN.encode()
    while True:
        yield b"<x/>" * 1_000


def references() -> Iterator[bytes]:
    yield OPEN.encode()
    while True:
        yield b"&lt;" * 10_000


def section() -> Iterator[bytes]:
    yield OPEN.encode() + b"<![CDATA["
    while True:
        yield b"]" * 65_536


def ever_new_names() -> Iterator[bytes]:
    for index in count():
        yield f"{OPEN}<x{index}-{'x' * 1_000} xmlns='urn:x'/>{CLOSE}".encode()


def ever_new_namespaces() -> Iterator[bytes]:
    for index in count():
        yield f"{OPEN}<x xmlns='urn:{index}:{'x' * 1_000}'/>{CLOSE}".encode()


ENDLESS: dict[str, tuple[Iterator[bytes], Outcome]] = {
    "text": (text(), STANZA_TOO_BIG),
    "an attribute": (attribute(), VIOLATION),
    "angles in an attribute": (angles_in_an_attribute(), VIOLATION),
    "a name": (name(), VIOLATION),
    "attributes": (attributes(), VIOLATION),
    "declarations": (declarations(), VIOLATION),
    "levels": (levels(), VIOLATION),
    "siblings": (siblings(), VIOLATION),
    "references": (references(), STANZA_TOO_BIG),
    "a CDATA section": (section(), STANZA_TOO_BIG),
    "ever new names": (ever_new_names(), StreamError("resource-constraint", "names")),
    "ever new namespaces": (ever_new_namespaces(), StreamError("resource-constraint", "names")),
}
MOST = 4 * AFTER.stanza_bytes


@pytest.mark.parametrize("what", ENDLESS)
def test_what_never_ends_is_ended(what: str, scene: Scene) -> None:
    pieces, outcome = ENDLESS[what]
    with scene.attacker.stream() as peer:
        peer.send_until_ended(pieces, MOST)
        scene.honest_ping()
        check(outcome, peer, scene.attacker)
