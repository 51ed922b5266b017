"""Who takes part in a wavelet, and how operations change that."""

from __future__ import annotations

from typing import TypeAlias

from wave_ot.wavelet_operations import AddParticipant, RemoveParticipant, WaveletOperation
from wave_server.errors import InvalidOperation, TooLarge
from wave_server.identifiers import PER_USER
from wave_server.limits import HostLimits
from wave_server.names import InvalidName, WaveAddress, WaveletName
from wave_server.store.values import DomainChange

Participants: TypeAlias = dict[str, None]
"""Wave addresses in the order of their joining. Never changed in place: who holds one, holds a value."""


def after_change(participants: Participants, operation: WaveletOperation) -> Participants:
    """The participants after an operation; the same object when it changes none."""
    if isinstance(operation, AddParticipant):
        return {**participants, operation.address: None}
    if isinstance(operation, RemoveParticipant):
        return {each: None for each in participants if each != operation.address}
    return participants


def foreign_domains(name: WaveletName, participants: Participants) -> frozenset[str]:
    """The domains other than the wavelet's host that have a participant, and so follow the wavelet.

    Per-user wavelets are never followed by anybody.
    """
    if name.wavelet.id.startswith(PER_USER):
        return frozenset()
    return frozenset(address.rpartition("@")[2] for address in participants) - {name.host}


def domain_change(name: WaveletName, before: Participants, after: Participants) -> DomainChange | None:
    """Which domains begin to follow a wavelet, and which have lost their last participant; None when none does."""
    if before is after:
        return None
    old, new = foreign_domains(name, before), foreign_domains(name, after)
    return DomainChange(tuple(sorted(new - old)), tuple(sorted(old - new))) if old != new else None


def check_change(participants: Participants, operation: WaveletOperation, limits: HostLimits) -> None:
    """Raises InvalidOperation or TooLarge for a change that cannot be made to these participants."""
    if isinstance(operation, AddParticipant):
        _check_address(operation.address)
        if operation.address in participants:
            raise InvalidOperation(f"{operation.address} is a participant already")
        if len(participants) >= limits.participants:
            raise TooLarge(f"a wavelet has at most {limits.participants} participants")
    elif isinstance(operation, RemoveParticipant) and operation.address not in participants:
        raise InvalidOperation(f"{operation.address} is no participant")


def _check_address(address: str) -> None:
    try:
        parsed = WaveAddress.parse(address)
    except InvalidName as error:
        raise InvalidOperation(str(error)) from error
    if not parsed.is_valid or str(parsed) != address:
        raise InvalidOperation(f"{address!r} is not a wave address: write name@domain in lower case")
