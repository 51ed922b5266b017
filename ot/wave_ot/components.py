"""The components of document operations, and the characters and names they may hold.

A component is a value: never change one. Lengths count *items*: one item is one character
(a Unicode code point), one element start, or one element end.

``mypyc_attr`` speaks to the ahead-of-time compiler alone. ``acyclic`` keeps values that can hold no
circle out of garbage collection, which saves 16 bytes each and a quarter of compose's time;
``free_list_len``, in other modules, keeps the memory of the last object freed.

Source: wavespec.rst, "Document operations"; OT.md, "Operation format".
"""

from __future__ import annotations

from typing import ClassVar, Final, TypeAlias, final

from mypy_extensions import mypyc_attr

Attributes: TypeAlias = tuple[tuple[str, str], ...]
"""``(name, value)`` pairs, names strictly increasing in UTF-16 order (``utf16_key``) when well-formed."""

Change: TypeAlias = tuple[str, str | None, str | None]
"""``(key, old, new)`` of an attribute or annotation; None is "absent"."""

Changes: TypeAlias = tuple[Change, ...]

RETAIN: Final = 0
CHARACTERS: Final = 1
ELEMENT_START: Final = 2
ELEMENT_END: Final = 3
DELETE_CHARACTERS: Final = 4
DELETE_ELEMENT_START: Final = 5
DELETE_ELEMENT_END: Final = 6
REPLACE_ATTRIBUTES: Final = 7
UPDATE_ATTRIBUTES: Final = 8
ANNOTATION_BOUNDARY: Final = 9


@mypyc_attr(acyclic=True)
class Component:
    """Base of the ten kinds of component. ``kind`` is one of the constants above, for fast dispatch."""

    __slots__ = ("kind",)

    def __init__(self, kind: int) -> None:
        self.kind: Final = kind


@mypyc_attr(acyclic=True)
@final
class Retain(Component):
    """Keep the next ``items`` items, at least 1, changed only by the open annotation update."""

    __slots__ = ("items",)
    __match_args__: ClassVar = ("items",)

    def __init__(self, items: int) -> None:
        super().__init__(RETAIN)
        self.items: Final = items

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Retain) and self.items == other.items

    def __hash__(self) -> int:
        return hash((self.kind, self.items))

    def __repr__(self) -> str:
        return f"Retain({self.items!r})"


@mypyc_attr(acyclic=True)
@final
class Characters(Component):
    """Insert ``text``, at least one character."""

    __slots__ = ("text",)
    __match_args__: ClassVar = ("text",)

    def __init__(self, text: str) -> None:
        super().__init__(CHARACTERS)
        self.text: Final = text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Characters) and self.text == other.text

    def __hash__(self) -> int:
        return hash((self.kind, self.text))

    def __repr__(self) -> str:
        return f"Characters({self.text!r})"


@mypyc_attr(acyclic=True)
@final
class ElementStart(Component):
    """Insert the start of an element; its ElementEnd must follow in the same operation."""

    __slots__ = ("attributes", "type")
    __match_args__: ClassVar = ("type", "attributes")

    def __init__(self, type: str, attributes: Attributes) -> None:  # noqa: A002  the protocol calls it so
        super().__init__(ELEMENT_START)
        self.type: Final = type
        self.attributes: Final = attributes

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ElementStart) and self.type == other.type and self.attributes == other.attributes

    def __hash__(self) -> int:
        return hash((self.kind, self.type, self.attributes))

    def __repr__(self) -> str:
        return f"ElementStart({self.type!r}, {self.attributes!r})"


@mypyc_attr(acyclic=True)
@final
class ElementEnd(Component):
    """Insert the end of the element started last."""

    __slots__ = ()
    __match_args__: ClassVar = ()

    def __init__(self) -> None:
        super().__init__(ELEMENT_END)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ElementEnd)

    def __hash__(self) -> int:
        return hash(self.kind)

    def __repr__(self) -> str:
        return "ElementEnd()"


@mypyc_attr(acyclic=True)
@final
class DeleteCharacters(Component):
    """Delete the next characters, which must be ``text``."""

    __slots__ = ("text",)
    __match_args__: ClassVar = ("text",)

    def __init__(self, text: str) -> None:
        super().__init__(DELETE_CHARACTERS)
        self.text: Final = text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DeleteCharacters) and self.text == other.text

    def __hash__(self) -> int:
        return hash((self.kind, self.text))

    def __repr__(self) -> str:
        return f"DeleteCharacters({self.text!r})"


@mypyc_attr(acyclic=True)
@final
class DeleteElementStart(Component):
    """Delete the next item, which must be this element start."""

    __slots__ = ("attributes", "type")
    __match_args__: ClassVar = ("type", "attributes")

    def __init__(self, type: str, attributes: Attributes) -> None:  # noqa: A002  the protocol calls it so
        super().__init__(DELETE_ELEMENT_START)
        self.type: Final = type
        self.attributes: Final = attributes

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DeleteElementStart) and self.type == other.type and self.attributes == other.attributes

    def __hash__(self) -> int:
        return hash((self.kind, self.type, self.attributes))

    def __repr__(self) -> str:
        return f"DeleteElementStart({self.type!r}, {self.attributes!r})"


@mypyc_attr(acyclic=True)
@final
class DeleteElementEnd(Component):
    """Delete the next item, which must be the end of the element whose deletion started last."""

    __slots__ = ()
    __match_args__: ClassVar = ()

    def __init__(self) -> None:
        super().__init__(DELETE_ELEMENT_END)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DeleteElementEnd)

    def __hash__(self) -> int:
        return hash(self.kind)

    def __repr__(self) -> str:
        return "DeleteElementEnd()"


@mypyc_attr(acyclic=True)
@final
class ReplaceAttributes(Component):
    """Keep the next item, an element start with exactly the attributes ``old``; they become ``new``."""

    __slots__ = ("new", "old")
    __match_args__: ClassVar = ("old", "new")

    def __init__(self, old: Attributes, new: Attributes) -> None:
        super().__init__(REPLACE_ATTRIBUTES)
        self.old: Final = old
        self.new: Final = new

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ReplaceAttributes) and self.old == other.old and self.new == other.new

    def __hash__(self) -> int:
        return hash((self.kind, self.old, self.new))

    def __repr__(self) -> str:
        return f"ReplaceAttributes({self.old!r}, {self.new!r})"


@mypyc_attr(acyclic=True)
@final
class UpdateAttributes(Component):
    """Keep the next item, an element start, changing only the attributes listed."""

    __slots__ = ("changes",)
    __match_args__: ClassVar = ("changes",)

    def __init__(self, changes: Changes) -> None:
        super().__init__(UPDATE_ATTRIBUTES)
        self.changes: Final = changes

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UpdateAttributes) and self.changes == other.changes

    def __hash__(self) -> int:
        return hash((self.kind, self.changes))

    def __repr__(self) -> str:
        return f"UpdateAttributes({self.changes!r})"


@mypyc_attr(acyclic=True)
@final
class AnnotationBoundary(Component):
    """Change the annotation update that applies to what follows: stop ``ends``, set ``changes``. No items."""

    __slots__ = ("changes", "ends")
    __match_args__: ClassVar = ("ends", "changes")

    def __init__(self, ends: tuple[str, ...], changes: Changes) -> None:
        super().__init__(ANNOTATION_BOUNDARY)
        self.ends: Final = ends
        self.changes: Final = changes

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AnnotationBoundary) and self.ends == other.ends and self.changes == other.changes

    def __hash__(self) -> int:
        return hash((self.kind, self.ends, self.changes))

    def __repr__(self) -> str:
        return f"AnnotationBoundary({self.ends!r}, {self.changes!r})"
