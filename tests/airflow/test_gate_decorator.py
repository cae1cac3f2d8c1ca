"""``@task.freeze_gate`` in real DAG runs."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from airflow.sdk import DAG, task

from airflow_ai_slo import engine
from airflow_ai_slo.core.definition import Service
from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.core.freeze_policy import FreezePolicy
from airflow_ai_slo.decorators import freeze_gate
from airflow_ai_slo.store import Store

numbers = itertools.count()


def deployment(calls: list[str], decorator: Callable[..., Any] = freeze_gate, **options: Any) -> DAG:
    with DAG(f"gated_{next(numbers)}", schedule=None) as dag:

        @decorator(service="recommender", retries=3, **options)
        def deploy(model: str, dag_run: Any = None) -> str:
            calls.append(f"{model} of {dag_run.dag_id}")
            return model

        deploy("m-7")
    return dag


def test_the_function_runs_with_its_arguments_and_context_while_budget_remains(
    recommender: Callable[..., None], run_dag: Callable[..., Any]
) -> None:
    recommender(bad=0)
    calls: list[str] = []
    ran = run_dag(deployment(calls))
    assert calls == [f"m-7 of {ran.dag_id}"]
    assert ran.xcom("deploy") == "m-7"


def test_the_function_is_not_called_while_frozen_and_the_task_is_not_retried(
    recommender: Callable[..., None], run_dag: Callable[..., Any]
) -> None:
    recommender(bad=4)
    calls: list[str] = []
    ran = run_dag(deployment(calls))
    assert (calls, ran.states["deploy"], ran.tries("deploy")) == ([], "failed", 1)
    assert "changes to service recommender are frozen" in ran.log


def test_a_soft_freeze_calls_the_function_with_a_warning(
    recommender: Callable[..., None], run_dag: Callable[..., Any], store: Store
) -> None:
    soft = Service(name="recommender", freeze=FreezePolicy(mode="soft"))
    engine.apply(store, [], [soft], now=datetime.now(UTC))
    recommender(bad=4)
    calls: list[str] = []
    ran = run_dag(deployment(calls))
    assert len(calls) == 1
    assert any("[warning" in line and "only warns" in line for line in ran.log.splitlines())


def test_an_unknown_state_that_is_allowed_is_a_warning(run_dag: Callable[..., Any], store: Store) -> None:
    calls: list[str] = []
    ran = run_dag(deployment(calls, on_unknown="allow"))
    assert len(calls) == 1
    assert any("[warning" in line and "passing, since on_unknown" in line for line in ran.log.splitlines())


def test_a_frozen_task_can_be_skipped(recommender: Callable[..., None], run_dag: Callable[..., Any]) -> None:
    recommender(bad=4)
    calls: list[str] = []
    ran = run_dag(deployment(calls, on_frozen="skip"))
    assert (calls, ran.states["deploy"]) == ([], "skipped")


def test_an_exempt_label_lets_the_function_run(recommender: Callable[..., None], run_dag: Callable[..., Any]) -> None:
    recommender(bad=4)
    calls: list[str] = []
    run_dag(deployment(calls, labels="{{ 'secu' ~ 'rity' }}"))
    assert len(calls) == 1


def test_airflow_offers_it_as_a_task_decorator(recommender: Callable[..., None], run_dag: Callable[..., Any]) -> None:
    recommender(bad=4)
    calls: list[str] = []
    decorator: Callable[..., Any] = task.freeze_gate
    assert run_dag(deployment(calls, decorator)).states["deploy"] == "failed"
    assert calls == []


def test_an_async_function_is_gated_too(recommender: Callable[..., None], run_dag: Callable[..., Any]) -> None:
    recommender(bad=4)
    calls: list[str] = []
    with DAG(f"gated_{next(numbers)}", schedule=None) as dag:

        @freeze_gate(service="recommender", on_unknown="allow", labels="{{ dag_run.conf.get('labels', '') }}")
        async def deploy() -> None:
            calls.append("deployed")

        deploy()
    assert run_dag(dag).states["deploy"] == "failed"
    assert calls == []
    assert run_dag(dag, run_conf={"labels": "p0"}).states["deploy"] == "success"
    assert calls == ["deployed"]


def test_a_wrong_option_fails_when_the_dag_is_parsed() -> None:
    with pytest.raises(ConfigurationError, match="on_frozen='stop'"):
        deployment([], on_frozen="stop")
