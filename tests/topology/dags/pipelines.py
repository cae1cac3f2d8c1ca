"""Pipelines that meet, hold and ask, for the tests of the topology."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG

from airflow_ai_slo.operators.base import MeasureOperator
from airflow_ai_slo.operators.evaluate import EvaluateSLOsOperator
from airflow_ai_slo.operators.gate import FreezeGateOperator
from airflow_ai_slo.sensors.gate import FreezeGateSensor

FOLDER = Path(os.environ["TOPOLOGY_FOLDER"])
WORKER = os.environ["TOPOLOGY_PROCESS"]
PARTS = 4
"""As many tasks as two workers of two processes each can run at once, and no more."""

PATIENCE = 240.0


def wait(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not done():
        if time.monotonic() > deadline:
            raise TimeoutError("nobody came")
        time.sleep(0.1)


class MeetingOperator(MeasureOperator):
    """One event for each part of a run; none ends before all have begun, so that all workers take part."""

    def __init__(self, *, part: int = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.part = part

    def measure(self, context: Any) -> Any:
        place = FOLDER / "met" / context["run_id"].replace(":", "-")
        place.mkdir(parents=True, exist_ok=True)
        (place / str(self.part)).touch()
        wait(lambda: len(list(place.iterdir())) == PARTS)
        return self.measurement(context, good=1, total=1, attributes={"worker": WORKER})


class HoldingOperator(MeasureOperator):
    """Records, and then does not end until it may."""

    def measure(self, context: Any) -> Any:
        return self.measurement(context, good=1, total=1, attributes={"worker": WORKER})

    def execute(self, context: Any) -> Any:
        recorded = super().execute(context)
        wait((FOLDER / "go").exists)
        return recorded


def dag(dag_id: str, **options: Any) -> DAG:
    return DAG(
        dag_id,
        schedule=None,
        start_date=datetime(2024, 1, 1, tzinfo=UTC),
        is_paused_upon_creation=False,
        default_args={"retries": 3, "retry_delay": timedelta(seconds=1)},
        **options,
    )


with dag("scoring") as scoring:
    MeetingOperator.partial(task_id="meet", slo="scores").expand(part=list(range(PARTS)))

with dag("holding") as holding:
    HoldingOperator(task_id="hold", slo="held")

with dag("evaluators", max_active_runs=2) as evaluators:
    EvaluateSLOsOperator(task_id="evaluate")

with dag("untouched") as untouched:
    EmptyOperator(task_id="work")

with dag("deployment") as deployment:
    FreezeGateOperator(task_id="gate", service="scoring") >> EmptyOperator(task_id="deploy")

with dag("patient_deployment") as patient_deployment:
    FreezeGateSensor(task_id="gate", service="scoring", deferrable=True, poke_interval=30) >> EmptyOperator(
        task_id="deploy"
    )
