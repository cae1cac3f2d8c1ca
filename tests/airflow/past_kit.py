"""DAGs with a past: runs written into Airflow's own tables in bulk, as its scheduler would have left them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import DAG, task
from measuring_runs import keep

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)
_number = itertools.count()


def _load() -> None:
    """Does nothing."""


def a_dag(name: str = "past", *, schedule: Any = "0 6 * * *", known_since: datetime = LONG_AGO, **more: Any) -> str:
    """A DAG in Airflow's database that is not paused; returns its id."""
    from airflow.models.dag import DagModel
    from airflow.models.dag_version import DagVersion
    from airflow.utils.session import create_session
    from sqlalchemy import update

    more.setdefault("start_date", LONG_AGO)
    with DAG(f"{name}_then_{next(_number)}", schedule=schedule, **more) as dag:
        task(task_id="load")(_load)()
    keep(dag)
    with create_session() as session:
        of_dag = DagVersion.dag_id == dag.dag_id, DagVersion.version_number == 1
        session.execute(update(DagVersion).where(*of_dag).values(created_at=known_since))
        session.execute(update(DagModel).where(DagModel.dag_id == dag.dag_id).values(is_paused=False))
    return dag.dag_id


def another_schedule(dag_id: str, schedule: Any, since: datetime) -> None:
    """The same DAG under another schedule, from an instant on."""
    from airflow.models.dag_version import DagVersion
    from airflow.models.serialized_dag import SerializedDagModel
    from airflow.utils.session import create_session
    from airflow.utils.types import DagRunTriggeredByType, DagRunType
    from sqlalchemy import update

    with create_session() as session:  # a version that no task has run under is written over
        SerializedDagModel.get_dag(dag_id, session=session).create_dagrun(
            run_id="first",
            logical_date=None,
            data_interval=None,
            run_after=LONG_AGO,
            run_type=DagRunType.MANUAL,
            triggered_by=DagRunTriggeredByType.CLI,
            state="success",
            session=session,
        )
    with DAG(dag_id, schedule=schedule, start_date=LONG_AGO) as dag:
        task(task_id="load")(_load)()
    keep(dag)
    with create_session() as session:
        of_dag = DagVersion.dag_id == dag_id, DagVersion.version_number == 2
        assert session.execute(update(DagVersion).where(*of_dag).values(created_at=since)).rowcount == 1


def daily(verdicts: str, *, until: datetime = NOW, hour: int = 6) -> list[tuple[datetime, str]]:
    """One verdict a day up to today: ``"..x_"`` is two good, one bad, none."""
    newest = until.replace(hour=hour, minute=0, second=0, microsecond=0)
    return steps(verdicts, until=newest, step=DAY)


def steps(verdicts: str, *, until: datetime, step: timedelta) -> list[tuple[datetime, str]]:
    """One verdict a step, the last one at ``until``."""
    first = until - step * (len(verdicts) - 1)
    return [(first + step * number, verdict) for number, verdict in enumerate(verdicts) if verdict != "_"]


def add_runs(
    dag_id: str,
    past: Iterable[tuple[datetime, str]],
    *,
    took: timedelta | Iterable[timedelta] = 20 * MINUTE,
    run_type: str = "scheduled",
    began: timedelta = MINUTE,
) -> None:
    """Write finished runs: ``(at, ".")`` ended well, ``"x"`` failed, ``"?"`` goes on.

    :param took: from ``at`` to its end; one for all, or one for each in turn.
    :param began: from ``at`` to its start.
    """
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session

    lengths: Iterator[timedelta] = itertools.cycle([took] if isinstance(took, timedelta) else took)
    rows = [_run(dag_id, at, verdict, next(lengths), run_type, began) for at, verdict in past]
    with create_session() as session:
        session.execute(DagRun.__table__.insert(), rows)


def _run(dag_id: str, at: datetime, verdict: str, took: timedelta, run_type: str, began: timedelta) -> dict[str, Any]:
    by_clock = run_type in ("scheduled", "backfill")
    ended = None if verdict == "?" else at + took
    return {
        "dag_id": dag_id,
        "run_id": f"{run_type}__{at.isoformat()}",
        "run_type": run_type,
        "triggered_by": "TIMETABLE" if run_type == "scheduled" else "REST_API",
        "state": {".": "success", "x": "failed", "?": "running"}[verdict],
        "logical_date": at if by_clock else None,
        "data_interval_start": at if by_clock else None,
        "data_interval_end": at if by_clock else None,
        "run_after": at,
        "queued_at": at,
        "start_date": at + began,
        "end_date": ended,
        "clear_number": 0,
        "updated_at": ended or at + began,
    }
