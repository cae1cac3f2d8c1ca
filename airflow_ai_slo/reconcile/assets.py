"""Whether an asset was updated in time: each day by a wall time, or for each run that the SLO expects."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from airflow_ai_slo.core.airflow_runs import AirflowRuns
from airflow_ai_slo.core.cadence import Cadence
from airflow_ai_slo.core.definition import SLO
from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.core.instants import utc
from airflow_ai_slo.core.measurement import Cause, Measurement

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_MICROSECOND = timedelta(microseconds=1)
_AHEAD = timedelta(days=366)
_DAY = timedelta(days=1)


class _Due(NamedTuple):
    """One update that is to come.

    :param begin: only updates after it count, up to ``end``.
    :param limit: the last instant at which it comes in time.
    """

    at: datetime
    key: str
    begin: datetime
    limit: datetime
    end: datetime


class Update(NamedTuple):
    """One update of an asset."""

    moment: datetime
    dag_id: str | None
    run_id: str | None


def asset_id(session: Session, name: str) -> int:
    """An asset's row, by its name or URI.

    :raises ConfigurationError: Airflow knows no such asset.
    """
    from airflow.models.asset import AssetModel
    from sqlalchemy import or_, select

    query = select(AssetModel.id).where(or_(AssetModel.name == name, AssetModel.uri == name)).order_by(AssetModel.id)
    found = session.scalars(query).first()
    if found is None:
        raise ConfigurationError(f"Airflow knows no asset {name!r} (yet); name it as its DAG does, or by its URI")
    return found


def updates(session: Session, asset: int, since: datetime) -> list[Update]:
    """Updates of an asset from an instant on, in order."""
    from airflow.models.asset import AssetEvent
    from sqlalchemy import select

    columns = (AssetEvent.timestamp, AssetEvent.source_dag_id, AssetEvent.source_run_id)
    query = select(*columns).where(AssetEvent.asset_id == asset, AssetEvent.timestamp >= since)
    rows = session.execute(query.order_by(AssetEvent.timestamp, AssetEvent.id))
    return [Update(utc(moment), dag_id, run_id) for moment, dag_id, run_id in rows]


def first_update(session: Session, asset: int) -> datetime | None:
    """When an asset was first updated: before that nobody awaited it."""
    from airflow.models.asset import AssetEvent
    from sqlalchemy import func, select

    found = session.scalar(select(func.min(AssetEvent.timestamp)).where(AssetEvent.asset_id == asset))
    return None if found is None else utc(found)


def measured(
    slo: SLO, spec: AirflowRuns, seen: Sequence[Update], *, first: datetime, since: datetime, now: datetime
) -> Iterator[Measurement]:
    """One measurement for each day or slot since an instant whose verdict is known.

    With a deadline of the SLO's own, what never came is left to be a missing run.

    :param seen: updates, in order, from two days before that instant on.
    :param first: when the asset was first updated: nothing was awaited before.
    :raises ConfigurationError: ``finished_within`` without a cadence.
    """
    moments = [one.moment for one in seen]
    waits = slo.schedule is not None and slo.schedule.deadline is not None
    for due in _dues(slo, spec, first, since, now):
        place = bisect_left(moments, due.begin + _MICROSECOND)
        came = seen[place] if place < len(seen) and moments[place] <= due.end else None
        if came is not None:
            yield _measurement(slo, spec, due, came)
        elif now > due.limit and not waits:
            yield _measurement(slo, spec, due, None)


def _measurement(slo: SLO, spec: AirflowRuns, due: _Due, came: Update | None) -> Measurement:
    good = came is not None and came.moment <= due.limit
    attributes = {"asset": spec.asset or ""}
    if came is not None:
        attributes |= {name: text for name, text in (("dag", came.dag_id), ("run", came.run_id)) if text}
    return Measurement(
        slo=slo.name,
        key=due.key,
        at=due.at,
        good=int(good),
        total=1,
        value=None if came is None else (came.moment - due.begin) / timedelta(seconds=1),
        cause=None if good else Cause.MISSING_RUN if came is None else Cause.LATE,
        attributes=attributes,
        recorded_at=due.limit + _MICROSECOND if came is None else came.moment,
    )


def _dues(slo: SLO, spec: AirflowRuns, first: datetime, since: datetime, now: datetime) -> Iterator[_Due]:
    if slo.schedule is None and spec.by is None:
        raise ConfigurationError('asset with finished_within needs a cadence; give the SLO one, or write by: "10:00"')
    if slo.schedule is None:
        yield from _days(spec, max(since, first - _MICROSECOND), now)
        return
    cadence = Cadence.of(slo.schedule)
    begin = max(since, first - cadence.step(first))
    anchor = first if isinstance(cadence.rhythm, timedelta) else begin
    for slot, following in pairwise(cadence.slots(begin, now + _AHEAD, anchor)):
        if slot > now:
            return
        key = f"asset/{spec.asset}/{slot:%Y-%m-%dT%H:%M:%SZ}"
        limit = spec.limit(slot)
        assert limit is not None, "an asset's spec has by or finished_within"  # noqa: S101
        if spec.by is None:
            yield _Due(slot, key, slot - _MICROSECOND, limit, following - _MICROSECOND)
        else:
            yield _day(spec, limit, slot, key)


def _days(spec: AirflowRuns, since: datetime, now: datetime) -> Iterator[_Due]:
    """Each day of the zone whose limit lies after an instant."""
    day = since.astimezone(spec.zone).date()
    while True:
        limit = spec.wall_time(datetime.combine(day, spec.by or time()))
        if limit > now:
            return
        if limit > since:
            yield _day(spec, limit, limit, f"asset/{spec.asset}/{day}")
        day += _DAY


def _day(spec: AirflowRuns, limit: datetime, at: datetime, key: str) -> _Due:
    """An update counts from the midnight before its limit to the one after it."""
    midnight = datetime.combine(limit.astimezone(spec.zone).date(), time())
    begin, end = spec.wall_time(midnight), spec.wall_time(midnight + _DAY)
    return _Due(at, key, begin - _MICROSECOND, limit, end - _MICROSECOND)
