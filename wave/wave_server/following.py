"""Following another host: how its applied deltas get into the copy of a wavelet. No I/O and no clock.

Who ordered a delta has also authorised it, so that is not done anew; but everything that can be told from the
history is: the chain of hashes, the transformation, documents, schemas and limits, and that the author took part.
Signatures are verified before anything gets here.

Source: DESIGN.md, sections 4 and 9; FEDERATION.md, section 1.
"""

from __future__ import annotations

from typing import Final

from wave_server import access
from wave_server.errors import Diverged, Forbidden, Gap, InvalidOperation, WaveError
from wave_server.names import WaveAddress
from wave_server.originals import ReceivedDelta
from wave_server.submission import Operations
from wave_server.wavelet import Prepared, Stretch, Wavelet

LATEST: Final = 253_402_300_799_999  # ms: the end of the year 9999, beyond which a time is none


def check_next(wavelet: Wavelet, received: ReceivedDelta) -> None:
    """Raises Gap when deltas before this one are missing, Diverged when it cannot follow the head."""
    head, at = wavelet.head, received.at
    if at.version > head.version:
        missing = f"{wavelet.name.path} is here up to version {head.version}, and the delta applies at {at.version}"
        raise Gap(missing, head, at)
    if at != head:
        raise another_history(wavelet, received)


def another_history(wavelet: Wavelet, received: ReceivedDelta) -> Diverged:
    """What is wrong with a delta for a version that is here already, when neither it nor its base is."""
    host, version = wavelet.name.host, received.at.version
    return _diverged(received, f"{host} has sent two histories of {wavelet.name.path}, which part at version {version}")


def follow(wavelet: Wavelet, received: ReceivedDelta, key: str | None, earlier: Stretch | None = None) -> Prepared:
    """Apply the delta that follows the head. ``key``: of the submission that it was, when that was made here.

    A delta made for a version older than ``recent`` covers needs ``earlier``, as in ``prepare``. Costs the same.

    Raises Gap or Diverged; then the wavelet is as it was.
    """
    check_next(wavelet, received)
    original = received.original.delta
    try:
        _check_delta(wavelet, received)
        operations = _transformed(wavelet, received, earlier)
        before = wavelet.apply(operations)
    except WaveError as error:
        raise _inapplicable(wavelet, received, error) from error
    return wavelet.record(
        original.author,
        operations,
        received.applied.timestamp,
        key,
        received.data,
        before=before,
        moved=original.target != received.at,
    )


def _check_delta(wavelet: Wavelet, received: ReceivedDelta) -> None:
    """What its host had to see to before it applied the delta."""
    operations = received.original.delta.operations
    wavelet.check_operations(operations)
    wavelet.check_size(received.original.signed.delta)
    if received.applied.operations_applied != len(operations):
        applied = received.applied.operations_applied
        raise InvalidOperation(f"it has {len(operations)} operations, of which {applied} are said to be applied")
    if not 0 <= received.applied.timestamp <= LATEST:
        raise InvalidOperation(f"{received.applied.timestamp} is not a time")
    refused = _refusal(wavelet, received.original.delta.author, operations)
    if refused is not None:
        raise refused


def _refusal(wavelet: Wavelet, author: str, operations: Operations) -> WaveError | None:
    """Why the author cannot have written this, by the rules that every host keeps."""
    address = WaveAddress.parse(author)
    if str(address) != author or address.is_shared or not address.is_valid:
        return InvalidOperation(f"{author!r} is not the wave address of an author")
    if wavelet.head.version == 0:
        return access.check_creation(wavelet.name, address, operations, wavelet.name.host)
    return access.check_write(wavelet.name, address, wavelet.participants, operations)


def _transformed(wavelet: Wavelet, received: ReceivedDelta, earlier: Stretch | None) -> Operations:
    """The operations at the head."""
    original = received.original.delta
    concurrent = wavelet.since(original.target, earlier)
    if concurrent is None:
        raise InvalidOperation(f"the version that it was made for, {original.target.version}, is not in the history")
    operations: Operations = original.operations
    if concurrent:
        wavelet.check_work(operations, concurrent)
    for delta in concurrent:
        operations = wavelet.transform(operations, original.author, delta)
    return operations


def _inapplicable(wavelet: Wavelet, received: ReceivedDelta, error: WaveError) -> Diverged:
    author, version = received.original.delta.author, received.at.version
    reason = "its author took no part in the wavelet then" if isinstance(error, Forbidden) else str(error)
    return _diverged(received, f"{wavelet.name.host} has applied a delta of {author} at version {version}: {reason}")


def _diverged(received: ReceivedDelta, message: str) -> Diverged:
    return Diverged(message, received.at, received.data)
