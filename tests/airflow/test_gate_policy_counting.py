"""What the gate policy does to a run that goes on, resumes or is measured."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.standard.operators.python import PythonOperator
from airflow.providers.standard.sensors.python import PythonSensor
from airflow.providers.standard.triggers.temporal import DateTimeTrigger
from airflow.sdk import BaseOperator
from airflow_ai_slo_gate import asking
from policy_kit import GATE, TAG, a_dag, work

from airflow_ai_slo.operators.completion import BatchCompletionOperator

pytestmark = pytest.mark.usefixtures("policy")


def test_a_freeze_that_comes_while_a_deployment_runs_stops_its_next_task_and_its_teardown_still_cleans_up(
    recommender: Callable[..., None], run_dag: Callable[..., Any]
) -> None:
    recommender(bad=1)
    with a_dag(TAG) as dag:
        first = PythonOperator(task_id="build", python_callable=lambda: recommender(bad=5)).as_setup()
        last = work("clean").as_teardown(setups=first)
        first >> work("deploy") >> last
    ran = run_dag(dag)
    assert ran.states == {GATE: "success", "build": "success", "deploy": "failed", "clean": "success"}
    assert "deploy ran" not in ran.log
    assert "clean ran" in ran.log
    assert ran.xcom("deploy", "ai_slo_gate")["outcome"] == "frozen"


def test_a_freeze_is_no_failed_run_of_the_deployment(
    recommender: Callable[..., None], run_dag: Callable[..., Any]
) -> None:
    recommender(bad=4)
    with a_dag(TAG) as dag:
        last = BatchCompletionOperator(task_id="completion", slo="deployments", count_manual=True)
        work("deploy", trigger_rule="all_done") >> last
    ran = run_dag(dag)
    assert ran.states == {GATE: "failed", "deploy": "failed", "completion": "skipped"}
    assert "Not measured: a freeze gate stopped this run at deploy" in ran.log


def test_a_deployment_that_fails_by_itself_counts(
    recommender: Callable[..., None], run_dag: Callable[..., Any]
) -> None:
    recommender(bad=1)
    with a_dag(TAG) as dag:
        broken = PythonOperator(task_id="deploy", python_callable=lambda: 1 / 0)
        broken >> BatchCompletionOperator(task_id="completion", slo="deployments", count_manual=True)
    ran = run_dag(dag)
    assert ran.states == {GATE: "success", "deploy": "failed", "completion": "success"}
    assert (ran.xcom("completion")["good"], ran.xcom("completion")["total"]) == (0, 1)


def test_a_run_whose_tasks_were_stopped_at_their_start_is_not_measured(
    recommender: Callable[..., None], run_dag: Callable[..., Any]
) -> None:
    recommender(bad=1)
    with a_dag(TAG) as dag:
        first = PythonOperator(task_id="build", python_callable=lambda: recommender(bad=5))
        shipped = PythonOperator.partial(task_id="ship", python_callable=print).expand(op_args=[["a"], ["b"]])
        first >> shipped >> BatchCompletionOperator(task_id="completion", slo="deployments", count_manual=True)
    ran = run_dag(dag)
    assert ran.states == {GATE: "success", "build": "success", "ship": "failed failed", "completion": "skipped"}


def test_a_task_that_resumes_or_pokes_again_asked_when_it_began(
    recommender: Callable[..., None], run_dag: Callable[..., Any]
) -> None:
    recommender(bad=1)
    froze: list[bool] = []

    class Waits(BaseOperator):
        def execute(self, context: Any) -> None:
            recommender(bad=5)
            self.defer(trigger=DateTimeTrigger(datetime.now(UTC)), method_name="resume")

        def resume(self, context: Any, event: Any) -> None:
            print("resumed")

    def poke() -> bool:
        recommender(bad=5)
        froze.append(True)
        return len(froze) > 1

    with a_dag(TAG) as deferring:
        Waits(task_id="wait")
    with a_dag(TAG) as poking:
        PythonSensor(task_id="wait", python_callable=poke, mode="reschedule", poke_interval=0.1)
    ran = run_dag(deferring)
    assert ran.states["wait"] == "success"
    assert "resumed" in ran.log
    recommender(bad=1)
    assert run_dag(poking).states["wait"] == "success"


@pytest.mark.parametrize(("from_trigger", "asks"), [(False, False), (True, True)])
def test_a_task_that_starts_from_its_trigger_asks_when_it_comes_to_a_worker(from_trigger: bool, asks: bool) -> None:
    resuming = SimpleNamespace(_ti_context_from_server=SimpleNamespace(next_method="resume"))
    context = {"ti": resuming, "task": SimpleNamespace(start_from_trigger=from_trigger)}
    asked: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asking, "_ask", lambda _, gate_id: asked.append(gate_id))
        asking.Ask((GATE,))(context)
    assert asked == ([GATE] if asks else [])
