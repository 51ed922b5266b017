"""Gives stanzas that arrive to their handlers and answers to those who asked; sends what is ours.

Nothing here trusts a stanza beyond what the transport has proved: that ``from`` is of the domain that sent it.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, final

from slixmpp.jid import JID

from wave_federation.domains import canonical_domain
from wave_federation.errors import InvalidDomain, QueueFull, StanzaRefused
from wave_federation.links.transport import StanzaTransport
from wave_federation.routing.answers import NoAnswer, RequestFailed, RequestRefused, UnusableAnswer, read_refusal
from wave_federation.routing.complaints import Complaints
from wave_federation.routing.handlers import Handler, Handlers, Later, unserved
from wave_federation.routing.lanes import Lanes
from wave_federation.routing.outstanding import Outstanding
from wave_federation.stanzas import Element, Kind, Stanza, check_form, error_of, result_of

REQUEST_SECONDS: Final = 30.0

_log = logging.getLogger(__name__)


@final
@dataclass(frozen=True, slots=True)
class RouterLimits:
    """What one other domain may occupy here."""

    served: int = 100  # stanzas of a domain that wait or are being served; more are refused
    requests: int = 1_000  # of ours to a domain, unanswered
    handler_seconds: float = 60.0  # that a handler may take with one stanza; then it has failed
    retry_after: int = 10  # seconds; what a refused domain is told


@final
class Router:
    """The one listener of a transport. Everything happens on one event loop.

    ``validate`` raises StanzaRefused for a stanza that its schema does not allow; no handler sees it, then.
    ``counts`` says what happened so far, for metrics: ("heard" or "sent", kind), ("refused", condition),
    ("request", outcome) and ("fault", kind).
    """

    def __init__(
        self, transport: StanzaTransport, validate: Callable[[Stanza], None], limits: RouterLimits | None = None
    ) -> None:
        self.transport: Final = transport
        self.counts: Final[Counter[tuple[str, str]]] = Counter()
        self._validate = validate
        self._limits = limits or RouterLimits()
        self._handlers = Handlers()
        self._lanes = Lanes(self._serve, self._limits.served)
        self._outstanding = Outstanding(self._limits.requests)
        self._too_fast = Complaints(_log, "%s sends faster than it is served: refused")
        self._unheard = Complaints(_log, "an answer to %s is dropped: %s")
        transport.listen(self._hear)

    def handle(self, kind: Kind, type: str, name: str | None, handler: Handler) -> None:  # noqa: A002 - the attribute's name
        """Have ``handler`` serve stanzas of a kind and type whose payload has the ``name``, in Clark notation.

        Types of messages are as in ``effective_type``. None serves what no name matches. While a handler works, the
        same address's next stanza for the same recipient waits: one that has to ask that address something, and wait
        for the answer, starts a task for it. Raises ValueError when there is a handler already.
        """
        self._handlers.add(kind, type, name, handler)

    def send(self, stanza: Stanza) -> None:
        """Send a stanza of ours that has no answer to wait for.

        Raises QueueFull and StanzaRefused as StanzaTransport.send does; ValueError when it is not from us to others.
        """
        domains = self.transport.domains
        if not _is_of(domains, stanza.sender) or _is_of(domains, stanza.recipient):
            raise ValueError(f"a stanza from {stanza.sender} to {stanza.recipient} is not one of ours to others")
        self.transport.send(stanza)
        self.counts["sent", stanza.kind] += 1

    async def request(self, iq: Stanza, *, within: float = REQUEST_SECONDS) -> Stanza:
        """Send an iq of type get or set and wait for its result, at most ``within`` seconds.

        Raises RequestFailed: RequestRefused when an error comes back, NoAnswer, UnusableAnswer; and what ``send`` does,
        QueueFull also when too many requests to that domain are unanswered.
        """
        try:
            answer = await self._exchange(iq, within)
        except RequestFailed:
            self.counts["request", "no-answer"] += 1
            raise
        if answer.is_error:
            self.counts["request", "refused"] += 1
            raise RequestRefused(str(iq.recipient), read_refusal(answer))
        try:
            check_form(answer)
            self._validate(answer)
        except StanzaRefused as fault:
            self.counts["request", "unusable"] += 1
            raise UnusableAnswer(f"{iq.recipient} answered with a result that breaks the protocol: {fault}") from fault
        self.counts["request", "answered"] += 1
        return answer

    async def stop(self) -> None:
        """Break off what is being served; requests under way end with NoAnswer."""
        self._outstanding.abandon()
        await self._lanes.stop()

    async def _exchange(self, iq: Stanza, within: float) -> Stanza:
        future = self._outstanding.open(iq)
        try:
            self.send(iq)
            done, _ = await asyncio.wait((future,), timeout=within)
        finally:
            self._outstanding.close(iq)
        if not done:
            raise NoAnswer(f"{iq.recipient} did not answer within {within:g} s")
        if future.cancelled():
            raise NoAnswer(f"{iq.recipient} had not answered when the server stopped")
        return future.result()

    def _hear(self, stanza: Stanza) -> None:
        """Take what the transport delivers: answers at once, the rest by the lanes."""
        self.counts["heard", stanza.kind] += 1
        if stanza.kind is Kind.IQ and stanza.type in ("result", "error"):
            if not self._outstanding.answer(stanza):
                _log.debug("an answer from %s to nothing that was asked", stanza.sender)
            return
        try:
            check_form(stanza)
        except StanzaRefused as refusal:
            self._refuse(stanza, refusal)
            return
        if self._handlers.find(stanza) is None:
            refusal_or_none = unserved(stanza)
            if refusal_or_none is not None:
                self._refuse(stanza, refusal_or_none)
        elif not self._lanes.put(stanza):
            self._too_fast.about(stanza.sender.domain)
            self._refuse(stanza, self._overload())

    async def _serve(self, stanza: Stanza) -> None:
        handler = self._handlers.find(stanza)
        assert handler is not None, "only what has a handler gets into a lane, and none is ever removed"
        await self._answer_with(stanza, self._handled(stanza, handler))

    async def _handled(self, stanza: Stanza, handler: Handler) -> Element | Later | None:
        self._validate(stanza)
        return await handler(stanza)

    async def _answer_with(self, stanza: Stanza, outcome: Awaitable[Element | Later | None]) -> None:
        """Answer with what comes of it. One that takes its time goes on beside the lane, and counts for its domain."""
        try:
            async with asyncio.timeout(self._limits.handler_seconds):
                payload = await outcome
        except StanzaRefused as refusal:
            self._refuse(stanza, refusal)
        except TimeoutError:  # as a rule it waited for somebody else, who may be away
            _log.warning("serving %s %s from %s took too long", stanza.kind, stanza.type, stanza.sender)
            self._failed(stanza)
        except Exception:
            _log.exception("serving %s %s from %s failed", stanza.kind, stanza.type, stanza.sender)
            self._failed(stanza)
        else:
            if isinstance(payload, Later):
                self._lanes.beside(stanza, self._answer_with(stanza, payload.answer))
            elif stanza.kind is Kind.IQ:
                self._answer(result_of(stanza) if payload is None else result_of(stanza, payload))

    def _failed(self, stanza: Stanza) -> None:
        self.counts["fault", stanza.kind] += 1
        self._refuse(stanza, StanzaRefused("the server failed on this", condition="internal-server-error"))

    def _refuse(self, stanza: Stanza, refusal: StanzaRefused) -> None:
        self.counts["refused", refusal.condition] += 1
        if not stanza.is_error:
            self._answer(error_of(stanza, refusal))

    def _answer(self, stanza: Stanza) -> None:
        """Send what answers. Where even that finds no room the asker has to do without: it does not read."""
        try:
            self.send(stanza)
        except (QueueFull, StanzaRefused) as error:
            self._unheard.about(stanza.recipient.domain, error)

    def _overload(self) -> StanzaRefused:
        return StanzaRefused(
            "too much of yours waits here already",
            condition="resource-constraint",
            type="wait",
            retry_after=self._limits.retry_after,
        )


def _is_of(domains: frozenset[str], address: JID) -> bool:
    try:
        return canonical_domain(address.domain) in domains
    except InvalidDomain:
        return False
