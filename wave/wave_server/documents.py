"""The documents of one wavelet: applying operations to them within schema and limits, and taking back.

A document that no operation has filled, and one that has been emptied, are the same: absent. So
the state does not depend on how it came about.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import final

from wave_ot.components import (
    Characters,
    DeleteCharacters,
    DeleteElementEnd,
    DeleteElementStart,
    ElementEnd,
    ElementStart,
)
from wave_ot.docop import DocOp
from wave_ot.document import Document
from wave_ot.errors import InvalidOperation as InapplicableOperation
from wave_ot.inversion import invert
from wave_ot.schema import Schema
from wave_server.errors import InvalidOperation, InvalidRequest, TooLarge
from wave_server.limits import HostLimits
from wave_server.schema import schema_of


@final
class Documents:
    """Documents by id. Every method leaves them as they were when it raises."""

    __slots__ = ("_documents",)

    def __init__(self, states: Mapping[str, DocOp] | None = None) -> None:
        self._documents: dict[str, Document] = {}
        for document_id, state in (states or {}).items():
            self._documents[document_id] = Document.from_op(state)

    def __len__(self) -> int:
        return len(self._documents)

    def __iter__(self) -> Iterator[str]:
        return iter(self._documents)

    def states(self) -> dict[str, DocOp]:
        """Each document as an insertion-only operation, in order of their ids."""
        documents = self._documents
        return {document_id: documents[document_id].to_op() for document_id in sorted(documents)}

    def size(self, document_id: str) -> int:
        """Items in a document; 0 when it is absent."""
        document = self._documents.get(document_id)
        return 0 if document is None else document.size

    def items(self) -> int:
        """Items in all documents."""
        return sum(document.size for document in self._documents.values())

    def apply(self, document_id: str, op: DocOp, limits: HostLimits) -> None:
        """Apply an author's operation: it must fit the document, its schema, and the limits.

        Raises InvalidOperation, TooLarge or InvalidRequest.
        """
        document = self._documents.get(document_id)
        if document is None:
            _check_document_id(document_id, limits)
            if len(self._documents) >= limits.documents:
                raise TooLarge(f"document {document_id}: a wavelet has at most {limits.documents} documents")
            document = Document.empty()
        if document.size + growth(op) > limits.document_items:
            raise TooLarge(f"document {document_id}: a document has at most {limits.document_items} items")
        self._apply(document_id, document, op, schema_of(document_id))

    def replay(self, document_id: str, op: DocOp) -> None:
        """Apply an operation from the history, which was checked when it was new. Raises InvalidOperation."""
        self._apply(document_id, self._documents.get(document_id) or Document.empty(), op, None)

    def take_back(self, document_id: str, op: DocOp) -> None:
        """Undo the operation that was applied last."""
        self.replay(document_id, invert(op))

    def _apply(self, document_id: str, document: Document, op: DocOp, schema: Schema | None) -> None:
        before = document.size
        try:
            document.apply(op, schema)
        except InapplicableOperation as error:
            raise InvalidOperation(f"document {document_id}: {error}") from error
        if document.size == 0:
            self._documents.pop(document_id, None)
        elif before == 0:
            self._documents[document_id] = document


def growth(op: DocOp) -> int:
    """How many items longer a document is after the operation."""
    items = 0
    for component in op.components:
        if isinstance(component, Characters):
            items += len(component.text)
        elif isinstance(component, DeleteCharacters):
            items -= len(component.text)
        elif isinstance(component, ElementStart | ElementEnd):
            items += 1
        elif isinstance(component, DeleteElementStart | DeleteElementEnd):
            items -= 1
    return items


def _check_document_id(document_id: str, limits: HostLimits) -> None:
    """Raises InvalidRequest. Ids are shown, logged and compared: no white space, nothing invisible."""
    if not 0 < len(document_id) <= limits.document_id_characters:
        raise InvalidRequest(f"a document id has 1 to {limits.document_id_characters} characters")
    if not document_id.isprintable() or " " in document_id:
        raise InvalidRequest(f"document id {document_id!r} has white space or control characters")
