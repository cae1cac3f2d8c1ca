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
    attributes: Sequence[str],
    *,
    most: int = MOST_GROUPS,
) -> list[Row]:
    """What each group has spent in ``(start, end]``: the largest ones, and all others as one.

    :param attributes: whose values make a group together; none means the cause.
    """
    postgres = connection.dialect.name == "postgresql"
    values = [_value(name, postgres=postgres) for name in attributes] or [
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
    place = func.row_number().over(order_by=(func.sum(bad.c.lost).desc(), *ordered))
    ranked = select(*keys, place.label("place")).group_by(*keys).cte("ranked")
    shown = case((ranked.c.place <= most, ranked.c.place), else_=0).label("shown")
    query = (
        select(
            shown,
            func.sum(bad.c.lost),
            func.count(distinct(case((bad.c.bad == 1, bad.c.at)))),
            func.max(bad.c.at),
            *(func.min(key) for key in keys),
        )
        .select_from(bad.join(ranked, and_(*(bad.c[name] == ranked.c[name] for name in names))))
        .group_by(shown)
    )
    return [_row(found, scale) for found in connection.execute(query)]


def _value(name: str, *, postgres: bool) -> ColumnElement[Any]:
    """An attribute's text, empty where a measurement has none."""
    value: Any
    if postgres:
        value = cast(measurement.c.attributes, JSONB)[literal(name)].astext
    else:  # json_each rather than a path, in which no name with a quote could be written
        each = func.json_each(measurement.c.attributes).table_valued("key", "value")
        value = select(each.c.value).where(each.c.key == name).correlate(measurement).scalar_subquery()
    return func.coalesce(value, "")


def _row(found: Any, scale: int) -> Row:
    place, lost, bad_runs, newest, *values = found
    return Row(tuple(values) if place else None, narrow(Fraction(int(lost), scale)), bad_runs, from_micros(newest))
