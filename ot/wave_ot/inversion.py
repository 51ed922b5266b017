"""Inversion: the operation that undoes another."""

from __future__ import annotations

from wave_ot.attributes import inverted
from wave_ot.components import (
    AnnotationBoundary,
    Characters,
    Component,
    DeleteCharacters,
    DeleteElementEnd,
    DeleteElementStart,
    ElementEnd,
    ElementStart,
    ReplaceAttributes,
    UpdateAttributes,
)
from wave_ot.docop import DocOp


def invert(op: DocOp) -> DocOp:
    """The operation that takes the document after ``op`` back to what it was.

    Component by component, in the same order and not normalised: insertions become deletions and
    the reverse, old and new values swap, the ends of annotations stay. Source: OT.md, "Compose", last line.
    """
    return DocOp([inverse(component) for component in op.components])


def inverse(component: Component) -> Component:
    """The component that undoes one, at its place in the inverted operation."""
    if isinstance(component, Characters):
        return DeleteCharacters(component.text)
    if isinstance(component, DeleteCharacters):
        return Characters(component.text)
    if isinstance(component, ElementStart):
        return DeleteElementStart(component.type, component.attributes)
    if isinstance(component, DeleteElementStart):
        return ElementStart(component.type, component.attributes)
    if isinstance(component, ElementEnd):
        return DeleteElementEnd()
    if isinstance(component, DeleteElementEnd):
        return ElementEnd()
    if isinstance(component, ReplaceAttributes):
        return ReplaceAttributes(component.new, component.old)
    if isinstance(component, UpdateAttributes):
        return UpdateAttributes(inverted(component.changes))
    if isinstance(component, AnnotationBoundary):
        return AnnotationBoundary(component.ends, inverted(component.changes))
    return component
