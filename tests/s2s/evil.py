"""A provider that lies: it signs what it likes, submits it, hosts wavelets whose histories it makes up, and floods."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from s2s.hub import Hub
from s2s.pki import Authority
from s2s.providers import FEATURES, milliseconds
from wave_federation.namespaces import PUBSUB, PUBSUB_EVENT, RECEIPTS, qualified
from wave_federation.protocol import reading, writing
from wave_federation.protocol.messages import (
    HistoryPage,
    HistoryRequest,
    SignerPost,
    SignerRequest,
    SubmitRequest,
    WaveletUpdate,
)
from wave_federation.routing.answers import Refusal, RequestRefused, read_refusal
from wave_federation.routing.disco import Disco
from wave_federation.routing.router import Router
from wave_federation.services import own_service
from wave_federation.signing import DomainSigner
from wave_federation.stanzas import Element, Kind, Stanza, make_stanza, new_id
from wave_federation.xml.validation import validate
from wave_ot.deltas import AppliedDelta, HashedVersion, Signature, SignedDelta, SignerInfo, WaveletDelta
from wave_ot.history import next_version, version_zero
from wave_ot.protobuf import encode_applied_delta, encode_delta, encode_signed_delta
from wave_ot.wavelet_operations import WaveletOperation
from wave_server.names import WaveletName

RESULT: Final = "result"
RECEIVED: Final = "received"
_PATIENCE: Final = 20.0  # seconds until an answer must have come

Signing = Callable[[bytes], tuple[Signature, ...]]


def signer_of(authority: Authority, domain: str) -> DomainSigner:
    """A signer whose certificate, of that authority, names the domain."""
    identity = authority.issue(domain)
    return DomainSigner.from_pem(domain, identity.certificate_pem, identity.key_pem)


def signed(sign: Signing, author: str, target: HashedVersion, *operations: WaveletOperation) -> SignedDelta:
    """A delta that says it is by ``author``, with the signatures that ``sign`` gives."""
    delta = encode_delta(WaveletDelta(target, author, operations))
    return SignedDelta(delta, sign(delta))


class Ledger:
    """A history of a wavelet, made up by its host."""

    def __init__(self, name: WaveletName) -> None:
        self.name: Final = name
        self.applied: list[bytes] = []
        self.versions = [version_zero(name.uri)]  # before each delta, and after the last

    @property
    def head(self) -> HashedVersion:
        return self.versions[-1]

    def add(self, delta: SignedDelta, operations: int, *, at: HashedVersion | None = None) -> bytes:
        """Apply a delta at the head, or claim that it was ``at`` another version."""
        where = at or self.head
        data = encode_applied_delta(AppliedDelta(delta, where, operations, milliseconds()))
        self.applied.append(data)
        self.versions.append(next_version(where, data, operations))
        return data

    def page(self, request: HistoryRequest) -> HistoryPage:
        """What an honest host would answer."""
        if request.start == request.end:
            return HistoryPage((), self.head.version, None, self.head)
        numbers = [version.version for version in self.versions]
        first, end = numbers.index(request.start.version), numbers.index(request.end.version)
        return HistoryPage(tuple(self.applied[first:end]), self.head.version)


class Evil:
    """The provider ``domain``, on a hub. ``history`` is what it answers who asks for the history of its wavelets."""

    def __init__(self, hub: Hub, authority: Authority, domain: str) -> None:
        self.domain: Final = domain
        self.service: Final = own_service(domain)
        self.signer: Final = signer_of(authority, domain)
        self.signers: dict[bytes, SignerInfo] = {self.signer.id: self.signer.info}
        self.history: Callable[[HistoryRequest], HistoryPage] | None = None
        self.updates: list[Stanza] = []
        self.asked: list[HistoryRequest] = []
        self.refusals: list[Refusal] = []  # of its iqs
        self.router: Final = Router(hub.end(domain, self.service), validate)
        self._outcomes: dict[str, asyncio.Future[str]] = {}
        disco = Disco(self.router, domain=domain, service=self.service)
        for feature in FEATURES:
            disco.announce(feature)
        self.router.handle(Kind.MESSAGE, "normal", qualified(PUBSUB_EVENT, "event"), self._update)
        self.router.handle(Kind.MESSAGE, "normal", qualified(RECEIPTS, "received"), self._receipt)
        self.router.handle(Kind.MESSAGE, "error", None, self._error)
        self.router.handle(Kind.IQ, "get", qualified(PUBSUB, "pubsub"), self._serve)

    # What it does to others. Each returns RESULT or RECEIVED, or the condition of the error that came back.

    async def submit(self, to: str, name: WaveletName, delta: SignedDelta | bytes) -> str:
        """Submit to the domain ``to``."""
        data = delta if isinstance(delta, bytes) else encode_signed_delta(delta)
        return await self.ask(to, "set", writing.submit_request_payload(SubmitRequest(name, data)))

    async def post(self, to: str, signer: SignerInfo) -> str:
        """Post a signer."""
        return await self.ask(to, "set", writing.signer_post_payload(SignerPost(signer)))

    async def ask_history(self, to: str, request: HistoryRequest) -> str:
        """Ask for history."""
        return await self.ask(to, "get", writing.history_request_payload(request))

    async def ask_signer(self, to: str, request: SignerRequest) -> str:
        """Ask for a signer."""
        return await self.ask(to, "get", writing.signer_request_payload(request))

    async def ask(self, to: str, kind: str, payload: Element) -> str:
        """Send an iq."""
        iq = make_stanza(Kind.IQ, self.service, own_service(to), payload, type=kind)
        try:
            await self.router.request(iq, within=_PATIENCE)
        except RequestRefused as refused:
            self.refusals.append(refused.refusal)
            return refused.refusal.condition
        return RESULT

    async def update(self, to: str, *updates: WaveletUpdate) -> str:
        """Send what it says has happened in wavelets, in one message."""
        payloads = [writing.update_payload(each) for each in updates]
        first = payloads[0]
        for other in payloads[1:]:
            first[1][0].extend(list(other[1][0]))
        return await self.message(to, *first, kind="normal")

    async def message(self, to: str, *payload: Element, kind: str) -> str:
        """Send a message, and wait for a receipt or an error."""
        message = new_id()
        outcome = self._outcomes[message] = asyncio.get_running_loop().create_future()
        self.router.send(make_stanza(Kind.MESSAGE, self.service, own_service(to), *payload, type=kind, id=message))
        return await asyncio.wait_for(outcome, _PATIENCE)

    def claim_receipt(self, to: str, message: str) -> None:
        """Say that a message has come."""
        receipt = make_stanza(Kind.MESSAGE, self.service, own_service(to), writing.receipt_payload(), id=message)
        self.router.send(receipt)

    # What others say to it

    async def _update(self, stanza: Stanza) -> None:
        self.updates.append(stanza)
        receipt = make_stanza(Kind.MESSAGE, stanza.recipient, stanza.sender, writing.receipt_payload(), id=stanza.id)
        self.router.send(receipt)

    async def _receipt(self, stanza: Stanza) -> None:
        self._settle(stanza, RECEIVED)

    async def _error(self, stanza: Stanza) -> None:
        self._settle(stanza, read_refusal(stanza).condition)

    def _settle(self, stanza: Stanza, outcome: str) -> None:
        waiting = self._outcomes.pop(stanza.id or "", None)
        if waiting is not None:
            waiting.set_result(outcome)

    async def _serve(self, stanza: Stanza) -> Element:
        if stanza.payload[0][0].get("node") == "signer":
            request = reading.read_signer_request(stanza)
            return writing.signer_response_payload(self.signers[request.signer_id])
        asked = reading.read_history_request(stanza)
        self.asked.append(asked)
        assert self.history is not None, "it has been asked for a history that it does not have"
        return writing.history_page_payload(self.history(asked))
