"""The requests that a wave service answers, told apart by what their pubsub payload holds. FEDERATION.md, section 3."""

from __future__ import annotations

from typing import Final

from wave_federation.errors import StanzaRefused
from wave_federation.hosting.history import HistoryService
from wave_federation.hosting.submissions import SubmissionService
from wave_federation.namespaces import PUBSUB, WAVE, qualified
from wave_federation.routing.handlers import Handler, Later
from wave_federation.routing.router import Router
from wave_federation.stanzas import Element, Kind, Stanza

_PUBSUB: Final = qualified(PUBSUB, "pubsub")


def serve_requests(router: Router, submissions: SubmissionService, history: HistoryService) -> None:
    """Have the router give the two services what is theirs."""
    sets: dict[str, Handler] = {
        qualified(WAVE, "submit-request"): submissions.submit,
        qualified(WAVE, "signature"): submissions.post_signer,
    }
    gets: dict[str, Handler] = {
        qualified(WAVE, "delta-history"): history.history,
        qualified(WAVE, "signer-request"): history.signer,
    }
    router.handle(Kind.IQ, "set", _PUBSUB, _by_content(sets))
    router.handle(Kind.IQ, "get", _PUBSUB, _by_content(gets))


def _by_content(handlers: dict[str, Handler]) -> Handler:
    """A handler that gives a request to the one that its first element of the Wave namespace names."""

    async def serve(stanza: Stanza) -> Element | Later | None:
        for element in stanza.payload[0].iter(*handlers):
            return await handlers[str(element.tag)](stanza)
        raise StanzaRefused("nobody here serves this", condition="service-unavailable")

    return serve
