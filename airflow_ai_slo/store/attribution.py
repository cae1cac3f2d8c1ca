"""Bad counts by cause or by attributes, grouped inside the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, cast, distinct, func, literal, select
from sqlalchemy.dialects.postgresql import JSONB

from airflow_ai_slo.core.attribution import MOST_GROUPS, Row
from airflow_ai_slo.core.instants import from_micros
from airflow_ai_slo.core.measurement import Cause
from airflow_ai_slo.core.numbers import narrow
from airflow_ai_slo.store.counting import bad_within
from airflow_ai_slo.store.tables import measurement, run


def groups(
    connection: Connection,
    slo_id: int,
    start: datetime,
    end: datetime,
    scale: int,
    sources: Sequence[Sequence[str]],
    *,
    most: int = MOST_GROUPS,
) -> list[Row]:
    """What each group has spent in ``(start, end]``: the largest ones, and all others as one.

    :param sources: attributes whose values make a group together, each by all the names it may go by, the first that a
        measurement has; none means the cause.
    """
    postgres = connection.dialect.name == "postgresql"
    values = [_first([_value(name, postgres=postgres) for name in names]) for names in sources] or [
        func.coalesce(measurement.c.cause, Cause.OTHER.value)
    ]
    names = [f"value_{number}" for number in range(len(values))]
    bad = (
        select(
            *(value.label(name) for name, value in zip(names, values, strict=True)),
            measurement.c.at,
            (measurement.c.total - measurement.c.good).label("lost"),
            run.c.bad,
        )
        .join(run, and_(run.c.slo_id == measurement.c.slo_id, run.c.at == measurement.c.at))
        .where(*bad_within(slo_id, start, end))
        .cte("bad")
    )
    keys = [bad.c[name] for name in names]
    # In the order of code points, so that which of two equals is shown does not hang on the database's language.
    ordered = [key.collate("C") if postgres else key for key in keys]
    sizes = select(*keys).group_by(*keys).order_by(func.sum(bad.c.lost).desc(), *ordered)
    largest = sizes.limit(most).cte("largest")
    # Joined with these few only: all groups may be as many as there are measurements.
    shown = [largest.c[name] for name in names]
    query = (
        select(
            func.sum(bad.c.lost),
            func.count(distinct(case((bad.c.bad == 1, bad.c.at)))),
            func.max(bad.c.at),
            *shown,
        )
        .select_from(bad.outerjoin(largest, and_(*(bad.c[name] == largest.c[name] for name in names))))
        .group_by(*shown)
    )
    return [_row(found, scale) for found in connection.execute(query)]


def _first(values: Sequence[ColumnElement[Any]]) -> ColumnElement[Any]:
    """The first of several texts that is there and not empty, else an empty one."""
    return func.coalesce(*(func.nullif(value, "") for value in values), "")


def _value(name: str, *, postgres: bool) -> ColumnElement[Any]:
    """An attribute's text, null where a measurement has none."""
    value: Any
    if postgres:
        value = cast(measurement.c.attributes, JSONB)[literal(name)].astext
    else:  # json_each rather than a path, in which no name with a quote could be written
        each = func.json_each(measurement.c.attributes).table_valued("key", "value")
        value = select(each.c.value).where(each.c.key == name).correlate(measurement).scalar_subquery()
    return value  # type: ignore[no-any-return]


def _row(found: Any, scale: int) -> Row:
    lost, bad_runs, newest, *values = found
    return Row(
        None if values[0] is None else tuple(values), narrow(Fraction(int(lost), scale)), bad_runs, from_micros(newest)
    )
