"""Wave addresses: ``name@domain`` for a person, a group or a bot, ``@domain`` for everybody of a domain."""

from __future__ import annotations

import re
from typing import Final, final

from wave_server.identifiers import InvalidName, is_valid_domain

_SEPARATOR: Final = "@"
_BARRED: Final = re.compile(r"[\s\x00-\x1f\x7f-\x9f\ud800-\udfff\"&'/:<>\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
MAX_NAME_BYTES: Final = 1023  # of a JID's local part, RFC 7622 §3.3


@final
class WaveAddress:
    """A wave address, lower-cased. An empty ``name`` makes it the domain's shared participant."""

    __slots__ = ("_text", "domain", "name")

    def __init__(self, name: str, domain: str) -> None:
        """Raises InvalidName when the domain is empty or either part holds an ``@``."""
        self.name: Final = name.lower()
        self.domain: Final = domain.lower()
        self._text: Final = f"{self.name}{_SEPARATOR}{self.domain}"
        if not domain or _SEPARATOR in name or _SEPARATOR in domain:
            raise InvalidName(f"{name + _SEPARATOR + domain!r} is not a wave address: write name@domain")

    @staticmethod
    def parse(text: str) -> WaveAddress:
        """Read ``name@domain`` or ``@domain``, asking no more of the parts than the original does (``is_valid``)."""
        name, separator, domain = text.partition(_SEPARATOR)
        if not separator:
            raise InvalidName(f"{text!r} is not a wave address: write name@domain")
        return WaveAddress(name, domain)

    @staticmethod
    def shared(domain: str) -> WaveAddress:
        """The shared participant ``@domain``, which stands for every user of that domain."""
        return WaveAddress("", domain)

    @property
    def is_shared(self) -> bool:
        """Whether this is a domain's shared participant."""
        return not self.name

    @property
    def is_valid(self) -> bool:
        """Whether the domain is one, and the name can be the local part of an XMPP address (RFC 7622 §3.3).

        History made by the original may hold others; admit none from our own users.
        """
        return (
            is_valid_domain(self.domain)
            and _BARRED.search(self.name) is None
            and len(self.name.encode("utf-8")) <= MAX_NAME_BYTES
        )

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, WaveAddress) and self._text == other._text)

    def __hash__(self) -> int:
        return hash(self._text)

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"WaveAddress({self.name!r}, {self.domain!r})"


def domain_of(participant: str) -> str:
    """The domain of any participant that history may hold, well-formed or not: what follows the last ``@``.

    Trailing ``@`` do not count, as in the original. Raises InvalidName when nothing else is there.
    """
    address = participant.rstrip(_SEPARATOR)
    if participant and not address:
        raise InvalidName(f"{participant!r} names no domain")
    return address.rpartition(_SEPARATOR)[2]
