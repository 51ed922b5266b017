"""What streams must not hold: the errors that say so, and the handlers of expat that raise them."""

from __future__ import annotations

from wave_federation.errors import RemoteProtocolError


def not_utf8() -> RemoteProtocolError:
    """Another encoding than UTF-8, or none: RFC 6120 §11.6, §4.9.3.22."""
    return RemoteProtocolError("streams are in UTF-8", condition="unsupported-encoding")


def not_well_formed(message: str) -> RemoteProtocolError:
    """RFC 6120 §11.3, §4.9.3.13."""
    return RemoteProtocolError(f"the XML is not well-formed: {message}", condition="not-well-formed")


def restricted(what: str) -> RemoteProtocolError:
    """What XML has and streams must not have: RFC 6120 §11.1, §4.9.3.18."""
    return RemoteProtocolError(f"streams hold no {what}", condition="restricted-xml")


def on_declaration(_version: str, encoding: str | None, standalone: int) -> None:
    """Of XML itself; one that points to declarations outside is refused."""
    if encoding is not None and encoding.lower() != "utf-8":
        raise not_utf8()
    if standalone == 0:
        raise restricted("documents that do not stand alone")


def on_doctype(_name: str, _system: str | None, _public: str | None, _subset: bool) -> None:
    """Before its first entity is declared."""
    raise restricted("document type declarations")


def on_comment(_text: str) -> None:
    """Wherever it is."""
    raise restricted("comments")


def on_instruction(_target: str, _data: str) -> None:
    """Wherever it is."""
    raise restricted("processing instructions")


def on_stray_text(text: str) -> None:
    """Text of the first level: white space keeps streams alive, RFC 6120 §4.6.1; the rest is ``bad-format``."""
    if text.strip(" \t\r\n"):
        raise RemoteProtocolError("text stands between the stanzas", condition="bad-format")
