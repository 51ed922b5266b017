"""Disturbed conversations: whatever a peer says, the reading side answers in XML, ends once, and believes no other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2s.conversation import CALLED, CALLER, HEADER, Conversation
from s2s.samples import SAMPLES

PACKETS = [*CALLER, *CALLED, *(sample.data for sample in SAMPLES)]
DISTURBANCES = [
    b"<",
    b">",
    b"'",
    b"a.test",
    b"b.test",
    b"c.test",
    b"<!--",
    b"&x;",
    b"\xff",
    b"<a/>",
    b"=",
    b"x",
    HEADER,
]


@pytest.mark.parametrize("we_call", [False, True])
def test_an_honest_conversation_is_established_and_ends(we_call: bool) -> None:
    conversation = Conversation(we_call=we_call)
    for packet in CALLED if we_call else CALLER:
        conversation.hear(packet)
    assert "Established" in conversation.did
    assert ("Deliver" in conversation.did) is not we_call
    assert conversation.did[-1] == "End"


@st.composite
def disturbed(draw: st.DrawFn, packets: tuple[bytes, ...]) -> list[bytes]:
    """An honest conversation with some packets changed, left out, repeated or put between."""
    changed = list(packets)
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(changed) - 1))
        match draw(st.sampled_from(["change", "cut", "repeat", "insert", "drop"])):
            case "change":
                packet, at = changed[place], draw(st.integers(0, len(changed[place])))
                length = draw(st.integers(0, 6))
                changed[place] = packet[:at] + draw(st.sampled_from(DISTURBANCES)) + packet[at + length :]
            case "cut":
                at = draw(st.integers(0, len(changed[place])))
                changed[place : place + 1] = [changed[place][:at], changed[place][at:]]
            case "repeat":
                changed.insert(place, changed[place])
            case "insert":
                changed.insert(place, draw(st.sampled_from(PACKETS)))
            case _ if len(changed) > 1:
                del changed[place]
    return changed


@given(st.data(), st.booleans())
def test_whatever_a_peer_says_nothing_is_raised_and_nothing_comes_after_the_end(
    data: st.DataObject, we_call: bool
) -> None:
    conversation = Conversation(we_call=we_call)
    for packet in data.draw(disturbed(CALLED if we_call else CALLER)):
        conversation.hear(packet)  # asserts what must hold
    assert conversation.did.count("End") <= 1
