"""DocOp: one document operation, a sequence of components."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, final

from mypy_extensions import mypyc_attr

from wave_ot.components import Component
from wave_ot.operation_json import component_to_json, components_from_json


@mypyc_attr(acyclic=True)
@final
class DocOp:
    """A document operation: components that walk a document from its start to its end.

    A value: equal when its components are, hashable, never changed. Nothing is checked or
    normalised here; ``wave_ot.validation`` judges, ``wave_ot.normalization`` normalises.
    """

    __slots__ = ("components",)

    def __init__(self, components: Iterable[Component] = ()) -> None:
        self.components: Final = tuple(components)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DocOp) and self.components == other.components

    def __hash__(self) -> int:
        return hash(self.components)

    def __repr__(self) -> str:
        return f"DocOp({list(self.components)!r})"

    @staticmethod
    def from_json(value: object) -> DocOp:
        """The operation that a list of JSON components stands for (shapes in ``docs/protocol.md``).

        Raises MalformedOperation when the shape is wrong; what the components say is not judged.
        """
        return DocOp(components_from_json(value))

    def to_json(self) -> list[dict[str, object]]:
        """The operation as a list of JSON components, ready for ``json.dumps``."""
        return [component_to_json(component) for component in self.components]
