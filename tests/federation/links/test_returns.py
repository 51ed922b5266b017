"""What comes back of what could not be delivered."""

from __future__ import annotations

import pytest

from wave_federation.errors import StanzaRefused
from wave_federation.links.returns import returned
from wave_federation.namespaces import SERVER, STANZA_ERRORS, qualified
from wave_federation.stanzas import Kind, make_stanza

REASON = StanzaRefused("beta.test does not exist", condition="remote-server-not-found")


@pytest.mark.parametrize(
    ("kind", "type_"), [(Kind.IQ, "get"), (Kind.IQ, "set"), (Kind.MESSAGE, None), (Kind.PRESENCE, None)]
)
def test_the_sender_gets_the_error_from_the_one_it_wrote_to(kind: Kind, type_: str | None) -> None:
    stanza = make_stanza(kind, "alpha.test", "ada@beta.test", type=type_, id="1")
    error = returned(stanza, REASON)
    assert error is not None
    assert (error.kind, str(error.sender), str(error.recipient)) == (kind, "ada@beta.test", "alpha.test")
    assert (error.type, error.id) == ("error", "1")
    assert error.element.find(f".//{qualified(STANZA_ERRORS, 'remote-server-not-found')}") is not None
    assert error.element.find(qualified(SERVER, "error")).get("type") == "cancel"  # type: ignore[union-attr]


@pytest.mark.parametrize(("kind", "type_"), [(Kind.IQ, "error"), (Kind.IQ, "result"), (Kind.MESSAGE, "error")])
def test_nothing_comes_back_for_errors_and_results(kind: Kind, type_: str) -> None:
    assert returned(make_stanza(kind, "alpha.test", "beta.test", type=type_), REASON) is None
