"""The XML of one stream, cut into elements, strictly: RFC 6120, section 11, and its namespaces and limits.

Expat reads the bytes, because its handlers refuse what streams must not hold at the byte where it stands; lxml
elements are built from what they say. The limits hold while bytes come in: whatever a peer sends, in whatever
portions, no more than the limits allow is kept, and events and offences do not depend on the portions.
"""

from __future__ import annotations

import re
from codecs import utf_8_decode
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias, final
from xml.parsers import expat

from lxml import etree

from wave_federation.errors import RemoteProtocolError
from wave_federation.namespaces import STREAMS
from wave_federation.stanzas import Element
from wave_federation.xml.limits import XmlLimits
from wave_federation.xml.offences import (
    not_utf8,
    not_well_formed,
    on_comment,
    on_declaration,
    on_doctype,
    on_instruction,
    on_stray_text,
)


@dataclass(frozen=True, slots=True)
class StreamOpened:
    """The stream's header. Whether namespaces, addresses and version suit is for the stream to say."""

    namespace: str  # of the root element, whose name is "stream" when this is the namespace of streams
    attributes: Mapping[str, str]  # by name, in Clark notation where it has a namespace
    content_namespace: str  # the default namespace, "" without one


@dataclass(frozen=True, slots=True, eq=False)
class ElementParsed:
    """An element of the stream's first level, complete."""

    element: Element
    size: int  # bytes on the wire


@dataclass(frozen=True, slots=True)
class StreamClosed:
    """The root's end tag. What comes after it is ignored."""


@dataclass(frozen=True, slots=True, eq=False)
class Offence:
    """What the peer must not send, met after everything that was reported before. The parser reads no further."""

    error: RemoteProtocolError


ParserEvent: TypeAlias = StreamOpened | ElementParsed | StreamClosed | Offence

_WHITESPACE: Final = b" \t\r\n"
_PIECE: Final = 32_768  # bytes given to expat at once: after an offence it still reads to the piece's end
_TEXT_BYTES: Final = 2_048  # that expat gathers before it hands text out; each stream has this buffer
_TEXTS: Final = 1_000  # pieces of one text; as a string each, single characters take dozens of times their bytes
_LONG_TOKEN: Final = 1_024  # bytes; below this, scanning a token again costs no more than being called
_RESCANS: Final = 256  # times the limit of a tag
_WORN_OUT: Final = 1_048_576  # bytes after which expat is replaced
_TAG: Final = re.compile(rb"""<(?:[^>"']|"[^"]*"|'[^']*')*>""")

_CONDITIONS: Final = {
    expat.errors.codes[expat.errors.XML_ERROR_UNDEFINED_ENTITY]: "restricted-xml",
    expat.errors.codes[expat.errors.XML_ERROR_UNBOUND_PREFIX]: "bad-namespace-prefix",
}


class _WornOut(Exception):
    """Expat has read enough to be replaced."""


@final
class StreamParser:
    """Bytes of one stream in, events out. ``limits`` may be replaced at any time; ``feed`` never raises on input."""

    def __init__(self, limits: XmlLimits) -> None:
        self.limits = limits
        self._text: list[str] = []
        self._ancestors: list[Element] = []
        self._names: dict[str, str] = {}  # in Clark notation, by what expat makes of them
        self._events: list[ParserEvent] = []
        self._deaf = False
        self._window = b""  # from the start of the token that is not complete yet
        self._begin()

    def reset(self) -> None:
        """Forget the stream, and what has been fed of it: the next byte begins another one (RFC 6120 §4.3.3)."""
        self._silence()
        self._begin()

    @property
    def has_residue(self) -> bool:
        """Whether anything but white space came after what the last event reports."""
        if self._deaf:
            return False
        return self._element is not None or bool(self._window.strip(_WHITESPACE)) or (self._begun and not self._header)

    def feed(self, data: bytes) -> list[ParserEvent]:
        """What is complete with these bytes, in order; an Offence is always the last event ever."""
        for start in range(0, len(data), _PIECE):
            self._window += data[start : start + _PIECE]
            while not self._deaf and self._step():
                pass
            if self._deaf:
                self._window = b""
                break
        events, self._events = self._events, []
        return events

    # What has come and what expat has seen of it

    def _begin(self) -> None:
        self._text.clear()
        self._ancestors.clear()
        self._names.clear()
        self._window = b""
        self._fed = 0  # how many bytes of it expat has seen
        self._begun = False
        self._deaf = False
        self._header = b""  # the root's start tag
        self._header_size = 0  # bytes of the stream that are no longer in the window and belong to the header
        self._content_namespace = ""
        self._element: Element | None = None  # the innermost that is open, below the root
        self._last: Element | None = None  # the child of it that was closed last
        self._size = 0  # bytes of the open stanza that are no longer in the window
        self._elements = 0
        self._vocabulary = 0
        self._rescanned = 0
        self._expat = self._new_expat()
        self._expat.StartNamespaceDeclHandler = self._on_namespace
        self._expat.StartElementHandler = self._on_header
        self._origin = 0  # of the window, as expat counts

    def _step(self) -> bool:
        """Give expat what it may see at once; whether there is more to do with what has come."""
        if self._fed == len(self._window) or not (self._begun or self._starts_well()):
            return False
        room = self._room()
        if room <= 0:
            self._offend(self._excess())
            return False
        fresh = self._window[self._fed : self._fed + room]
        if not self._header:  # nothing behind it yet: other limits hold there
            fresh = fresh[: fresh.find(b">") + 1] or fresh
        fresh = _whole_characters(fresh)
        if not fresh:
            if len(self._window) - self._fed > room:
                self._offend(self._excess())
            return False
        if self._fed >= _LONG_TOKEN:
            # Expat scans a token that is not complete from its start again, each time: once per ">" is enough,
            # for all long tokens end so, and no honest peer sends many of those within attributes, byte by byte.
            if b">" not in fresh and len(fresh) < room:
                return False
            self._rescanned += self._fed
            if self._rescanned > _RESCANS * self.limits.tag_bytes:
                self._offend(RemoteProtocolError("the tag comes in too many pieces"))
                return False
        self._parse(fresh)
        return True

    def _parse(self, fresh: bytes) -> None:
        try:
            self._expat.Parse(fresh, False)
        except RemoteProtocolError as error:
            self._offend(error)
        except expat.ExpatError as error:
            self._offend(self._fault(error))
        except _WornOut:
            self._renew()
        else:
            self._fed += len(fresh)
            self._consume(self._expat.CurrentByteIndex - self._origin)
            if len(self._text) > _TEXTS:
                self._text[:] = ["".join(self._text)]

    def _consume(self, size: int) -> None:
        """Forget the first ``size`` bytes of the window."""
        if not self._header:
            self._header_size += size
        elif self._element is not None:
            self._size += size
        self._window = self._window[size:]
        self._fed -= size
        self._origin += size

    def _starts_well(self) -> bool:
        """Whether enough has come to see that this is XML in UTF-8, and is; white space from before a restart may
        arrive after it, and is skipped."""
        self._window = window = self._window.lstrip(_WHITESPACE)
        if not window:
            return False
        if window[0] in b"\x00\xfe\xff" or window[:2] == b"<\x00":
            self._offend(not_utf8())
        elif not window.startswith(b"<"):  # a byte order mark neither, RFC 6120 §11.6
            self._offend(not_well_formed("a stream begins with '<'"))
        elif len(window) > 1:
            self._begun = True
        return self._begun

    def _room(self) -> int:
        """How many bytes may come before a limit is broken, unless something ends before."""
        limits = self.limits
        if not self._header:
            return limits.header_bytes - self._header_size - self._fed
        return min(limits.tag_bytes, limits.stanza_bytes - self._size) - self._fed

    def _excess(self) -> RemoteProtocolError:
        limits = self.limits
        if not self._header:
            return RemoteProtocolError(f"the stream's header has more than {limits.header_bytes} bytes")
        if self._size + self._fed >= limits.stanza_bytes:
            return RemoteProtocolError(f"the stanza has more than {limits.stanza_bytes} bytes", detail="stanza-too-big")
        return RemoteProtocolError(f"a tag has more than {limits.tag_bytes} bytes")

    # Expat, and what it may meet anywhere

    def _new_expat(self) -> expat.XMLParserType:
        parser = expat.ParserCreate("UTF-8", "}", None)  # None: no table of names that grows
        parser.ordered_attributes = True
        parser.buffer_size = _TEXT_BYTES
        parser.buffer_text = True
        if hasattr(parser, "SetReparseDeferralEnabled"):  # expat 2.6 may withhold complete elements; see _step
            parser.SetReparseDeferralEnabled(False)
        parser.XmlDeclHandler = on_declaration
        parser.StartDoctypeDeclHandler = on_doctype
        parser.CommentHandler = on_comment
        parser.ProcessingInstructionHandler = on_instruction
        return parser

    def _renew(self) -> None:
        """Go on behind the stanza just reported with another expat: they never forget a name or a prefix either."""
        self._silence()
        self._expat = self._new_expat()
        self._expat.Parse(self._header, False)
        self._between_stanzas()
        self._origin = len(self._header)
        self._window = self._window[self._stanza_end :]
        self._fed = 0

    def _silence(self) -> None:
        """Part with expat, whose handlers hold us."""
        self._expat.StartElementHandler = self._expat.EndElementHandler = None
        self._expat.CharacterDataHandler = self._expat.StartNamespaceDeclHandler = None

    def _offend(self, error: RemoteProtocolError) -> None:
        if not self._deaf:  # expat has read on behind the stream's end, to the end of the piece
            self._events.append(Offence(error))
            self._end()

    def _end(self) -> None:
        self._deaf = True
        self._element = self._last = None
        self._ancestors.clear()
        self._text.clear()
        self._silence()

    def _fault(self, error: expat.ExpatError) -> RemoteProtocolError:
        place = self._expat.ErrorByteIndex - self._origin
        try:
            self._expat.buffer_text = False  # hands out text that came before the error and may be the first offence
            if self._header and self._element is None and self._window[: place + 1].endswith(b"]]>"):
                on_stray_text("]]>")  # expat does not hand out what stands right before this
        except RemoteProtocolError as earlier:
            return earlier
        message = expat.ErrorString(error.code)
        condition = _CONDITIONS.get(error.code)
        if condition is not None:
            return RemoteProtocolError(f"the XML may not hold this: {message}", condition=condition)
        try:
            utf_8_decode(self._window[place : place + 4], "strict", False)
        except UnicodeDecodeError as no_utf8:
            if no_utf8.start == 0:
                return not_utf8()
        return not_well_formed(message)

    # What expat meets at each level

    def _on_namespace(self, prefix: str | None, namespace: str | None) -> None:
        if prefix is None:
            self._content_namespace = namespace or ""

    def _on_header(self, name: str, attributes: list[str]) -> None:
        self._check_attributes(attributes)
        namespace, _, local = name.rpartition("}")
        if local != "stream":
            condition = "bad-format" if namespace == STREAMS else "invalid-namespace"
            raise RemoteProtocolError("a stream's root element is 'stream'", condition=condition)
        tag = _TAG.match(self._window, self._expat.CurrentByteIndex - self._origin)
        assert tag is not None, "expat has read it"
        self._header = tag[0]
        self._rescanned = 0
        named = dict(zip(map(self._clark, attributes[::2]), attributes[1::2], strict=True))
        self._events.append(StreamOpened(namespace, MappingProxyType(named), self._content_namespace))
        self._expat.StartNamespaceDeclHandler = None
        self._between_stanzas()

    def _between_stanzas(self) -> None:
        self._expat.StartElementHandler = self._on_stanza
        self._expat.EndElementHandler = self._on_close
        self._expat.CharacterDataHandler = on_stray_text

    def _on_close(self, _name: str) -> None:
        self._events.append(StreamClosed())
        self._end()

    def _on_stanza(self, name: str, attributes: list[str]) -> None:
        self._size = self._origin - self._expat.CurrentByteIndex  # what precedes it in the window is not its own
        self._elements = 1
        self._element = self._fill(etree.Element(self._names.get(name) or self._clark(name)), attributes)
        self._expat.StartElementHandler = self._on_child
        self._expat.EndElementHandler = self._on_end
        self._expat.CharacterDataHandler = self._text.append

    def _on_child(self, name: str, attributes: list[str]) -> None:
        parent = self._element
        assert parent is not None
        if self._text:
            self._place_text()
        self._ancestors.append(parent)
        self._elements += 1
        if self._elements > self.limits.elements:
            raise RemoteProtocolError(f"the stanza has more than {self.limits.elements} elements")
        if len(self._ancestors) >= self.limits.depth:
            raise RemoteProtocolError(f"the stanza is more than {self.limits.depth} elements deep")
        child = etree.SubElement(parent, self._names.get(name) or self._clark(name))
        self._element = self._fill(child, attributes) if attributes else child
        self._last = None

    def _on_end(self, _name: str) -> None:
        if self._text:
            self._place_text()
        element = self._element
        assert element is not None
        if self._ancestors:
            self._element = self._ancestors.pop()
            self._last = element
        else:
            self._on_stanza_end(element)

    def _on_stanza_end(self, element: Element) -> None:
        end = self._expat.CurrentByteIndex - self._origin
        if len(element) or element.text is not None or self._window[end - 2 : end] != b"/>":
            end = self._window.index(b">", end) + 1  # an end tag of its own, whose start expat tells
        self._events.append(ElementParsed(element, self._size + end))
        self._element = self._last = None
        self._size = 0
        self._rescanned = 0
        self._between_stanzas()
        if self._origin + end > _WORN_OUT:
            self._stanza_end = end
            raise _WornOut

    def _place_text(self) -> None:
        text = "".join(self._text)
        self._text.clear()
        if self._last is not None:
            self._last.tail = text
        elif self._element is not None:
            self._element.text = text

    def _fill(self, element: Element, attributes: list[str]) -> Element:
        self._check_attributes(attributes)
        names = self._names
        for name, value in zip(attributes[::2], attributes[1::2], strict=True):
            element.set(names.get(name) or self._clark(name), value)
        return element

    def _check_attributes(self, attributes: list[str]) -> None:
        if len(attributes) > 2 * self.limits.attributes:
            raise RemoteProtocolError(f"an element has more than {self.limits.attributes} attributes")

    def _clark(self, name: str) -> str:
        """Learn a name that this stream has not had: ``namespace}name``, as expat gives it, in Clark notation."""
        self._vocabulary += len(name)
        if self._vocabulary > self.limits.vocabulary:
            raise RemoteProtocolError("the stream has had too many different names", condition="resource-constraint")
        clark = f"{{{name}" if "}" in name else name
        try:
            etree.Element(clark)  # libxml2 takes fewer namespaces than expat, which asks for no URI
        except ValueError as error:
            raise RemoteProtocolError("a namespace or a name cannot be read", condition="bad-format") from error
        self._names[name] = clark
        return clark


def _whole_characters(data: bytes) -> bytes:
    """UTF-8 without the beginning of a character at its end: only whole ones tell which of two faults an error is."""
    for back in range(1, min(3, len(data)) + 1):
        byte = data[-back]
        if 0x80 <= byte < 0xC0:
            continue
        size = 2 if 0xC2 <= byte < 0xE0 else 3 if 0xE0 <= byte < 0xF0 else 4 if 0xF0 <= byte < 0xF5 else 1
        return data[:-back] if back < size else data
    return data
