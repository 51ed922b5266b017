"""Short ways to make names, operations and submissions in the core's tests."""

from __future__ import annotations

from wave_ot.components import Characters, Component, DeleteCharacters, ElementEnd, ElementStart, Retain
from wave_ot.deltas import HashedVersion
from wave_ot.docop import DocOp
from wave_ot.wavelet_operations import AddParticipant, MutateDocument, WaveletOperation
from wave_server.limits import HostLimits
from wave_server.names import WaveAddress, WaveletName
from wave_server.submission import Delta, Submission
from wave_server.wavelet import Prepared, Wavelet

DOMAIN = "example.com"
ALICE = WaveAddress.parse("alice@example.com")
BOB = WaveAddress.parse("bob@example.com")
CAROL = WaveAddress.parse("carol@example.com")
NAME = WaveletName.parse_path("example.com/w+abc/~/conv+root")
LIMITS = HostLimits()


def insertion(size: int, at: int, text: str) -> DocOp:
    """Insert ``text`` at item ``at`` of a document of ``size`` items."""
    return DocOp([*_kept(at), Characters(text), *_kept(size - at)])


def deletion(size: int, at: int, text: str) -> DocOp:
    """Delete ``text``, which is at item ``at``."""
    return DocOp([*_kept(at), DeleteCharacters(text), *_kept(size - at - len(text))])


def blip(text: str) -> DocOp:
    """A new blip with one line."""
    start: list[Component] = [ElementStart("body", ()), ElementStart("line", ()), ElementEnd()]
    return DocOp([*start, *([Characters(text)] if text else []), ElementEnd()])


def _kept(items: int) -> list[Component]:
    return [Retain(items)] if items else []


def edit(op: DocOp, document: str = "notes") -> MutateDocument:
    return MutateDocument(document, op)


def submission(target: HashedVersion, *operations: WaveletOperation, key: str | None = "k") -> Submission:
    return Submission(target, operations, key)


def new_wavelet(name: WaveletName = NAME, limits: HostLimits = LIMITS) -> Wavelet:
    return Wavelet(name, domain=DOMAIN, limits=limits)


def wavelet_of(
    *participants: WaveAddress, text: str = "", name: WaveletName = NAME, limits: HostLimits = LIMITS
) -> Wavelet:
    """A wavelet that its first participant made, with ``text`` in the document "notes"."""
    wavelet = new_wavelet(name, limits)
    operations: list[WaveletOperation] = [AddParticipant(str(participant)) for participant in participants]
    if text:
        operations.append(edit(insertion(0, 0, text)))
    prepared(wavelet, submission(wavelet.head, *operations, key="first"), participants[0])
    return wavelet


def prepared(wavelet: Wavelet, submitted: Submission, author: WaveAddress, timestamp: int = 1_000) -> Delta:
    """Apply what must be new, and give the delta that it became."""
    result = wavelet.prepare(submitted, author, timestamp)
    assert isinstance(result, Prepared)
    return result.delta


def text_of(wavelet: Wavelet, document: str = "notes") -> str:
    op = wavelet.snapshot().documents.get(document, DocOp())
    return "".join(each.text for each in op.components if isinstance(each, Characters))
