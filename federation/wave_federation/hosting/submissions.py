"""What other providers submit to the wavelets hosted here: proved to be their users', then applied as any other.

Source: DESIGN.md, section 4, step 1; FEDERATION.md, sections 3 to 5.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, final

from wave_federation.domains import canonical_domain
from wave_federation.errors import FederationError, StanzaRefused
from wave_federation.hosting.refusals import refusal
from wave_federation.protocol.messages import SubmitResponse
from wave_federation.protocol.reading import read_signer_post, read_submit_request
from wave_federation.protocol.writing import signer_posted_payload, submit_response_payload
from wave_federation.routing.handlers import Later
from wave_federation.services import Spokesmen
from wave_federation.signers.registry import Signers
from wave_federation.signers.verification import VerifiedDelta, verify_signed
from wave_federation.stanzas import Element, Stanza
from wave_ot.deltas import HashedVersion
from wave_ot.errors import OperationError
from wave_ot.protobuf import decode_signed_delta
from wave_server.errors import WaveError
from wave_server.host import WaveHost
from wave_server.names import WaveletName
from wave_server.originals import Original
from wave_server.submission import Acknowledgement, Submission


@final
class SubmissionService:
    """Serves submissions and posted signers. ``clock`` gives ms since 1970; ``heard`` is told whose domain spoke."""

    def __init__(
        self,
        *,
        domain: str,
        host: WaveHost,
        signers: Signers,
        spokesmen: Spokesmen,
        clock: Callable[[], int],
        heard: Callable[[str], None],
    ) -> None:
        self._domain: Final = domain
        self._host: Final = host
        self._signers: Final = signers
        self._spokesmen: Final = spokesmen
        self._clock: Final = clock
        self._heard: Final = heard

    async def submit(self, stanza: Stanza) -> Later:
        """Apply a delta; answered when it is durable, the next one of the same domain may be served meanwhile."""
        request = read_submit_request(stanza)
        if request.wavelet.host != self._domain:
            raise StanzaRefused(f"{request.wavelet.uri} is not hosted here", condition="item-not-found")
        try:
            signed = decode_signed_delta(request.delta)
        except OperationError as error:
            raise StanzaRefused(f"the delta cannot be read: {error}", condition="bad-request", type="modify") from error
        try:
            verified = await verify_signed(self._signers, signed, self._clock())
        except FederationError as error:
            raise refusal(error) from error
        await self._check_spokesman(stanza, verified.author.domain)
        original = Original(signed, verified.delta)
        return Later(self._apply(request.wavelet, original, verified))

    async def post_signer(self, stanza: Stanza) -> Element:
        """Admit the signer of the domain that posts it."""
        signer = read_signer_post(stanza).signer
        await self._check_spokesman(stanza, signer.domain)
        try:
            await self._signers.admit(signer)
        except (FederationError, WaveError) as error:
            raise refusal(error) from error
        return signer_posted_payload()

    async def _check_spokesman(self, stanza: Stanza, domain: str) -> None:
        service = canonical_domain(stanza.sender.domain)
        if domain == self._domain or not await self._spokesmen.speaks_for(service, domain):
            raise StanzaRefused(f"{service} does not speak for {domain}", condition="forbidden", type="auth")
        self._heard(domain)

    async def _apply(self, name: WaveletName, original: Original, verified: VerifiedDelta) -> Element:
        try:
            applied = await self._submitted(name, original, verified)
        except WaveError as error:
            raise refusal(error) from error
        version = HashedVersion(applied.version, applied.history_hash)
        return submit_response_payload(SubmitResponse(applied.version - applied.at, version, applied.timestamp))

    async def _submitted(self, name: WaveletName, original: Original, verified: VerifiedDelta) -> Acknowledgement:
        # Not broken off with the stanza's handler: the core answers every submission
        return await asyncio.shield(self._host.submit_and_wait(name, Submission.of(original), verified.author))
