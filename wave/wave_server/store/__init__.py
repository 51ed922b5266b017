"""The durable store, on SQLAlchemy: SQLite (a file) or PostgreSQL, the same to whoever uses it."""

from __future__ import annotations

from wave_server.store.errors import StoreError, StoreUnavailable, VersionConflict, WrongSchema
from wave_server.store.index_tables import is_declared
from wave_server.store.migrations import downgrade, migrate, migrations_directory
from wave_server.store.store import Store
from wave_server.store.values import NewDelta, StoredDelta, StoredSnapshot, StoredWavelet

__all__ = [
    "NewDelta",
    "Store",
    "StoreError",
    "StoreUnavailable",
    "StoredDelta",
    "StoredSnapshot",
    "StoredWavelet",
    "VersionConflict",
    "WrongSchema",
    "downgrade",
    "is_declared",
    "migrate",
    "migrations_directory",
]
