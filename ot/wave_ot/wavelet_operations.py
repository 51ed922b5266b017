"""Operations on a wavelet: participants come and go, documents change. And their transformation.

Source: OT.md, section "Wavelet level" (W1 to W4).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final, final

from wave_ot.docop import DocOp
from wave_ot.errors import TransformError
from wave_ot.tolerance import transform_tolerantly

ADD_PARTICIPANT: Final = 0
REMOVE_PARTICIPANT: Final = 1
NO_OP: Final = 2
MUTATE_DOCUMENT: Final = 3


class RemovedAuthor(TransformError):
    """The author of the client's operation was removed from the wavelet before the operation arrived."""


class WaveletOperation:
    """Base of the four kinds of wavelet operation. ``kind`` is one of the constants above, for fast dispatch."""

    __slots__ = ("kind",)

    def __init__(self, kind: int) -> None:
        self.kind: Final = kind


@final
class AddParticipant(WaveletOperation):
    """Add a wave address to the participants."""

    __slots__ = ("address",)
    __match_args__: ClassVar = ("address",)

    def __init__(self, address: str) -> None:
        super().__init__(ADD_PARTICIPANT)
        self.address: Final = address

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AddParticipant) and self.address == other.address

    def __hash__(self) -> int:
        return hash((ADD_PARTICIPANT, self.address))

    def __repr__(self) -> str:
        return f"AddParticipant({self.address!r})"


@final
class RemoveParticipant(WaveletOperation):
    """Remove a wave address from the participants."""

    __slots__ = ("address",)
    __match_args__: ClassVar = ("address",)

    def __init__(self, address: str) -> None:
        super().__init__(REMOVE_PARTICIPANT)
        self.address: Final = address

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RemoveParticipant) and self.address == other.address

    def __hash__(self) -> int:
        return hash((REMOVE_PARTICIPANT, self.address))

    def __repr__(self) -> str:
        return f"RemoveParticipant({self.address!r})"


@final
class NoOp(WaveletOperation):
    """Change nothing but the version."""

    __slots__ = ()
    __match_args__: ClassVar = ()

    def __init__(self) -> None:
        super().__init__(NO_OP)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NoOp)

    def __hash__(self) -> int:
        return hash(NO_OP)

    def __repr__(self) -> str:
        return "NoOp()"


@final
class MutateDocument(WaveletOperation):
    """Apply ``op`` to the document ``document_id``, which is empty as long as nothing was done to it."""

    __slots__ = ("document_id", "op")
    __match_args__: ClassVar = ("document_id", "op")

    def __init__(self, document_id: str, op: DocOp) -> None:
        super().__init__(MUTATE_DOCUMENT)
        self.document_id: Final = document_id
        self.op: Final = op

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MutateDocument) and self.document_id == other.document_id and self.op == other.op

    def __hash__(self) -> int:
        return hash((MUTATE_DOCUMENT, self.document_id, self.op))

    def __repr__(self) -> str:
        return f"MutateDocument({self.document_id!r}, {self.op!r})"


def transform_operation(
    client: WaveletOperation, client_author: str, server: WaveletOperation
) -> tuple[WaveletOperation, WaveletOperation]:
    """Rebase two concurrent operations over each other: ``(client', server')``.

    Changes of one document are transformed as document operations, the client's insertions first; two equal
    changes of one participant become no-ops; all else stays. The server's author does not matter.

    Raises RemovedAuthor when the server's operation removes the client's author, and TransformError when one
    side adds whom the other removes, or when the document operations were not made on the same document.
    """
    if isinstance(client, MutateDocument) and isinstance(server, MutateDocument):
        if client.document_id != server.document_id:
            return client, server
        client_op, server_op = transform_tolerantly(client.op, server.op)
        return MutateDocument(client.document_id, client_op), MutateDocument(server.document_id, server_op)
    if isinstance(server, RemoveParticipant):
        if _same(server.address, client_author):
            raise RemovedAuthor(f"{client_author} was removed from the wavelet before this operation arrived")
        if isinstance(client, RemoveParticipant) and _same(client.address, server.address):
            return NoOp(), NoOp()
        if isinstance(client, AddParticipant) and _same(client.address, server.address):
            raise TransformError(f"{client.address} cannot be added: somebody is removing the same participant")
    elif isinstance(server, AddParticipant):
        if isinstance(client, AddParticipant) and _same(client.address, server.address):
            return NoOp(), NoOp()
        if isinstance(client, RemoveParticipant) and _same(client.address, server.address):
            raise TransformError(f"{client.address} cannot be removed: somebody is adding the same participant")
    return client, server


def transform_operations(
    client: Sequence[WaveletOperation], client_author: str, server: Sequence[WaveletOperation]
) -> tuple[tuple[WaveletOperation, ...], tuple[WaveletOperation, ...]]:
    """Rebase two concurrent sequences over each other: all of the client's, then server', equals server, then client'.

    Each operation applies after those before it in its sequence. Costs a transformation for each pair.
    Raises what ``transform_operation`` raises.
    """
    client_after: list[WaveletOperation] = []
    server_after = list(server)
    for mine in client:
        for index, theirs in enumerate(server_after):
            mine, server_after[index] = transform_operation(mine, client_author, theirs)
        client_after.append(mine)
    return tuple(client_after), tuple(server_after)


def _same(one: str, other: str) -> bool:
    """Whether two addresses name the same participant: case does not count."""
    return one == other or one.lower() == other.lower()
