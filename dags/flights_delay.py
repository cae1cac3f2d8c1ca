"""Scores yesterday's flights every morning, and measures what the readers of the scores were promised."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from airflow.sdk import BaseHook, dag, task

from airflow_ai_slo.operators.completion import BatchCompletionOperator
from airflow_ai_slo.operators.drift import DataDriftOperator
from airflow_ai_slo.operators.throughput import ThroughputOperator

YESTERDAY = "{{ macros.ds_add(ds, -1) }}"
EXPECTATIONS = Path(__file__).parent.parent / "expectations"
LAST_SEVEN_DAYS = """
    SELECT dep_delay, hour, distance, carrier, origin, dest FROM flight_features
    WHERE day > '{{ macros.ds_add(ds, -8) }}' AND day <= '{{ macros.ds_add(ds, -1) }}'
"""


def warehouse_path() -> str:
    return BaseHook.get_connection("warehouse").host or ""


@dag(
    schedule="0 6 * * *",
    start_date=datetime(2024, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(minutes=5)},
    tags=["flights"],
)
def flights_delay() -> None:
    @task
    def load(feed: str, day: str) -> int:
        from flights import feed as feeds
        from flights import warehouse

        with warehouse.connect(warehouse_path()) as database:
            path = feeds.file_of(Path(feed), date.fromisoformat(day))
            return warehouse.load(database, date.fromisoformat(day), feeds.read(path))

    @task
    def build_features(day: str) -> int:
        from flights import warehouse

        with warehouse.connect(warehouse_path()) as database:
            return warehouse.build_features(database, date.fromisoformat(day))

    @task
    def score(day: str, model: str) -> int:
        from flights import warehouse
        from flights.model import load_model

        with warehouse.connect(warehouse_path()) as database:
            return warehouse.score(database, date.fromisoformat(day), load_model(Path(model)))

    loaded = load("{{ var.value.flights_feed }}", YESTERDAY)
    built = build_features(YESTERDAY)
    scored = score(YESTERDAY, "{{ var.value.flights_model }}")
    loaded >> built >> scored

    # What slos/flights.yaml promises: two lines for each objective.
    complete = BatchCompletionOperator(
        task_id="completion", slo="flight-delays-completion", deadline=timedelta(hours=4)
    )
    scored >> complete

    fast = ThroughputOperator(
        task_id="throughput",
        slo="flight-delays-throughput",
        count=scored,
        unit="flights",
        at_least=20_000,
        watch=["load", "build_features", "score"],
    )
    scored >> fast

    like_january = DataDriftOperator(
        task_id="drift",
        slo="flight-delays-drift",
        conn_id="warehouse",
        sql=LAST_SEVEN_DAYS,
        suite=str(EXPECTATIONS / "flight_features.json"),
    )
    built >> like_january


flights_delay()
