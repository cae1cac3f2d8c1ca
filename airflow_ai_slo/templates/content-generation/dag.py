"""Content generation with two promises: texts are consistent with the facts, and tokens come fast enough.

It runs as it is, on scores that it makes up. Put the score column of your own judge in their place.
"""

from __future__ import annotations

import csv
import os
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from airflow.sdk import dag, task

from airflow_ai_slo.operators.definitions import ApplySLOsOperator
from airflow_ai_slo.operators.evaluate import EvaluateSLOsOperator
from airflow_ai_slo.operators.judged import ScoreQualityOperator
from airflow_ai_slo.operators.throughput import ThroughputOperator

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
def content_generation() -> None:
    @task
    def generate(dag_run: Any = None) -> dict[str, Any]:
        made = random.Random(dag_run.run_id)
        rows = [
            {"text": number, "consistency": round(made.betavariate(30, 2), 3), "tokens": made.randint(80, 400)}
            for number in range(500)
        ]
        return {"path": written("texts", rows), "tokens": sum(row["tokens"] for row in rows)}

    generated = generate()
    consistency = ScoreQualityOperator(
        task_id="consistency",
        slo="content-generation-consistency",
        path="{{ ti.xcom_pull(task_ids='generate')['path'] }}",
        column="consistency",
        at_least=0.8,
    )
    throughput = ThroughputOperator(
        task_id="throughput",
        slo="content-generation-throughput",
        count="{{ ti.xcom_pull(task_ids='generate')['tokens'] }}",
        unit="tokens",
        at_least=100_000,
        watch=["generate"],
    )
    definitions = ApplySLOsOperator(task_id="definitions", definitions=DEFINITIONS)
    evaluate = EvaluateSLOsOperator(task_id="evaluate", trigger_rule="all_done")
    definitions >> generated >> [consistency, throughput] >> evaluate


content_generation()
