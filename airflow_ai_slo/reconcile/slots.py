"""Runs that a DAG's clock would have made: expected slots, and those that no run was made for."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from airflow_ai_slo import compat
from airflow_ai_slo.core.airflow_runs import AirflowRuns, is_pattern
from airflow_ai_slo.core.expected import Pauses, is_paused
from airflow_ai_slo.core.instants import utc
from airflow_ai_slo.core.measurement import Cause, Measurement
from airflow_ai_slo.reconcile.clocks import Tick, ticks
from airflow_ai_slo.reconcile.selecting import DagRow, newest_dag

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_MICROSECOND = timedelta(microseconds=1)


class Slot(NamedTuple):
    """One run that the clock would make.

    :param due: until when it may be made.
    :param following: ``at`` of the next one.
    """

    at: datetime
    key: str
    due: datetime
    following: datetime


class Passed(NamedTuple):
    """What passed of a DAG.

    :param slots: expected ones whose deadline has passed with no run made.
    :param until: ``at`` of the last slot that was looked at.
    """

    slots: list[Slot]
    until: datetime


def passed(
    session: Session, row: DagRow, spec: AirflowRuns, *, after: datetime, now: datetime, paused: Pauses
) -> Passed:
    """Expected slots of a DAG that lie after an instant, whose deadline has passed, and that no run was made for.

    Nothing is expected before Airflow knew the DAG, before today's schedule came into force, outside its start and end
    dates, while it is paused, and after it was taken away. The deadline is the definition's limit; where it has none, a
    run is to be made before the next one is due.
    """
    dag = newest_dag(session, row.dag_id)
    begin = None if dag is None or not compat.has_clock(dag) else _begin(session, dag, after)
    if begin is None:
        return Passed([], after)
    anchor = None if compat.is_by_clock_face(dag) else _run_before(session, row.dag_id, begin)
    coming = ticks(dag, begin, anchor, now)
    made = _made(session, row.dag_id, begin)
    found, until = list[Slot](), after
    for slot in _slots(dag, spec, coming, now):
        if slot.due >= now:
            break
        until = max(until, slot.at)
        gone = row.gone_since is not None and slot.at > utc(row.gone_since)
        if slot.at > begin and not gone and not _is_made(dag, made, slot) and not is_paused(slot.at, paused):
            found.append(slot)
    return Passed(found, until)


def missing(slo: str, dag_id: str, slot: Slot) -> Measurement:
    """A slot that no run was made for."""
    return Measurement(
        slo=slo,
        key=slot.key,
        at=slot.at,
        good=0,
        total=1,
        cause=Cause.MISSING_RUN,
        attributes={"dag": dag_id, "run_type": "scheduled"},
        recorded_at=slot.due + _MICROSECOND,
    )


def _slots(dag: Any, spec: AirflowRuns, coming: Iterable[Tick], now: datetime) -> Iterator[Slot]:
    """Slots up to the first one that lies ahead."""
    task_id = "" if spec.task_id is None or is_pattern(spec.task_id) else spec.task_id
    for one, following in pairwise(coming):
        if one.at < following.at:
            yield _slot(dag, spec, one, following.at, task_id)
        if one.at > now:
            return


def _slot(dag: Any, spec: AirflowRuns, one: Tick, following: datetime, task_id: str) -> Slot:
    key = compat.natural_key(
        dag_id=dag.dag_id,
        task_id=task_id,
        map_index=-1,
        run_type="scheduled",
        run_id="",
        logical_date=one.logical_date,
        partition_key=one.partition_key,
    )
    return Slot(one.at, key, spec.limit(one.at) or following, following)


def _begin(session: Session, dag: Any, after: datetime) -> datetime | None:
    """The instant after which slots are expected; None where nobody knows."""
    from airflow.models.dag_version import DagVersion
    from airflow.models.dagrun import DagRun
    from sqlalchemy import func, select

    first = session.scalar(select(func.min(DagVersion.created_at)).where(DagVersion.dag_id == dag.dag_id))
    in_force = in_force_since(session, dag.dag_id, after)
    if first is None or utc(first) > after:
        # A database that was upgraded knows runs from before it knew versions.
        of_dag = DagRun.dag_id == dag.dag_id, DagRun.run_type == "scheduled"
        runs = session.scalar(select(func.min(DagRun.run_after)).where(*of_dag))
        first = min((one for one in (first, runs) if one is not None), default=None)
    if first is None:
        return None
    return max([after, utc(first) - _MICROSECOND, in_force, *_kept_since(session, dag.dag_id)])


def _kept_since(session: Session, dag_id: str) -> list[datetime]:
    """Where the record begins, of all runs and of a DAG's, if older runs were deleted from it (``airflow db clean``).

    The newest run of each DAG outlasts that, and so do runs that were cleared or never started: they tell nothing.
    """
    from airflow.models.dagrun import DagRun
    from sqlalchemy import exists, func, select
    from sqlalchemy.orm import aliased

    later = aliased(DagRun)
    newer = exists().where(later.dag_id == DagRun.dag_id, later.id > DagRun.id, later.run_type != "manual")
    told = newer, DagRun.start_date.is_not(None), DagRun.clear_number == 0
    oldest = select(DagRun.id, DagRun.run_after).where(*told).order_by(DagRun.id).limit(1)
    first = session.execute(oldest).one_or_none()
    if first is None or session.scalar(select(func.count()).where(DagRun.id < first.id)) == first.id - 1:
        return []
    mine = session.execute(oldest.where(DagRun.dag_id == dag_id, DagRun.run_type == "scheduled")).one_or_none()
    return [utc(one.run_after) - _MICROSECOND for one in (first, mine) if one is not None]


def _run_before(session: Session, dag_id: str, begin: datetime) -> datetime | None:
    """The logical date of the newest run that the clock made up to an instant."""
    from airflow.models.dagrun import DagRun
    from sqlalchemy import select

    of_dag = DagRun.dag_id == dag_id, DagRun.run_type == "scheduled", DagRun.run_after <= begin
    newest = select(DagRun.logical_date, DagRun.run_after).where(*of_dag).order_by(DagRun.run_after.desc()).limit(1)
    found = session.execute(newest).one_or_none()
    return None if found is None else utc(found[0] or found[1])


def _made(session: Session, dag_id: str, since: datetime) -> list[datetime]:
    """``at`` of runs that the clock or a backfill made, in order."""
    from airflow.models.dagrun import DagRun
    from sqlalchemy import select

    columns = (DagRun.logical_date, DagRun.data_interval_end, DagRun.run_after)
    where = DagRun.dag_id == dag_id, DagRun.run_after >= since, DagRun.run_type.in_(("scheduled", "backfill"))
    return sorted(compat.at_of_run(row) for row in session.execute(select(*columns).where(*where)))


def _is_made(dag: Any, made: list[datetime], slot: Slot) -> bool:
    """Whether a run is there. An interval counts from the run before, so that after a gap its phase is another."""
    step = timedelta(0) if compat.is_by_clock_face(dag) else slot.following - slot.at - _MICROSECOND
    place = bisect_left(made, slot.at - step)
    return place < len(made) and made[place] <= slot.at + step


def in_force_since(session: Session, dag_id: str, after: datetime) -> datetime:
    """When today's schedule came into force, where that is after an instant; else the instant."""
    from airflow.models.dag_version import DagVersion
    from airflow.models.serialized_dag import SerializedDagModel
    from sqlalchemy import select

    versions = select(DagVersion.id, DagVersion.created_at).where(DagVersion.dag_id == dag_id)
    today: Any = None
    since = after
    for version, created_at in session.execute(versions.order_by(DagVersion.version_number.desc())).all():
        if today is None and utc(created_at) <= after:
            break
        kept = session.scalars(select(SerializedDagModel).where(SerializedDagModel.dag_version_id == version)).first()
        timetable = ((kept.data if kept is not None else None) or {}).get("dag", {}).get("timetable")
        if today is not None and timetable is not None and timetable != today:
            return since
        today, since = today or timetable, utc(created_at)
        if since <= after:
            break
    return after
