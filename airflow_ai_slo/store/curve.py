"""Sums up to many instants at once, a few look-ups each in any history."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Dialect, Select, and_, bindparam, case, func, literal_column, select

from airflow_ai_slo.core.instants import DAY, day_of, to_micros
from airflow_ai_slo.store.prepared import Prepared, json_values
from airflow_ai_slo.store.tables import day, run, slo

Rows = dict[int, Sequence[Any]]
NOTHING = (0, 0, 0, 0, 0)

AT_ONCE = 12
"""Two joins an instant; SQLite joins 64 tables at most, and PostgreSQL plans the longer the more there are."""
ZERO: ColumnElement[int] = literal_column("0")
SUMS = ("sum_good", "sum_total", "sum_bad", "sum_runs")


class Prefix:
    """By SLO row: scaled good and total, bad runs and runs of everything up to an instant, at places 1 to 4.

    A view of rows that hold those of many instants, side by side.

    :param rows: by SLO row.
    :param place: where in them those of this instant begin, as at 0; None stands there for none.
    """

    __slots__ = ("place", "rows")

    def __init__(self, rows: Mapping[int, Sequence[int]], place: int) -> None:
        self.rows = rows
        self.place = place

    def get(self, slo_id: int) -> Sequence[int]:
        """Those of one SLO, zeros where nothing is known of it."""
        row, place = self.rows.get(slo_id), self.place
        return NOTHING if row is None or row[place + 4] is None else row[place : place + 5]


def prefixes(
    connection: Connection, instants: Collection[datetime], ids: Collection[int] | None = None
) -> dict[datetime, Prefix]:
    """For each instant, sums of everything up to and including it.

    All instants of an SLO are looked up side by side: they lie close together, and many share a day.

    :param ids: only these SLO rows; None means every active one.
    """
    found: dict[datetime, Prefix] = {}
    ordered = sorted(set(instants))
    for first in range(0, len(ordered), AT_ONCE):
        some = ordered[first : first + AT_ONCE]
        rows = _sums(connection, [to_micros(at) for at in some], ids)
        found |= {at: Prefix(rows, 4 * number) for number, at in enumerate(some)}
    return found


def beside_runs(
    connection: Connection, instants: Sequence[datetime], runs: Sequence[int | None], ids: Collection[int]
) -> tuple[dict[datetime, Prefix], Rows, int]:
    """Sums up to instants, and up to and including runs at exactly some others: None for an SLO that has none there.

    :param runs: instants in microseconds; no SLO has a run at None. With the others they are at most :data:`AT_ONCE`.
    :returns: those up to instants, and rows in which those up to runs begin at a place.
    """
    rows = _sums(connection, [*map(to_micros, instants), *runs], ids, runs=len(runs))
    return {at: Prefix(rows, 4 * number) for number, at in enumerate(instants)}, rows, 4 * len(instants)


def _sums(connection: Connection, micros: Sequence[int | None], ids: Collection[int] | None, *, runs: int = 0) -> Rows:
    days = [None if moment is None else day_of(moment) for moment in micros]
    distinct = list(dict.fromkeys(days))
    starts = [None if number is None else number * DAY for number in days]
    edges = [edge for pair in zip(starts, micros, strict=True) for edge in pair]
    named = () if ids is None else (json.dumps(sorted(ids)),)
    query = _query(tuple(distinct.index(number) for number in days), runs, of_ids=ids is not None)
    rows = query.all(connection, *distinct, *edges, *named)
    return {row[0]: row for row in rows}


@lru_cache(maxsize=512)
def _query(layout: tuple[int, ...], runs: int, *, of_ids: bool) -> Prepared:
    """One row for each SLO.

    :param layout: for each instant, which of the days it lies in.
    :param runs: at so many of the last instants a run has to be; at the others, the last run up to it counts.
    """
    days = [f"day_{number}" for number in range(max(layout) + 1)]
    edges = [f"{edge}_{place}" for place in range(len(layout)) for edge in ("start", "at")]
    names = [*days, *edges, "ids"] if of_ids else [*days, *edges]
    return Prepared(names, lambda dialect: _build(dialect, layout, runs, days, of_ids=of_ids))


def _build(dialect: Dialect, layout: Sequence[int], runs: int, days: Sequence[str], *, of_ids: bool) -> Select[Any]:
    joined: Any = slo
    upto_day = []
    for name in days:
        joined, sums_before = days_before(joined, slo.c.id, bindparam(name), name)
        upto_day.append(sums_before)
    sums = []
    for place, number in enumerate(layout):
        one = run.alias(f"run_{place}")
        exactly = place >= len(layout) - runs
        at = bindparam(f"at_{place}") if exactly else _last_run(place)
        joined = joined.outerjoin(one, and_(one.c.slo_id == slo.c.id, one.c.at == at))
        that_day = [one.c[name] if exactly else func.coalesce(one.c[name], ZERO) for name in SUMS]
        sums += [before + that for before, that in zip(upto_day[number], that_day, strict=True)]
    which = slo.c.id.in_(json_values(dialect, "ids")) if of_ids else slo.c.active
    return select(slo.c.id, *sums).select_from(joined).where(which)


def days_before(joined: Any, slo_id: Any, number: Any, name: str) -> tuple[Any, list[Any]]:
    """Join the sums of all days before one, and return them: zeros where there is none.

    Mostly something happened on the very day before, which takes one look-up; else the last one has to be found first.
    """
    yesterday, earlier = day.alias(f"{name}_yesterday"), day.alias(f"{name}_earlier")
    back = day.alias("back")
    last = select(func.max(back.c.day)).where(back.c.slo_id == slo_id, back.c.day < number)
    correlated = last.correlate_except(back).scalar_subquery()
    joined = joined.outerjoin(yesterday, and_(yesterday.c.slo_id == slo_id, yesterday.c.day == number - 1))
    there = case((yesterday.c.day.is_(None), correlated))
    joined = joined.outerjoin(earlier, and_(earlier.c.slo_id == slo_id, earlier.c.day == there))
    return joined, [func.coalesce(yesterday.c[sum_], earlier.c[sum_], ZERO) for sum_ in SUMS]


def _last_run(place: int) -> Any:
    """The last run of a day up to an instant."""
    earlier = run.alias("earlier_run")
    start, at = f"start_{place}", f"at_{place}"
    here = (earlier.c.slo_id == slo.c.id, earlier.c.at > bindparam(start), earlier.c.at <= bindparam(at))
    return select(func.max(earlier.c.at)).where(*here).correlate(slo).scalar_subquery()
