"""Airflow's own record, as its scheduler would have left it: DAGs, and runs with given times and states."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, CronDataIntervalTimetable
from measuring_runs import keep

from airflow_ai_slo import SLO, engine, from_airflow
from airflow_ai_slo.core.measurement import Measurement
from airflow_ai_slo.store import Store, definitions, reconciled
from airflow_ai_slo.store.arrivals import as_measured
from airflow_ai_slo.store.tables import measurement

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DAILY = CronDataIntervalTimetable("0 0 * * *", timezone="UTC")
"""Runs of yesterday at midnight; Airflow 3 makes ``@daily`` a trigger, whose intervals have no length."""
_number = itertools.count()


def unique(name: str) -> str:
    """A DAG id that no other test has."""
    return f"{name}_{next(_number)}"


def a_dag(name: str = "scores", *tasks: str, schedule: Any = DAILY, tags: tuple[str, ...] = (), **more: Any) -> Any:
    """A DAG in Airflow's database, with a task or more that do nothing; returns it as the scheduler has it."""
    more.setdefault("start_date", datetime(2026, 1, 1, tzinfo=UTC))
    with DAG(unique(name), schedule=schedule, tags=list(tags), **more) as dag:
        for each in tasks or ("load",):
            EmptyOperator(task_id=each)
    kept = keep(dag)
    seen_since(dag.dag_id, datetime(2026, 1, 1, tzinfo=UTC))
    set_dag(dag.dag_id, is_paused=False)
    return kept


def a_run(
    dag: Any,
    at: datetime,
    *,
    state: str = "success",
    ended: datetime | None = None,
    started: datetime | None = None,
    run_type: str = "scheduled",
    tasks: Mapping[str, str] | None = None,
    conf: Mapping[str, Any] | None = None,
    logical_date: datetime | str | None = "before",
    run_id: str | None = None,
    run_after: datetime | None = None,
    triggered_by: str = "TIMETABLE",
    changed: datetime | None = None,
    partition_key: str | None = None,
    made: datetime | None = None,
) -> str:
    """A run whose data interval of a day ends at ``at``; returns its id."""
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from airflow.utils.types import DagRunTriggeredByType, DagRunType
    from sqlalchemy import update

    begin: Any = at - DAY if logical_date == "before" else logical_date
    run_id = run_id or f"{run_type}__{at.isoformat()}"
    over = state in ("success", "failed")
    started = started or at + timedelta(minutes=1)
    ended = (ended or at + timedelta(minutes=31)) if over else None
    with create_session() as session:
        dag.create_dagrun(
            run_id=run_id,
            logical_date=begin,
            data_interval=None if begin is None else (begin, at),
            run_after=run_after or at,
            run_type=DagRunType(run_type),
            triggered_by=DagRunTriggeredByType[triggered_by],
            state="running",
            conf=dict(conf or {}),
            session=session,
        )
    with create_session() as session:
        of_run = (TaskInstance.dag_id == dag.dag_id, TaskInstance.run_id == run_id)
        for name in dag.task_dict:
            of_task = (tasks or {}).get(name, state if over else None)
            values = {"state": of_task, "start_date": started, "end_date": ended if of_task else None}
            session.execute(update(TaskInstance).where(*of_run, TaskInstance.task_id == name).values(values))
    set_run(
        dag.dag_id,
        run_id,
        state=state,
        started=started,
        ended=ended,
        changed=changed or ended or at,
        partition_key=partition_key,
        created_at=made or run_after or at,
    )
    return run_id


def set_run(
    dag_id: str,
    run_id: str,
    *,
    state: str,
    ended: datetime | None,
    started: datetime | None = None,
    changed: datetime | None = None,
    **more: Any,
) -> None:
    """Change what is written of a run."""
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import update

    values = {"_state": state, "end_date": ended, "updated_at": changed or ended or datetime.now(UTC), **more}
    if started is not None:
        values["start_date"] = started
    with create_session() as session:
        session.execute(update(DagRun).where(DagRun.dag_id == dag_id, DagRun.run_id == run_id).values(values))


def set_dag(dag_id: str, **values: Any) -> None:
    """Change what is written of a DAG."""
    from airflow.models.dag import DagModel
    from airflow.utils.session import create_session
    from sqlalchemy import update

    with create_session() as session:
        session.execute(update(DagModel).where(DagModel.dag_id == dag_id).values(values))


def seen_since(dag_id: str, moment: datetime) -> None:
    """Let Airflow have known a DAG's first version since then."""
    from airflow.models.dag_version import DagVersion
    from airflow.utils.session import create_session
    from sqlalchemy import update

    with create_session() as session:
        where = DagVersion.dag_id == dag_id, DagVersion.version_number == 1
        session.execute(update(DagVersion).where(*where).values(created_at=moment))


def logged(dag_id: str, event: str, moment: datetime, extra: str = "{}", run_id: str | None = None) -> None:
    """An entry of Airflow's log of actions."""
    from airflow.models.log import Log
    from airflow.utils.session import create_session

    with create_session() as session:
        entry = Log(event=event, task_instance=None, dag_id=dag_id, run_id=run_id, extra=extra)
        entry.dttm = moment
        session.add(entry)


def an_slo(store: Store, name: str = "done", *, spec: Mapping[str, Any], **more: Any) -> SLO:
    """An SLO that Airflow's record measures, applied."""
    values: dict[str, Any] = {"service": "scoring", "objective": "0.9", "window": "30d", "alerting": "none"}
    slo = SLO(name=name, indicator=from_airflow(**spec), **(values | more))
    engine.apply(store, [slo], now=NOW - 60 * DAY)
    return slo


def seen(store: Store, slo: str = "done") -> list[Measurement]:
    """What is stored, in order; as it was measured, before it was judged late."""
    names = ("key", "at", "good", "total", "value", "attributes", "recorded_at", "cause")
    with store.read() as connection:
        (one,) = definitions.active(connection, [slo])
        query = (
            measurement.select().where(measurement.c.slo_id == one.slo_id).order_by(measurement.c.at, measurement.c.key)
        )
        rows = connection.execute(query).mappings().all()
        return [as_measured(tuple(row[name] for name in names), slo, one.scale) for row in rows]


def counts(store: Store, slo: str = "done") -> list[tuple[int, int, str]]:
    """``(good, total, cause)`` of what is stored, as it counts."""
    with store.read() as connection:
        (one,) = definitions.active(connection, [slo])
        c = measurement.c
        query = measurement.select().where(c.slo_id == one.slo_id).order_by(c.at, c.key)
        return [
            (row["good"] // one.scale, row["total"] // one.scale, row["cause"] or "")
            for row in connection.execute(query).mappings()
        ]


def reached(store: Store, slo: str = "done") -> dict[str, Any]:
    """How far each DAG was read."""
    with store.read() as connection:
        (one,) = definitions.active(connection, [slo])
        return reconciled.reaches(connection, one.slo_id)
