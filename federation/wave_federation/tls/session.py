"""The interface of TLS: one session, and what makes sessions. Bytes in, bytes out; no socket, no clock.

A session encrypts and asks the peer for its certificates. It refuses none: whoever uses it judges the chain
(``tls/trust.py``) before it believes a word, and can say on the stream what is wrong. docs/decisions/0009-tls.md.
"""

from __future__ import annotations

from typing import Final, Protocol

from cryptography import x509

ALPN_PROTOCOL: Final = "xmpp-server"  # XEP-0368 §3


class TlsSession(Protocol):
    """One TLS connection in one role.

    Whatever a call leaves to be sent is in ``data_to_send``: ask for it after each call, also after one that raised
    (it may hold an alert). Failures are TlsFailed, with a sentence; there is no recovery from one.
    """

    def start(self) -> None:
        """Begin the handshake. The initiating side has bytes to send then."""

    def receive(self, ciphertext: bytes, /) -> bytes:
        """Take what the socket gave, as much or little as it was, and return what is in it for the stream.

        ``established`` or ``closed_by_peer`` may have changed afterwards. After ``close`` it still returns what the
        peer had to say. Raises TlsFailed, which holds what came before the failure in the same bytes.
        """

    def send(self, plaintext: bytes, /) -> None:
        """Encrypt. Raises TlsFailed before ``established``, after ``close``, and when the session has failed."""

    def data_to_send(self) -> bytes:
        """What is to be written to the socket now, empty when nothing is. It is returned once."""

    def close(self) -> None:
        """Tell the peer that nothing more will come (close_notify). Harmless twice, and at any time."""

    @property
    def established(self) -> bool:
        """Whether the handshake is complete."""

    @property
    def closed_by_peer(self) -> bool:
        """Whether the peer said that nothing more will come."""

    @property
    def peer_chain(self) -> tuple[x509.Certificate, ...]:
        """The certificates as the peer presented them, its own first; empty before ``established`` or without any.

        Their holder has proved that it has the first one's private key. Nothing else is proved.
        """

    @property
    def server_name(self) -> str | None:
        """The name that the initiating side asked for (SNI, RFC 6066 §3), canonical; None when it asked for none."""

    @property
    def version(self) -> str:
        """The protocol version agreed upon, such as ``TLSv1.3``; empty before ``established``."""

    @property
    def cipher(self) -> str:
        """The cipher suite agreed upon, by OpenSSL's name; empty before ``established``."""

    @property
    def alpn(self) -> str | None:
        """The application protocol agreed upon, None when there is none: nothing requires one."""


class TlsSessions(Protocol):
    """Makes sessions with the credentials of our domains. Domains are canonical."""

    def accept(self, domain: str | None) -> TlsSession:
        """A session for the receiving side.

        ``domain`` is the one of ours that the stream header named before STARTTLS: its certificate is presented,
        whatever name the peer asks for in TLS. None, for direct TLS, presents the certificate of the name asked for,
        and that of our first domain when it asks for none of ours.
        Raises UnusableCredentials when ``domain`` is none of ours.
        """

    def connect(self, local: str, remote: str, *, direct: bool = False) -> TlsSession:
        """A session for the initiating side, from ``local``, one of ours, to ``remote``.

        ``direct`` offers ALPN too, as XEP-0368 asks. Raises UnusableCredentials when ``local`` is none of ours.
        """
