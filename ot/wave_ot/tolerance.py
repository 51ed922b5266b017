"""The one laxness of the reference that its wavelet-level cases require: a server operation that is too long.

Source: OT.md, L1; docs/ot.md.
"""

from __future__ import annotations

from wave_ot.components import (
    ANNOTATION_BOUNDARY,
    CHARACTERS,
    ELEMENT_END,
    ELEMENT_START,
    RETAIN,
    AnnotationBoundary,
    Component,
    Retain,
)
from wave_ot.cursor import size
from wave_ot.docop import DocOp
from wave_ot.errors import TransformError
from wave_ot.ordering import sorted_names
from wave_ot.transformation import transform


def transform_tolerantly(client: DocOp, server: DocOp) -> tuple[DocOp, DocOp]:
    """``transform``, but items that only the server's operation reads, at its end, may go unread by the client's.

    They must be retained ones, and are cut off. It costs nothing when the lengths agree, and harms nobody: a client's
    operation that is too short is refused when it is applied. Raises TransformError as ``transform`` does otherwise.
    """
    try:
        return transform(client, server)
    except TransformError:
        shorter = _without_surplus(server, sum([_items_read(component) for component in client.components]))
        if shorter is None:
            raise
    return transform(client, shorter)


def _without_surplus(op: DocOp, items: int) -> DocOp | None:
    """``op`` cut to read ``items`` items, or None if it is not longer, or does more than retain the rest."""
    left = items
    kept: list[Component] = []
    open_keys: set[str] = set()
    surplus = 0
    for component in op.components:
        read = _items_read(component)
        if surplus or read > left:
            if component.kind not in (RETAIN, ANNOTATION_BOUNDARY):
                return None
            if left:
                kept.append(Retain(left))
            surplus += read - left
            left = 0
            continue
        left -= read
        kept.append(component)
        if isinstance(component, AnnotationBoundary):
            open_keys.difference_update(component.ends)
            open_keys.update([key for key, _, _ in component.changes])
    if not surplus:
        return None
    if open_keys:
        kept.append(AnnotationBoundary(tuple(sorted_names(open_keys)), ()))
    return DocOp(kept)


def _items_read(component: Component) -> int:
    """How many items of the document a component consumes: none for an insertion or a boundary."""
    return 0 if component.kind in (CHARACTERS, ELEMENT_START, ELEMENT_END) else size(component)
