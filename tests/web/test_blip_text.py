"""Plain text and the blip that holds it are edited as one."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wave_ot.deltas import HashedVersion
from wave_ot.wavelet_operations import MutateDocument
from wave_server.names import WaveletName
from wave_server.schema import schema_of
from wave_web.client.blip_text import BlipText, blip_of
from wave_web.client.concurrency import Committed
from wave_web.client.replica import Replica

NAME = WaveletName.parse_path("example.com/w+a/~/conv+root")
texts = st.text(alphabet="ab\n😀é", max_size=6)
edits = st.lists(st.tuples(st.booleans(), st.integers(0, 40), st.integers(0, 5), texts), max_size=12)


def replica_of(text: str) -> Replica:
    keys = itertools.count()
    replica = Replica(NAME, "alice@example.com", lambda: str(next(keys)))
    replica.snapshot(HashedVersion(0, b""), [], {"b+1": blip_of(text)})
    return replica


@given(text=texts, plan=edits)
def test_edits_of_the_text_are_edits_of_the_blip_also_while_others_edit(
    text: str, plan: list[tuple[bool, int, int, str]]
) -> None:
    replica = replica_of(text)
    mine, theirs = BlipText(replica, "b+1"), BlipText(replica, "b+1")
    version = 0
    for local, place, length, inserted in plan:
        position = place % (len(text) + 1)
        deleted = min(length, len(text) - position)
        operation = (mine if local else theirs).edit(position, deleted, inserted)
        assert replica.document("b+1").check(operation.op, schema_of("b+1")) is None
        text = text[:position] + inserted + text[position + deleted :]
        if local:
            replica.edit(operation)
        else:
            while (sent := replica.in_flight) is not None:  # or the remote operation would not fit the server's state
                end = HashedVersion(version + len(sent.operations), b"")
                replica.acknowledged(sent.key, Committed(version, end))
                version = end.version
            replica.delta((operation,), Committed(version, HashedVersion(version + 1, b"")), None)
            version += 1
        assert mine.text == text
    assert theirs.text == text


def test_a_place_that_is_not_in_the_text_is_refused() -> None:
    blip = BlipText(replica_of("one\ntwo"), "b+1")
    for position, deleted in ((8, 0), (5, 3), (-1, 0)):
        with pytest.raises(IndexError):
            blip.edit(position, deleted, "x")
    assert isinstance(blip.edit(7, 0, "x"), MutateDocument)
