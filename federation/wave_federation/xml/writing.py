"""The XML that we send on streams, as bytes. RFC 6120, sections 4.7 to 4.9 and 11."""

from __future__ import annotations

import re
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from wave_federation.errors import RemoteProtocolError
from wave_federation.namespaces import APPLICATION_ERRORS, SERVER, STREAM_ERRORS, STREAMS
from wave_federation.stanzas import Element

_NO_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, production 2
_DECLARATION: Final = f' xmlns="{SERVER}"'.encode()  # as libxml2 writes it, right behind the name


def stream_header(sender: str | None, recipient: str | None, *, stream_id: str | None = None) -> bytes:
    """The XML declaration and the root's start tag; ``stream_id`` is for the receiving side, RFC 6120 §4.7.3.

    An address that is not known is left out: the receiving side answers a header that it refuses, too.
    """
    header = f"<?xml version='1.0'?><stream:stream xmlns='{SERVER}' xmlns:stream='{STREAMS}'"
    for name, value in (("from", sender), ("to", recipient), ("id", stream_id)):
        if value is not None:
            header += f" {name}={quoteattr(_legal(value))}"
    return f"{header} version='1.0' xml:lang='en'>".encode()


def stream_end() -> bytes:
    """The root's end tag, RFC 6120 §4.4."""
    return b"</stream:stream>"


def stream_error(error: RemoteProtocolError) -> bytes:
    """The stream error that tells the peer what it did, RFC 6120 §4.9; behind it, the stream is to be closed."""
    condition = f"<{error.condition} xmlns='{STREAM_ERRORS}'/>"
    text = f"<text xmlns='{STREAM_ERRORS}' xml:lang='en'>{escape(_legal(str(error)))}</text>"
    detail = f"<{error.detail} xmlns='{APPLICATION_ERRORS}'/>" if error.detail is not None else ""
    return f"<stream:error>{condition}{text}{detail}</stream:error>".encode()


def to_bytes(element: Element) -> bytes:
    """An element of the stream's first level, which inherits the default namespace ``jabber:server`` from the root."""
    data = etree.tostring(element, encoding="UTF-8", xml_declaration=False, with_tail=False)
    name, found, rest = data.partition(_DECLARATION)
    # Only the element's own declaration is superfluous, and it stands right behind a name without a prefix.
    return name + rest if found and name[1:].isalpha() else data


def _legal(text: str) -> str:
    """The text with replacement characters for what XML cannot hold: our sentences may quote a peer."""
    return _NO_XML.sub("\N{REPLACEMENT CHARACTER}", text)
