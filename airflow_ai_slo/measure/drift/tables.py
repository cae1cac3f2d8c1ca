"""Measure drift of a table or a query against a reference profile, inside the database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from airflow_ai_slo.core.errors import ConfigurationError, DataError
from airflow_ai_slo.measure.data.names import not_one
from airflow_ai_slo.measure.data.sql import (
    DIALECTS,
    column_types,
    engine_of,
    first_line,
    query_source,
    table_source,
)
from airflow_ai_slo.measure.drift.cells import ColumnCounts
from airflow_ai_slo.measure.drift.compare import compare, problem
from airflow_ai_slo.measure.drift.profile import ColumnProfile, ReferenceProfile
from airflow_ai_slo.measure.drift.result import DEFAULT, ColumnDrift, DriftResult, Thresholds
from airflow_ai_slo.measure.drift.sql_cells import counted, counts_from
from airflow_ai_slo.measure.drift.sql_plain import count_columns

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine, FromClause


def measure_table(
    profile: ReferenceProfile,
    connection: str | Engine,
    *,
    table: str | None = None,
    sql: str | None = None,
    columns: Sequence[str] | None = None,
    thresholds: Thresholds = DEFAULT,
) -> DriftResult:
    """Compare a table or a query with a profile; one SELECT counts all columns.

    :param connection: an SQLAlchemy URL or engine of any database that SQLAlchemy speaks to.
    :param table: ``name`` or ``schema.name``; or
    :param sql: a query that gives the current data.
    :param columns: which ones; by default all of the profile.
    :raises DataError: the database refuses the query.
    :raises ConfigurationError: the database cannot be reached.
    """
    import sqlalchemy as sa

    if (table is None) == (sql is None):
        raise ConfigurationError("give either table or sql")
    source = table_source(table) if table is not None else query_source(sql or "")
    engine = engine_of(connection)
    try:
        with engine.connect() as open_connection:
            found = _measure(profile, open_connection, source, columns, thresholds)
    except sa.exc.OperationalError as error:
        raise ConfigurationError(f"database: {first_line(error)}") from None
    except sa.exc.DBAPIError as error:
        raise DataError(f"database: {first_line(error)}") from None
    finally:
        if engine is not connection:
            engine.dispose()
    return DriftResult(profile=profile.name, columns=found)


def _measure(
    profile: ReferenceProfile,
    connection: Connection,
    source: FromClause,
    columns: Sequence[str] | None,
    thresholds: Thresholds,
) -> tuple[ColumnDrift, ...]:
    import sqlalchemy as sa

    types = column_types(connection, source)
    names = list(dict.fromkeys(profile.columns if columns is None else columns))
    problems: dict[str, ColumnDrift] = {}
    wanted: dict[str, ColumnProfile] = {}
    for name in names:
        known, times = profile.columns.get(name), len(types.get(name, ()))
        if known is None:
            reason = profile.skipped.get(name)
            text = f"column {name!r} is not in the reference" + (f": {reason}" if reason else "")
            problems[name] = problem(name, text)
        elif times != 1:
            problems[name] = problem(name, not_one(name, times, types), profile=known)
        else:
            wanted[name] = known
    if connection.dialect.name not in DIALECTS:
        plain = count_columns(connection, source, wanted, {name: types[name][0] for name in wanted}) if wanted else ()
        for name, counts in plain:
            problems[name] = _judged(wanted[name], counts, thresholds)
        return tuple(problems[name] for name in names)
    texts: Sequence[str] = ()
    if wanted:
        parts = [counted(known, name, types[name][0], source) for name, known in wanted.items()]
        texts = connection.execute(sa.select(*parts).select_from(source)).one()
    for (name, known), text in zip(wanted.items(), texts, strict=True):
        try:
            problems[name] = _judged(known, counts_from(text, known), thresholds)
        except DataError as error:
            problems[name] = _judged(known, error, thresholds)
    return tuple(problems[name] for name in names)


def _judged(known: ColumnProfile, counts: ColumnCounts | DataError, thresholds: Thresholds) -> ColumnDrift:
    if isinstance(counts, DataError):
        return problem(known.name, f"column {known.name!r} {counts}", profile=known)
    return compare(known, counts, thresholds=thresholds)
