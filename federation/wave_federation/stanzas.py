"""Stanzas as values: what kind, between whom, holding what. RFC 6120, section 8.

A stanza is one lxml element in the namespace ``jabber:server`` with its addresses read and checked for form.
Whether the sender may use its address is the stream's business. Elements count as immutable once they are here.
"""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, final

from lxml import etree
from slixmpp.jid import JID, InvalidJID

from wave_federation.errors import RemoteProtocolError, StanzaRefused
from wave_federation.namespaces import RETRY, SERVER, STANZA_ERRORS, XML, qualified

Element = etree._Element  # lxml gives its element class no public name

_ID_BYTES: Final = 12


class Kind(StrEnum):
    """The three kinds of stanza, RFC 6120 §8.2."""

    MESSAGE = "message"
    PRESENCE = "presence"
    IQ = "iq"


_KINDS: Final = {qualified(SERVER, kind.value): kind for kind in Kind}
_IQ_TYPES: Final = frozenset({"get", "set", "result", "error"})


@final
@dataclass(frozen=True, slots=True, eq=False)
class Stanza:
    """One stanza. ``element`` is the whole of it, in ``jabber:server``."""

    kind: Kind
    sender: JID
    recipient: JID
    element: Element

    @property
    def type(self) -> str | None:
        """The ``type`` attribute."""
        return self.element.get("type")

    @property
    def id(self) -> str | None:
        """The ``id`` attribute: echo it unchanged, whatever it holds."""
        return self.element.get("id")

    @property
    def payload(self) -> list[Element]:
        """The child elements, in order."""
        return list(self.element)

    @property
    def is_error(self) -> bool:
        """Whether this reports an error: it is never answered with another one, RFC 6120 §8.3.1."""
        return self.type == "error"


def read_stanza(element: Element) -> Stanza:
    """The stanza in an element of a stream's first level.

    Raises RemoteProtocolError with the condition that RFC 6120 wants: ``unsupported-stanza-type`` for an element that
    is no stanza (§4.9.3.24), ``improper-addressing`` for addresses that are missing or malformed (§4.9.3.7; both are
    required between servers, §8.1.1.2 and §8.1.2.2).
    """
    kind = _KINDS.get(str(element.tag))
    if kind is None:
        raise RemoteProtocolError("only message, presence and iq are stanzas", condition="unsupported-stanza-type")
    return Stanza(kind, _address(element, "from"), _address(element, "to"), element)


def check_form(stanza: Stanza) -> None:
    """Raise StanzaRefused(``bad-request``) unless an iq has an id, a known type and as many children as that takes.

    Source: RFC 6120 §8.2.3.
    """
    if stanza.kind is not Kind.IQ:
        return
    children = len(stanza.element)
    if not stanza.id:
        raise _malformed("an iq needs an id")
    if stanza.type not in _IQ_TYPES:
        raise _malformed("an iq is of type get, set, result or error")
    if stanza.type in ("get", "set") and children != 1:
        raise _malformed(f"an iq of type {stanza.type} has exactly one child")
    if stanza.type == "result" and children > 1:
        raise _malformed("an iq of type result has at most one child")


def make_stanza(
    kind: Kind,
    sender: JID | str,
    recipient: JID | str,
    *payload: Element,
    type: str | None = None,  # noqa: A002 - the attribute's name
    id: str | None = None,  # noqa: A002
) -> Stanza:
    """A stanza of ours. The payload is moved into it. An iq without ``id`` gets a new one."""
    if kind is Kind.IQ and id is None:
        id = new_id()  # noqa: A001
    element = etree.Element(qualified(SERVER, kind.value), nsmap={None: SERVER})
    from_, to = JID(sender), JID(recipient)
    for name, value in (("from", str(from_)), ("to", str(to)), ("type", type), ("id", id)):
        if value is not None:
            element.set(name, value)
    element.extend(payload)
    return Stanza(kind, from_, to, element)


def new_id() -> str:
    """An id that nobody can guess: replies are matched by it."""
    return base64.urlsafe_b64encode(secrets.token_bytes(_ID_BYTES)).decode("ascii")


def result_of(request: Stanza, *payload: Element) -> Stanza:
    """The result of an iq request."""
    return make_stanza(request.kind, request.recipient, request.sender, *payload, type="result", id=request.id)


def error_of(request: Stanza, error: StanzaRefused) -> Stanza:
    """The error that answers ``request``, without the request's payload. Never call it for one that is an error."""
    assert not request.is_error, "no error answers an error, RFC 6120 §8.3.1"
    condition = etree.Element(qualified(STANZA_ERRORS, error.condition), nsmap={None: STANZA_ERRORS})
    report = etree.Element(qualified(SERVER, "error"), {"type": error.type})
    report.append(condition)
    text = etree.SubElement(report, qualified(STANZA_ERRORS, "text"), {qualified(XML, "lang"): "en"})
    text.text = str(error)
    if error.retry_after is not None:
        report.append(etree.Element(qualified(RETRY, "retry"), {"after": str(error.retry_after)}, nsmap={None: RETRY}))
    return make_stanza(request.kind, request.recipient, request.sender, report, type="error", id=request.id)


def _malformed(message: str) -> StanzaRefused:
    return StanzaRefused(message, condition="bad-request", type="modify")


def _address(element: Element, name: str) -> JID:
    value = element.get(name)
    if not value:
        raise RemoteProtocolError(f"a stanza between servers needs a {name!r}", condition="improper-addressing")
    try:
        return JID(value)
    except (InvalidJID, UnicodeError) as error:
        raise RemoteProtocolError(f"the {name!r} is no address", condition="improper-addressing") from error
