"""Who serves which stanzas: handlers by kind, type and name of the payload."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Final, TypeAlias, final

from wave_federation.errors import StanzaRefused
from wave_federation.stanzas import Element, Kind, Stanza


@final
class Later:
    """What a handler gives that has taken a stanza in its turn, and answers when something else has happened.

    The next stanza is served meanwhile. ``answer`` counts as what the handler itself would have returned or raised.
    """

    __slots__ = ("answer",)

    def __init__(self, answer: Awaitable[Element | None]) -> None:
        self.answer: Final = answer


Handler: TypeAlias = Callable[[Stanza], Awaitable[Element | Later | None]]
"""Serves one stanza. For an iq, what it returns is the result's payload; for others, nothing is sent.

It raises StanzaRefused to answer with an error. What else it raises is answered ``internal-server-error`` and logged.
"""

_MESSAGE_TYPES: Final = frozenset({"chat", "error", "groupchat", "headline", "normal"})  # RFC 6121 §5.2.2


def effective_type(stanza: Stanza) -> str:
    """The type that a stanza counts as: a message of no known type is ``normal``, RFC 6121 §5.2.2.

    Presence without a type is ``available`` here.
    """
    if stanza.kind is Kind.MESSAGE:
        return stanza.type if stanza.type in _MESSAGE_TYPES else "normal"
    return stanza.type or "available"


@final
class Handlers:
    """The table. A ``name`` is in Clark notation; None stands for what no other handler of the kind and type takes."""

    def __init__(self) -> None:
        self._handlers: dict[tuple[Kind, str, str | None], Handler] = {}

    def add(self, kind: Kind, type: str, name: str | None, handler: Handler) -> None:  # noqa: A002 - the attribute's name
        """Raises ValueError when somebody serves that already."""
        key = (kind, type, name)
        if key in self._handlers:
            raise ValueError(f"{kind} of type {type} with {name} has a handler already")
        self._handlers[key] = handler

    def find(self, stanza: Stanza) -> Handler | None:
        """The handler of the first payload that has one."""
        kind, kind_type = stanza.kind, effective_type(stanza)
        for name in (*(str(element.tag) for element in stanza.payload), None):
            handler = self._handlers.get((kind, kind_type, name))
            if handler is not None:
                return handler
        return None


def unserved(stanza: Stanza) -> StanzaRefused | None:
    """What to answer where nobody serves it; None where silence is right, as for presence and headlines.

    Source: RFC 6120 §8.4; RFC 6121 §8.5.1, §8.5.2.1.
    """
    if stanza.kind is Kind.PRESENCE or effective_type(stanza) in ("error", "headline"):
        return None
    return StanzaRefused("nobody here serves this", condition="service-unavailable")


def for_domains(handler: Handler) -> Handler:
    """A handler for what is asked of the domain itself: whether it has such a user is nobody's business.

    What is for an address with a local part or a resource is answered as what nobody serves.
    """

    @wraps(handler)
    async def serve(stanza: Stanza) -> Element | Later | None:
        if stanza.recipient.node or stanza.recipient.resource:
            raise StanzaRefused("nobody here serves this", condition="service-unavailable")
        return await handler(stanza)

    return serve
