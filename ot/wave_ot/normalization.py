"""Normal form: OperationWriter, which every result of compose and transform is written through.

Neighbouring components of one kind grow together and annotation boundaries are held back, merged
and stripped of what changes nothing. The order of components at one place is never rearranged, and
changes that set what was there (an annotation ``a`` to ``a``, attributes replaced by themselves)
stay: the reference keeps them. Source: OT.md, N1 to N5.
"""

from __future__ import annotations

from typing import Final, final

from mypy_extensions import mypyc_attr

from wave_ot.components import (
    DELETE_CHARACTERS,
    AnnotationBoundary,
    Change,
    Characters,
    Component,
    DeleteCharacters,
    Retain,
)
from wave_ot.cursor import size
from wave_ot.docop import DocOp
from wave_ot.ordering import sorted_names


@mypyc_attr(acyclic=True)
@final
class ValueChange:
    """What an open annotation update does to one key: the value it replaces, the one it sets; None is "absent"."""

    __slots__ = ("new", "old")

    def __init__(self, old: str | None, new: str | None) -> None:
        self.old: Final = old
        self.new: Final = new

    def same_as(self, other: ValueChange) -> bool:
        """Whether both do the same."""
        return self is other or (self.old == other.old and self.new == other.new)


@mypyc_attr(acyclic=True)
@final
class _Boundaries:
    """The annotation side of one operation being written: what is held back, and what is open."""

    __slots__ = ("held", "open")

    def __init__(self) -> None:
        self.held: dict[str, ValueChange | None] = {}  # None ends a key; the last word on a key counts
        self.open: dict[str, ValueChange] = {}  # what the boundaries written so far leave open

    def release(self) -> AnnotationBoundary | None:
        """The boundary for what was held back, as far as it changes what is open; None when it does not."""
        ends: list[str] = []
        changes: list[Change] = []
        for key in sorted_names(self.held):
            values = self.held[key]
            present = self.open.get(key)
            if values is None:
                if present is not None:
                    del self.open[key]
                    ends.append(key)
            elif present is None or not present.same_as(values):
                self.open[key] = values
                changes.append((key, values.old, values.new))
        self.held = {}
        return AnnotationBoundary(tuple(ends), tuple(changes)) if ends or changes else None


@mypyc_attr(acyclic=True, free_list_len=1)
@final
class OperationWriter:
    """Collects the components of one operation and brings them into normal form on the way.

    Components must not be empty: no Retain(0), no Characters(""). Linear in what is written.
    """

    __slots__ = ("_boundaries", "_growing", "_holding", "_last", "_out")

    def __init__(self) -> None:
        self._out: list[Component] = []
        self._last = -1  # the kind of the component written last, when the next may grow it
        self._growing: list[str] | None = None  # the texts of the last component, once it is more than one
        self._boundaries: _Boundaries | None = None  # most operations have none
        self._holding = False  # whether a boundary is held back

    def write(self, component: Component) -> None:
        """Append a component that is not a boundary, or let the last one grow by it."""
        if self._holding:
            self._write_boundary()
        kind = component.kind
        if kind == self._last and self._grow(component):
            return
        if self._growing is not None:
            self._settle()
        self._last = kind
        self._out.append(component)

    def change(self, key: str, values: ValueChange) -> None:
        """Open the annotation update of ``key``, or change the open one, from here on."""
        self._hold()[key] = values

    def end(self, key: str) -> None:
        """End the annotation update of ``key`` here, if one is open."""
        self._hold()[key] = None

    def finish(self) -> DocOp:
        """The operation written, boundaries at its end included. The writer is used up."""
        if self._holding:
            self._write_boundary()
        if self._growing is not None:
            self._settle()
        return DocOp(self._out)

    def leaves_annotations_open(self) -> bool:
        """Whether the operation written, once finished, ends with an annotation update still open."""
        return self._boundaries is not None and len(self._boundaries.open) > 0

    def _hold(self) -> dict[str, ValueChange | None]:
        if self._boundaries is None:
            self._boundaries = _Boundaries()
        self._holding = True
        return self._boundaries.held

    def _write_boundary(self) -> None:
        self._holding = False
        assert self._boundaries is not None
        boundary = self._boundaries.release()
        if boundary is not None:
            if self._growing is not None:
                self._settle()
            self._last = -1
            self._out.append(boundary)

    def _grow(self, component: Component) -> bool:
        """Add a component to the last one, of the same kind; False when this kind does not grow."""
        last = self._out[-1]
        if isinstance(component, Retain):
            assert isinstance(last, Retain)
            self._out[-1] = Retain(last.items + component.items)
            return True
        if isinstance(component, (Characters, DeleteCharacters)):
            assert isinstance(last, (Characters, DeleteCharacters))
            if self._growing is None:
                self._growing = [last.text]
            self._growing.append(component.text)
            return True
        return False

    def _settle(self) -> None:
        """Put the grown text in place, joined once, so that many small pieces cost no more than their length."""
        assert self._growing is not None
        text = "".join(self._growing)
        self._growing = None
        self._out[-1] = DeleteCharacters(text) if self._last == DELETE_CHARACTERS else Characters(text)


def normalize(op: DocOp) -> DocOp:
    """The normal form of an operation: the same effect, and the same again when normalised again."""
    writer = OperationWriter()
    for component in op.components:
        if isinstance(component, AnnotationBoundary):
            for key, old, new in component.changes:
                writer.change(key, ValueChange(old, new))
            for key in component.ends:
                writer.end(key)
        elif size(component) > 0:
            writer.write(component)
    return writer.finish()
