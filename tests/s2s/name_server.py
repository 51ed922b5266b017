"""A real DNS server on a free loopback port: what the tests tell it, over UDP, and nothing else.

Resolvers of every kind ask it: ours, libunbound inside Prosody, Erlang's inside ejabberd.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import pytest

SILENCE: Final = "silence"  # no answer at all: resolvers run into their own timeouts

NOBODY: Final = 1  # a port that nobody listens on

Key = tuple[dns.name.Name, dns.rdatatype.RdataType]

_TTL: Final = 60
_MAX_DATAGRAM: Final = 4096


class NameServer:
    """Answers queries from a table that tests may change at any time. Unknown names do not exist (NXDOMAIN)."""

    def __init__(self, endpoint: socket.socket) -> None:
        self.address: Final = "127.0.0.1"
        self.port: Final = int(endpoint.getsockname()[1])
        self._endpoint = endpoint
        self._records: dict[Key, tuple[str, ...]] = {}
        self._faults: dict[dns.name.Name, str] = {}
        self._lock = threading.Lock()
        self._asked: list[tuple[str, str]] = []

    def put(self, name: str, kind: str, *values: str) -> None:
        """Answer queries for ``name`` and ``kind`` ("SRV", "A", "AAAA", ...) with ``values``, in zone-file form.

        No values: the name exists and has no such record (NODATA).
        """
        with self._lock:
            self._records[_key(name, kind)] = values

    def fail(self, name: str, fault: str) -> None:
        """Answer every query for ``name`` with the code ``fault``, such as "SERVFAIL"; SILENCE: do not answer."""
        with self._lock:
            self._faults[_key(name, "A")[0]] = fault

    def put_server(self, domain: str, address: str, port: int, *, service: str = "xmpp-server") -> None:
        """Announce one server of ``domain`` by SRV and the address of its host.

        The host's name is the address, written the usual way: ejabberd has the system look up hosts, which does not
        ask this server, but takes that for what it looks like.
        """
        self.put(f"_{service}._tcp.{domain}", "SRV", f"0 0 {port} {address}.")
        self.put(address, "A", address)

    @contextmanager
    def announced(self, domain: str, address: str, port: int) -> Iterator[None]:
        """Announce a server until the block ends: who tries to reach it later does not meet another test's."""
        self.put_server(domain, address, port)
        try:
            yield
        finally:
            self.put_server(domain, address, NOBODY)

    def asked(self) -> list[tuple[str, str]]:
        """Name and kind of every query so far, in order."""
        with self._lock:
            return list(self._asked)

    def serve(self) -> None:
        """Answer queries until an empty datagram comes; runs in a thread of its own."""
        while True:
            wire, sender = self._endpoint.recvfrom(_MAX_DATAGRAM)
            if not wire:  # an empty datagram to ourselves: the end
                return
            try:
                query = dns.message.from_wire(wire)
            except dns.exception.DNSException:
                continue  # no question, so there is nothing to answer
            response = self._respond(query)
            if response is not None:
                self._endpoint.sendto(response.to_wire(), sender)

    def _respond(self, query: dns.message.Message) -> dns.message.Message | None:
        response = dns.message.make_response(query, recursion_available=True)
        response.flags |= dns.flags.AA
        question = query.question[0]
        with self._lock:
            self._asked.append((question.name.to_text(omit_final_dot=True), dns.rdatatype.to_text(question.rdtype)))
            fault = self._faults.get(question.name)
            values = self._records.get((question.name, question.rdtype), ())
            exists = any(name == question.name for name, _ in self._records)
        if fault == SILENCE:
            return None
        if fault is not None:
            response.set_rcode(dns.rcode.from_text(fault))
        elif values:
            response.answer.append(dns.rrset.from_text_list(question.name, _TTL, "IN", question.rdtype, values))
        elif not exists:
            response.set_rcode(dns.rcode.NXDOMAIN)
        return response


@contextmanager
def running_name_server() -> Iterator[NameServer]:
    """Serve on a free UDP port of 127.0.0.1 until the block ends."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as endpoint:
        endpoint.bind(("127.0.0.1", 0))
        server = NameServer(endpoint)
        thread = threading.Thread(target=server.serve, name="name server", daemon=True)
        thread.start()
        try:
            yield server
        finally:
            endpoint.sendto(b"", endpoint.getsockname())
            thread.join()


@pytest.fixture(scope="session")
def name_server() -> Iterator[NameServer]:
    """One name server for the whole run: give every test names of its own."""
    with running_name_server() as server:
        yield server


def _key(name: str, kind: str) -> Key:
    return dns.name.from_text(name), dns.rdatatype.from_text(kind)
