"""Batch predictions with two promises: every run completes in time, and is fast enough.

It runs as it is, on customers that it makes up. Put your own tasks in the place of the first two; the others measure.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from airflow.sdk import dag, task

from airflow_ai_slo.operators.completion import BatchCompletionOperator
from airflow_ai_slo.operators.definitions import ApplySLOsOperator
from airflow_ai_slo.operators.evaluate import EvaluateSLOsOperator
from airflow_ai_slo.operators.throughput import ThroughputOperator

DEFINITIONS = str(Path(__file__).with_suffix(".slo.yaml"))


@dag(schedule="@hourly", start_date=datetime(2026, 1, 1, tzinfo=UTC), catchup=False, tags=["slo"])
def batch_prediction() -> None:
    @task
    def load() -> list[float]:
        return [customer / 1000 for customer in range(1000)]

    @task
    def predict(customers: list[float]) -> int:
        predictions = [0.2 + 0.6 * customer for customer in customers]
        return len(predictions)

    customers = load()
    predicted = predict(customers)
    completion = BatchCompletionOperator(
        task_id="completion", slo="batch-prediction-completion", deadline=timedelta(minutes=30)
    )
    throughput = ThroughputOperator(
        task_id="throughput",
        slo="batch-prediction-throughput",
        count=predicted,
        unit="predictions",
        at_least=10_000,
        watch=["predict"],
    )
    definitions = ApplySLOsOperator(task_id="definitions", definitions=DEFINITIONS)
    evaluate = EvaluateSLOsOperator(task_id="evaluate", trigger_rule="all_done")
    definitions >> customers
    predicted >> [completion, throughput] >> evaluate


batch_prediction()
