"""Validation: may this operation be applied to this document?

Source: OT.md, "Validation" and "Application semantics", rules V1 to V5 and A1 to A6. The parts:
``wellformedness`` judges the operation alone, ``planning`` judges it on a document, ``schema``
judges what it would leave there.
"""

from __future__ import annotations

from wave_ot.docop import DocOp
from wave_ot.document import Document
from wave_ot.schema import Schema
from wave_ot.verdict import Verdict, Violation
from wave_ot.wellformedness import is_well_formed

__all__ = ["Schema", "Verdict", "Violation", "check", "is_well_formed", "validate"]


def validate(document: Document, op: DocOp, schema: Schema | None = None) -> Verdict:
    """The verdict on ``op`` as an operation on ``document``, which is left as it is."""
    violation = document.check(op, schema)
    return Verdict.VALID if violation is None else violation.verdict


def check(document: Document, op: DocOp, schema: Schema | None = None) -> Violation | None:
    """What is wrong with ``op`` on ``document``, with the reason and the place; None when nothing is."""
    return document.check(op, schema)
