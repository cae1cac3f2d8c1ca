"""Runs of DAGs in one process, with the scheduler's own rules for tasks and for the run's state."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import DAG

Recorded = Callable[[str], list[Any]]


def new_store(folder: Path, patch: pytest.MonkeyPatch, *slos: str) -> Recorded:
    """A store of its own with these SLOs applied, and a function that reads an SLO's measurements, oldest first."""
    import sqlalchemy as sa

    from airflow_ai_slo import SLO, engine
    from airflow_ai_slo.core.instants import from_micros
    from airflow_ai_slo.store import open_store

    url = f"sqlite:///{folder / 'ai_slo.db'}"
    patch.setenv("AI_SLO_STORE_URL", url)
    patch.setenv("AI_SLO_SPOOL", str(folder / "spool.jsonl"))
    store = open_store(url)
    engine.apply(store, [SLO(name=name, service="flights", objective=0.9) for name in slos], now=datetime.now(UTC))
    query = sa.text(
        "SELECT m.*, s.scale FROM ai_slo_measurement m JOIN ai_slo_slo s ON s.id = m.slo_id WHERE s.name = :name "
        "ORDER BY m.at, m.key"
    )

    def recorded(name: str) -> list[Any]:
        with store.read() as connection:
            rows = connection.execute(query, {"name": name}).mappings().all()
        return [
            Seen(
                **{field: row[field] for field in ("key", "value", "cause")},
                good=row["good"] / row["scale"],
                total=row["total"] / row["scale"],
                at=from_micros(row["at"]),
                attributes=json.loads(row["attributes"]),
            )
            for row in rows
        ]

    return recorded


@dataclass(frozen=True)
class Seen:
    """One recorded measurement."""

    key: str
    at: datetime
    good: float
    total: float
    value: float | None
    cause: str | None
    attributes: Mapping[str, str]


@dataclass(frozen=True)
class Ran:
    """What became of a run: its state, and of each task (``task`` or ``task[index]``) state, tries and XCom, and by
    task what it failed of."""

    run_id: str
    state: str
    tasks: Mapping[str, str]
    tries: Mapping[str, int]
    xcoms: Mapping[str, Any]
    problems: Mapping[str, str]


def run_as(
    dag: DAG,
    *,
    logical_date: datetime | None,
    run_type: str = "scheduled",
    run_after: datetime | None = None,
    run_id: str | None = None,
    conf: Mapping[str, Any] | None = None,
) -> Ran:
    """One run of a kind that ``dag.test()`` has not: scheduled, backfill, manual or asset-triggered."""
    from airflow.utils.session import create_session
    from airflow.utils.types import DagRunTriggeredByType, DagRunType

    by = {"scheduled": "TIMETABLE", "backfill": "BACKFILL", "manual": "UI", "asset_triggered": "ASSET"}
    when = run_after or logical_date or datetime.now(UTC)
    kept = keep(dag)
    with create_session() as session:
        run = kept.create_dagrun(
            run_id=run_id or f"{run_type}__{when.isoformat()}",
            logical_date=logical_date,
            data_interval=None if logical_date is None else (logical_date, logical_date),
            run_after=when,
            run_type=DagRunType(run_type),
            triggered_by=DagRunTriggeredByType[by[run_type]],
            state="running",
            start_date=datetime.now(UTC),
            conf=dict(conf or {}),
            session=session,
        )
        return _finish(dag, kept, run.run_id)


def clear(dag: DAG, ran: Ran, *task_ids: str) -> Ran:
    """Clear some tasks of a run, as by hand in the UI, and run them again."""
    from airflow.models.taskinstance import TaskInstance, clear_task_instances
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        of_run = TaskInstance.dag_id == dag.dag_id, TaskInstance.run_id == ran.run_id
        chosen = session.scalars(select(TaskInstance).where(*of_run, TaskInstance.task_id.in_(task_ids))).all()
        clear_task_instances(list(chosen), session)
    return _finish(dag, keep(dag), ran.run_id)


def keep(dag: DAG) -> Any:
    """Write a DAG into Airflow's database, as the DAG processor does; returns it as the scheduler has it."""
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.models.serialized_dag import SerializedDagModel
    from airflow.serialization.definitions.dag import SerializedDAG
    from airflow.serialization.serialized_objects import DagSerialization, LazyDeserializedDAG
    from airflow.utils.session import create_session

    DagBundlesManager().sync_bundles_to_db()
    lazy = LazyDeserializedDAG.from_dag(dag)
    with create_session() as session:
        SerializedDAG.bulk_write_to_db("dags-folder", None, [lazy], session=session)
        session.commit()
        SerializedDagModel.write_dag(lazy, "dags-folder", session=session)
    return DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag))


def _finish(dag: DAG, kept: Any, run_id: str) -> Ran:
    from airflow.models.dagrun import DagRun
    from airflow.sdk.definitions.dag import _run_task
    from airflow.utils.session import create_session
    from sqlalchemy import select, update

    of_run = DagRun.dag_id == dag.dag_id, DagRun.run_id == run_id
    problems: dict[str, str] = {}
    for one in dag.tasks:
        if not one.is_mapped:
            one.on_failure_callback = [
                lambda context: problems.update({context["ti"].task_id: str(context["exception"])})
            ]
    state = "running"
    while state == "running":
        with create_session() as session:
            session.execute(update(DagRun).where(*of_run).values(state="running"))
            run = session.scalars(select(DagRun).where(*of_run)).one()
            run.dag = kept
            ready, _ = run.update_state(session=session)
            for ti in ready:
                ti.try_number += 1
                ti.state = "scheduled"
            session.commit()
            for ti in run.get_task_instances(state=["scheduled"], session=session):
                _run_task(ti=ti, task=dag.task_dict[ti.task_id])
            state = str(run.state)
    with create_session() as session:
        run = session.scalars(select(DagRun).where(*of_run)).one()
        tis = {
            ti.task_id if ti.map_index < 0 else f"{ti.task_id}[{ti.map_index}]": ti
            for ti in run.get_task_instances(session=session)
        }
        return Ran(
            run_id=run_id,
            state=str(run.state),
            tasks={name: str(ti.state) for name, ti in tis.items()},
            tries={name: ti.try_number for name, ti in tis.items()},
            xcoms={name: ti.xcom_pull(task_ids=ti.task_id, session=session) for name, ti in tis.items()},
            problems=problems,
        )
