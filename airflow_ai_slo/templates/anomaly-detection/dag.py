"""Anomaly detection with two promises: alarms are real, and come within a minute.

It runs as it is, on alarms that it makes up. Put your own tables of alarms and anomalies in their place.
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
from airflow_ai_slo.operators.quality import ModelQualityOperator
from airflow_ai_slo.operators.reliability import AlertLatencyOperator

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
def anomaly_detection() -> None:
    @task
    def alarms(dag_run: Any = None) -> str:
        made = random.Random(dag_run.run_id)
        rows = [{"alarm": 1, "anomaly": int(made.random() < 0.95)} for _ in range(200)]
        return written("alarms", rows)

    @task
    def anomalies(dag_run: Any = None) -> str:
        end = dag_run.data_interval_end or dag_run.run_after
        made = random.Random(dag_run.run_id)
        rows = []
        for _ in range(190):
            occurred = end - timedelta(minutes=10) - timedelta(hours=23) * made.random()
            alerted = occurred + timedelta(seconds=made.lognormvariate(2.6, 0.6))
            rows.append({"occurred_at": occurred.isoformat(), "alerted_at": alerted.isoformat()})
        return written("anomalies", rows)

    precision = ModelQualityOperator(
        task_id="precision",
        slo="anomaly-detection-precision",
        path=alarms(),
        metric="precision",
        label="anomaly",
        prediction="alarm",
    )
    alert_latency = AlertLatencyOperator(
        task_id="alert_latency",
        slo="anomaly-detection-alert-latency",
        path=anomalies(),
        occurred_at="occurred_at",
        alerted_at="alerted_at",
        at_most=timedelta(minutes=1),
        max_wait=timedelta(minutes=10),
        over=timedelta(days=1),
    )
    definitions = ApplySLOsOperator(task_id="definitions", definitions=DEFINITIONS)
    evaluate = EvaluateSLOsOperator(task_id="evaluate", trigger_rule="all_done")
    definitions >> [precision, alert_latency] >> evaluate


anomaly_detection()
