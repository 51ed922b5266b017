"""The errors of the engine. All derive from OperationError; none leaves a document changed."""

from __future__ import annotations


class OperationError(Exception):
    """Base of every error that the engine raises on purpose."""


class MalformedOperation(OperationError):
    """JSON or protobuf that does not have the shape of an operation, or a delta."""


class TransformError(OperationError):
    """Two operations that cannot have been made on the same document, or an author removed meanwhile."""


class ComposeError(OperationError):
    """The second operation cannot follow the first."""


class InvalidOperation(OperationError):
    """The operation does not apply to the document it was given for; the document is unchanged."""
