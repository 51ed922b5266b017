"""TLS sessions by OpenSSL, through pyOpenSSL and memory BIOs. docs/decisions/0009-tls.md says why.

TLS 1.2 and 1.3, with forward secrecy and authenticated encryption only (RFC 9325 §4), without compression,
renegotiation or resumption. Idle sessions give their buffers back: one costs about 50 KiB.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Final, final

from cryptography import x509
from cryptography.utils import CryptographyDeprecationWarning
from OpenSSL import SSL

from wave_federation.domains import canonical_domain
from wave_federation.errors import InvalidDomain, TlsFailed
from wave_federation.tls.credentials import Credentials, CredentialStore
from wave_federation.tls.session import ALPN_PROTOCOL

_PIECE: Final = 4096  # bytes into OpenSSL at once, either way: a memory BIO never shrinks again
_RECORD: Final = 16_384  # bytes of plaintext in the largest record, RFC 8446 §5.1
_CIPHERS: Final = b"ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL"  # of TLS 1.2; those of 1.3 are all good
_ALPN: Final = ALPN_PROTOCOL.encode("ascii")

_SENTENCES: Final = {  # by OpenSSL's reason
    "http request": "the peer speaks HTTP, not TLS",
    "no shared cipher": "the peer offers no cipher suite that is accepted here: ECDHE with AES-GCM or ChaCha20 is",
    "unsupported protocol": "the peer offers no TLS version that is accepted here: 1.2 and 1.3 are",
    "wrong version number": "what the peer sent is not TLS",
    "tlsv1 alert protocol version": "the peer accepts neither TLS 1.2 nor 1.3",
}


@final
class OpenSslSession:
    """One TLS connection: see TlsSession, whose shape this is."""

    __slots__ = ("_chain", "_closed", "_closed_by_peer", "_connection", "_established", "_failure", "_outgoing")

    def __init__(self, connection: SSL.Connection) -> None:
        """``connection`` knows its role and has done nothing yet."""
        self._connection: Final = connection
        self._outgoing: Final[list[bytes]] = []
        self._chain: tuple[x509.Certificate, ...] = ()
        self._established = False
        self._closed = False
        self._closed_by_peer = False
        self._failure: str | None = None

    def start(self) -> None:
        """Begin the handshake."""
        self._shake_hands()

    def receive(self, ciphertext: bytes, /) -> bytes:
        """Take what the socket gave, and return what is in it for the stream."""
        plaintext: list[bytes] = []
        for start in range(0, len(ciphertext), _PIECE):
            self._check_alive()
            if self._closed_by_peer:  # OpenSSL would never read it, and keep it
                break
            self._connection.bio_write(ciphertext[start : start + _PIECE])
            if not self._established:
                self._shake_hands()
            if self._established:
                self._read(plaintext)
        return b"".join(plaintext)

    def send(self, plaintext: bytes, /) -> None:
        """Encrypt."""
        self._check_alive()
        if self._closed or not self._established:
            raise TlsFailed("nothing can be sent: TLS is " + ("closed" if self._closed else "not established yet"))
        for start in range(0, len(plaintext), _PIECE):
            try:
                self._connection.sendall(plaintext[start : start + _PIECE])
            except SSL.Error as error:
                raise self._failed(error) from error
            self._drain()

    def data_to_send(self) -> bytes:
        """What is to be written to the socket now, once."""
        data = b"".join(self._outgoing)
        self._outgoing.clear()
        return data

    def close(self) -> None:
        """Say that nothing more will come."""
        if self._established and not self._closed and self._failure is None:
            self._connection.shutdown()
            self._drain()
        self._closed = True

    @property
    def established(self) -> bool:
        """Whether the handshake is complete."""
        return self._established

    @property
    def closed_by_peer(self) -> bool:
        """Whether the peer said that nothing more will come."""
        return self._closed_by_peer

    @property
    def peer_chain(self) -> tuple[x509.Certificate, ...]:
        """The certificates as the peer presented them."""
        return self._chain

    @property
    def server_name(self) -> str | None:
        """The name that the initiating side asked for."""
        return _asked_for(self._connection)

    @property
    def version(self) -> str:
        """The protocol version agreed upon."""
        return self._connection.get_protocol_version_name() if self._established else ""

    @property
    def cipher(self) -> str:
        """The cipher suite agreed upon."""
        return (self._connection.get_cipher_name() or "") if self._established else ""

    @property
    def alpn(self) -> str | None:
        """The application protocol agreed upon."""
        return self._connection.get_alpn_proto_negotiated().decode("ascii", "replace") or None

    def _shake_hands(self) -> None:
        try:
            self._connection.do_handshake()
        except SSL.WantReadError:
            return
        except (SSL.Error, TlsFailed) as error:  # TlsFailed is _select_protocol's
            raise self._failed(error) from error
        finally:
            self._drain()
        self._chain = self._read_chain()
        self._established = True

    def _read(self, plaintext: list[bytes]) -> None:
        """Decrypt all that is there."""
        try:
            while True:
                plaintext.append(self._connection.recv(_RECORD))
        except SSL.WantReadError:
            pass
        except SSL.ZeroReturnError:
            self._closed_by_peer = True
        except SSL.Error as error:
            raise self._failed(error, b"".join(plaintext)) from error
        finally:
            self._drain()

    def _drain(self) -> None:
        """Take over what OpenSSL wants to send, alerts and answers to key updates included."""
        try:
            while True:
                self._outgoing.append(self._connection.bio_read(_RECORD))
        except SSL.WantReadError:
            return

    def _read_chain(self) -> tuple[x509.Certificate, ...]:
        """The peer's certificates as presented: OpenSSL leaves a client's own out of its chain."""
        try:
            with warnings.catch_warnings():  # such as a serial number of zero
                warnings.simplefilter("ignore", CryptographyDeprecationWarning)
                own = self._connection.get_peer_certificate(as_cryptography=True)
                chain = self._connection.get_peer_cert_chain(as_cryptography=True) or []
        except (ValueError, x509.InvalidVersion) as error:
            raise self._failed(TlsFailed(f"a certificate of the peer cannot be read: {str(error)!a}")) from error
        if own is None:
            return ()
        return tuple(chain) if chain and chain[0] == own else (own, *chain)

    def _failed(self, error: Exception, plaintext: bytes = b"") -> TlsFailed:
        self._failure = _sentence(error) if isinstance(error, SSL.Error) else str(error)
        return TlsFailed(self._failure, plaintext)

    def _check_alive(self) -> None:
        if self._failure is not None:
            raise TlsFailed(self._failure)


@final
class OpenSslSessions:
    """Makes sessions with the credentials of a store, always with those in use at the moment: see TlsSessions."""

    def __init__(self, credentials: CredentialStore) -> None:
        self._credentials: Final = credentials
        self._contexts: Final[dict[str, tuple[Credentials, SSL.Context]]] = {}
        self._by_name: tuple[Credentials, SSL.Context] | None = None

    def accept(self, domain: str | None) -> OpenSslSession:
        """A session for the receiving side."""
        connection = SSL.Connection(self._choosing_context() if domain is None else self._context(domain), None)
        connection.set_accept_state()
        return OpenSslSession(connection)

    def connect(self, local: str, remote: str, *, direct: bool = False) -> OpenSslSession:
        """A session for the initiating side."""
        connection = SSL.Connection(self._context(local), None)
        connection.set_connect_state()
        connection.set_tlsext_host_name(remote.encode("ascii"))
        if direct:
            connection.set_alpn_protos([_ALPN])
        return OpenSslSession(connection)

    def _context(self, domain: str) -> SSL.Context:
        """The context of one of our domains, made anew when its credentials are no longer those in use."""
        credentials = self._credentials.get(domain)
        known = self._contexts.get(domain)
        if known is None or known[0] is not credentials:
            known = self._contexts[domain] = (credentials, _make_context(credentials))
        return known[1]

    def _choosing_context(self) -> SSL.Context:
        """The context of our first domain, which gives way to that of the domain that the peer asks for."""
        credentials = self._credentials.get(self._credentials.domains[0])
        if self._by_name is None or self._by_name[0] is not credentials:
            context = _make_context(credentials)
            context.set_tlsext_servername_callback(self._choose)
            self._by_name = (credentials, context)
        return self._by_name[1]

    def _choose(self, connection: SSL.Connection) -> None:
        name = _asked_for(connection)
        if name in self._credentials.domains:
            connection.set_context(self._context(name))


def _make_context(credentials: Credentials) -> SSL.Context:
    context = SSL.Context(SSL.TLS_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_cipher_list(_CIPHERS)
    context.set_options(SSL.OP_NO_COMPRESSION | SSL.OP_NO_RENEGOTIATION | SSL.OP_NO_TICKET)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    context.set_mode(SSL.MODE_RELEASE_BUFFERS)
    context.set_verify(SSL.VERIFY_PEER, _accept_any)
    context.set_alpn_select_callback(_select_protocol)
    context.use_certificate(credentials.chain[0])
    for issuer in credentials.chain[1:]:
        context.add_extra_chain_cert(issuer)
    context.use_privatekey(credentials.key)
    return context


def _accept_any(_connection: SSL.Connection, _certificate: object, _error: int, _depth: int, _ok: int) -> bool:
    """Take every certificate: what is wrong with it is said on the stream, by who judges it afterwards."""
    return True


def _select_protocol(_connection: SSL.Connection, offered: Sequence[bytes]) -> bytes:
    """Agree upon XMPP. A client of another protocol is lost, or was led here (RFC 7301 §3.2)."""
    if _ALPN not in offered:
        raise TlsFailed("the peer wants to speak another protocol than XMPP between servers (ALPN)")
    return _ALPN


def _asked_for(connection: SSL.Connection) -> str | None:
    name = connection.get_servername()
    if name is None:
        return None
    try:
        return canonical_domain(name.decode("ascii"))
    except (UnicodeDecodeError, InvalidDomain):  # no name of anybody's
        return None


def _sentence(error: SSL.Error) -> str:
    """What went wrong, from OpenSSL's queue of (library, function, reason)."""
    reasons = [str(entry[2]) for entry in error.args[0]] if error.args and isinstance(error.args[0], list) else []
    for reason in reasons:
        if reason in _SENTENCES:
            return _SENTENCES[reason]
    said = ", ".join(filter(None, reasons)) or str(error)
    _, _, alert = said.rpartition("alert ")
    return f"the peer ended TLS: {alert}" if alert != said else f"TLS failed: {said}"
