"""Document operations as protocol buffers: ProtocolDocumentOperation and its components.

Source: FEDERATION.md, section 1; OT.md, P1.
"""

from __future__ import annotations

from typing import Final

from wave_ot.components import (
    AnnotationBoundary,
    Attributes,
    Change,
    Changes,
    Characters,
    Component,
    DeleteCharacters,
    DeleteElementEnd,
    DeleteElementStart,
    ElementEnd,
    ElementStart,
    ReplaceAttributes,
    Retain,
    UpdateAttributes,
)
from wave_ot.docop import DocOp
from wave_ot.ordering import strictly_increasing, utf16_key
from wave_ot.protobuf_wire import Reader, block, text_block, varint

# Tags, number << 3 | wire type. ProtocolDocumentOperation.Component, 8 bits each:
_ANNOTATION_BOUNDARY: Final = 0x0A
_CHARACTERS: Final = 0x12
_ELEMENT_START: Final = 0x1A
_ELEMENT_END: Final = 0x20
_RETAIN: Final = 0x28
_DELETE_CHARACTERS: Final = 0x32
_DELETE_ELEMENT_START: Final = 0x3A
_DELETE_ELEMENT_END: Final = 0x40
_REPLACE_ATTRIBUTES: Final = 0x4A
_UPDATE_ATTRIBUTES: Final = 0x52
_LAST_COMPONENT: Final = 10

_MESSAGES: Final = frozenset(
    (_ANNOTATION_BOUNDARY, _ELEMENT_START, _DELETE_ELEMENT_START, _REPLACE_ATTRIBUTES, _UPDATE_ATTRIBUTES)
)
_STRINGS: Final = frozenset((_CHARACTERS, _DELETE_CHARACTERS))
_NUMBERS: Final = frozenset((_ELEMENT_END, _RETAIN, _DELETE_ELEMENT_END))

# Fields 1, 2 and 3 of every message below, by wire type.
_VARINT_1: Final = 0x08
_BLOCK_1: Final = 0x0A
_BLOCK_2: Final = 0x12
_BLOCK_3: Final = 0x1A
_TAG_1: Final = b"\x0a"
_TAG_2: Final = b"\x12"
_TAG_3: Final = b"\x1a"

_EMPTY: Final = b"\x08\x01"  # empty = true, in the three messages that say so
_END_FIELD: Final = b"\x0a\x02\x20\x01"
_DELETE_END_FIELD: Final = b"\x0a\x02\x40\x01"


def encode_components(op: DocOp) -> bytes:
    """The ProtocolDocumentOperation of ``op``: one field per component."""
    return b"".join([_component_field(component) for component in op.components])


def _component_field(component: Component) -> bytes:
    """Field 1 of ProtocolDocumentOperation, with tag and length."""
    if isinstance(component, Retain):
        return block(_TAG_1, b"\x28" + varint(component.items))
    if isinstance(component, Characters):
        return block(_TAG_1, text_block(b"\x12", component.text))
    if isinstance(component, DeleteCharacters):
        return block(_TAG_1, text_block(b"\x32", component.text))
    if isinstance(component, ElementStart):
        return block(_TAG_1, block(b"\x1a", _element(component.type, component.attributes)))
    if isinstance(component, ElementEnd):
        return _END_FIELD
    if isinstance(component, DeleteElementStart):
        return block(_TAG_1, block(b"\x3a", _element(component.type, component.attributes)))
    if isinstance(component, DeleteElementEnd):
        return _DELETE_END_FIELD
    return _rarer_component_field(component)


def _rarer_component_field(component: Component) -> bytes:
    if isinstance(component, AnnotationBoundary):
        ends = b"".join([text_block(_TAG_2, key) for key in component.ends])
        content = ends + _changes(_TAG_3, component.changes)
        return block(_TAG_1, block(b"\x0a", content or _EMPTY))
    if isinstance(component, ReplaceAttributes):
        content = _attributes(_TAG_2, component.old) + _attributes(_TAG_3, component.new)
        return block(_TAG_1, block(b"\x4a", content or _EMPTY))
    assert isinstance(component, UpdateAttributes)
    return block(_TAG_1, block(b"\x52", _changes(_TAG_2, component.changes) or _EMPTY))


def _element(type_: str, attributes: Attributes) -> bytes:
    return text_block(_TAG_1, type_) + _attributes(_TAG_2, attributes)


def _attributes(tag: bytes, attributes: Attributes) -> bytes:
    """KeyValuePairs, each a field with ``tag``."""
    pairs = [block(tag, text_block(_TAG_1, name) + text_block(_TAG_2, value)) for name, value in attributes]
    return b"".join(pairs)


def _changes(tag: bytes, changes: Changes) -> bytes:
    """KeyValueUpdates, each a field with ``tag``. Absent old and new values are not written."""
    updates: list[bytes] = []
    for key, old, new in changes:
        content = text_block(_TAG_1, key)
        if old is not None:
            content += text_block(_TAG_2, old)
        if new is not None:
            content += text_block(_TAG_3, new)
        updates.append(block(tag, content))
    return b"".join(updates)


def decode_components(data: bytes, base: int = 0) -> DocOp:
    """The operation in a ProtocolDocumentOperation. ``base`` is the offset of ``data``, for error messages.

    As in the original, attributes and updates out of order are sorted, of attributes given twice the last counts,
    and components with nothing set are left out. Raises MalformedOperation; whether the components make an operation
    is not judged.
    """
    reader = Reader(data, base)
    components: list[Component] = []
    while reader.more():
        tag = reader.tag()
        if tag == _BLOCK_1:
            content = reader.block()
            component = _component(content, reader.offset() - len(content))
            if component is not None:
                components.append(component)
        else:
            reader.unknown(tag, 1)
    return DocOp(components)


def _component(data: bytes, base: int) -> Component | None:
    """The component in ``data``, or None when nothing is set."""
    reader = Reader(data, base)
    if not reader.more():
        return None
    component = _component_value(reader, reader.tag())
    return component if not reader.more() else _component_of_many_fields(data, base)


def _component_of_many_fields(data: bytes, base: int) -> Component | None:
    """A component with several fields, which only a careless encoder writes: the kind with the lowest number counts.

    Of a field given twice the last value counts, but messages are merged, and that is to join their bytes.
    """
    reader = Reader(data, base)
    contents: dict[int, bytes] = {}
    while reader.more():
        tag = reader.tag()
        if tag in _MESSAGES:
            contents[tag] = contents.get(tag, b"") + reader.block()
        elif tag in _STRINGS:
            contents[tag] = reader.block()
        elif tag in _NUMBERS:
            contents[tag] = varint(reader.int64())
        else:
            reader.unknown(tag, _LAST_COMPONENT)
    if not contents:
        return None
    tag = min(contents)
    content = contents[tag]
    field = varint(tag) + (content if tag in _NUMBERS else varint(len(content)) + content)
    chosen = Reader(field, base)
    return _component_value(chosen, chosen.tag())


def _component_value(reader: Reader, tag: int) -> Component | None:
    """The component that one field stands for, or None for an unknown field."""
    if tag == _RETAIN:
        return Retain(reader.int32())
    if tag == _CHARACTERS:
        return Characters(reader.text())
    if tag == _DELETE_CHARACTERS:
        return DeleteCharacters(reader.text())
    if tag == _ELEMENT_END:  # false means the same: the field is set
        reader.boolean()
        return ElementEnd()
    if tag == _DELETE_ELEMENT_END:
        reader.boolean()
        return DeleteElementEnd()
    if tag not in _MESSAGES:
        reader.unknown(tag, _LAST_COMPONENT)
        return None
    content = reader.block()
    message = Reader(content, reader.offset() - len(content))
    if tag == _ELEMENT_START:
        type_, attributes = _read_element(message)
        return ElementStart(type_, attributes)
    if tag == _DELETE_ELEMENT_START:
        type_, attributes = _read_element(message)
        return DeleteElementStart(type_, attributes)
    if tag == _ANNOTATION_BOUNDARY:
        return _read_annotation_boundary(message)
    if tag == _REPLACE_ATTRIBUTES:
        return _read_replace_attributes(message)
    return _read_update_attributes(message)


def _read_element(reader: Reader) -> tuple[str, Attributes]:
    type_: str | None = None
    pairs: list[tuple[str, str]] = []
    while reader.more():
        tag = reader.tag()
        if tag == _BLOCK_1:
            type_ = reader.text()
        elif tag == _BLOCK_2:
            pairs.append(_read_pair(reader))
        else:
            reader.unknown(tag, 2)
    if type_ is None:
        raise reader.malformed("the element has no type")
    return type_, _sorted_attributes(pairs)


def _read_annotation_boundary(reader: Reader) -> AnnotationBoundary:
    empty = False
    ends: list[str] = []
    changes: list[Change] = []
    while reader.more():
        tag = reader.tag()
        if tag == _BLOCK_2:
            ends.append(reader.text())
        elif tag == _BLOCK_3:
            changes.append(_read_change(reader))
        elif tag == _VARINT_1:
            empty = reader.boolean()
        else:
            reader.unknown(tag, 3)
    return AnnotationBoundary((), ()) if empty else AnnotationBoundary(tuple(ends), tuple(changes))


def _read_replace_attributes(reader: Reader) -> ReplaceAttributes:
    empty = False
    old: list[tuple[str, str]] = []
    new: list[tuple[str, str]] = []
    while reader.more():
        tag = reader.tag()
        if tag == _BLOCK_2:
            old.append(_read_pair(reader))
        elif tag == _BLOCK_3:
            new.append(_read_pair(reader))
        elif tag == _VARINT_1:
            empty = reader.boolean()
        else:
            reader.unknown(tag, 3)
    return ReplaceAttributes((), ()) if empty else ReplaceAttributes(_sorted_attributes(old), _sorted_attributes(new))


def _read_update_attributes(reader: Reader) -> UpdateAttributes:
    empty = False
    changes: list[Change] = []
    while reader.more():
        tag = reader.tag()
        if tag == _BLOCK_2:
            changes.append(_read_change(reader))
        elif tag == _VARINT_1:
            empty = reader.boolean()
        else:
            reader.unknown(tag, 2)
    if empty:
        return UpdateAttributes(())
    names = [name for name, _, _ in changes]
    if not strictly_increasing(names):
        if len(set(names)) < len(names):
            raise reader.malformed("one attribute is updated twice")
        changes.sort(key=_change_key)
    return UpdateAttributes(tuple(changes))


def _read_pair(outer: Reader) -> tuple[str, str]:
    """A KeyValuePair, both parts required."""
    content = outer.block()
    reader = Reader(content, outer.offset() - len(content))
    key: str | None = None
    value: str | None = None
    while reader.more():
        tag = reader.tag()
        if tag == _BLOCK_1:
            key = reader.text()
        elif tag == _BLOCK_2:
            value = reader.text()
        else:
            reader.unknown(tag, 2)
    if key is None or value is None:
        raise reader.malformed("an attribute lacks its name or its value")
    return key, value


def _read_change(outer: Reader) -> Change:
    """A KeyValueUpdate: an absent value is None."""
    content = outer.block()
    reader = Reader(content, outer.offset() - len(content))
    key: str | None = None
    old: str | None = None
    new: str | None = None
    while reader.more():
        tag = reader.tag()
        if tag == _BLOCK_1:
            key = reader.text()
        elif tag == _BLOCK_2:
            old = reader.text()
        elif tag == _BLOCK_3:
            new = reader.text()
        else:
            reader.unknown(tag, 3)
    if key is None:
        raise reader.malformed("a change lacks its key")
    return key, old, new


def _sorted_attributes(pairs: list[tuple[str, str]]) -> Attributes:
    """The pairs in order of their names; of a name given twice, the last."""
    if len(pairs) < 2 or strictly_increasing([name for name, _ in pairs]):
        return tuple(pairs)
    return tuple(sorted(dict(pairs).items(), key=_pair_key))


def _pair_key(pair: tuple[str, str]) -> bytes:
    return utf16_key(pair[0])


def _change_key(change: Change) -> bytes:
    return utf16_key(change[0])
