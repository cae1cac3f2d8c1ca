"""Looks at every SLO every five minutes: incidents, freezes and messages come of it."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

from airflow.sdk import dag

from airflow_ai_slo.operators.completion import BatchCompletionOperator
from airflow_ai_slo.operators.evaluate import EvaluateSLOsOperator

DEFINITIONS = os.environ["AI_SLO_DEFINITIONS"]


@dag(
    schedule="*/5 * * * *",
    start_date=datetime(2024, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    default_args={"retries": 2, "retry_delay": timedelta(minutes=1)},
    tags=["slo"],
)
def slo_evaluation() -> None:
    evaluate = EvaluateSLOsOperator(task_id="evaluate", definitions=DEFINITIONS)
    evaluate >> BatchCompletionOperator(task_id="completion", slo="evaluation-runs", deadline=timedelta(minutes=10))


slo_evaluation()
