"""Deployments for the tests of the gate policy."""

from __future__ import annotations

import itertools
from typing import Any

from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG

TAG = "deploys:recommender"
GATE = "freeze_gate_recommender"
numbers = itertools.count()


def a_dag(*tags: str, **options: Any) -> DAG:
    return DAG(f"tagged_{next(numbers)}", schedule=None, tags=tags, **options)


def work(task_id: str, **options: Any) -> PythonOperator:
    return PythonOperator(task_id=task_id, python_callable=print, op_args=[f"{task_id} ran"], **options)


def a_deployment(*tags: str, **options: Any) -> DAG:
    """``build >> deploy``, and a root that runs whatever happened."""
    with a_dag(*tags, **options) as dag:
        work("build") >> work("deploy")
        work("always", trigger_rule="all_done")
    return dag


def bagged(dag: DAG) -> DAG:
    """As Airflow has it after parsing."""
    from airflow.dag_processing.dagbag import DagBag

    DagBag(dag_folder="/dev/null").bag_dag(dag)
    return dag


def serialized(dag: DAG) -> Any:
    from airflow.serialization.serialized_objects import DagSerialization

    return DagSerialization.to_dict(dag)
