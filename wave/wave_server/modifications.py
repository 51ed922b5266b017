"""Who changed what last: the last two authors of each blip, carried on from delta to delta. Pure.

What somebody has not read is what *others* changed after the version that they read. For that it is
enough to know, of each blip, the last author with their version, and the last version by anybody else:
whoever asks is either that author or not.

Source: CONVERSATION.md, "Per-user data".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

import msgspec

from wave_ot.components import AnnotationBoundary, Retain
from wave_ot.docop import DocOp
from wave_ot.wavelet_operations import MutateDocument
from wave_server.conversation import BLIP_PREFIX
from wave_server.submission import Delta

_CURSOR_ANNOTATION: Final = "user/"  # the original server's cursors: moving one changes nothing that is read


class Touch(NamedTuple):
    """Something's last change: by ``author``, to ``version``; and the last version by anybody else, 0 if none."""

    author: str
    version: int
    others: int

    def by(self, author: str, version: int) -> Touch:
        """After one more change. Versions only grow."""
        return Touch(author, version, self.others if author == self.author else self.version)

    def by_others_than(self, address: str) -> int:
        """The last version to which somebody else than ``address`` changed it, 0 if nobody did."""
        return self.others if address == self.author else self.version


class Modifications(msgspec.Struct, frozen=True, array_like=True):
    """Who changed a wavelet last, and each of its blips, up to a version. ``blips`` has removed ones too.

    Times are ms since 1970. The default is a wavelet at version 0, which nobody has changed.
    """

    version: int = 0
    creator: str = ""
    created: int = 0
    modified: int = 0
    touch: Touch = Touch("", 0, 0)
    blips: Mapping[str, Touch] = {}

    def after(self, deltas: list[Delta]) -> Modifications:
        """What is so after more deltas of the same wavelet; those that are accounted for already are passed over.

        Linear in the deltas, plus the number of blips once. Raises ValueError when there is a gap between versions.
        """
        version, touch, blips = self.version, self.touch, dict(self.blips)
        creator, created, modified = self.creator, self.created, self.modified
        for delta in deltas:
            if delta.version <= version:
                continue
            if delta.at != version:
                raise ValueError(f"{delta.wavelet}: the delta at {delta.at} does not follow version {version}")
            if version == 0:
                creator, created = delta.author, delta.timestamp
            version, modified = delta.version, delta.timestamp
            touch = touch.by(delta.author, version)
            for document_id in _changed_blips(delta):
                known = blips.get(document_id)
                blips[document_id] = (
                    Touch(delta.author, version, 0) if known is None else known.by(delta.author, version)
                )
        return Modifications(version, creator, created, modified, touch, blips)


def _changed_blips(delta: Delta) -> set[str]:
    return {
        operation.document_id
        for operation in delta.operations
        if isinstance(operation, MutateDocument)
        and operation.document_id.startswith(BLIP_PREFIX)
        and _changes_something(operation.op)
    }


def _changes_something(op: DocOp) -> bool:
    """Whether the operation changes what a reader sees: not when it keeps everything, or only moves cursors."""
    for component in op.components:
        if isinstance(component, AnnotationBoundary):
            if any(not key.startswith(_CURSOR_ANNOTATION) for key, _, _ in component.changes):
                return True
        elif not isinstance(component, Retain):
            return True
    return False
