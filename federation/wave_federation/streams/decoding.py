"""What the parser reports, as what the peer did."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from wave_federation.namespaces import SASL, SERVER, STARTTLS, STREAM_ERRORS, STREAMS, qualified
from wave_federation.stanzas import Element, Kind
from wave_federation.streams import events
from wave_federation.streams.events import Received
from wave_federation.xml.stream_parser import ElementParsed, Offence, ParserEvent, StreamClosed, StreamOpened

_STANZAS: Final = frozenset(qualified(SERVER, kind.value) for kind in Kind)

_MECHANISM: Final = f"{qualified(SASL, 'mechanisms')}/{qualified(SASL, 'mechanism')}"
_STARTTLS: Final = qualified(STARTTLS, "starttls")


def decode(event: ParserEvent) -> Received:
    """What the peer did by sending this. Nothing is refused here: whether it may is for the state machine to say."""
    match event:
        case StreamOpened(namespace, attributes, content_namespace):
            return events.Header(
                namespace,
                content_namespace,
                attributes.get("from") or None,
                attributes.get("to") or None,
                attributes.get("version"),
            )
        case ElementParsed(element):
            return _decode_element(element)
        case StreamClosed():
            return events.StreamClosed()
        case Offence(error):
            return events.Offence(error)


def _decode_element(element: Element) -> Received:
    name = str(element.tag)
    if name in _STANZAS:
        return events.StanzaReceived(element)
    known = _NEGOTIATION.get(name)
    return known(element) if known is not None else events.Unsupported(name)


def _features(element: Element) -> Received:
    mechanisms = frozenset((mechanism.text or "").strip() for mechanism in element.iterfind(_MECHANISM))
    return events.Features(element.find(_STARTTLS) is not None, mechanisms)


def _condition(element: Element, namespace: str, otherwise: str) -> tuple[str, str]:
    """The condition and the text of an error, RFC 6120 §4.9.2 and §6.5. The text comes on one line."""
    text = element.findtext(qualified(namespace, "text")) or ""
    prefix = qualified(namespace, "")
    names = [str(child.tag).removeprefix(prefix) for child in element if str(child.tag).startswith(prefix)]
    return next((name for name in names if name != "text"), otherwise), " ".join(text.split())


_NEGOTIATION: Final[dict[str, Callable[[Element], Received]]] = {
    qualified(STREAMS, "features"): _features,
    qualified(STREAMS, "error"): lambda element: events.StreamErrorReceived(
        *_condition(element, STREAM_ERRORS, "undefined-condition")
    ),
    qualified(STARTTLS, "starttls"): lambda _element: events.StartTls(),
    qualified(STARTTLS, "proceed"): lambda _element: events.Proceed(),
    qualified(STARTTLS, "failure"): lambda _element: events.TlsRefused(),
    # An empty element has no initial response; a response of no bytes is written "=", RFC 6120 §6.4.2.
    qualified(SASL, "auth"): lambda element: events.Auth(element.get("mechanism"), element.text or None),
    qualified(SASL, "response"): lambda element: events.Response(element.text or ""),
    qualified(SASL, "abort"): lambda _element: events.Abort(),
    qualified(SASL, "success"): lambda _element: events.Success(),
    qualified(SASL, "failure"): lambda element: events.SaslFailure(*_condition(element, SASL, "not-authorized")),
}
