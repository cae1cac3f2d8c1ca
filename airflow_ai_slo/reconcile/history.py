"""Reads Airflow's record: columns of runs and task instances by ``run_after``, never whole objects."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from airflow_ai_slo.reconcile.events import FAILED, Attempt, Event, RunRow, Try, attempts

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session

CHUNK = 5_000
_Item = TypeVar("_Item")
_CLEARED = ("clear_dag_run", "post_clear_task_instances", "clear_task_instances", "cli_clear")


def runs(session: Session, *where: Any) -> Iterator[list[RunRow]]:
    """Runs by ``run_after``, so many at a time."""
    from airflow.models.dagrun import DagRun

    query = _runs_query().where(*where).order_by(DagRun.run_after, DagRun.id)
    for rows in session.execute(query.execution_options(yield_per=CHUNK)).partitions(CHUNK):
        yield [_run_row(row) for row in rows]


def tasks(session: Session, watches: Callable[[str], bool], *where: Any) -> Iterator[tuple[list[Event], int]]:
    """Task instances of runs, by the runs' ``run_after``: those whose id is watched, and how many were read for it."""
    from airflow.models.dagrun import DagRun
    from airflow.models.taskinstance import TaskInstance

    ti = TaskInstance
    query = _runs_query().add_columns(ti.task_id, ti.map_index, ti.state, ti.start_date, ti.end_date)
    query = query.join(ti, _of_run()).order_by(DagRun.run_after, DagRun.id)
    query = query.where(*where)
    width = len(RunRow._fields)
    for rows in session.execute(query.execution_options(yield_per=CHUNK)).partitions(CHUNK):
        found = []
        for row in rows:
            task_id, map_index, state, started, ended = row[width:]
            if watches(task_id):
                run = _run_row(row[:width])
                found.append(Event(run, str(state or "none"), started, ended, task_id, map_index))
        yield _with_earlier_tries(session, found), len(rows)


def how_many(session: Session, *where: Any, of_tasks: bool) -> int:
    """How many runs, or task instances, there are to be read."""
    from airflow.models.dagrun import DagRun
    from airflow.models.taskinstance import TaskInstance
    from sqlalchemy import func, select

    query = select(func.count()).select_from(DagRun)
    query = query.join(TaskInstance, _of_run()) if of_tasks else query
    return session.scalar(query.where(*where)) or 0


def how_many_by_dag(session: Session, since: datetime, *, of_tasks: bool) -> dict[str, int]:
    """The same for every DAG, of runs from an instant on."""
    from airflow.models.dagrun import DagRun
    from airflow.models.taskinstance import TaskInstance
    from sqlalchemy import func, select

    query = select(DagRun.dag_id, func.count()).where(DagRun.run_after >= since).group_by(DagRun.dag_id)
    query = query.join(TaskInstance, _of_run()) if of_tasks else query
    return {row[0]: row[1] for row in session.execute(query)}


def _of_run() -> ColumnElement[bool]:
    from airflow.models.dagrun import DagRun
    from airflow.models.taskinstance import TaskInstance

    return (TaskInstance.dag_id == DagRun.dag_id) & (TaskInstance.run_id == DagRun.run_id)


def as_events(session: Session, rows: Sequence[RunRow]) -> list[Event]:
    """Runs as a whole, with what their tasks tell: which failed, whether all were skipped, and earlier attempts."""
    failed = _failed_tasks(session, [row.id for row in rows if row.state in FAILED])
    idle = _idle(session, [row.id for row in rows if row.state == "success"])
    cleared = _tries(session, [row for row in rows if row.clear_number])
    return [
        Event(
            row,
            row.state,
            row.started,
            row.ended,
            failed=tuple(failed.get(row.id, ())),
            is_idle=row.id in idle,
            earlier=_attempts(cleared.get(row.id)),
        )
        for row in rows
    ]


_Known = tuple[list[Try], list[datetime]]


def _attempts(known: _Known | None) -> tuple[Attempt, ...]:
    return () if known is None else attempts(*known)


def _with_earlier_tries(session: Session, events: list[Event]) -> list[Event]:
    cleared = _tries(session, list({one.run.id: one.run for one in events if one.run.clear_number}.values()))
    if not cleared:
        return events
    found = []
    for one in events:
        tries, moments = cleared.get(one.run.id, ([], []))
        mine = [each for each in tries if (each.task_id, each.map_index) == (one.task_id, one.map_index)]
        earlier = [each for each in attempts(mine, moments) if one.ended is None or each.ended < one.ended]
        found.append(one._replace(earlier=tuple(earlier)))
    return found


def _runs_query() -> Select[Any]:
    from airflow.models.dagrun import DagRun
    from sqlalchemy import select

    return select(
        DagRun.id,
        DagRun.dag_id,
        DagRun.run_id,
        DagRun.run_type,
        DagRun.state,
        DagRun.logical_date,
        DagRun.data_interval_end,
        DagRun.run_after,
        DagRun.start_date,
        DagRun.end_date,
        DagRun.queued_at,
        DagRun.conf,
        DagRun.triggered_by,
        DagRun.triggering_user_name,
        DagRun.partition_key,
        DagRun.clear_number,
        DagRun.updated_at,
    )


def _run_row(row: Sequence[Any]) -> RunRow:
    found = RunRow(*row)
    return found._replace(run_type=str(found.run_type), state=str(found.state), clear_number=found.clear_number or 0)


def changed_since(instant: datetime) -> ColumnElement[bool]:
    """Runs that changed since, and those that are not over."""
    from airflow.models.dagrun import DagRun
    from sqlalchemy import or_

    return or_(DagRun.updated_at >= instant, DagRun.state.in_(("queued", "running")))


def tasks_changed_since(instant: datetime) -> ColumnElement[bool]:
    """The same for task instances."""
    from airflow.models.dagrun import DagRun
    from airflow.models.taskinstance import TaskInstance
    from sqlalchemy import or_

    return or_(TaskInstance.updated_at >= instant, DagRun.state.in_(("queued", "running")))


def newest_change(session: Session, dag_ids: Collection[str], since: datetime) -> datetime | None:
    """When a run of these DAGs changed last, by the clock of Airflow's machines."""
    from airflow.models.dagrun import DagRun
    from sqlalchemy import func, select

    where = DagRun.dag_id.in_(dag_ids), DagRun.run_after >= since
    return session.scalar(select(func.max(DagRun.updated_at)).where(*where))


def _failed_tasks(session: Session, ids: Sequence[int]) -> dict[int, list[str]]:
    """By run, tasks that failed of themselves; where none did, those that others took down."""
    from airflow.models.taskinstance import TaskInstance

    ti, found = TaskInstance, defaultdict[int, dict[str, set[str]]](lambda: defaultdict(set))
    for run_id, task_id, state in _of_runs(session, ids, (ti.task_id, ti.state), ti.state.in_(sorted(FAILED))):
        found[run_id][str(state)].add(task_id)
    return {run_id: sorted(states.get("failed") or states["upstream_failed"]) for run_id, states in found.items()}


def _of_runs(session: Session, ids: Sequence[int], columns: Sequence[Any], *where: Any) -> Iterator[Any]:
    from airflow.models.dagrun import DagRun
    from airflow.models.taskinstance import TaskInstance
    from sqlalchemy import select

    for some in _batched(ids, CHUNK):
        query = select(DagRun.id, *columns).join(TaskInstance, _of_run())
        yield from session.execute(query.where(DagRun.id.in_(some), *where))


def _idle(session: Session, ids: Sequence[int]) -> set[int]:
    """Runs all of whose tasks were skipped, of which there is at least one."""
    from airflow.models.dagrun import DagRun
    from airflow.models.taskinstance import TaskInstance
    from sqlalchemy import exists, select

    ti = TaskInstance
    of_run = (ti.dag_id == DagRun.dag_id, ti.run_id == DagRun.run_id)
    skipped = exists().where(*of_run, ti.state == "skipped")
    other = exists().where(*of_run, ti.state.not_in(("skipped", "removed")) | ti.state.is_(None))
    found = set[int]()
    for some in _batched(ids, CHUNK):
        found.update(session.scalars(select(DagRun.id).where(DagRun.id.in_(some), skipped, ~other)))
    return found


def _tries(session: Session, rows: Sequence[RunRow]) -> dict[int, _Known]:
    """Every try of every task of cleared runs, and when they were cleared."""
    from airflow.models.log import Log
    from airflow.models.taskinstance import TaskInstance
    from airflow.models.taskinstancehistory import TaskInstanceHistory
    from sqlalchemy import select, tuple_

    found: dict[int, _Known] = {row.id: ([], [] if row.queued_at is None else [row.queued_at]) for row in rows}
    ids = {(row.dag_id, row.run_id): row.id for row in rows}
    for some in _batched(ids, 400):
        for model in (TaskInstance, TaskInstanceHistory):
            columns: Any = (model.dag_id, model.run_id, model.task_id, model.map_index, model.state, model.end_date)
            query = select(*columns).where(tuple_(model.dag_id, model.run_id).in_(some), model.end_date.is_not(None))
            for dag_id, run_id, *tried in session.execute(query).all():
                found[ids[dag_id, run_id]][0].append(Try(*tried))
        events: Any = select(Log.dag_id, Log.run_id, Log.dttm).where(
            tuple_(Log.dag_id, Log.run_id).in_(some), Log.event.in_(_CLEARED), Log.dttm.is_not(None)
        )
        for *run, moment in session.execute(events):
            found[ids[run[0], run[1]]][1].append(moment)
    return found


def _batched(items: Collection[_Item], size: int) -> Iterator[list[_Item]]:
    given = list(items)
    for start in range(0, len(given), size):
        yield given[start : start + size]
