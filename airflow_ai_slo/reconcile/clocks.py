"""Which runs a DAG's clock would make: by our own cadence for cron expressions, which is quick, else by Airflow's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice, pairwise
from typing import Any, NamedTuple

from airflow_ai_slo import compat
from airflow_ai_slo.core.cadence import Cadence
from airflow_ai_slo.core.definition import Schedule
from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.core.instants import utc
from airflow_ai_slo.timetables import schedule_of

_AHEAD = timedelta(days=366)
_MOST, _FEW = 100_000, 8


class Tick(NamedTuple):
    """One run that the clock would make."""

    at: datetime
    logical_date: datetime | None
    partition_key: str | None = None


def ticks(dag: Any, begin: datetime, anchor: datetime | None, now: datetime) -> Iterator[Tick]:
    """Runs after an instant or little before it, up to the first ones that lie ahead of now.

    :param anchor: logical date of a run before, from which intervals count; None where there is none.
    """
    found = _by_cron(dag, begin, now) if compat.is_by_cron(dag) else None
    return _by_airflow(dag, begin, anchor, now) if found is None else found


def _by_cron(dag: Any, begin: datetime, now: datetime) -> Iterator[Tick] | None:
    try:
        known = schedule_of(dag)
    except ConfigurationError:
        return None
    cadence = Cadence.of(Schedule(cadence=known.cadence, zone=known.zone, end=known.end))
    start = None if dag.start_date is None else utc(dag.start_date)
    before = _before(cadence, begin)
    slots = cadence.slots(before, now + _AHEAD, before)
    interval = compat.trigger_interval(dag)
    if interval is None:
        return (Tick(at, last) for last, at in pairwise(slots) if start is None or last >= start)
    return (Tick(at, utc(at - interval)) for at in slots if start is None or at >= start)


def _before(cadence: Cadence, begin: datetime) -> datetime:
    """An instant that leaves at least one slot up to another one, and mostly few."""
    step = cadence.step(begin + cadence.step(begin))
    lengths = [2 * step, *(timedelta(days=days) for days in (8, 40, 400, 9 * 366))]
    for length in lengths:
        since = begin - length
        if next(cadence.slots(since, begin, since), None) is not None:
            return since
    return begin


def _by_airflow(dag: Any, begin: datetime, anchor: datetime | None, now: datetime) -> Iterator[Tick]:
    since = _since(dag, begin) if anchor is None or compat.is_by_clock_face(dag) else anchor
    for info in islice(dag.iter_dagrun_infos_between(since, now + _AHEAD), _MOST):
        logical_date = None if info.logical_date is None else utc(info.logical_date)
        if dag.end_date is not None and (logical_date or info.run_after) > dag.end_date:
            return
        yield Tick(compat.at_of_slot(info), logical_date, getattr(info, "partition_key", None))


def _since(dag: Any, begin: datetime) -> datetime:
    start = begin if dag.start_date is None else utc(dag.start_date)
    if not compat.is_by_clock_face(dag):
        return start if dag.catchup else max(start, begin)
    some = [compat.at_of_slot(one) for one in islice(dag.iter_dagrun_infos_between(begin, begin + _AHEAD), _FEW)]
    step = max((later - sooner for sooner, later in pairwise(some)), default=timedelta(0))
    return max(start, begin - step)
