"""A raw s2s peer on the standard library's sockets, TLS and XML: it says exactly what a test wants it to say.

No code of ours is in it, so it judges our server as a stranger would, and it was tried on Prosody and ejabberd first.
It initiates: the other side listens.
"""

from __future__ import annotations

import base64
import socket
import ssl
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final, cast

from peers.credentials import Credentials

SERVER: Final = "{jabber:server}"
STREAMS: Final = "{http://etherx.jabber.org/streams}"
STARTTLS: Final = "{urn:ietf:params:xml:ns:xmpp-tls}"
SASL: Final = "{urn:ietf:params:xml:ns:xmpp-sasl}"
STREAM_ERRORS: Final = "{urn:ietf:params:xml:ns:xmpp-streams}"
STANZA_ERRORS: Final = "{urn:ietf:params:xml:ns:xmpp-stanzas}"

SECONDS: Final = 20.0  # a guard against hanging: nothing is measured
_CHUNK: Final = 65536


class StreamEnded(AssertionError):
    """The other side closed its stream or the connection while something was awaited."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How the other side ended a stream."""

    condition: str | None  # of the stream error; None: there was none
    text: str | None
    detail: str | None  # the application-specific condition
    closed_stream: bool  # </stream:stream> came
    elements: tuple[ET.Element, ...]  # complete ones that came before


def header(sender: str | None, recipient: str | None, **changes: str | None) -> str:
    """A stream header from ``sender`` to ``recipient``; ``changes`` replace attributes by name, None removes one.

    In names of changes, "_" stands for ":" as in ``xmlns_stream``.
    """
    attributes: dict[str, str | None] = {
        "xmlns": "jabber:server",
        "xmlns:stream": "http://etherx.jabber.org/streams",
        "from": sender,
        "to": recipient,
        "version": "1.0",
    }
    attributes.update({name.replace("_", ":"): value for name, value in changes.items()})
    written = "".join(f" {name}='{value}'" for name, value in attributes.items() if value is not None)
    return f"<?xml version='1.0'?><stream:stream{written}>"


STARTTLS_COMMAND: Final = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"


def auth(authzid: str | None, mechanism: str = "EXTERNAL") -> str:
    """The command that begins SASL. ``authzid`` None sends "=", the empty initial response, RFC 6120 §6.4.2."""
    response = "=" if authzid is None else base64.b64encode(authzid.encode()).decode()
    return f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='{mechanism}'>{response}</auth>"


def ping(sender: str | None, recipient: str | None, id: str = "ping") -> str:  # noqa: A002 - the attribute's name
    """A ping, XEP-0199; None leaves an address out."""
    addresses = "".join(f" {name}='{value}'" for name, value in (("from", sender), ("to", recipient)) if value)
    return f"<iq type='get' id='{id}'{addresses}><ping xmlns='urn:xmpp:ping'/></iq>"


def client_context(credentials: Credentials | None) -> ssl.SSLContext:
    """TLS as a client that presents ``credentials``, or nothing, and accepts any server: whom we attack is known."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if credentials is not None:
        context.load_cert_chain(credentials.certificate, credentials.private_key)
    return context


class RawPeer:
    """One connection to a server. What is sent goes out unchanged; what comes is read as XML, one stream at a time."""

    def __init__(self, connection: socket.socket) -> None:
        connection.settimeout(SECONDS)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket: socket.socket = connection
        self.expect_stream()

    def expect_stream(self) -> None:
        """Take what comes next for the beginning of a stream. What came before is forgotten."""
        self._parser: ET.XMLPullParser[ET.Element] = ET.XMLPullParser(["start", "end"])
        self._depth = 0
        self._root: ET.Element | None = None
        self._ready: list[ET.Element] = []
        self._closed = False

    # what we say

    def send(self, data: str | bytes) -> None:
        """Send all of ``data``."""
        self.socket.sendall(data.encode() if isinstance(data, str) else data)

    def send_until_ended(self, pieces: Iterator[bytes], most: int) -> int:
        """Send ``pieces`` until the other side has ended the connection, or ``most`` bytes are sent. Returns how many.

        That it need not read what is too much is no error.
        """
        sent = 0
        with suppress(ConnectionError, ssl.SSLError):
            while sent < most:
                piece = next(pieces)
                self.socket.sendall(piece)
                sent += len(piece)
        return sent

    def send_slowly(self, data: str | bytes, size: int = 1) -> None:
        """Send ``data`` in segments, and TLS records, of ``size`` bytes."""
        whole = data.encode() if isinstance(data, str) else data
        for start in range(0, len(whole), size):
            self.socket.sendall(whole[start : start + size])

    def send_under_tls(self, data: bytes) -> None:
        """Send ``data`` as it is, though TLS has begun."""
        socket.socket.sendall(self.socket, data)

    def open(self, sender: str | None, recipient: str | None) -> ET.Element:
        """Open a stream (anew) and return the answering header. What came before is forgotten."""
        self.expect_stream()
        self.send(header(sender, recipient))
        return self.read_header()

    def secure(self, context: ssl.SSLContext, server_name: str | None) -> None:
        """Do the TLS handshake now."""
        self.socket = context.wrap_socket(self.socket, server_hostname=server_name)

    def secure_as_server(self, context: ssl.SSLContext) -> None:
        """Do the TLS handshake now, in the server's role."""
        self.socket = context.wrap_socket(self.socket, server_side=True)

    def start_tls(self, context: ssl.SSLContext, sender: str, recipient: str) -> None:
        """Open a stream, ask for TLS and do its handshake."""
        self.open(sender, recipient)
        self.read(STREAMS + "features")
        self.send(STARTTLS_COMMAND)
        self.read(STARTTLS + "proceed")
        self.secure(context, recipient)

    def authenticate(self, sender: str, recipient: str, authzid: str | None = None) -> None:
        """Open the stream inside TLS and authenticate by certificate; afterwards stanzas may be sent."""
        self.open(sender, recipient)
        features = self.read(STREAMS + "features")
        mechanisms = [element.text for element in features.iter(SASL + "mechanism")]
        assert mechanisms == ["EXTERNAL"], mechanisms
        self.send(auth(authzid))
        self.read(SASL + "success")
        self.open(sender, recipient)
        self.read(STREAMS + "features")

    # what they say

    def read_header(self) -> ET.Element:
        """The header of their stream: an element whose content is still to come."""
        while self._root is None:
            if not self._receive():
                raise StreamEnded("no stream header came")
        return self._root

    def read(self, name: str | None = None) -> ET.Element:
        """The next complete element of their stream. Raises StreamEnded, and AssertionError for one not ``name``."""
        while not self._ready:
            if self._closed or not self._receive():
                raise StreamEnded(f"the stream ended before {name or 'another element'}")
        element = self._ready.pop(0)
        assert name is None or element.tag == name, f"{name} was expected, not {ET.tostring(element)!r}"
        return element

    def read_ending(self) -> Ending:
        """Read until they end the connection. Raises TimeoutError when they leave it open."""
        while self._receive():
            pass
        errors = [element for element in self._ready if element.tag == STREAMS + "error"]
        others = tuple(element for element in self._ready if element.tag != STREAMS + "error")
        self._ready.clear()
        assert len(errors) < 2, "two stream errors"
        if not errors:
            return Ending(None, None, None, self._closed, others)
        names = [child.tag for child in errors[0] if child.tag != STREAM_ERRORS + "text"]
        conditions = [name.removeprefix(STREAM_ERRORS) for name in names if name.startswith(STREAM_ERRORS)]
        details = [name.rpartition("}")[2] for name in names if not name.startswith(STREAM_ERRORS)]
        assert len(conditions) == 1, ET.tostring(errors[0])
        text = errors[0].findtext(STREAM_ERRORS + "text")
        return Ending(conditions[0], text, details[0] if details else None, self._closed, others)

    def read_bytes(self) -> bytes:
        """Everything until they end the connection, whatever it is. Raises TimeoutError when they leave it open."""
        received = bytearray()
        with suppress(ConnectionError, ssl.SSLError):
            while data := self.socket.recv(_CHUNK):
                received += data
        return bytes(received)

    def _receive(self) -> bool:
        """Read once from the connection; False at its end, orderly or not."""
        try:
            data = self.socket.recv(_CHUNK)
        except (ConnectionError, ssl.SSLError):  # reset, or closed without close_notify: an end all the same
            return False
        if data:
            self._parser.feed(data)
            self._collect()
        return bool(data)

    def _collect(self) -> None:
        for event, element in cast("Iterator[tuple[str, ET.Element]]", self._parser.read_events()):
            if event == "start":
                self._depth += 1
                if self._depth == 1:
                    self._root = element
                continue
            self._depth -= 1
            if self._depth == 1:
                self._ready.append(element)
                assert self._root is not None
                self._root.remove(element)
            elif self._depth == 0:
                self._closed = True

    def close(self) -> None:
        """Close the connection, without a word."""
        self.socket.close()


@contextmanager
def connected(address: str, port: int, *, source: str = "127.0.0.1") -> Iterator[RawPeer]:
    """A connection to ``address`` from the loopback address ``source``, closed when the block ends."""
    with socket.create_connection((address, port), SECONDS, (source, 0)) as connection:
        peer = RawPeer(connection)
        try:
            yield peer
        finally:
            peer.close()


@contextmanager
def authenticated(
    address: str,
    port: int,
    credentials: Credentials,
    recipient: str,
    *,
    direct_tls: bool = False,
    source: str = "127.0.0.1",
) -> Iterator[RawPeer]:
    """A stream from ``credentials``'s domain to ``recipient`` on which stanzas may be sent."""
    with connected(address, port, source=source) as peer:
        if direct_tls:
            peer.secure(client_context(credentials), recipient)
        else:
            peer.start_tls(client_context(credentials), credentials.domain, recipient)
        peer.authenticate(credentials.domain, recipient)
        yield peer
