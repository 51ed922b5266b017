"""Whether a wavelet can be shared with other domains: they take a history only when every delta in it is signed.

Source: DESIGN.md, section 9 ("Every delta is signed by its author's provider and verified by every provider").
"""

from __future__ import annotations

from wave_ot.errors import OperationError
from wave_ot.protobuf import decode_applied_delta
from wave_ot.wavelet_operations import AddParticipant
from wave_server.errors import Forbidden
from wave_server.names import WaveletName
from wave_server.submission import DeltaSigner, Operations


def sharing_refusal(
    name: WaveletName, operations: Operations, signer: DeltaSigner, *, begun_unsigned: bool
) -> Forbidden | None:
    """Why ``operations`` may not let in somebody of another domain; None when they may, or let in none.

    ``begun_unsigned``: the wavelet's first deltas were written before anything was signed here.
    """
    for operation in operations:
        if not (isinstance(operation, AddParticipant) and _is_foreign(operation.address, name)):
            continue
        said = signer.refusal(operation.address.rpartition("@")[2])
        if said is None and begun_unsigned:
            said = (
                "this wave was begun before the server could sign what is written in it, so other domains would not "
                "take it. Share it in a new wave"
            )
        if said is not None:
            return Forbidden(f"{operation.address} cannot be added: {said}")
    return None


def _is_foreign(address: str, name: WaveletName) -> bool:
    """Whether it is of another domain than the wavelet's host; what is no address has none."""
    return "@" in address and address.rpartition("@")[2] != name.host


def is_signed(applied: bytes) -> bool:
    """Whether a ProtocolAppliedWaveletDelta has a signature; nothing is said of whether it holds."""
    try:
        return bool(decode_applied_delta(applied).signed.signatures)
    except OperationError:
        return False
