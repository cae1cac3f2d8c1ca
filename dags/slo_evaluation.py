"""Looks at noon, whether or not the pipeline ran: are features fresh, what is left of each budget, who has to know?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from airflow.sdk import dag

from airflow_ai_slo.operators.evaluate import EvaluateSLOsOperator
from airflow_ai_slo.operators.freshness import FeatureFreshnessOperator
from airflow_ai_slo.operators.report import SLOReportOperator

SLOS = str(Path(__file__).parent.parent / "slos")


@dag(
    schedule="0 12 * * *",
    start_date=datetime(2024, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(minutes=5)},
    tags=["slo"],
)
def slo_evaluation() -> None:
    # Measured here and not at the end of the pipeline: there it would be fresh by nature, and silent on the days it
    # does not run at all.
    fresh = FeatureFreshnessOperator(
        task_id="freshness",
        slo="flight-delays-freshness",
        conn_id="warehouse",
        table="flight_features",
        column="scheduled_at",
        max_age=timedelta(hours=28),
    )
    evaluate = EvaluateSLOsOperator(task_id="evaluate", definitions=SLOS, trigger_rule="all_done")
    fresh >> evaluate


@dag(
    schedule="0 13 * * 1",
    start_date=datetime(2024, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(minutes=5)},
    tags=["slo"],
)
def slo_report() -> None:
    SLOReportOperator(task_id="report", path="{{ var.value.slo_report }}", period=timedelta(days=60))


slo_evaluation()
slo_report()
