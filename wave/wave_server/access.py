"""Who may read and write a wavelet, and who may make one.

Pure rules over the participants. The author of a submission is always the authenticated
submitter; nothing here takes an author from a message.

Source: DESIGN.md section 4, step 1; CONVERSATION.md, "Identifiers", "Per-user data" and "Access".
"""

from __future__ import annotations

from collections.abc import Container

from wave_ot.wavelet_operations import AddParticipant
from wave_server.errors import Forbidden, InvalidRequest, NotFound, WaveError
from wave_server.identifiers import PER_USER
from wave_server.names import WaveAddress, WaveletName
from wave_server.submission import Operations


def forbidden(name: WaveletName) -> Forbidden:
    """One refusal for wavelets that do not exist and for those that are somebody else's."""
    return Forbidden(
        f"you are not a participant of {name.path}, or it does not exist yet: then its first delta must add its author"
    )


def removed(name: WaveletName) -> Forbidden:
    """What a reader is told who has lost sight of a wavelet."""
    return Forbidden(f"you are no longer a participant of {name.path}")


def elsewhere(name: WaveletName, domain: str) -> NotFound:
    """One answer for wavelets of other hosts that are not here and for those whose copies are somebody else's."""
    return NotFound(f"{name.path} is hosted by {name.host}, not by {domain}")


def may_read(address: WaveAddress, participants: Container[str]) -> bool:
    """Whether the address is a participant, or its domain's shared participant ``@domain`` is."""
    return str(address) in participants or f"@{address.domain}" in participants


def is_private_of_another(name: WaveletName, address: WaveAddress) -> bool:
    """Whether this is somebody else's per-user wavelet, which need not be loaded to know that it is invisible."""
    return is_private(name) and name.wavelet.id != PER_USER + str(address)


def check_write(
    name: WaveletName, author: WaveAddress, participants: Container[str], operations: Operations
) -> WaveError | None:
    """Why ``author`` may not submit ``operations`` to an existing wavelet; None when they may.

    Participants write. A user admitted by ``@domain`` writes too when the first operation adds them.
    """
    address = str(author)
    if address not in participants:
        first = operations[0]
        joins = isinstance(first, AddParticipant) and first.address == address
        if not (joins and may_read(author, participants)):
            return forbidden(name)
    return _check_private(name, author, operations)


def check_forwarding(
    name: WaveletName, author: WaveAddress, participants: Container[str], operations: Operations, domain: str
) -> WaveError | None:
    """Why ``operations`` are not sent to the wavelet's host for ``author``, by what the copy of ``domain`` knows."""
    if author.domain != domain or not may_read(author, participants):
        return elsewhere(name, domain)
    return check_write(name, author, participants, operations)


def is_private(name: WaveletName) -> bool:
    """Whether this is somebody's per-user wavelet, which never leaves their host."""
    return name.wavelet.id.startswith(PER_USER)


def check_creation(name: WaveletName, author: WaveAddress, operations: Operations, domain: str) -> WaveError | None:
    """Why ``operations`` may not be the first delta of a new wavelet on the host of ``domain``; None when they may."""
    if name.host != domain:
        return elsewhere(name, domain)
    address = str(author)
    if author.domain != domain or author.is_shared or not author.is_valid:
        return forbidden(name)
    if not name.is_valid:
        return InvalidRequest(f"{name.uri} cannot be the name of a new wavelet: its ids are outside the specification")
    if not any(isinstance(operation, AddParticipant) and operation.address == address for operation in operations):
        return forbidden(name)
    return _check_private(name, author, operations)


def _check_private(name: WaveletName, author: WaveAddress, operations: Operations) -> WaveError | None:
    """A wavelet ``user+address`` has one participant, who is that user."""
    if not is_private(name):
        return None
    if is_private_of_another(name, author):
        return forbidden(name)
    address = str(author)
    if any(isinstance(operation, AddParticipant) and operation.address != address for operation in operations):
        return Forbidden(f"{name.path} is the private data of {address}: nobody else can be added to it")
    return None
