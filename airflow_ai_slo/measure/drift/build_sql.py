"""Profile columns inside the database: PostgreSQL, SQLite, DuckDB.

Columns with an order take three scans together (how many and from where to where; the deciles; bins and moments), each
column of categories one GROUP BY. All of it reads one state of the data.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.core.errors import DataError
from airflow_ai_slo.measure.data.names import not_one
from airflow_ai_slo.measure.data.sql import Family, SqlType, column_types
from airflow_ai_slo.measure.drift.build import of_categories, profile_column
from airflow_ai_slo.measure.drift.build_sql_kinds import dynamic_kinds, kind_by
from airflow_ai_slo.measure.drift.build_sql_numbers import Numbers, ordered_columns, truth_counts
from airflow_ai_slo.measure.drift.profile import TOP, ColumnProfile, Kind

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, FromClause

    from airflow_ai_slo.measure.data import Source

DATABASES = ("postgresql", "sqlite", "duckdb")
"""Databases in which profiles are built."""

Found = ColumnProfile | DataError


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What to profile, see :func:`build_from`."""

    columns: Sequence[str] | None
    known: int | None
    text_length: Collection[str]


def profiled(source: Source, asked: Asked) -> tuple[int, dict[str, Found]]:
    """How many rows there are, and of each column its profile, or why it has none.

    :raises DataError: the database refuses, or does not answer.
    """
    with source.connected() as connection:
        _hold_still(connection)
        rows, found = _profiled(connection, source, asked)
    for name, one in found.items():
        if one is None:  # its numbers are too large for sums in the database
            found[name] = profile_column(source.read([name])[name], name=name, known=asked.known)
    return rows, {name: one for name, one in found.items() if one is not None}


def _hold_still(connection: Connection) -> None:
    """One state of the data for all statements."""
    if connection.dialect.name == "postgresql":
        connection.execution_options(isolation_level="REPEATABLE READ")
    elif connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN")


def _profiled(connection: Connection, source: Source, asked: Asked) -> tuple[int, dict[str, Found | None]]:
    import sqlalchemy as sa

    types = column_types(connection, source.rows)
    names = list(dict.fromkeys(types if asked.columns is None else asked.columns))
    names += [name for name in asked.text_length if name not in names]
    rows = int(connection.scalar(sa.select(sa.func.count()).select_from(source.rows)) or 0)
    kinds = _kinds(connection, source, types, names, asked.text_length)
    found: dict[str, Found | None] = {name: kind for name, kind in kinds.items() if isinstance(kind, DataError)}
    ordered = {
        name: Numbers(name=name, kind=kind, type=types[name][0], rows=rows)
        for name, kind in kinds.items()
        if isinstance(kind, Kind) and kind.has_order
    }
    found |= ordered_columns(connection, source.rows, ordered)
    for name, kind in kinds.items():
        if isinstance(kind, Kind) and not kind.has_order:
            found[name] = _categories(connection, source.rows, name, kind, types[name][0], rows, asked.known)
    return rows, {name: found[name] for name in names}


def _kinds(
    connection: Connection,
    source: Source,
    types: Mapping[str, tuple[SqlType, ...]],
    names: Sequence[str],
    text_length: Collection[str],
) -> dict[str, Kind | DataError]:
    kinds: dict[str, Kind | DataError] = {}
    dynamic: list[str] = []
    for name in names:
        times = len(types.get(name, ()))
        if times != 1:
            kinds[name] = DataError(not_one(name, times, types))
        elif types[name][0].family is Family.DYNAMIC:
            dynamic.append(name)
        else:
            kinds[name] = kind_by(types[name][0], as_length=name in text_length)
    return kinds | dynamic_kinds(connection, source, dynamic, text_length)


def _categories(
    connection: Connection, source: FromClause, name: str, kind: Kind, type_: SqlType, rows: int, known: int | None
) -> ColumnProfile:
    import sqlalchemy as sa

    if kind is Kind.BOOLEAN:
        pairs = zip(("False", "True"), truth_counts(connection, source, name, type_), strict=True)
        found = sorted(((truth, n) for truth, n in pairs if n), key=lambda pair: (-pair[1], pair[0]))
        return of_categories(found, name=name, kind=kind, rows=rows, known=known)
    cell: ColumnElement[Any] = sa.column(sa.sql.quoted_name(name, quote=True))
    text = sa.cast(cell, sa.Text)
    binary = {"postgresql": "C", "sqlite": "BINARY"}.get(connection.dialect.name)
    text = text.collate(binary) if binary else text  # type: ignore[assignment]
    count = int(connection.scalar(sa.select(sa.func.count(cell)).select_from(source)) or 0)
    # Sorted here where all are read: a database that sorts by code point is needed for the limit alone.
    groups = sa.select(text, sa.func.count()).select_from(source).where(cell.is_not(None)).group_by(text)
    if known is not None:
        groups = groups.order_by(sa.func.count().desc(), text).limit(TOP + known + 1)
    listed = [(str(value), int(n)) for value, n in connection.execute(groups)]
    listed.sort(key=lambda pair: (-pair[1], pair[0]))
    return of_categories(listed, name=name, kind=kind, rows=rows, known=known, count=count)
