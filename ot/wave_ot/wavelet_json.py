"""Wavelet operations as JSON, in the shapes of the WebSocket protocol.

``{"add": address}``, ``{"remove": address}``, ``{"noop": true}``, ``{"doc": id, "op": [components]}``.

Source: DESIGN.md, section 8.
"""

from __future__ import annotations

from wave_ot.docop import DocOp
from wave_ot.errors import MalformedOperation
from wave_ot.wavelet_operations import AddParticipant, MutateDocument, NoOp, RemoveParticipant, WaveletOperation


def operation_to_json(operation: WaveletOperation) -> dict[str, object]:
    """One operation, ready for ``json.dumps``."""
    if isinstance(operation, MutateDocument):
        return {"doc": operation.document_id, "op": operation.op.to_json()}
    if isinstance(operation, AddParticipant):
        return {"add": operation.address}
    if isinstance(operation, RemoveParticipant):
        return {"remove": operation.address}
    return {"noop": True}


def operations_to_json(operations: tuple[WaveletOperation, ...]) -> list[dict[str, object]]:
    """A delta's operations, ready for ``json.dumps``."""
    return [operation_to_json(operation) for operation in operations]


def operation_from_json(value: object) -> WaveletOperation:
    """The operation that one JSON object stands for.

    Raises MalformedOperation unless the object has exactly one of the shapes; whether the operation is
    well-formed, and may be applied, is not judged.
    """
    if not isinstance(value, dict):
        raise MalformedOperation(f"a wavelet operation is an object, not {_shown(value)}")
    keys = set(value)
    if keys == {"doc", "op"}:
        return MutateDocument(_text(value["doc"], "doc"), DocOp.from_json(value["op"]))
    if keys == {"add"}:
        return AddParticipant(_text(value["add"], "add"))
    if keys == {"remove"}:
        return RemoveParticipant(_text(value["remove"], "remove"))
    if keys == {"noop"}:
        if value["noop"] is not True:
            raise MalformedOperation(f'"noop" must be true, not {_shown(value["noop"])}')
        return NoOp()
    raise MalformedOperation(
        f'a wavelet operation has "add", "remove", "noop", or "doc" and "op", and no more; got {_shown(value)}'
    )


def operations_from_json(value: object) -> tuple[WaveletOperation, ...]:
    """The operations of a submission, any number. Raises MalformedOperation, naming the place in the list."""
    if not isinstance(value, list):
        raise MalformedOperation(f"the operations of a delta are a list, not {_shown(value)}")
    operations: list[WaveletOperation] = []
    for index, item in enumerate(value):
        try:
            operations.append(operation_from_json(item))
        except MalformedOperation as error:
            raise MalformedOperation(f"operation {index}: {error}") from error
    return tuple(operations)


def _text(value: object, key: str) -> str:
    if not isinstance(value, str) or not value:
        raise MalformedOperation(f'"{key}" must be a string that is not empty, not {_shown(value)}')
    return value


def _shown(value: object) -> str:
    """``value`` for an error message: short whatever a client sends, and never nested."""
    if isinstance(value, dict):
        return f"an object with the keys {sorted(str(key)[:20] for key in value)[:5]}"
    if isinstance(value, list):
        return "a list"
    if value is None or value is True or value is False:
        return {None: "null", True: "true", False: "false"}[value]
    return repr(value[:40]) if isinstance(value, str) else "a number"
