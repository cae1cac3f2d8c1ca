"""Requests in a database, counted there: one statement, one GROUP BY over the buckets of a sketch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.core.errors import DataError
from airflow_ai_slo.core.sketch import LARGEST, LOG_GAMMA, SMALLEST, ZERO, Sketch, bucket_of
from airflow_ai_slo.measure.data.names import lacks
from airflow_ai_slo.measure.data.sql import DIALECTS, Family, SqlType, column_types
from airflow_ai_slo.measure.latency.bounds import bounds
from airflow_ai_slo.measure.latency.requests import RequestRules, Requests

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

    from airflow_ai_slo.measure.data import Source

_NUMBERS = (Family.NUMBER, Family.FLOAT, Family.DYNAMIC)
_FLAGS = (Family.BOOLEAN, Family.NUMBER, Family.DYNAMIC)


def count_in_database(source: Source, rules: RequestRules, edges: Sequence[datetime]) -> list[Requests]:
    """See :func:`count_requests`."""
    import sqlalchemy as sa

    with source.connected() as connection:
        types = _types(connection, source, rules)
        limits = _limits(connection, source, rules, edges)
        if limits is None:
            return [Requests(0, 0, 0, 0, _nothing(rules)) for _ in edges[1:]]
        _provide_logarithms(connection)
        cells = sa.select(*_cells(connection.dialect.name, rules, types, limits)).select_from(source.rows)
        if limits:
            stamp: ColumnElement[Any] = sa.column(rules.time_column or "")
            cells = cells.where(stamp >= limits[0], stamp < limits[-1])
        cell = cells.subquery()
        keys = [cell.c.slot, cell.c.bucket]
        sums = [sa.func.sum(cell.c[name]) for name in ("failed", "late", "odd")]
        rows = connection.execute(sa.select(*keys, sa.func.count(), *sums).group_by(*keys)).all()
    if any(row[5] for row in rows):
        named = ", ".join(name for name in rules.columns if name != rules.time_column)
        raise DataError(f"{source}: {sum(row[5] for row in rows):,} rows hold text in {named}, where numbers should be")
    return _sorted_out(rows, rules, max(1, len(limits) - 1))


def _sorted_out(rows: Sequence[Any], rules: RequestRules, count: int) -> list[Requests]:
    total, failed, late, untimed = ([0] * count for _ in range(4))
    counts: list[dict[int, int]] = [{} for _ in range(count)]
    for slot, bucket, number, bad, slow, _ in rows:
        total[slot] += number
        failed[slot] += int(bad)
        late[slot] += int(slow)
        if bucket is None:
            untimed[slot] += number
        else:
            counts[slot][int(bucket)] = number
    if rules.latency_column is None:
        return [Requests(total[n], failed[n], late[n], 0, None) for n in range(count)]
    return [Requests(total[n], failed[n], late[n], untimed[n], Sketch(counts[n])) for n in range(count)]


def _nothing(rules: RequestRules) -> Sketch | None:
    return None if rules.latency_column is None else Sketch()


def _types(connection: Connection, source: Source, rules: RequestRules) -> Mapping[str, SqlType]:
    """Types of the columns asked for, checked; of other databases than ours nothing is known, and they say themselves.

    :raises DataError: a column is missing, or holds something else.
    """
    if connection.dialect.name not in DIALECTS:
        return {}
    there = column_types(connection, source.rows)
    missing = [name for name in rules.columns if name not in there]
    if missing:  # SQLite would take the quoted name of a column that is missing for a text
        raise DataError(lacks(source, missing[0], sorted(there)))
    types = {name: there[name][0] for name in rules.columns}
    wanted = (
        ("latency_column", rules.latency_column, _NUMBERS, f"a number of {rules.unit}"),
        ("status_column", rules.status_column, _NUMBERS, "a number such as 200"),
        ("good_when", rules.good_when, _FLAGS, "true or false, or 1 or 0"),
    )
    for option, name, families, what in wanted:
        if name is not None and types[name].family not in families:
            raise DataError(f"{option}={name!r} is {types[name].name}; it must hold {what}")
    return types


def _limits(
    connection: Connection, source: Source, rules: RequestRules, edges: Sequence[datetime]
) -> list[object] | None:
    """The edges as stamps of the time column; none where there is no such column, None where there is no stamp."""
    import sqlalchemy as sa

    if rules.time_column is None:
        return []
    stamp: ColumnElement[Any] = sa.column(rules.time_column)
    query = sa.select(stamp).select_from(source.rows).where(stamp.is_not(None)).limit(1)
    sample = connection.execute(query).scalar()
    return None if sample is None else bounds(rules.time_column, sample, edges, rules.zone)


def _cells(
    dialect: str, rules: RequestRules, types: Mapping[str, SqlType], limits: Sequence[object]
) -> list[ColumnElement[Any]]:
    """Of each row: its interval, its bucket, whether it failed, was late, or holds text."""
    import sqlalchemy as sa

    answered, timely = _answered(rules, types), _timely(rules, types)
    named = [name for name in (rules.latency_column, rules.status_column, rules.good_when) if name is not None]
    texts = [sa.func.typeof(sa.column(name)).in_(["text", "blob"]) for name in named] if dialect == "sqlite" else []
    return [
        _slot(rules, limits, 0, max(1, len(limits) - 1)).label("slot"),
        _bucket(dialect, rules).label("bucket"),
        sa.case((answered, 0), else_=1).label("failed"),
        sa.case((timely, 0), (answered, 1), else_=0).label("late"),
        (sa.case((sa.or_(*texts), 1), else_=0) if texts else sa.literal(0)).label("odd"),
    ]


def _slot(rules: RequestRules, limits: Sequence[object], first: int, last: int) -> ColumnElement[Any]:
    """The number of the interval that holds a row, found by halving: few comparisons, however many intervals."""
    import sqlalchemy as sa

    if last - first <= 1:
        return sa.literal_column(str(first))
    middle = (first + last) // 2
    stamp: ColumnElement[Any] = sa.column(rules.time_column or "")
    below, above = _slot(rules, limits, first, middle), _slot(rules, limits, middle, last)
    return sa.case((stamp < limits[middle], below), else_=above)


def _answered(rules: RequestRules, types: Mapping[str, SqlType]) -> ColumnElement[bool]:
    import sqlalchemy as sa

    conditions: list[ColumnElement[bool]] = []
    if rules.status_column is not None:
        conditions.append(sa.column(rules.status_column) < rules.bad_from)
    if rules.good_when is not None:
        flag: ColumnElement[Any] = sa.column(rules.good_when)
        known = types.get(rules.good_when)
        conditions.append(flag if known is None or known.family is Family.BOOLEAN else flag != 0)
    return sa.and_(sa.true(), *conditions)


def _timely(rules: RequestRules, types: Mapping[str, SqlType]) -> ColumnElement[bool]:
    import sqlalchemy as sa

    if rules.latency_column is None or rules.limit is None:
        return sa.true()
    taken: ColumnElement[Any] = sa.column(rules.latency_column)
    known = types.get(rules.latency_column)
    # In single precision 0.2 is another number, so it is compared with that.
    single = known is not None and known.name == "real"
    limit = sa.cast(rules.limit, sa.REAL) if single else sa.literal(rules.limit)
    return sa.and_(taken >= 0, taken <= limit)


def _bucket(dialect: str, rules: RequestRules) -> ColumnElement[Any]:
    """The bucket of a latency; none of what is no length of time."""
    import sqlalchemy as sa

    if rules.latency_column is None:
        return sa.cast(sa.null(), sa.Integer)
    taken: ColumnElement[Any] = sa.cast(sa.column(rules.latency_column), sa.Double) * rules.to_milliseconds
    never = [(taken > math.inf, None)] if dialect == "postgresql" else []  # NaN, which lies above infinity there
    return sa.case(
        *never,
        (taken >= LARGEST, bucket_of(LARGEST)),
        (taken >= SMALLEST, sa.cast(sa.func.ceil(sa.func.ln(taken) / LOG_GAMMA), sa.Integer)),
        (taken >= 0, ZERO),
    )


def _provide_logarithms(connection: Connection) -> None:
    """SQLite may have been built without them."""
    import sqlalchemy as sa

    if connection.dialect.name != "sqlite":
        return
    try:
        connection.execute(sa.text("SELECT ceil(ln(2.0))"))
    except sa.exc.OperationalError:
        driver: Any = connection.connection.driver_connection
        driver.create_function("ln", 1, lambda value: math.log(value) if value else None, deterministic=True)
        driver.create_function("ceil", 1, math.ceil, deterministic=True)
