"""The documentation of the API as an HTML page, from its OpenAPI document alone. No scripts, one style sheet."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any, Final

from wave_web.client_files import PAGES_STYLE

Json = dict[str, Any]

_HEAD: Final = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<link rel="stylesheet" href="{style}">
</head>
<body>
<main>
<h1>{title}</h1>"""
_SCHEMAS: Final = "#/components/schemas/"


def render_page(document: Json, prefix: str) -> str:
    """The page; ``prefix`` is what every path begins with."""
    title = escape(document["info"]["title"]) + " API"
    parts = [
        _HEAD.format(title=title, style=PAGES_STYLE),
        f"<p>{_prose(document['info']['description'])}</p>",
        f'<p>For programs: <a href="{prefix}/openapi.json">openapi.json</a> (OpenAPI {document["openapi"]}).</p>',
        *_contents(document),
        *_sections(document, prefix),
        *_schemas(document),
        "</main>\n</body>\n</html>\n",
    ]
    return "\n".join(parts)


def _operations(document: Json, tag: str) -> Iterator[tuple[str, str, Json]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if tag in operation["tags"]:
                yield method.upper(), path, operation


def _contents(document: Json) -> Iterator[str]:
    yield '<nav aria-label="Contents"><ul>'
    for tag in document["tags"]:
        yield f'<li><a href="#{escape(tag["name"])}">{escape(tag["name"].capitalize())}</a></li>'
    yield '<li><a href="#shapes">Shapes</a></li></ul></nav>'


def _sections(document: Json, prefix: str) -> Iterator[str]:
    for tag in document["tags"]:
        name = escape(tag["name"])
        yield f'<section aria-labelledby="{name}"><h2 id="{name}">{name.capitalize()}</h2>'
        for method, path, operation in _operations(document, tag["name"]):
            yield from _operation(method, prefix + path, operation)
        yield "</section>"


def _operation(method: str, path: str, operation: Json) -> Iterator[str]:
    yield f'<article id="{escape(operation["operationId"])}"><h3>{escape(operation["summary"])}</h3>'
    yield f'<p class="route"><b>{method}</b> <code>{escape(path)}</code></p>'
    yield f"<p>{_prose(operation.get('description', ''))}</p>"
    yield f'<p class="needs">{_needs(operation)}</p>'
    parameters = operation.get("parameters", [])
    if parameters:
        yield '<div class="table" tabindex="0" role="region" aria-label="Parameters"><table><thead>'
        yield "<tr><th>Parameter</th><th>In</th><th>Type</th><th>Meaning</th></tr></thead><tbody>"
        for found in parameters:
            meaning = _prose(found.get("description", "")) + ("" if found["required"] else " <i>Optional.</i>")
            yield f"<tr><td><code>{escape(found['name'])}</code></td><td>{found['in']}</td>"
            yield f"<td>{_type(found['schema'])}</td><td>{meaning}</td></tr>"
        yield "</tbody></table></div>"
    if "requestBody" in operation:
        yield f"<p>Body: {_content(operation['requestBody']['content'])}</p>"
    yield "<ul>"
    for status, response in sorted(operation["responses"].items()):
        content = _content(response["content"]) if status < "400" and "content" in response else ""
        yield f"<li><b>{status}</b> {_prose(response['description'])} {content}</li>"
    yield "</ul></article>"


def _needs(operation: Json) -> str:
    if not operation["security"]:
        return "Public."
    (scopes,) = [need["token"] for need in operation["security"] if "token" in need]
    return f"Signed in, or a token with <code>{escape(scopes[0])}</code>." if scopes else "Signed in, or any token."


def _content(content: Json) -> str:
    found = [f"{escape(media)} {_type(body['schema'])}" if "schema" in body else escape(media)
             for media, body in content.items()]  # fmt: skip
    return ", ".join(found)


def _schemas(document: Json) -> Iterator[str]:
    yield '<section aria-labelledby="shapes"><h2 id="shapes">Shapes</h2>'
    for name, schema in document["components"]["schemas"].items():
        yield f'<article id="shape-{escape(name)}"><h3>{escape(name)}</h3>'
        yield f"<p>{_prose(schema.get('description', ''))}</p>"
        if "properties" in schema:
            yield f'<div class="table" tabindex="0" role="region" aria-label="Members of {escape(name)}"><table><thead>'
            yield "<tr><th>Member</th><th>Type</th><th>Meaning</th></tr></thead><tbody>"
            for member, found in schema["properties"].items():
                optional = "" if member in schema.get("required", []) else " <i>Optional.</i>"
                yield f"<tr><td><code>{escape(member)}</code></td><td>{_type(found)}</td>"
                yield f"<td>{_prose(found.get('description', ''))}{optional}</td></tr>"
            yield "</tbody></table></div>"
        else:
            yield f"<p>{_type(schema)}</p>"
        yield "</article>"
    yield "</section>"


def _type(schema: Json) -> str:
    """A schema in a few words, as HTML."""
    if "$ref" in schema:
        name = escape(schema["$ref"].removeprefix(_SCHEMAS))
        return f'<a href="#shape-{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(_type(choice) for choice in schema["anyOf"])
    if "enum" in schema:
        return " or ".join(f"<code>{escape(str(value))}</code>" for value in schema["enum"])
    match schema.get("type"):
        case "array" if "prefixItems" in schema:
            return "[" + ", ".join(_type(item) for item in schema["prefixItems"]) + "]"
        case "array":
            return f"list of {_type(schema.get('items') or {})}"
        case "object" if isinstance(schema.get("additionalProperties"), dict):
            return f"map of {_type(schema['additionalProperties'])}"
        case "null":
            return "null"
        case None:
            return "anything"
        case kind:
            return escape(str(kind)) + _bounds(schema)


def _bounds(schema: Json) -> str:
    least = schema.get("minimum", schema.get("minLength"))
    most = schema.get("maximum", schema.get("maxLength"))
    if least is None and most is None:
        return ""
    return f" ({'' if least is None else least}…{'' if most is None else most})"


def _prose(text: str) -> str:
    """Text with `code` in backquotes, as HTML."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if place % 2 else part for place, part in enumerate(parts))
