"""Reading a conversation: the manifest, a blip's text and title, tags. Pure functions on documents.

Documents are insertion-only operations, as snapshots have them. What the schema lets through is read,
however odd: a manifest that names a blip twice, a blip without text, no manifest at all.

Source: CONVERSATION.md, "The manifest", "A blip", "Annotations on blips" and "tags".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from wave_ot.components import AnnotationBoundary, Characters, ElementEnd, ElementStart
from wave_ot.docop import DocOp

MANIFEST: Final = "conversation"
TAGS: Final = "tags"
BLIP_PREFIX: Final = "b+"
CONVERSATION_PREFIX: Final = "conv+"
ROOT: Final = "conv+root"
TITLE_ANNOTATION: Final = "conv/title"


@dataclass(frozen=True, slots=True)
class BlipText:
    """A blip's text: its lines, and the text under ``conv/title`` ("" without one). Images and the like leave none."""

    lines: tuple[str, ...]
    marked_title: str

    @property
    def title(self) -> str:
        """The text under ``conv/title``, else the first line that is not blank."""
        return self.marked_title.strip() or next((line.strip() for line in self.lines if line.strip()), "")


def is_conversation(wavelet_id: str) -> bool:
    """Whether a wavelet id is a conversation's: ``conv+root`` or a private reply's."""
    return wavelet_id.startswith(CONVERSATION_PREFIX)


def shown_blips(documents: Mapping[str, DocOp]) -> tuple[str, ...]:
    """The ids of the blips that readers are shown, each once, in reading order: a blip, then the replies to it.

    Deleted blips are left out, their replies are not. Without a manifest: every blip, by id.
    """
    manifest = documents.get(MANIFEST)
    if manifest is None:
        return tuple(sorted(document_id for document_id in documents if document_id.startswith(BLIP_PREFIX)))
    return tuple(dict.fromkeys(_named_blips(manifest)))


def _named_blips(manifest: DocOp) -> Iterator[str]:
    for component in manifest.components:
        if isinstance(component, ElementStart) and component.type == "blip":
            attributes = dict(component.attributes)
            if "id" in attributes and attributes.get("deleted") != "true":
                yield attributes["id"]


def blip_text(blip: DocOp) -> BlipText:
    """The lines of a blip. Text in captions, quotes and form elements belongs to the line that it stands in."""
    lines: list[list[str]] = []
    title: list[str] = []
    in_title = False
    for component in blip.components:
        if isinstance(component, Characters):
            if not lines:
                lines.append([])
            lines[-1].append(component.text)
            if in_title:
                title.append(component.text)
        elif isinstance(component, ElementStart) and component.type == "line":
            lines.append([])
            if title:
                title.append(" ")  # a title over two lines
        elif isinstance(component, AnnotationBoundary):
            in_title = _in_title(component, in_title)
    return BlipText(tuple("".join(parts) for parts in lines), "".join(title))


def _in_title(boundary: AnnotationBoundary, before: bool) -> bool:
    """Whether what follows the boundary is under the title annotation."""
    if TITLE_ANNOTATION in boundary.ends:
        return False
    for key, _, value in boundary.changes:
        if key == TITLE_ANNOTATION:
            return value is not None
    return before


def tags(documents: Mapping[str, DocOp]) -> tuple[str, ...]:
    """The wavelet's tags, each once, in their order; blank ones are left out."""
    document = documents.get(TAGS)
    if document is None:
        return ()
    found: list[str] = []
    parts: list[str] = []
    for component in document.components:
        if isinstance(component, Characters):
            parts.append(component.text)
        elif isinstance(component, ElementEnd):
            found.append(" ".join("".join(parts).split()))
            parts.clear()
    return tuple(dict.fromkeys(tag for tag in found if tag))
