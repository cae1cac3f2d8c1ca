"""Importing 100,000 past runs from a real Airflow database, the whole process; the limit is 60 s.

The peer is the floor: reading the same columns of the same runs and counting them by DAG, in a process that has loaded
the same packages.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.measure import databases, say

RUNS = int(os.environ.get("BENCH_RUNS", "100000"))
DAYS = 90
HOURLY = 2160


def run(folder: Path) -> dict[str, Any]:
    """Seconds of whole processes on both stores, and of reading, judging and writing by themselves."""
    home = folder / "airflow"
    environment = os.environ | {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
        "PYTHONPATH": str(Path(__file__).parents[1]),
    }

    def python(*arguments: str, store: str = "") -> str:
        command = [sys.executable, *arguments]
        told = environment | ({"AI_SLO_STORE_URL": store} if store else {})
        return subprocess.run(command, check=True, env=told, stdout=subprocess.PIPE, text=True).stdout

    say(f"filling Airflow's database with {RUNS:,} runs")
    python("-m", "benchmarks.importing_history", "fill", str(folder))
    found: dict[str, Any] = {
        "runs": RUNS,
        "floor_seconds": float(python("-m", "benchmarks.importing_history", "floor")),
    }
    with databases(folder) as urls:
        for name, url in urls.items():
            python("-m", "airflow_ai_slo.cli", "db", "upgrade", store=url)
            python("-m", "airflow_ai_slo.cli", "apply", str(folder / "slos.yaml"), store=url)
            parts = json.loads(python("-m", "benchmarks.importing_history", "parts", store=url))
            command = ("-m", "airflow_ai_slo.cli", "import-history", "--format", "json")
            (seconds, cpu), done = _timed(lambda u=url, c=command: json.loads(python(*c, store=u)))
            (again, _), _ = _timed(lambda u=url, c=command: python(*c, store=u))
            written = sum(one["written"] for one in done["slos"])
            found[name] = {"seconds": seconds, "cpu_seconds": cpu, "written": written, "again_seconds": again, **parts}
    return found


def _timed(call: Callable[[], Any]) -> tuple[tuple[float, float], Any]:
    """Seconds by the clock, and of processors, which other work on the machine does not stretch."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    answer = call()
    seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return (seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime), answer


def fill(folder: Path) -> None:
    """A new Airflow database with hourly DAGs and their runs, a task each, and an OpenSLO file of them."""
    from airflow.sdk import DAG, task
    from airflow.utils.db import initdb

    initdb()
    newest = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    documents, left, number = [], RUNS, 0
    while left:
        with DAG(f"bench_{number}", schedule="0 * * * *", start_date=datetime(2025, 1, 1, tzinfo=UTC)) as dag:
            task(task_id="load")(_load)()
        _keep(dag)
        _add_runs(dag.dag_id, newest, min(left, HOURLY))
        documents.append(_DOCUMENT.format(name=f"bench-{number}", dag=dag.dag_id))
        left -= min(left, HOURLY)
        number += 1
    (folder / "slos.yaml").write_text("---\n".join(documents), encoding="utf-8")


def floor() -> float:
    """Seconds to read the runs' columns and count them by DAG and state."""
    from collections import Counter

    from airflow_ai_slo.reconcile import history
    from airflow_ai_slo.reconcile.selecting import airflow_session

    started = time.perf_counter()
    with airflow_session() as session:
        Counter((row.dag_id, row.state) for rows in history.runs(session) for row in rows)
    return time.perf_counter() - started


def parts() -> dict[str, float]:
    """Seconds of reading and of judging, without a store; writing is what the whole takes beyond them."""
    from airflow_ai_slo import compat
    from airflow_ai_slo.core.airflow_runs import AirflowRuns
    from airflow_ai_slo.reconcile import history
    from airflow_ai_slo.reconcile.judging import Judge
    from airflow_ai_slo.reconcile.selecting import airflow_session

    started = time.perf_counter()
    with airflow_session() as session:
        events = [one for rows in history.runs(session) for one in history.as_events(session, rows)]
    read = time.perf_counter()
    judge = Judge(
        "s",
        AirflowRuns(finished_within=timedelta(hours=1)),
        now=datetime.now(UTC),
        page=compat.page_of,
        known_since=lambda _: None,
    )
    for event in events:
        judge.judge(event, ())
    return {"reading_seconds": read - started, "judging_seconds": time.perf_counter() - read}


_DOCUMENT = """\
apiVersion: openslo/v1
kind: SLO
metadata:
  name: {name}
  annotations: {{airflow-ai-slo/cadence: "dag:{dag}", airflow-ai-slo/deadline: 1h}}
spec:
  service: bench
  indicator:
    metadata: {{name: {name}-runs}}
    spec:
      ratioMetric:
        counter: true
        good: {{metricSource: {{type: airflow, spec: {{dag_id: {dag}, state: success, finished_within: 1h}}}}}}
        total: {{metricSource: {{type: airflow, spec: {{dag_id: {dag}}}}}}}
  timeWindow: [{{duration: 28d, isRolling: true}}]
  budgetingMethod: Occurrences
  objectives: [{{target: 0.99}}]
"""


def _load() -> None:
    """Does nothing."""


def _keep(dag: Any) -> None:
    from airflow.models.dag import DagModel
    from airflow.utils.session import create_session
    from sqlalchemy import update

    from tests.airflow.measuring_runs import keep

    keep(dag)
    with create_session() as session:
        session.execute(update(DagModel).where(DagModel.dag_id == dag.dag_id).values(is_paused=False))


def _add_runs(dag_id: str, newest: datetime, count: int) -> None:
    """One run in fifty fails."""
    from airflow.models.dagrun import DagRun
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session

    runs, tasks = [], []
    for number in range(count):
        at = newest - timedelta(hours=number)
        run_id, state = f"scheduled__{at.isoformat()}", "failed" if number % 50 == 7 else "success"
        started, ended = at + timedelta(seconds=5), at + timedelta(minutes=10)
        whole = {"dag_id": dag_id, "run_id": run_id, "state": state, "start_date": started, "end_date": ended}
        runs.append(
            whole
            | {
                "run_type": "scheduled",
                "triggered_by": "TIMETABLE",
                "logical_date": at,
                "data_interval_start": at,
                "data_interval_end": at,
                "run_after": at,
                "queued_at": at,
                "clear_number": 0,
                "updated_at": ended,
            }
        )
        tasks.append(
            whole
            | {
                "id": uuid.uuid4(),
                "task_id": "load",
                "map_index": -1,
                "try_number": 1,
                "max_tries": 0,
                "pool": "default_pool",
                "pool_slots": 1,
                "queue": "default",
                "priority_weight": 1,
                "operator": "_PythonDecoratedOperator",
                "updated_at": ended,
            }
        )
    with create_session() as session:
        session.execute(DagRun.__table__.insert(), runs)
        session.execute(TaskInstance.__table__.insert(), tasks)


if __name__ == "__main__":
    what = sys.argv[1]
    if what == "fill":
        fill(Path(sys.argv[2]))
    else:
        print(json.dumps({"floor": floor, "parts": parts}[what]()))
