"""One text per column: a JSON document of aggregates, in the words of SQLite and of PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement


def tally(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """Rows that meet a condition."""
    import sqlalchemy as sa

    return sa.func.count().filter(condition)


def document(dynamic: bool, **values: Any) -> ColumnElement[str]:
    """A JSON object of aggregates, lists of aggregates, and texts.

    :param dynamic: SQLite's functions, else PostgreSQL's.
    """
    import sqlalchemy as sa

    build, build_list = ("json_object", "json_array") if dynamic else ("json_build_object", "json_build_array")
    arguments: list[Any] = []
    for name, value in values.items():
        arguments.append(sa.literal_column(f"'{name}'"))
        if isinstance(value, list):
            value = getattr(sa.func, build_list)(*value)
        elif isinstance(value, str):
            value = sa.cast(sa.literal(value), sa.Text)
        arguments.append(value)
    return sa.cast(getattr(sa.func, build)(*arguments), sa.Text)
