"""The tables of federation: who signs, who follows, what is under way, what went wrong. Times are ms since 1970."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from wave_server.store.tables import RowId, metadata, wavelets

# Signers are kept for ever: old history stays verifiable. The id is the hash of the chain.
signers: Final = Table(
    "signers",
    metadata,
    Column("id", LargeBinary, primary_key=True),
    Column("domain", Text, nullable=False),
    Column("hash_algorithm", Integer, nullable=False),
    Column("certificates", LargeBinary, nullable=False),  # msgpack: DER, the signer's own first
    Column("not_before", BigInteger, nullable=False),
    Column("not_after", BigInteger, nullable=False),
    Column("stored_at", BigInteger, nullable=False),
    Index(None, "domain"),
)

# Domains that have or had a participant of a wavelet hosted here. What a domain is owed is the history from
# ``delivered`` to ``until`` (no limit while it is null), so there is no other outbox.
followers: Final = Table(
    "followers",
    metadata,
    Column("wavelet", RowId, ForeignKey(wavelets.c.id), nullable=False),
    Column("domain", Text, nullable=False),
    Column("delivered", BigInteger, nullable=False),  # it has confirmed everything up to this version
    Column("until", BigInteger),  # the version after the delta that removed its last participant
    PrimaryKeyConstraint("wavelet", "domain"),
    CheckConstraint("delivered >= 0", name="delivered_not_negative"),
    Index(None, "domain"),
)

# Deltas of our users on their way to the hosts of other domains: written down before they are sent, so that a delta
# that comes back is known as theirs after any crash.
forwarded: Final = Table(
    "forwarded",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("wavelet", RowId, ForeignKey(wavelets.c.id), nullable=False),
    Column("author", Text, nullable=False),
    Column("key", Text, nullable=False),  # the submission key
    Column("delta", LargeBinary, nullable=False),  # protobuf ProtocolSignedDelta, the exact bytes that are sent
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("wavelet", "author", "key"),
)

# Copies that are not continued, because their host contradicted itself or its signatures.
quarantines: Final = Table(
    "quarantines",
    metadata,
    Column("wavelet", RowId, ForeignKey(wavelets.c.id), primary_key=True),
    Column("since", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),  # one sentence for readers
    Column("evidence", LargeBinary, nullable=False),  # msgpack: what contradicts what
)

# How sending to each domain goes.
destinations: Final = Table(
    "destinations",
    metadata,
    Column("domain", Text, primary_key=True),
    Column("last_contact", BigInteger),  # the domain answered, or came to us
    Column("failing_since", BigInteger),
    Column("attempts", Integer, nullable=False),
    Column("retry_at", BigInteger),
    Column("last_error", Text),
    Column("given_up_at", BigInteger),
    Column("blocked_at", BigInteger),  # by an operator
    CheckConstraint("attempts >= 0", name="attempts_not_negative"),
)
