"""XML that streams must not hold, from the shared corpus: first thing, within TLS and after authentication."""

from __future__ import annotations

import pytest

from s2s.attacking import Stage, StreamError, check
from s2s.raw_peer import header, ping
from s2s.samples import SAMPLES, Sample

from .conftest import Scene

A, B = "a.test", "b.test"
OFFENCES = [sample for sample in SAMPLES if sample.condition is not None]

# A ping, and only then the offence: before authentication, the ping is one already.
AFTER_PING = "bad-format-text-after-stanza"


def due(sample: Sample, stage: Stage) -> str:
    """The condition of the stream error that the sample deserves at this stage."""
    assert sample.condition is not None
    return "not-authorized" if sample.name == AFTER_PING and stage is not Stage.AUTHENTICATED else sample.condition


@pytest.mark.parametrize("size", [65_536, 1], ids=["whole", "byte by byte"])
@pytest.mark.parametrize("stage", [Stage.CONNECTED, Stage.SECURED, Stage.AUTHENTICATED], ids=lambda stage: stage.name)
@pytest.mark.parametrize("sample", OFFENCES, ids=lambda sample: sample.name)
def test_every_offence_gets_its_error_wherever_it_comes_and_however_it_is_cut(
    sample: Sample, stage: Stage, size: int, scene: Scene
) -> None:
    with scene.attacker.stream(stage) as peer:
        peer.send_slowly(sample.data, size)
        scene.honest_ping()
        check(StreamError(due(sample, stage)), peer, scene.attacker)
    if sample.name == AFTER_PING and stage is Stage.AUTHENTICATED:
        scene.attacker.expect_result("1")


LAUGHS = "".join(f"<!ENTITY e{n + 1} '{f'&e{n};' * 10}'>" for n in range(9))
BOMBS = {
    "a billion laughs": f"<!DOCTYPE x [<!ENTITY e0 'ha'>{LAUGHS}]>" + header(A, "&e9;"),
    "one large entity": f"<!DOCTYPE x [<!ENTITY e '{'x' * 50_000}'>]>" + header(A, "&e;" * 1_000),
    "an endless loop": "<!DOCTYPE x [<!ENTITY a '&b;'><!ENTITY b '&a;'>]>" + header(A, "&a;"),
    "a file": "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>" + header(A, B) + "<iq>&e;</iq>",
    "a device": "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///dev/zero'>]>" + header(A, B) + "<iq>&e;</iq>",
    "another server": "<!DOCTYPE x SYSTEM 'http://127.0.0.1:1/x.dtd'>" + header(A, B),
    "a parameter entity": "<!DOCTYPE x [<!ENTITY % e SYSTEM 'file:///etc/passwd'>%e;]>" + header(A, B),
    "attributes by default": "<!DOCTYPE x [<!ATTLIST stream:stream from CDATA 'c.test'>]>" + header(None, B),
}


@pytest.mark.parametrize("stage", [Stage.CONNECTED, Stage.SECURED, Stage.AUTHENTICATED], ids=lambda stage: stage.name)
@pytest.mark.parametrize("bomb", BOMBS)
def test_no_declaration_is_read_let_alone_what_it_declares(bomb: str, stage: Stage, scene: Scene) -> None:
    with scene.attacker.stream(stage) as peer:
        peer.send_until_ended(iter([BOMBS[bomb].encode()]), 1)
        scene.honest_ping()
        check(StreamError("restricted-xml"), peer, scene.attacker)


def test_a_request_cut_at_every_byte_is_answered_as_a_whole_one(scene: Scene) -> None:
    whole = ping(A, B).encode()
    with scene.attacker.stream() as peer:
        for cut in range(1, len(whole)):
            peer.send(whole[:cut])
            peer.send(whole[cut:])
            scene.attacker.expect_result("ping")
        scene.honest_ping()
