"""Components to and from their JSON shapes.

The shapes are those of the WebSocket protocol and of the conformance vectors (OT.md, "Operation
format"). Reading checks shape only: whether ``{"retain": 0}`` makes sense is the validator's business.
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
from wave_ot.errors import MalformedOperation
from wave_ot.ordering import strictly_increasing, utf16_key

_INTEGER_LIMIT: Final = 2**53


def components_from_json(value: object) -> list[Component]:
    """The components that a JSON list stands for. Raises MalformedOperation, naming the component at fault."""
    if not isinstance(value, list):
        raise MalformedOperation(f"an operation must be a list of components, not {_described(value)}")
    components: list[Component] = []
    for index, item in enumerate(value):
        try:
            components.append(component_from_json(item))
        except MalformedOperation as error:
            raise MalformedOperation(f"component {index}: {error}") from None
    return components


def component_from_json(value: object) -> Component:
    """One component from its JSON object. Raises MalformedOperation saying what is wrong with it."""
    if not isinstance(value, dict):
        raise MalformedOperation(f"must be an object, not {_described(value)}")
    if len(value) != 1:
        raise MalformedOperation(f"must have exactly one key, not {len(value)}")
    key, content = next(iter(value.items()))
    if key == "retain":
        return Retain(_integer(content))
    if key == "chars":
        return Characters(_text(content, "chars"))
    if key == "delchars":
        return DeleteCharacters(_text(content, "delchars"))
    if key == "start":
        element, attributes = _element(content, "start")
        return ElementStart(element, attributes)
    if key == "delstart":
        element, attributes = _element(content, "delstart")
        return DeleteElementStart(element, attributes)
    return _rarer_component(key, content)


def _rarer_component(key: object, content: object) -> Component:
    if key == "end":
        _true(content, "end")
        return ElementEnd()
    if key == "delend":
        _true(content, "delend")
        return DeleteElementEnd()
    if key == "replattrs":
        old, new = _pair(content, "replattrs", "[old attributes, new attributes]")
        return ReplaceAttributes(_attributes(old, "replattrs"), _attributes(new, "replattrs"))
    if key == "updattrs":
        return UpdateAttributes(_changes(content, "updattrs"))
    if key == "ann":
        return _annotation_boundary(content)
    raise MalformedOperation(f"unknown kind {key!r}")


def component_to_json(component: Component) -> dict[str, object]:
    """The JSON object of one component, ready for ``json.dumps``."""
    if isinstance(component, Retain):
        return {"retain": component.items}
    if isinstance(component, Characters):
        return {"chars": component.text}
    if isinstance(component, DeleteCharacters):
        return {"delchars": component.text}
    if isinstance(component, ElementStart):
        return {"start": [component.type, _attributes_to_json(component.attributes)]}
    if isinstance(component, ElementEnd):
        return {"end": True}
    if isinstance(component, DeleteElementStart):
        return {"delstart": [component.type, _attributes_to_json(component.attributes)]}
    if isinstance(component, DeleteElementEnd):
        return {"delend": True}
    if isinstance(component, ReplaceAttributes):
        return {"replattrs": [_attributes_to_json(component.old), _attributes_to_json(component.new)]}
    if isinstance(component, UpdateAttributes):
        return {"updattrs": _changes_to_json(component.changes)}
    assert isinstance(component, AnnotationBoundary)
    return {"ann": {"end": list(component.ends), "change": _changes_to_json(component.changes)}}


def _attributes_to_json(attributes: Attributes) -> object:
    """An object, or a list of pairs where only that keeps an order or a repetition that is ill-formed."""
    if strictly_increasing([name for name, _ in attributes]):
        return {name: value for name, value in attributes}  # noqa: C416  mypyc: a loop beats dict() over tuples
    return [[name, value] for name, value in attributes]


def _changes_to_json(changes: Changes) -> list[list[str | None]]:
    return [[key, old, new] for key, old, new in changes]


def _integer(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise MalformedOperation(f"retain must be an integer, not {_described(value)}")
    if not -_INTEGER_LIMIT < value < _INTEGER_LIMIT:
        raise MalformedOperation("retain must be a smaller number: JSON readers agree on integers up to 53 bits")
    return value


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise MalformedOperation(f"{where} must be a string, not {_described(value)}")
    return value


def _true(value: object, where: str) -> None:
    if value is not True:
        raise MalformedOperation(f"{where} must be true, not {_described(value)}")


def _pair(value: object, where: str, shape: str) -> tuple[object, object]:
    if not isinstance(value, list) or len(value) != 2:
        raise MalformedOperation(f"{where} must be a list {shape}, not {_described(value)}")
    return value[0], value[1]


def _element(value: object, where: str) -> tuple[str, Attributes]:
    element, attributes = _pair(value, where, "[element type, attributes]")
    return _text(element, f"{where}: the element type"), _attributes(attributes, where)


def _attributes(value: object, where: str) -> Attributes:
    """Attributes from an object, whose members JSON leaves unordered, or from a list of pairs, kept as it is."""
    if isinstance(value, dict):
        pairs = [(_text(name, f"{where}: an attribute name"), _attribute(value[name], where)) for name in value]
        if len(pairs) > 1:
            pairs.sort(key=_name_key)
        return tuple(pairs)
    if not isinstance(value, list):
        raise MalformedOperation(f"{where}: attributes must be an object or a list of pairs, not {_described(value)}")
    listed: list[tuple[str, str]] = []
    for item in value:
        name, content = _pair(item, f"{where}: an attribute", "[name, value]")
        listed.append((_text(name, f"{where}: an attribute name"), _attribute(content, where)))
    return tuple(listed)


def _attribute(value: object, where: str) -> str:
    return _text(value, f"{where}: an attribute value")


def _name_key(pair: tuple[str, str]) -> bytes:
    return utf16_key(pair[0])


def _changes(value: object, where: str) -> Changes:
    if not isinstance(value, list):
        raise MalformedOperation(f"{where} must be a list of [name, old, new], not {_described(value)}")
    return tuple([_change(item, where) for item in value])


def _change(value: object, where: str) -> Change:
    if not isinstance(value, list) or len(value) != 3:
        raise MalformedOperation(f"{where}: a change must be a list [name, old, new], not {_described(value)}")
    return (
        _text(value[0], f"{where}: the name of a change"),
        _optional_text(value[1], f"{where}: the old value"),
        _optional_text(value[2], f"{where}: the new value"),
    )


def _optional_text(value: object, where: str) -> str | None:
    if value is not None and not isinstance(value, str):
        raise MalformedOperation(f"{where} must be a string or null, not {_described(value)}")
    return value


def _annotation_boundary(value: object) -> AnnotationBoundary:
    if not isinstance(value, dict) or len(value) != 2 or "end" not in value or "change" not in value:
        raise MalformedOperation(f'ann must be an object with just "end" and "change", not {_described(value)}')
    ends = value["end"]
    if not isinstance(ends, list):
        raise MalformedOperation(f"ann: end must be a list of keys, not {_described(ends)}")
    keys = tuple([_text(key, "ann: a key to end") for key in ends])
    return AnnotationBoundary(keys, _changes(value["change"], "ann: change"))


def _described(value: object) -> str:
    """The JSON type of a value, for an error message; never the value, which may be huge or private."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, str):
        return "a string"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return "an object" if isinstance(value, dict) else f"a {type(value).__name__}"
