"""Stanzas between the namespace of components and that of servers, in which the rest of the code knows them."""

from __future__ import annotations

from copy import deepcopy

from lxml import etree

from wave_federation.namespaces import COMPONENT, SERVER
from wave_federation.stanzas import Element


def to_server(element: Element) -> Element:
    """Bring a component's stanza, which nobody else holds, into ``jabber:server``, in place."""
    _rename(element, COMPONENT, SERVER)
    return element


def component_bytes(element: Element) -> bytes:
    """A stanza of ``jabber:server`` as it is written on a component's stream; ``element`` stays as it is."""
    copy = etree.Element(element.tag, dict(element.attrib), nsmap={None: COMPONENT})
    copy.text = element.text
    copy.extend(deepcopy(child) for child in element)
    _rename(copy, SERVER, COMPONENT)
    etree.cleanup_namespaces(copy)
    return etree.tostring(copy, encoding="UTF-8", xml_declaration=False)


def _rename(root: Element, old: str, new: str) -> None:
    prefix = f"{{{old}}}"
    for element in root.iter(f"{prefix}*"):
        element.tag = f"{{{new}}}{str(element.tag).removeprefix(prefix)}"
