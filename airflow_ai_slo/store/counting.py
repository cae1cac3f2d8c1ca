"""Counts of any window, exact at its edges, as differences of running sums; first instants, streaks, worst spenders."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from sqlalchemy import (
    Connection,
    Select,
    and_,
    bindparam,
    func,
    select,
)

from airflow_ai_slo.core.counts import Counts
from airflow_ai_slo.core.freeze import Streak
from airflow_ai_slo.core.instants import from_micros, to_micros
from airflow_ai_slo.core.measurement import Cause, Measurement
from airflow_ai_slo.core.numbers import narrow, parts
from airflow_ai_slo.store.curve import Prefix
from airflow_ai_slo.store.dropping import is_dropped
from airflow_ai_slo.store.prepared import Prepared, json_values
from airflow_ai_slo.store.tables import measurement, run, slo

_new = tuple.__new__


def difference(end: Sequence[int], start: Sequence[int], unit: int) -> Counts:
    """Counts between two prefixes; so many units make 1."""
    if unit == 1:
        return Counts(end[1] - start[1], end[2] - start[2], end[3] - start[3], end[4] - start[4])
    return Counts(parts(end[1] - start[1], unit), parts(end[2] - start[2], unit), end[3] - start[3], end[4] - start[4])


def differences(slo_id: int, end: Prefix, starts: Sequence[Prefix], unit: int) -> list[Counts]:
    """What one SLO counted between each of many prefixes and the last one."""
    last = end.get(slo_id)
    if unit != 1:
        return [difference(last, start.get(slo_id), unit) for start in starts]
    _, good, total, bad, runs = last
    found = []
    # As Counts(...) does, without its detour through Python: this is done for every window of every SLO.
    for start in starts:
        row, place = start.rows.get(slo_id), start.place
        if row is None or (before := row[place + 4]) is None:
            found.append(_new(Counts, (good, total, bad, runs)))
        else:
            held = (good - row[place + 1], total - row[place + 2], bad - row[place + 3], runs - before)
            found.append(_new(Counts, held))
    return found


def first_instants(connection: Connection, ids: Collection[int] | None = None) -> dict[int, datetime]:
    """``at`` of the first measurement of each SLO that has one."""
    query = _first_of_all if ids is None else _first_of
    rows = query.all(connection, *(() if ids is None else (json.dumps(list(ids)),)))
    return {row[0]: from_micros(row[1]) for row in rows if row[1] is not None}


def bad_after(connection: Connection, ids: Collection[int], at: datetime) -> dict[int, int]:
    """How many bad runs of each SLO row lie after an instant."""
    query = (
        select(run.c.slo_id, func.count())
        .where(run.c.slo_id.in_(ids), run.c.at > to_micros(at), run.c.bad == 1)
        .group_by(run.c.slo_id)
    )
    rows = connection.execute(query).all() if ids else ()
    return {row[0]: row[1] for row in rows}


def streak(connection: Connection, slo_id: int, at: datetime) -> Streak:
    """Good runs in a row up to an instant; runs in which nothing happened do not count."""
    here = and_(run.c.slo_id == slo_id, run.c.at <= to_micros(at))
    last_bad = connection.execute(
        select(run.c.at).where(here, run.c.bad == 1).order_by(run.c.at.desc()).limit(1)
    ).scalar()
    good = and_(here, run.c.total > 0)
    if last_bad is not None:
        good = and_(good, run.c.at > last_bad)
    count, first, newest = connection.execute(
        select(func.count(), func.min(run.c.at), func.max(run.c.at)).select_from(run).where(good)
    ).one()
    if not count:
        return Streak()
    return Streak(count, timedelta(microseconds=newest - (first if last_bad is None else last_bad)))


def worst(
    connection: Connection, slo_id: int, name: str, start: datetime, end: datetime, scale: int, limit: int = 10
) -> list[Measurement]:
    """The measurements in ``(start, end]`` that spent most, worst first; the newest of equals first."""
    query = _worst_query, {"slo_id": slo_id, "start": to_micros(start), "end": to_micros(end), "most": limit}
    return [read_measurement(row, name, scale) for row in connection.execute(*query)]


def bad_within(slo_id: int, start: datetime, end: datetime) -> Iterable[Any]:
    """Conditions on measurements: those of an SLO in ``(start, end]`` that spent budget, and that count."""
    return bad_between(slo_id, to_micros(start), to_micros(end))


def bad_between(slo_id: Any, start: Any, end: Any) -> tuple[Any, ...]:
    """:func:`bad_within` of values or expressions, in microseconds."""
    return (
        measurement.c.slo_id == slo_id,
        measurement.c.at > start,
        measurement.c.at <= end,
        measurement.c.good < measurement.c.total,
        ~is_dropped(),
    )


def read_measurement(row: Any, name: str, scale: int) -> Measurement:
    """One row of the table of measurements."""
    return Measurement(
        slo=name,
        key=row.key,
        at=from_micros(row.at),
        good=narrow(Fraction(row.good, scale)),
        total=narrow(Fraction(row.total, scale)),
        value=row.value,
        cause=None if row.cause is None else Cause(row.cause),
        attributes=json.loads(row.attributes) if row.attributes else {},
        recorded_at=from_micros(row.recorded_at),
    )


def _first_query() -> Select[Any]:
    first = (
        select(measurement.c.at)
        .where(measurement.c.slo_id == slo.c.id)
        .order_by(measurement.c.at)
        .limit(1)
        .correlate(slo)
        .scalar_subquery()
    )
    return select(slo.c.id, first)


_first_of_all = Prepared((), lambda _: _first_query().where(slo.c.active))
_first_of = Prepared(("ids",), lambda dialect: _first_query().where(slo.c.id.in_(json_values(dialect, "ids"))))
_worst_query = (
    select(measurement)
    .where(*bad_between(bindparam("slo_id"), bindparam("start"), bindparam("end")))
    .order_by((measurement.c.total - measurement.c.good).desc(), measurement.c.at.desc())
    .limit(bindparam("most"))
)
