"""How columns of a database are compared: by their types; in SQLite by what is declared and by what they hold."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.core.errors import DataError
from airflow_ai_slo.measure.data.sql import Family, SqlType, table_parts, type_named
from airflow_ai_slo.measure.data.sqlite_stamps import sqlite_micros
from airflow_ai_slo.measure.drift.profile import Kind

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

    from airflow_ai_slo.measure.data import Source

AT_ONCE = 50
"""Columns of one SELECT: their aggregates stay within every database's limits."""

_ADVICE = "compare numbers, booleans, texts or times"
_KINDS = {
    Family.BOOLEAN: Kind.BOOLEAN,
    Family.FLOAT: Kind.NUMERIC,
    Family.NUMBER: Kind.NUMERIC,
    Family.TEXT: Kind.CATEGORICAL,
    Family.DATE: Kind.DATETIME,
    Family.TIMESTAMP: Kind.DATETIME,
    Family.ZONED: Kind.DATETIME,
}


def kind_by(type_: SqlType, *, as_length: bool) -> Kind | DataError:
    """The kind of a column by its type, or why it has none."""
    if as_length:
        return Kind.TEXT_LENGTH if type_.family is Family.TEXT else DataError(_no_length(type_.name))
    return _KINDS.get(type_.family) or DataError(f"is {type_.name}; {_ADVICE}")


def dynamic_kinds(
    connection: Connection, source: Source, names: Sequence[str], text_length: Collection[str]
) -> dict[str, Kind | DataError]:
    """The kinds of SQLite's columns, in one scan."""
    import sqlalchemy as sa

    declared = _declared(connection, source)
    found: dict[str, Kind | DataError] = {}
    for start in range(0, len(names), AT_ONCE):
        chunk = names[start : start + AT_ONCE]
        sums = [one for name in chunk for one in _sums(name, declared.get(name))]
        values = iter(connection.execute(sa.select(*sums).select_from(source.rows)).one())
        for name in chunk:
            numbers, truths, texts, times, others = (int(next(values) or 0) for _ in range(5))
            if name in text_length:
                lengthy = not (numbers or others)
                found[name] = Kind.TEXT_LENGTH if lengthy else DataError(_no_length("not text alone"))
            else:
                found[name] = _kind(declared.get(name), numbers, truths, texts, times, others)
    return found


def _declared(connection: Connection, source: Source) -> Mapping[str, Family]:
    """What a table's columns are declared as, where SQLite has no such type."""
    if source.table is None or connection.dialect.name != "sqlite":
        return {}
    *schema, table = table_parts(source.table)
    quote = connection.dialect.identifier_preparer.quote_identifier
    pragma = "PRAGMA " + "".join(f"{quote(one)}." for one in schema) + f"table_xinfo({quote(table)})"
    families = {row.name: type_named(row.type).family for row in connection.exec_driver_sql(pragma)}
    wanted = (Family.BOOLEAN, Family.DATE, Family.TIMESTAMP, Family.ZONED)
    return {name: family for name, family in families.items() if family in wanted}


def _sums(name: str, declared: Family | None) -> Iterator[ColumnElement[Any]]:
    """How many values are numbers, 0 or 1, texts, times, and anything else."""
    import sqlalchemy as sa

    cell: ColumnElement[Any] = sa.column(sa.sql.quoted_name(name, quote=True))
    kind = sa.func.typeof(cell)
    number, text = kind.in_(("integer", "real")), kind == "text"
    read = declared not in (None, Family.BOOLEAN)
    yield tally(number)
    yield tally(sa.and_(number, cell.in_((0, 1))))
    yield tally(text)
    yield tally(sa.and_(text, sqlite_micros(cell).is_not(None))) if read else sa.literal(0)
    yield tally(kind == "blob")


def _kind(declared: Family | None, numbers: int, truths: int, texts: int, times: int, others: int) -> Kind | DataError:
    if others and not (numbers or texts):
        return DataError(f"holds bytes; {_ADVICE}")
    if others or (numbers and texts):
        return DataError(f"holds mixed types; {_ADVICE}")
    if declared is Family.BOOLEAN and numbers == truths and not texts:
        return Kind.BOOLEAN
    if declared not in (None, Family.BOOLEAN) and texts == times and not numbers:
        return Kind.DATETIME
    return Kind.NUMERIC if numbers else Kind.CATEGORICAL


def tally(condition: ColumnElement[bool]) -> ColumnElement[Any]:
    """Rows that meet a condition; null without rows."""
    import sqlalchemy as sa

    return sa.func.sum(sa.case((condition, sa.literal_column("1")), else_=sa.literal_column("0")))


def _no_length(what: str) -> str:
    return f"is {what}; only texts have a length"
