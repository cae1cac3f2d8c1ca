"""Real-time inference with two promises: answers come within 200 ms, and they come at all.

It runs as it is, on a request log that it makes up. Put your own log in its place: conn_id with table or sql counts in
the database, path takes CSV and Parquet.
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
from airflow_ai_slo.operators.latency import RequestLogOperator

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


@dag(schedule="@hourly", start_date=datetime(2026, 1, 1, tzinfo=UTC), catchup=False, tags=["slo"])
def realtime_inference() -> None:
    @task
    def requests(dag_run: Any = None) -> str:
        end = dag_run.data_interval_end or dag_run.run_after
        made = random.Random(dag_run.run_id)
        rows = [
            {
                "at": (end - timedelta(hours=1) * made.random()).isoformat(),
                "ms": round(made.lognormvariate(4.1, 0.6), 3),
                "status": 503 if made.random() < 0.0002 else 200,
            }
            for _ in range(5000)
        ]
        return written("requests", rows)

    log = requests()
    in_the_log = {"path": log, "time_column": "at", "interval": timedelta(hours=1)}
    latency = RequestLogOperator(
        task_id="latency",
        slo="realtime-inference-latency",
        latency_column="ms",
        at_most=timedelta(milliseconds=200),
        **in_the_log,
    )
    availability = RequestLogOperator(
        task_id="availability", slo="realtime-inference-availability", status_column="status", **in_the_log
    )
    definitions = ApplySLOsOperator(task_id="definitions", definitions=DEFINITIONS)
    evaluate = EvaluateSLOsOperator(task_id="evaluate", trigger_rule="all_done")
    definitions >> [latency, availability] >> evaluate


realtime_inference()
