"""Our requests to the wave services of other domains. Every one has a time limit: originals leave some unanswered."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Final, final

from wave_federation.errors import StanzaRefused, UntrustedSigner, UnusableSigner
from wave_federation.protocol import reading, writing
from wave_federation.protocol.messages import (
    HistoryPage,
    HistoryRequest,
    SignerPost,
    SignerRequest,
    SubmitRequest,
    SubmitResponse,
)
from wave_federation.routing.answers import UnusableAnswer
from wave_federation.routing.router import Router
from wave_federation.routing.wave_services import WaveService
from wave_federation.services import Spokesmen
from wave_federation.signers.registry import KnownSigner, Signers
from wave_federation.stanzas import Element, Kind, Stanza, make_stanza
from wave_ot.deltas import HashedVersion, SignerInfo
from wave_server.names import WaveletName

SUBMIT_SECONDS: Final = 60.0  # an original may be slow, and silence does not say that nothing happened


@final
class Asking:
    """Asks, and reads the answers. ``service`` is the address of ours.

    Every method raises NoWaveService, RequestFailed (RequestRefused, NoAnswer, UnusableAnswer) or QueueFull.
    """

    def __init__(self, service: str, router: Router, spokesmen: Spokesmen) -> None:
        self._service: Final = service
        self._router: Final = router
        self._spokesmen: Final = spokesmen

    async def service_of(self, domain: str) -> WaveService:
        """Where the waves of a domain are spoken of."""
        return await self._spokesmen.service_of(domain)

    async def history(self, host: str, request: HistoryRequest) -> HistoryPage:
        """A stretch of the history of a wavelet that ``host`` hosts, or a part of it."""
        answer = await self._ask(host, "get", writing.history_request_payload(request))
        try:
            return reading.read_history_page(answer)
        except StanzaRefused as error:
            raise _unusable(host, error) from error

    async def signer(self, host: str, request: SignerRequest) -> SignerInfo:
        """The certificates of a signer."""
        answer = await self._ask(host, "get", writing.signer_request_payload(request))
        try:
            return reading.read_signer_response(answer)
        except StanzaRefused as error:
            raise _unusable(host, error) from error

    async def post_signer(self, host: str, signer: SignerInfo) -> None:
        """Tell a host who signs our users' deltas."""
        await self._ask(host, "set", writing.signer_post_payload(SignerPost(signer)))

    async def submit(self, host: str, request: SubmitRequest) -> SubmitResponse:
        """Have a host apply a delta. Sending the same bytes again is safe."""
        payload = writing.submit_request_payload(request)
        answer = await self._ask(host, "set", payload, within=SUBMIT_SECONDS)
        try:
            return reading.read_submit_response(answer)
        except StanzaRefused as error:
            raise _unusable(host, error) from error

    async def _ask(self, host: str, kind: str, payload: Element, *, within: float = 30.0) -> Stanza:
        service = await self._spokesmen.service_of(host)
        iq = make_stanza(Kind.IQ, self._service, service.address, payload, type=kind)
        return await self._router.request(iq, within=within)


@final
class SignerFetches:
    """Fetches signers that nobody has posted, each once for all who wait for it."""

    def __init__(self, asking: Asking, signers: Signers) -> None:
        self._asking: Final = asking
        self._signers: Final = signers
        self._under_way: Final[dict[bytes, asyncio.Task[KnownSigner]]] = {}

    async def fetch(self, name: WaveletName, at: HashedVersion, timestamp: int, signer_id: bytes) -> KnownSigner:
        """Ask the wavelet's host for a signer of the delta that led to ``at``, applied at ``timestamp`` (ms).

        Raises what Asking raises; UnusableAnswer also for another signer than that, and for one that we do not trust:
        then nobody has done wrong for certain. StoreUnavailable when it could not be kept.
        """
        task = self._under_way.get(signer_id)
        if task is None:
            request = SignerRequest(signer_id, name, at)
            task = asyncio.get_running_loop().create_task(self._fetch(name.host, request, timestamp))
            self._under_way[signer_id] = task
            task.add_done_callback(partial(self._fetched, signer_id))
        return await asyncio.shield(task)

    def _fetched(self, signer_id: bytes, task: asyncio.Task[KnownSigner]) -> None:
        del self._under_way[signer_id]
        if not task.cancelled():
            task.exception()  # whoever waited may have been broken off meanwhile: then nobody asks for it

    async def _fetch(self, host: str, request: SignerRequest, timestamp: int) -> KnownSigner:
        info = await self._asking.signer(host, request)
        try:
            known = await self._signers.admit(info, at=timestamp)
        except (UntrustedSigner, UnusableSigner) as error:  # an administrator may come to trust it
            raise UnusableAnswer(f"the deltas of {info.domain} cannot be verified here: {error}") from error
        if known.chain.id != request.signer_id:
            raise UnusableAnswer(f"{host} answered with another signer than the one asked for")
        return known


def _unusable(host: str, error: StanzaRefused) -> UnusableAnswer:
    return UnusableAnswer(f"{host} answered with what cannot be read: {error}")
