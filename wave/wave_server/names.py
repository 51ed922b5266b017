"""Names of waves and wavelets, and every form in which they are written.

A value knows its own texts: ``WaveletName`` as a path (``example.com/w+a/~/conv+root``, section 8 of the
design) and as a URI (``wave://example.com/w+a/conv+root``, in federation and as the seed of history hashes).
Constructors check the 2010 specification; what only the original server's laxer rules admit is made
with the ``legacy`` constructors. docs/names.md lists where the original is odd.
"""

from __future__ import annotations

from typing import ClassVar, Final, Self, final

from wave_server import uri_escaping
from wave_server.addresses import WaveAddress
from wave_server.identifiers import (
    LEGACY_SEPARATOR,
    InvalidName,
    check_legacy_identifier,
    has_special_characters,
    is_valid_domain,
    is_valid_identifier,
    split_escaped,
)

__all__ = ["InvalidName", "WaveAddress", "WaveId", "WaveletId", "WaveletName"]

PATH_SEPARATOR: Final = "/"
SAME_DOMAIN: Final = "~"  # in paths: the wavelet's domain is the wave's
URI_SCHEME: Final = "wave://"


class _DomainId:
    """A local id made unique by the domain it belongs to. Equal only to its own class."""

    __slots__ = ("_hash", "domain", "id")
    _what: ClassVar[str]

    def __init__(self, domain: str, id: str) -> None:  # noqa: A002 - the specification's word
        """Raises InvalidName unless both parts follow the specification."""
        if not is_valid_domain(domain):
            raise InvalidName(f"{domain!r} is not a lower-case ASCII domain name")
        if not is_valid_identifier(id):
            raise InvalidName(f"{id!r} is not a local id: letters, digits and -._~+*@ only, one at least")
        self._fill(domain, id)

    def _fill(self, domain: str, id: str) -> None:  # noqa: A002
        self.domain = domain
        self.id = id
        self._hash = hash((self._what, domain, id))

    @classmethod
    def legacy(cls, domain: str, id: str) -> Self:  # noqa: A002
        """An id under the original server's older and laxer rules. Raises InvalidName."""
        if not domain or has_special_characters(domain):
            raise InvalidName(f"{domain!r} cannot be a domain: it is empty or holds one of '~+!'")
        check_legacy_identifier(id)
        made = cls.__new__(cls)
        made._fill(domain, id)
        return made

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``domain/id``. Slashes at the end are ignored, as the original does."""
        parts = text.rstrip(PATH_SEPARATOR).split(PATH_SEPARATOR)
        if len(parts) != 2:
            raise InvalidName(f"{text!r} is not a {cls._what} id: write domain/id")
        return cls(parts[0], parts[1])

    @classmethod
    def parse_legacy(cls, text: str) -> Self:
        """Read the older form ``domain!id``, which occurs in robots' JSON."""
        parts = split_escaped(text, LEGACY_SEPARATOR)
        if len(parts) != 2:
            raise InvalidName(f"{text!r} is not a {cls._what} id: write domain!id")
        return cls.legacy(parts[0], parts[1])

    @classmethod
    def parse_either(cls, text: str) -> Self:
        """Read ``domain!id`` where there is a ``!``, else ``domain/id``."""
        return cls.parse_legacy(text) if LEGACY_SEPARATOR in text else cls.parse(text)

    @property
    def is_valid(self) -> bool:
        """Whether both parts follow the specification; never False but for legacy ids."""
        return is_valid_domain(self.domain) and is_valid_identifier(self.id)

    def serialise(self) -> str:
        """``domain/id``. Raises InvalidName for legacy ids that this form cannot carry."""
        if not self.is_valid:
            raise InvalidName(
                f"{self.legacy_text!r} has no domain/id form: its characters are outside the specification"
            )
        return f"{self.domain}{PATH_SEPARATOR}{self.id}"

    @property
    def legacy_text(self) -> str:
        """``domain!id``."""
        return f"{self.domain}{LEGACY_SEPARATOR}{self.id}"

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, _DomainId)
            and self._what == other._what
            and self.id == other.id
            and self.domain == other.domain
        )

    def __hash__(self) -> int:
        return self._hash

    def __str__(self) -> str:
        return f"{self.domain}{PATH_SEPARATOR}{self.id}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.domain!r}, {self.id!r})"


@final
class WaveId(_DomainId):
    """The id of a wave, unique in the world."""

    __slots__ = ()
    _what = "wave"


@final
class WaveletId(_DomainId):
    """The id of a wavelet, unique in its wave. Its domain is the host's: the provider that orders its deltas."""

    __slots__ = ()
    _what = "wavelet"


@final
class WaveletName:
    """A wavelet's name, unique in the world: the wave's id and the wavelet's."""

    __slots__ = ("_hash", "_path", "_uri", "wave", "wavelet")

    def __init__(self, wave: WaveId, wavelet: WaveletId) -> None:
        self.wave: Final = wave
        self.wavelet: Final = wavelet
        self._hash: Final = hash((wave, wavelet))
        self._path: str | None = None
        self._uri: str | None = None

    @staticmethod
    def parse_path(text: str) -> WaveletName:
        """Read ``waveDomain/waveId/waveletDomain/waveletId``, in which the wave's domain is not repeated but ``~``."""
        parts = text.split(PATH_SEPARATOR)
        if len(parts) != 4:
            raise InvalidName(f"{text!r} is not a wavelet name: write waveDomain/waveId/waveletDomain/waveletId")
        if parts[2] == parts[0]:
            raise InvalidName(f"{text!r} repeats the wave's domain: write {SAME_DOMAIN!r} there")
        domain = parts[0] if parts[2] == SAME_DOMAIN else parts[2]
        return WaveletName(WaveId(parts[0], parts[1]), WaveletId(domain, parts[3]))

    @staticmethod
    def parse_uri(text: str) -> WaveletName:
        """Read ``wave://waveletDomain/[waveDomain!]waveId/waveletId``, by the original's lax rules.

        The result may be a name that the specification does not allow: see ``is_valid``.
        """
        if not text.startswith(URI_SCHEME):
            raise InvalidName(f"{text!r} is not a wavelet URI: it must start with {URI_SCHEME!r}")
        return WaveletName.parse_uri_path(text[len(URI_SCHEME) :])

    @staticmethod
    def parse_uri_path(text: str) -> WaveletName:
        """Read what follows ``wave://`` in a wavelet URI. Slashes at the end are ignored, as the original does."""
        parts = text.rstrip(PATH_SEPARATOR).split(PATH_SEPARATOR)
        if len(parts) != 3:
            raise InvalidName(
                f"{text!r} is not a wavelet URI: write wave://waveletDomain/[waveDomain!]waveId/waveletId"
            )
        domain = uri_escaping.unescape(parts[0])
        wave = [uri_escaping.unescape(part) for part in split_escaped(parts[1], LEGACY_SEPARATOR)]
        if len(wave) > 2:
            raise InvalidName(f"{text!r} names more than one domain for the wave: an '!' inside an id is written '~!'")
        wave_domain = wave[0] if len(wave) == 2 else domain
        return WaveletName(
            WaveId.legacy(wave_domain, wave[-1]), WaveletId.legacy(domain, uri_escaping.unescape(parts[2]))
        )

    @property
    def host(self) -> str:
        """The domain of the provider that orders and applies this wavelet's deltas."""
        return self.wavelet.domain

    @property
    def is_valid(self) -> bool:
        """Whether both ids follow the specification. Admit no new wavelet without."""
        return self.wave.is_valid and self.wavelet.is_valid

    @property
    def path(self) -> str:
        """``waveDomain/waveId/waveletDomain/waveletId``, ``~`` for a wavelet domain equal to the wave's.

        Raises InvalidName when the wave's id is outside the specification; the original does not check the
        wavelet's, so ``parse_path`` reads this back only when ``is_valid``.
        """
        if self._path is None:
            domain = SAME_DOMAIN if self.wavelet.domain == self.wave.domain else self.wavelet.domain
            self._path = PATH_SEPARATOR.join((self.wave.serialise(), domain, self.wavelet.id))
        return self._path

    @property
    def uri(self) -> str:
        """``wave://waveletDomain/[waveDomain!]waveId/waveletId``, percent-escaped."""
        if self._uri is None:
            wave = self.wave.id if self.wavelet.domain == self.wave.domain else self.wave.legacy_text
            parts = (self.wavelet.domain, wave, self.wavelet.id)
            self._uri = URI_SCHEME + PATH_SEPARATOR.join(uri_escaping.escape(part) for part in parts)
        return self._uri

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, WaveletName) and self.wavelet == other.wavelet and self.wave == other.wave
        )

    def __hash__(self) -> int:
        return self._hash

    def __str__(self) -> str:
        return self.uri

    def __repr__(self) -> str:
        return f"WaveletName({self.wave!r}, {self.wavelet!r})"
