"""An autonomous agent with two promises: tasks get done, and a day and more lies between failures.

It runs as it is, on tasks that it makes up. Put your own table of attempts and your own list of failures in their
place.
"""

from __future__ import annotations

import csv
import os
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import dag, task

from airflow_ai_slo.operators.definitions import ApplySLOsOperator
from airflow_ai_slo.operators.evaluate import EvaluateSLOsOperator
from airflow_ai_slo.operators.mtbf import MTBFOperator
from airflow_ai_slo.operators.reliability import TaskSuccessOperator

HERE = Path(__file__)
DEFINITIONS = str(HERE.with_suffix(".slo.yaml"))
HOME = Path(os.environ.get("AIRFLOW_HOME", "~/airflow")).expanduser()
EXAMPLES = Path(os.environ.get("AI_SLO_EXAMPLES", HOME / "ai_slo_examples")) / HERE.stem


def written(name: str, rows: list[dict[str, Any]]) -> str:
    """The example's rows as a CSV file; its path."""
    EXAMPLES.mkdir(parents=True, exist_ok=True)
    path = EXAMPLES / f"{name}.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, fieldnames=list(rows[0]))
        table.writeheader()
        table.writerows(rows)
    return str(path)


@dag(schedule="0 6 * * *", start_date=datetime(2026, 1, 1, tzinfo=UTC), catchup=False, tags=["slo"])
def autonomous_agent() -> None:
    @task
    def attempts(dag_run: Any = None) -> str:
        made = random.Random(dag_run.run_id)
        rows = []
        for number in range(150):
            for attempt in (1, 2):
                done = made.random() < 0.85
                rows.append({"id": number, "attempt": attempt, "status": "done" if done else "gave up"})
                if done:
                    break
        return written("attempts", rows)

    @task
    def failures(dag_run: Any = None) -> str:
        end = dag_run.data_interval_end or dag_run.run_after
        return written("failures", [{"failed_at": (end - timedelta(days=day)).isoformat()} for day in (1, 4, 6)])

    task_success = TaskSuccessOperator(
        task_id="task_success",
        slo="autonomous-agent-task-success",
        path=attempts(),
        key="id",
        status="status",
        succeeded=["done"],
        attempt="attempt",
    )
    mtbf = MTBFOperator(
        task_id="mtbf",
        slo="autonomous-agent-mtbf",
        path=failures(),
        failed_at="failed_at",
        window=timedelta(days=7),
        at_least=timedelta(hours=24),
    )
    definitions = ApplySLOsOperator(task_id="definitions", definitions=DEFINITIONS)
    evaluate = EvaluateSLOsOperator(task_id="evaluate", trigger_rule="all_done")
    definitions >> [task_success, mtbf] >> evaluate


autonomous_agent()
