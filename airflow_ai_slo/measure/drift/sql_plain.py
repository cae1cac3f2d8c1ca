"""Count columns in any database that SQLAlchemy speaks to: conditional sums, all columns in one SELECT.

``sum(case …)`` is known everywhere, and on DuckDB a multiple faster than ``count(*) FILTER``. What the profile does not
know of a category is asked afterwards, and only where there is any.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.core.errors import DataError
from airflow_ai_slo.measure.data.sql import Family, SqlType
from airflow_ai_slo.measure.drift.cells import ColumnCounts
from airflow_ai_slo.measure.drift.profile import ColumnProfile, Kind
from airflow_ai_slo.measure.drift.sql_categories import room
from airflow_ai_slo.measure.drift.sql_cells import SUITS
from airflow_ai_slo.measure.drift.sql_times import up_to

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, FromClause

_AT_ONCE = 500
"""Columns of one SELECT's result, names in one IN list: within every database's limits."""
_NAN_IS_A_NUMBER = frozenset({"postgresql", "duckdb", "redshift", "cockroachdb", "snowflake", "databricks"})
_EXACT = {"mysql": "utf8mb4_bin", "mariadb": "utf8mb4_bin", "mssql": "Latin1_General_BIN2"}


def count_columns(
    connection: Connection, source: FromClause, wanted: Mapping[str, ColumnProfile], types: Mapping[str, SqlType]
) -> Iterator[tuple[str, ColumnCounts | DataError]]:
    """Count columns of a table or a query; of one that is of another type, the error.

    :param wanted: profiles by column.
    :param types: types by column.
    """
    import sqlalchemy as sa

    dialect = connection.dialect.name
    parts = {name: _parts(profile, _column(name), types[name], dialect) for name, profile in wanted.items()}
    flat = [sa.func.count(), *(one for listed in parts.values() for one in listed)]
    values: list[int] = []
    for start in range(0, len(flat), _AT_ONCE):  # more than one SELECT for hundreds of columns only
        selected = [one.label(f"n{place}") for place, one in enumerate(flat[start : start + _AT_ONCE])]
        values += [int(value or 0) for value in connection.execute(sa.select(*selected).select_from(source)).one()]
    rows, rest = values[0], values[1:]
    for name, profile in wanted.items():
        mine, rest = rest[: len(parts[name])], rest[len(parts[name]) :]
        try:
            counts = read_counts(profile, types[name], rows, mine)
            if profile.kind is Kind.CATEGORICAL and counts.count > sum(counts.categories.values()):
                counts = _with_new(connection, source, profile, _text(_column(name), dialect), counts)
            yield name, counts
        except DataError as error:
            yield name, error


def _parts(profile: ColumnProfile, cell: ColumnElement[Any], type_: SqlType, dialect: str) -> list[ColumnElement[Any]]:
    """How many values are there, and then how many in each cell or, where cells have an order, up to each edge."""
    import sqlalchemy as sa

    if not profile.count or type_.family not in SUITS[profile.kind]:
        return [sa.func.count(cell)]
    if profile.kind is Kind.CATEGORICAL:
        text = _text(cell, dialect)
        return [sa.func.count(cell), *(_sum(text == sa.literal(one, sa.Text)) for one in profile.categories)]
    if profile.kind is Kind.DATETIME:
        return [sa.func.count(cell), *(_sum(up_to(cell, edge, type_, dialect)) for edge in profile.edges)]
    if profile.kind is Kind.TEXT_LENGTH:
        length = sa.func.char_length(sa.cast(cell, sa.Text))
        return [sa.func.count(cell), *(_sum(length <= sa.literal(edge, sa.Double)) for edge in profile.edges)]
    if profile.kind is Kind.BOOLEAN:
        values = (sa.false(), sa.true()) if type_.family is Family.BOOLEAN else (sa.literal(0), sa.literal(1))
        return [sa.func.count(cell), *(_sum(cell == value) for value in values)]
    value = cell if type_.family is Family.FLOAT else sa.cast(cell, sa.Double)
    # A database where NaN is the largest number finds it equal to itself.
    present = value != sa.cast(sa.literal("NaN"), sa.Double) if dialect in _NAN_IS_A_NUMBER else value == value
    return [_sum(present), *(_sum(value <= sa.literal(edge, sa.Double)) for edge in profile.edges)]


def read_counts(profile: ColumnProfile, type_: SqlType, rows: int, values: Sequence[int]) -> ColumnCounts:
    """Read back what conditional sums counted: how many values there are, then each cell, or those up to each edge.

    :raises DataError: the column is of another type.
    """
    count, cells = values[0], values[1:]
    if not count or not profile.count:
        return ColumnCounts(rows=rows, count=count)
    if type_.family not in SUITS[profile.kind]:
        raise DataError(f"is {type_.name}; the reference is {profile.kind}")
    if profile.kind.has_order:
        steps = zip([0, *cells], [*cells, count], strict=True)
        return ColumnCounts(rows=rows, count=count, bins=tuple(high - low for low, high in steps))
    names = ("False", "True") if profile.kind is Kind.BOOLEAN else profile.categories
    found = {name: n for name, n in zip(names, cells, strict=True) if n}
    if profile.kind is Kind.BOOLEAN:
        if sum(cells) != count:
            raise DataError(f"holds {count - sum(cells)} values that are not boolean, as the reference is")
        unseen = sum(n for name, n in found.items() if name not in profile.categories)
        return ColumnCounts(rows=rows, count=count, categories=found, unseen=unseen)
    return ColumnCounts(rows=rows, count=count, categories=found, unseen=None if profile.rare is None else 0)


def _with_new(
    connection: Connection,
    source: FromClause,
    profile: ColumnProfile,
    text: ColumnElement[Any],
    counts: ColumnCounts,
) -> ColumnCounts:
    """Beside what the profile names: new categories as far as they need names, and those known to be rare."""
    import sqlalchemy as sa

    unseen = None if profile.rare is None else counts.count - sum(counts.categories.values())
    rare = profile.rare or ()
    for start in range(0, len(rare), _AT_ONCE):
        among = text.in_(rare[start : start + _AT_ONCE])
        unseen = (unseen or 0) - int(
            connection.scalar(sa.select(sa.func.count()).select_from(source).where(among)) or 0
        )
    new: dict[str, int] = {}
    if room(profile):
        groups = sa.select(text.label("v"), sa.func.count().label("n")).select_from(source)
        groups = groups.where(text.is_not(None), text.not_in(profile.categories)).group_by(text).limit(room(profile))
        new = {str(value): int(n) for value, n in connection.execute(groups)}
    found = {**counts.categories, **new}
    return ColumnCounts(rows=counts.rows, count=counts.count, categories=found, unseen=unseen)


def _column(name: str) -> ColumnElement[Any]:
    """Always quoted: dialects do not know all words that their databases reserve."""
    import sqlalchemy as sa

    return sa.column(sa.sql.quoted_name(name, quote=True))


def _text(cell: ColumnElement[Any], dialect: str) -> ColumnElement[Any]:
    """A text that compares character by character."""
    import sqlalchemy as sa

    text = sa.cast(cell, sa.Text)
    return text.collate(_EXACT[dialect]) if dialect in _EXACT else text


def _sum(condition: ColumnElement[bool]) -> ColumnElement[Any]:
    import sqlalchemy as sa

    return sa.func.sum(sa.case((condition, sa.literal_column("1")), else_=sa.literal_column("0")))
