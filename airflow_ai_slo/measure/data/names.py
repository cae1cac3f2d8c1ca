"""How messages speak of columns."""

from __future__ import annotations

from collections.abc import Iterable

_SHOWN = 10


def listed(names: Iterable[object]) -> str:
    """The names there are, the first ten of many."""
    all_names = [str(name) for name in names]
    more = len(all_names) - _SHOWN
    return (", ".join(all_names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")) or "none"


def lacks(source: object, name: str, there: Iterable[object]) -> str:
    """What is wrong with data that have no such column."""
    return f"{source}: has no column {name!r}; it has {listed(there)}"


def not_one(name: str, times: int, there: Iterable[object]) -> str:
    """What is wrong with a column that is there so many times, and not once."""
    if times:
        return f"column {name!r} is there {times} times; rename all but one"
    return f"column {name!r} is missing; there is {listed(there)}"
