"""Two ends of TLS in memory: our sessions against each other, or against the standard library's."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

from s2s.pki import Identity
from wave_federation.tls.credentials import CredentialFiles, CredentialStore
from wave_federation.tls.openssl import OpenSslSessions


class End(Protocol):
    """What a session and ``StandardEnd`` have in common."""

    def start(self) -> None: ...
    def receive(self, ciphertext: bytes, /) -> bytes: ...
    def data_to_send(self) -> bytes: ...


def sessions(directory: Path, now: float, *identities: Identity) -> OpenSslSessions:
    """Sessions of a server that hosts a domain for each identity, by the identity's name."""
    return OpenSslSessions(CredentialStore({each.name: files_of(each, directory) for each in identities}, now=now))


def files_of(identity: Identity, directory: Path) -> CredentialFiles:
    files = identity.write(directory)
    return CredentialFiles(files.certificate, files.private_key)


def exchange(*ends: End, pieces: Callable[[bytes], list[bytes]] = lambda data: [data]) -> list[bytes]:
    """Pass on what each of two ends has to say until both are silent; what each has received, in plaintext."""
    received: list[list[bytes]] = [[], []]
    while True:
        waiting = [end.data_to_send() for end in ends]
        if not any(waiting):
            return [b"".join(each) for each in received]
        for sender, data in enumerate(waiting):
            for piece in pieces(data):
                received[1 - sender].append(ends[1 - sender].receive(piece))


def shake_hands(client: End, server: End, *, pieces: Callable[[bytes], list[bytes]] = lambda data: [data]) -> None:
    client.start()
    server.start()
    exchange(client, server, pieces=pieces)


class StandardEnd:
    """The standard library's TLS in memory: an implementation that is not ours, and not the same OpenSSL."""

    def __init__(
        self,
        context: ssl.SSLContext,
        *,
        server_side: bool = False,
        server_name: str | None = None,
        session: ssl.SSLSession | None = None,
    ) -> None:
        self._incoming: Final = ssl.MemoryBIO()
        self._outgoing: Final = ssl.MemoryBIO()
        self.tls: Final = context.wrap_bio(
            self._incoming, self._outgoing, server_side=server_side, server_hostname=server_name, session=session
        )
        self.established = False

    def start(self) -> None:
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            return
        self.established = True

    def receive(self, ciphertext: bytes, /) -> bytes:
        self._incoming.write(ciphertext)
        if not self.established:
            self.start()
        return self._read() if self.established else b""

    def data_to_send(self) -> bytes:
        return self._outgoing.read()

    def send(self, plaintext: bytes) -> None:
        self.tls.write(plaintext)

    def _read(self) -> bytes:
        plaintext = b""
        try:
            while piece := self.tls.read(65_536):
                plaintext += piece
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:
            pass
        return plaintext


def client_context(files: CredentialFiles | None = None) -> ssl.SSLContext:
    """A client of the standard library that takes any server."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if files is not None:
        context.load_cert_chain(files.certificate, files.private_key)
    return context
