"""Semantic search with two promises: it finds what is relevant, and answers within 500 ms.

It runs as it is, on a golden set, results and a log that it makes up. Put your own in their place: ask your index for
the golden set's queries, and write what it answers.
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
from airflow_ai_slo.operators.ranking import RankingQualityOperator

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
def semantic_search() -> None:
    @task
    def golden() -> str:
        return written("golden", [{"query": q, "document": f"d{q}-{d}"} for q in range(50) for d in range(3)])

    @task
    def results(dag_run: Any = None) -> str:
        made = random.Random(dag_run.run_id)
        rows = []
        for query in range(50):
            documents = [f"d{query}-{number}" for number in range(3)] + [f"other-{number}" for number in range(7)]
            order = sorted(documents, key=lambda name: made.random() + (0.75 if name.startswith("other") else 0.0))
            rows += [{"query": query, "document": name, "rank": place} for place, name in enumerate(order, start=1)]
        return written("results", rows)

    @task
    def searches(dag_run: Any = None) -> str:
        end = dag_run.data_interval_end or dag_run.run_after
        made = random.Random(dag_run.run_id)
        rows = [
            {
                "at": (end - timedelta(hours=1) * made.random()).isoformat(),
                "ms": round(made.lognormvariate(4.6, 0.6), 3),
                "status": 503 if made.random() < 0.0002 else 200,
            }
            for _ in range(2000)
        ]
        return written("searches", rows)

    recall = RankingQualityOperator(
        task_id="recall",
        slo="semantic-search-recall",
        path=results(),
        golden_path=golden(),
        rank="rank",
        metric="recall",
        k=5,
        at_least=0.8,
    )
    latency = RequestLogOperator(
        task_id="latency",
        slo="semantic-search-latency",
        path=searches(),
        time_column="at",
        interval=timedelta(hours=1),
        latency_column="ms",
        at_most=timedelta(milliseconds=500),
    )
    definitions = ApplySLOsOperator(task_id="definitions", definitions=DEFINITIONS)
    evaluate = EvaluateSLOsOperator(task_id="evaluate", trigger_rule="all_done")
    definitions >> [recall, latency] >> evaluate


semantic_search()
