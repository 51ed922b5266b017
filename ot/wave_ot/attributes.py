"""Arithmetic of attributes and of their changes, shared by compose, transform and apply.

Attributes are sorted by name, changes by key (``wave_ot.ordering``), and so are the results. None
as a result says that the recorded old values do not match. Source: OT.md, A6, C3 and T9.
"""

from __future__ import annotations

from wave_ot.components import Attributes, Change, Changes
from wave_ot.ordering import sorted_names


def updated(attributes: Attributes, changes: Changes) -> Attributes | None:
    """The attributes after the changes; None when a change's old value is not the present one."""
    values: dict[str, str] = dict(attributes)
    for name, old, new in changes:
        if values.get(name) != old:
            return None
        if new is None:
            values.pop(name, None)
        else:
            values[name] = new
    return tuple([(name, values[name]) for name in sorted_names(values)])


def inverted(changes: Changes) -> Changes:
    """The changes that lead back: old and new values swapped."""
    return tuple([(key, new, old) for key, old, new in changes])


def merged(first: Changes, second: Changes) -> Changes | None:
    """One list of changes for ``first`` and then ``second``; None when they do not meet on a shared name.

    A name in both keeps the old value of the first and the new one of the second, even when these are equal.
    """
    by_name: dict[str, Change] = {change[0]: change for change in first}
    for name, old, new in second:
        earlier = by_name.get(name)
        if earlier is None:
            by_name[name] = (name, old, new)
        elif earlier[2] != old:
            return None
        else:
            by_name[name] = (name, earlier[1], new)
    return tuple([by_name[name] for name in sorted_names(by_name)])


def rebased(changes: Changes, over: Changes) -> Changes:
    """The changes as they read after ``over``, which they override: old values become what ``over`` set."""
    set_by_other: dict[str, str | None] = {name: new for name, _, new in over}
    return tuple([(name, set_by_other.get(name, old), new) for name, old, new in changes])


def without(changes: Changes, names_of: Changes) -> Changes:
    """The changes whose names ``names_of`` does not touch."""
    touched = {change[0] for change in names_of}
    return tuple([change for change in changes if change[0] not in touched])


def agreeing(one: Changes, other: Changes) -> bool:
    """Whether two concurrent lists of changes can be of the same attributes: equal old values on shared names."""
    old_values: dict[str, str | None] = {name: old for name, old, _ in one}
    return all(old_values.get(name, old) == old for name, old, _ in other)
