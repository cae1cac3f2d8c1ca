"""A chat agent with two promises: answers come within 2 s, and make nothing up.

It runs as it is, on answers that it makes up. Put your own log and answers in their place, and your own judge: a
function that asks a model, or score columns that you have (ScoreQualityOperator), or people (DrawSampleOperator).
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
from airflow_ai_slo.operators.judged import JudgedQualityOperator
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


@dag(schedule="0 6 * * *", start_date=datetime(2026, 1, 1, tzinfo=UTC), catchup=False, tags=["slo"])
def chat_agent() -> None:
    @task
    def conversations(dag_run: Any = None) -> str:
        end = dag_run.data_interval_end or dag_run.run_after
        made = random.Random(dag_run.run_id)
        rows = []
        for number in range(800):
            source = f"The parcel of order {number} arrives on day {made.randint(1, 28)}."
            invented = made.random() < 0.015
            rows.append(
                {
                    "id": number,
                    "at": (end - timedelta(days=1) * made.random()).isoformat(),
                    "ms": round(made.lognormvariate(6.8, 0.5), 3),
                    "source": source,
                    "answer": source.replace("arrives", "may have arrived" if invented else "arrives"),
                }
            )
        return written("conversations", rows)

    def is_grounded(row: dict[str, Any]) -> bool:
        return row["answer"] == row["source"]  # your judge: ask a model whether the source supports the answer

    log = conversations()
    latency = RequestLogOperator(
        task_id="latency",
        slo="chat-agent-latency",
        path=log,
        time_column="at",
        interval=timedelta(days=1),
        latency_column="ms",
        at_most=timedelta(seconds=2),
    )
    grounded = JudgedQualityOperator(
        task_id="grounded", slo="chat-agent-grounded", path=log, key="id", n=200, judge=is_grounded
    )
    definitions = ApplySLOsOperator(task_id="definitions", definitions=DEFINITIONS)
    evaluate = EvaluateSLOsOperator(task_id="evaluate", trigger_rule="all_done")
    definitions >> [latency, grounded] >> evaluate


chat_agent()
