"""Which elements, attributes and text each kind of document may hold, chosen by the document's id.

The tables say what CONVERSATION.md says; elements that only the original server's clients wrote
(gadgets, forms, installers, settings and the like) are in them too, so that such documents are
kept as they are. Documents of other ids are data: any well-formed content.

Source: CONVERSATION.md, "Documents" and "Per-user data"; the original's ConversationSchemas.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, final

from wave_ot.schema import Schema

AnyOf = frozenset[str] | re.Pattern[str] | None
"""The values that an attribute may have: these, those that match wholly, or (None) any."""

_BOOLEAN: Final = frozenset({"true", "false"})
_NATURAL: Final = re.compile(r"[0-9]{1,19}")
_BLIP_ID: Final = re.compile(r"b\+\S+")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@final
class ElementSchema:
    """A schema as tables by element type, "" being the top level. Everything not in them is refused.

    Text is any that holds no control characters: a new line is a ``line`` element.
    """

    __slots__ = ("_attributes", "_children", "_first", "_single", "_text")

    def __init__(
        self,
        *,
        children: Mapping[str, str],
        attributes: Mapping[str, Mapping[str, AnyOf]],
        text: str = "",
        first: Mapping[str, str] | None = None,
        single: bool = False,
    ) -> None:
        """``children`` (by parent) and ``text`` (where text may stand) are types separated by spaces."""
        self._children: Final = {parent: frozenset(types.split()) for parent, types in children.items()}
        self._attributes: Final = {element: dict(names) for element, names in attributes.items()}
        self._text: Final = frozenset(text.split())
        self._first: Final = dict(first or {})
        self._single: Final = single

    def permits_child(self, parent: str | None, child: str) -> bool:
        """Whether an element ``child`` may stand directly in ``parent``."""
        return child in self._children.get(parent or "", ())

    def permits_attribute(self, element: str, name: str, value: str) -> bool:
        """Whether ``element`` may have the attribute ``name`` with this value."""
        permitted = self._attributes.get(element, {})
        if name not in permitted:
            return False
        values = permitted[name]
        if values is None:
            return True
        return value in values if isinstance(values, frozenset) else values.fullmatch(value) is not None

    def permits_text(self, parent: str | None, text: str) -> bool:
        """Whether ``text`` may stand directly in ``parent``."""
        return parent in self._text and _CONTROL.search(text) is None

    def required_first_child(self, parent: str | None) -> str | None:
        """The element that ``parent`` must begin with, if there is one."""
        return self._first.get(parent or "")

    def single_root(self) -> bool:
        """Whether no more than one element may stand at the top level."""
        return self._single


def schema_of(document_id: str) -> Schema | None:
    """The schema of the document with this id; None for data documents, which may hold anything."""
    found = _BY_ID.get(document_id)
    if found is not None:
        return found
    return _BY_PREFIX.get(document_id[: document_id.find("+") + 1])


def _any(names: str) -> dict[str, AnyOf]:
    """Attributes of any value, their names separated by spaces."""
    return dict.fromkeys(names.split())


_INLINE: Final = "line image gadget eqn experimental mediasearch img reply profile"
_FORM: Final = "button check input label password radiogroup radio textarea"
_SPECIAL: Final = (
    "trustreq blacklist invitation settings html translation extension_installer ext-settings gadget-settings quote"
)
_SETTING: Final = _any("id live-value saved-value")
_FIELD: Final = _any("name submit value")

BLIP: Final = ElementSchema(
    children={
        "": "contributor head body",
        "head": "timestamp",
        "timestamp": "lmt",
        "body": f"{_INLINE} {_FORM} {_SPECIAL}",
        "textarea": _INLINE,
        "quote": _INLINE,
        "stanza": _INLINE,
        "part": f"{_INLINE} {_FORM}",
        "image": "caption gadget",
        "caption": "reply",
        "button": "caption events",
        "events": "click",
        "gadget": "title thumbnail category state pref",
        "profile": "profile-field gadget",
        "mediasearch": "result customsearch",
        "trustreq": "trwave",
        "invitation": "invited",
        "settings": "bool-setting radio-setting text-setting listbox-setting",
        "html": "data",
        "experimental": "namevaluepair part",
        "translation": "stanza",
    },
    attributes={
        "contributor": _any("name"),
        "lmt": {"t": _NATURAL},
        "line": {
            "t": frozenset({"h1", "h2", "h3", "h4", "li"}),
            "i": re.compile(r"[1-9][0-9]{0,8}"),
            "listyle": frozenset({"decimal"}),
            "a": frozenset("lrcj"),
            "d": frozenset("lr"),
        },
        "image": {"attachment": None, "style": frozenset({"full"})},
        "reply": _any("id"),
        "eqn": {"format": frozenset({"tex"})},
        "img": {"alt": None, "src": None, "height": _NATURAL, "width": _NATURAL},
        "button": _any("name"),
        "click": _any("time clicker"),
        "check": _FIELD,
        "radiogroup": _FIELD,
        "password": _FIELD,
        "textarea": _FIELD,
        "input": _any("name submit"),
        "radio": _any("name group"),
        "label": _any("for"),
        "gadget": _any("url title prefs state author height width id extension ifr snippet"),
        "category": _any("name"),
        "state": _any("name value"),
        "pref": _any("name value"),
        "title": _any("value"),
        "thumbnail": _any("value"),
        "profile": _any("avatar-url"),
        "profile-field": _any("name user-set"),
        "mediasearch": _any("page corpora query selected pending lang"),
        "result": _any("thumbnail thumbwidth thumbheight content url dispurl title snippet num type disphtml"),
        "customsearch": _any("name icon shortname resultrows resultcols addmethod"),
        "trustreq": _any("from numberOfWaves userAction"),
        "trwave": _any("messageCount lastModified"),
        "blacklist": _any("address contacts"),
        "invitation": {"remaining": _NATURAL, "title": None, "invitedString": None},
        "invited": _any("address"),
        "settings": _any("name"),
        "bool-setting": _SETTING,
        "radio-setting": _SETTING,
        "listbox-setting": _SETTING,
        "text-setting": _any("id saved-value"),
        "experimental": _any("url"),
        "part": _any("id"),
        "namevaluepair": _any("name value"),
        "stanza": _any("lang users"),
        "extension_installer": _any("manifest img installed"),
        "ext-settings": _any("manifest enabled"),
        "gadget-settings": _any("url prefs"),
    },
    text="body textarea quote stanza part caption label input eqn profile-field trustreq trwave text-setting data",
    first={"body": "line", "textarea": "line", "quote": "line", "stanza": "line", "part": "line"},
)

MANIFEST: Final = ElementSchema(
    children={"": "conversation", "conversation": "blip", "blip": "thread peer", "thread": "blip"},
    attributes={
        "conversation": {
            "sort": None,
            "anchorWavelet": re.compile(r"\S+[!/]conv\+\S+"),
            "anchorBlip": _BLIP_ID,
            "anchorManifestOffset": _NATURAL,
            "anchorVersion": _NATURAL,
            "anchorOffset": _NATURAL,
        },
        "blip": {"id": _BLIP_ID, "deleted": _BOOLEAN},
        "thread": {"id": None, "inline": _BOOLEAN},
        "peer": _any("id"),
    },
    single=True,
)

TAGS: Final = ElementSchema(children={"": "tag"}, attributes={}, text="tag")
ATTACHMENT: Final = ElementSchema(children={"": "node"}, attributes={"node": _any("key value")})
ROLES: Final = ElementSchema(children={"": "role"}, attributes={"role": _any("address role")})

_READ_MARKS: Final = "blip participants tags all"
READ_STATE: Final = ElementSchema(
    children={"": "data wavelet", "data": "wavelet", "wavelet": _READ_MARKS},
    attributes={
        "wavelet": _any("i"),
        "blip": {"i": None, "v": _NATURAL},
        "participants": {"v": _NATURAL},
        "tags": {"v": _NATURAL},
        "all": {"v": _NATURAL},
    },
)
FOLDERS: Final = ElementSchema(children={"": "data folder", "data": "folder"}, attributes={"folder": _any("i")})
ARCHIVING: Final = ElementSchema(
    children={"": "data archive", "data": "archive"}, attributes={"archive": {"i": None, "v": _NATURAL}}
)
MUTED: Final = ElementSchema(children={"": "data"}, attributes={"data": {"muted": _BOOLEAN}})

_BY_ID: Final[Mapping[str, Schema]] = {
    "conversation": MANIFEST,
    "tags": TAGS,
    "roles": ROLES,
    "m/read": READ_STATE,
    "m/folder": FOLDERS,
    "m/archiving": ARCHIVING,
    "m/muted": MUTED,
}
_BY_PREFIX: Final[Mapping[str, Schema]] = {"b+": BLIP, "attach+": ATTACHMENT}
