"""The OT engine: structured documents, operations on them, and the laws by which concurrent ones merge.

Pure: no input or output, no clock, no randomness. The same sources run interpreted and compiled.
``docs/ot.md`` says which laws hold; the modules' docstrings give each function's source in the specification.
"""

from __future__ import annotations

from wave_ot.composition import compose
from wave_ot.deltas import AppliedDelta, HashedVersion, Signature, SignedDelta, SignerInfo, WaveletDelta
from wave_ot.docop import DocOp
from wave_ot.document import Document
from wave_ot.errors import ComposeError, InvalidOperation, MalformedOperation, OperationError, TransformError
from wave_ot.history import next_version, version_zero
from wave_ot.inversion import invert
from wave_ot.transformation import transform
from wave_ot.validation import check, validate
from wave_ot.verdict import Verdict, Violation
from wave_ot.wavelet_operations import (
    AddParticipant,
    MutateDocument,
    NoOp,
    RemovedAuthor,
    RemoveParticipant,
    WaveletOperation,
    transform_operation,
    transform_operations,
)

__all__ = [
    "AddParticipant",
    "AppliedDelta",
    "ComposeError",
    "DocOp",
    "Document",
    "HashedVersion",
    "InvalidOperation",
    "MalformedOperation",
    "MutateDocument",
    "NoOp",
    "OperationError",
    "RemoveParticipant",
    "RemovedAuthor",
    "Signature",
    "SignedDelta",
    "SignerInfo",
    "TransformError",
    "Verdict",
    "Violation",
    "WaveletDelta",
    "WaveletOperation",
    "check",
    "compose",
    "invert",
    "next_version",
    "transform",
    "transform_operation",
    "transform_operations",
    "validate",
    "version_zero",
]
