"""The stock servers with each other: what they need to federate, the tests provide, and so our server can take part."""

from __future__ import annotations

import pytest

from peers.ejabberd import Ejabberd
from peers.prosody import Prosody
from peers.user import CLIENT, signed_in

PING = "<ping xmlns='urn:xmpp:ping'/>"


@pytest.mark.parametrize("domain", ["ejabberd.test", "server-only.ejabberd.test"])
def test_a_user_of_prosody_pings_ejabberd(prosody: Prosody, ejabberd: Ejabberd, domain: str) -> None:
    with signed_in(prosody.address, prosody.client_port, "prosody.test", "ada") as ada:
        answer = ada.request(domain, PING)
    assert (answer.get("type"), answer.get("from")) == ("result", domain)


def test_a_message_goes_from_ejabberd_to_prosody_and_back(prosody: Prosody, ejabberd: Ejabberd) -> None:
    with (
        signed_in(prosody.address, prosody.client_port, "prosody.test", "ada") as ada,
        signed_in(ejabberd.address, ejabberd.client_port, "ejabberd.test", "bob") as bob,
    ):
        bob.send_message(ada.address, "there")
        message = ada.read_message()
        assert (message.get("from"), message.findtext(CLIENT + "body")) == (bob.address, "there")
        ada.send_message(bob.address, "and back")
        message = bob.read_message()
        assert (message.get("from"), message.findtext(CLIENT + "body")) == (ada.address, "and back")
