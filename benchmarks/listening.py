"""What the listener adds to the scheduler's handling of a run; the limit is 1 ms."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.measure import median, timed

TASKS, TIMES = 5, 300


def run(folder: Path) -> dict[str, Any]:
    """Median seconds of ``DagRun.update_state`` at a run's end and of the notification alone, with and without.

    In a process of its own: Airflow reads its home when it is imported.
    """
    environment = os.environ | {
        "AIRFLOW_HOME": str(folder),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{folder / 'airflow.db'}",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
        "AIRFLOW__AI_SLO__LISTENER": "False",
        "AIRFLOW__AI_SLO__LISTENER_SPOOL": str(folder / "events.jsonl"),
    }
    command = [sys.executable, "-m", "benchmarks.listening"]
    done = subprocess.run(command, check=True, env=environment, capture_output=True, text=True)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def _measured() -> dict[str, Any]:
    from airflow.listeners.listener import get_listener_manager

    from airflow_ai_slo.plugin import listener
    from airflow_ai_slo.reconcile import spooled

    manager, spool = get_listener_manager(), Path(os.environ["AIRFLOW__AI_SLO__LISTENER_SPOOL"])
    dag_run, session, ends = _a_run()
    pairs = []
    for _ in range(TIMES + 1):  # in turn, so that a noisy machine hits both; registering is no part of it
        without = timed(ends)
        manager.add_listener(listener)
        pairs.append((timed(ends), without))
        manager.pm.unregister(listener)
    mine, theirs = (statistics.median(pair[which] for pair in pairs[1:]) for which in (0, 1))
    with spooled.taken(spool) as found:
        heard = len(found.events)
    if heard != TIMES + 1:
        raise RuntimeError(f"{TIMES + 1} runs ended, and {heard} were heard")
    dag_run.set_state("success")
    manager.add_listener(listener)
    alone = median(lambda: dag_run.notify_dagrun_state_changed(msg="success"), times=TIMES)
    manager.pm.unregister(listener)
    session.rollback()
    return {
        "update_state": {
            "seconds": mine,
            "peer_seconds": theirs,
            "ratio": mine / theirs,
            "extra_seconds": statistics.median(ours - peer for ours, peer in pairs[1:]),
        },
        "notification_seconds": alone,
        "events": heard,
    }


def _a_run() -> tuple[Any, Any, Any]:
    """A running run of a stored DAG whose tasks have all ended, its session, and a call that ends it once more."""
    from datetime import UTC, datetime

    from airflow import settings
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
    from airflow.models.serialized_dag import SerializedDagModel
    from airflow.providers.standard.operators.empty import EmptyOperator
    from airflow.sdk import DAG
    from airflow.utils.db import initdb
    from airflow.utils.state import DagRunState
    from airflow.utils.types import DagRunTriggeredByType, DagRunType

    now = datetime(2026, 6, 1, tzinfo=UTC)
    initdb()
    DagBundlesManager().sync_bundles_to_db()
    with DAG("nightly", start_date=now, schedule=None) as dag:
        for number in range(TASKS):
            EmptyOperator(task_id=f"task-{number}")
    bag = DagBag(dag_folder=os.devnull)
    bag.bag_dag(dag)
    sync_bag_to_db(bag, "dags-folder", None)
    session: Any = settings.Session()
    stored: Any = SerializedDagModel.get("nightly", session=session)
    dag_run = stored.dag.create_dagrun(
        run_id="manual__1",
        logical_date=None,
        run_after=now,
        run_type=DagRunType.MANUAL,
        triggered_by=DagRunTriggeredByType.REST_API,
        state=DagRunState.RUNNING,
        start_date=now,
        session=session,
    )
    for one in dag_run.task_instances:
        one.state = "success"
    session.commit()
    dag_run.dag = stored.dag

    def ends() -> None:
        dag_run.update_state(session=session)
        if str(dag_run.state) != "success":
            raise RuntimeError(f"the run should have ended: {dag_run.state}")
        session.rollback()

    return dag_run, session, ends


if __name__ == "__main__":
    print(json.dumps(_measured()))
