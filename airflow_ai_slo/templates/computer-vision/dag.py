"""Image classification with two promises: pictures are classified rightly, and within 100 ms.

It runs as it is, on classes that it makes up. Put your own table of predictions and labels in its place: a row without
a label stays outside until the label comes in.
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
from airflow_ai_slo.operators.quality import ModelQualityOperator

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
def computer_vision() -> None:
    @task
    def pictures(dag_run: Any = None) -> str:
        end = dag_run.data_interval_end or dag_run.run_after
        made = random.Random(dag_run.run_id)
        kinds = ["cat", "dog", "fox"]
        rows = []
        for _ in range(1000):
            label = made.choice(kinds)
            rows.append(
                {
                    "at": (end - timedelta(days=1) * made.random()).isoformat(),
                    "ms": round(made.lognormvariate(3.6, 0.5), 3),
                    "class": label if made.random() < 0.97 else made.choice(kinds),
                    "label": label,
                }
            )
        return written("pictures", rows)

    table = pictures()
    accuracy = ModelQualityOperator(
        task_id="accuracy",
        slo="computer-vision-accuracy",
        path=table,
        metric="accuracy",
        label="label",
        prediction="class",
    )
    latency = RequestLogOperator(
        task_id="latency",
        slo="computer-vision-latency",
        path=table,
        time_column="at",
        interval=timedelta(days=1),
        latency_column="ms",
        at_most=timedelta(milliseconds=100),
    )
    definitions = ApplySLOsOperator(task_id="definitions", definitions=DEFINITIONS)
    evaluate = EvaluateSLOsOperator(task_id="evaluate", trigger_rule="all_done")
    definitions >> [accuracy, latency] >> evaluate


computer_vision()
