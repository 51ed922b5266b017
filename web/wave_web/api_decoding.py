"""From the texts of a request to the structs that handlers ask for, or an error that names the place.

What is decoded has the type that is asked for; mypy is told so where a handler is declared (``ApiRoutes.route``).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import msgspec
from multidict import MultiMapping

from wave_server.errors import InvalidRequest

_LISTS: Final = (msgspec.inspect.ListType, msgspec.inspect.VarTupleType)


def is_strict(struct: Any) -> bool:
    """Whether this is a struct that refuses members it does not know."""
    return (
        isinstance(struct, type)
        and issubclass(struct, msgspec.Struct)
        and struct.__struct_config__.forbid_unknown_fields
    )


def decode_query(query: MultiMapping[str], struct: Any) -> Any:
    """The query string as ``struct``; a parameter that the struct has as a list may be repeated.

    Raises InvalidRequest for unknown, missing, repeated and malformed parameters. ``struct`` NoneType: nothing may
    be there.
    """
    lists = _lists_of(struct)
    values: dict[str, object] = {}
    for name in dict.fromkeys(query):
        given = query.getall(name)
        if name not in lists and len(given) > 1:
            raise InvalidRequest(f"the query has {name!a} more than once")
        values[name] = given if name in lists else given[0]
    return _converted(values, struct, "query")


def decode_path(parts: Mapping[str, str], struct: Any) -> Any:
    """The variable parts of the path as ``struct``. Raises InvalidRequest."""
    return _converted(dict(parts), struct, "path")


def decode_body(body: bytes, struct: Any) -> Any:
    """A JSON body as ``struct``. Raises InvalidRequest."""
    try:
        return _decoder(struct).decode(body)
    except msgspec.ValidationError as error:
        raise InvalidRequest(_located(error, "body")) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidRequest(f"the body is not JSON: {error}") from error


@cache
def _decoder(struct: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(struct)


@cache
def _lists_of(struct: Any) -> frozenset[str]:
    """The names of the fields that are lists."""
    if struct is type(None):
        return frozenset()
    found = msgspec.inspect.type_info(struct)
    assert isinstance(found, msgspec.inspect.StructType)
    return frozenset(field.encode_name for field in found.fields if isinstance(_bare(field.type), _LISTS))


def _bare(found: msgspec.inspect.Type) -> msgspec.inspect.Type:
    while isinstance(found, msgspec.inspect.Metadata):
        found = found.type
    return found


def _converted(values: dict[str, object], struct: Any, where: str) -> Any:
    if struct is type(None):
        if values:
            raise InvalidRequest(f"the {where} has {next(iter(values))!a}, which is not known here")
        return None
    try:
        return msgspec.convert(values, struct, strict=False)  # texts stand for numbers and truth values
    except msgspec.ValidationError as error:
        raise InvalidRequest(_located(error, where)) from error


def _located(error: msgspec.ValidationError, where: str) -> str:
    """msgspec's message with the place in our words: ``Expected `str`, got `int` - at `$.name` `` names the member."""
    message, _, place = str(error).partition(" - at `$")
    at = place.rstrip("`").lstrip(".")
    return f"the {where}: {message}, at {at}" if at else f"the {where}: {message}"
