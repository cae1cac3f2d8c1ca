"""Deploys the delay model, unless the service's error budget is spent.

A change that repairs the service passes a freeze: trigger this DAG with the label ``reliability``.
"""

from __future__ import annotations

from airflow.sdk import dag, task

from airflow_ai_slo.operators.gate import FreezeGateOperator


@dag(schedule=None, catchup=False, params={"labels": ""}, tags=["flights"])
def deploy_model() -> None:
    gate = FreezeGateOperator(task_id="freeze_gate", service="flight-delays", labels="{{ params.labels }}")

    @task
    def deploy(model: str) -> str:
        from pathlib import Path

        from flights.model import load_model

        return str(load_model(Path(model)).trained_on["data"])

    gate >> deploy("{{ var.value.flights_model }}")


deploy_model()
