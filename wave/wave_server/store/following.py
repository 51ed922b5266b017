"""Who follows a wavelet, written in the transaction of the delta that changes it: what is owed is as durable as that.

A domain that joins is owed the history from the delta that lets it in; what was before, it asks for. One that has
lost its last participant is owed everything up to the delta that removed them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from sqlalchemy import Dialect, bindparam, null, update
from sqlalchemy.dialects import postgresql, sqlite

from wave_server.store.federation_tables import followers
from wave_server.store.statements import statement_text
from wave_server.store.values import NewDelta


def following_statements(dialect: Dialect, wavelet: int, delta: NewDelta) -> Iterator[tuple[str, tuple[object, ...]]]:
    """The statements, each with its parameters, that follow from appending ``delta`` to the wavelet's row."""
    if delta.domains is None:
        return
    for domain in delta.domains.joined:
        yield _join_sql(dialect), (wavelet, domain, delta.at)
    for domain in delta.domains.left:
        yield _leave_sql(dialect), (delta.version, wavelet, domain)


@cache
def _join_sql(dialect: Dialect) -> str:
    """INSERT of a follower; one that has left and is back starts again from here."""
    dialect_insert = postgresql.insert if dialect.name == "postgresql" else sqlite.insert
    names = ["wavelet", "domain", "delivered"]
    statement = dialect_insert(followers).values({name: bindparam(name) for name in names})
    statement = statement.on_conflict_do_update(
        index_elements=[followers.c.wavelet, followers.c.domain],
        set_={"until": null(), "delivered": statement.excluded.delivered},
        where=followers.c.until.is_not(None),
    )
    return statement_text(statement.compile(dialect=dialect), names)


@cache
def _leave_sql(dialect: Dialect) -> str:
    statement = (
        update(followers)
        .where(followers.c.wavelet == bindparam("in_wavelet"), followers.c.domain == bindparam("of_domain"))
        .values(until=bindparam("version"))
    )
    return statement_text(statement.compile(dialect=dialect), ["version", "in_wavelet", "of_domain"])
