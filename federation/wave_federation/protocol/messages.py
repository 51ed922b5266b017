"""What providers say to each other about wavelets. Values without XML; ``applied`` and ``delta`` are exact bytes.

Source: FEDERATION.md, section 3; wavespec.rst, "Federation protocol".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from wave_ot.deltas import HashedVersion, SignerInfo
from wave_server.names import WaveletName


@final
@dataclass(frozen=True, slots=True)
class WaveletUpdate:
    """From a host: deltas that were applied, in order, and how far the wavelet is committed."""

    wavelet: WaveletName
    applied: tuple[bytes, ...] = ()  # each a ProtocolAppliedWaveletDelta
    committed: HashedVersion | None = None


@final
@dataclass(frozen=True, slots=True)
class SubmitRequest:
    """To a host: apply this delta of one of our users."""

    wavelet: WaveletName
    delta: bytes  # a ProtocolSignedDelta


@final
@dataclass(frozen=True, slots=True)
class SubmitResponse:
    """The host's answer: the delta has been applied, and led to ``version``.

    ``timestamp`` is ms since 1970. The original puts the reason of a failure into ``error``.
    """

    operations_applied: int
    version: HashedVersion
    timestamp: int
    error: str | None = None


@final
@dataclass(frozen=True, slots=True)
class HistoryRequest:
    """To a host: the deltas from ``start`` to ``end``, both boundaries between deltas, with their hashes.

    ``limit``, in bytes of applied deltas, asks for a page. Equal boundaries ask for the current version, of peers
    that say they understand that.
    """

    wavelet: WaveletName
    start: HashedVersion
    end: HashedVersion
    limit: int | None = None


@final
@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Deltas, in order. ``committed`` is the version that the wavelet is committed up to, where it is said.

    ``truncated``: the version that the page leads to when more follows; the original always gives the requested end.
    """

    applied: tuple[bytes, ...]
    committed: int | None = None
    truncated: int | None = None
    head: HashedVersion | None = None  # ours: the current version, with its hash, where that was asked for


@final
@dataclass(frozen=True, slots=True)
class SignerRequest:
    """Who signed? ``at`` is the state after a delta that the signer signed, so that only those who may know can ask."""

    signer_id: bytes
    wavelet: WaveletName
    at: HashedVersion


@final
@dataclass(frozen=True, slots=True)
class SignerPost:
    """Our signer, told to a host before the first submission that it has signed."""

    signer: SignerInfo


@final
@dataclass(frozen=True, slots=True)
class CursorMessage:
    """A participant's selection, from ``anchor`` to ``head``, in items of a document. Ours; never stored."""

    wavelet: WaveletName
    author: str
    document: str
    anchor: int
    head: int
