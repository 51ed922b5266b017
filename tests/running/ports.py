"""Ports for servers under test."""

from __future__ import annotations

import random
import socket
from contextlib import closing
from typing import Final

# Below those that systems give to outgoing connections: a server that starts again finds its port free.
_PORTS: Final = range(20_000, 32_000)
_choice: Final = random.SystemRandom()  # processes that test at once choose differently


def free_port(address: str = "127.0.0.1") -> int:
    """A TCP port of a local address on which nobody listened a moment ago, and no connection will begin."""
    while True:
        port = _choice.choice(_PORTS)
        with closing(socket.socket()) as probe:
            try:
                probe.bind((address, port))
            except OSError:
                continue
            return port
