"""What is logged of links."""

from __future__ import annotations

import logging

import pytest

from wave_federation.links.journal import note


def test_a_decision_is_one_line_for_people_and_fields_for_machines(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="wave_federation.links")
    note("link-ready", "alpha.test", "beta.test", address="192.0.2.1:5269", tls="TLSv1.3")
    (record,) = caplog.records
    assert record.getMessage() == "link-ready alpha.test beta.test address=192.0.2.1:5269 tls=TLSv1.3"
    assert record.__dict__["link"] == {
        "event": "link-ready",
        "local": "alpha.test",
        "remote": "beta.test",
        "address": "192.0.2.1:5269",
        "tls": "TLSv1.3",
    }


def test_what_peers_say_stays_on_the_line_and_in_its_quotes(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="wave_federation.links")
    note("incoming-failed", "alpha.test", "", reason="bad\nlink-ready alpha.test evil.test \u202e", text="")
    assert caplog.messages == [
        r"incoming-failed alpha.test ? reason='bad\nlink-ready alpha.test evil.test \u202e' text=''"
    ]


def test_details_are_logged_only_where_they_are_wanted(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="wave_federation.links")
    note("stanza-returned", "alpha.test", "beta.test", level=logging.DEBUG)
    assert caplog.messages == []
