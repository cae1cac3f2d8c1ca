"""DAGs tagged ``deploys:<service>`` behind the cluster policy, in real DAG runs of this process."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG, TaskGroup, setup, task, teardown
from policy_kit import GATE, TAG, a_dag, a_deployment

from airflow_ai_slo import engine
from airflow_ai_slo.store import Store

pytestmark = pytest.mark.usefixtures("policy")


def test_while_budget_remains_a_deployment_runs_after_a_gate_that_is_there_to_see(
    recommender: Callable[..., None], run_dag: Callable[..., Any]
) -> None:
    recommender(bad=1)
    ran = run_dag(a_deployment(TAG))
    assert ran.states == {GATE: "success", "build": "success", "deploy": "success", "always": "success"}
    assert ran.xcom(GATE)["outcome"] == "allowed"


def test_while_frozen_nothing_after_the_gate_runs_and_the_log_says_why(
    recommender: Callable[..., None], run_dag: Callable[..., Any], store: Store
) -> None:
    recommender(bad=4)
    ran = run_dag(a_deployment(TAG, default_args={"retries": 3}))
    assert ran.states == {GATE: "failed", "build": "upstream_failed", "deploy": "upstream_failed", "always": "failed"}
    assert ran.tries(GATE) == ran.tries("always") == 1
    assert "always ran" not in ran.log
    for words in ("service recommender are frozen", "SLO recommender-runs", "-43%", "since", "thaws when"):
        assert ran.log.count(words) >= 2, words
    asked = {entry.actor for entry in engine.audit_log(store, "recommender") if entry.action == "frozen"}
    assert {f"{ran.dag_id}/{task_id} {ran.run_id}" for task_id in (GATE, "always")} <= asked


def test_each_service_has_a_gate_and_one_that_is_frozen_stops_the_change(
    recommender: Callable[..., None], run_dag: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    recommender(bad=4)
    monkeypatch.setenv("AIRFLOW__AI_SLO__GATE_ON_UNKNOWN", "allow")
    ran = run_dag(a_deployment("deploys:search", TAG))
    assert ran.states == {
        GATE: "failed",
        "freeze_gate_search": "success",
        "build": "upstream_failed",
        "deploy": "upstream_failed",
        "always": "failed",
    }


def test_groups_mapped_tasks_setups_and_teardowns(
    recommender: Callable[..., None], run_dag: Callable[..., Any]
) -> None:
    def dag() -> DAG:
        with a_dag(TAG) as made:

            @setup
            def cluster() -> None: ...

            @teardown
            def cleared() -> None:
                print("cleared ran")

            @task
            def ship(region: str) -> None:
                print("shipped to", region)

            with TaskGroup("regions"):
                up, down = cluster(), cleared()
                up >> ship.expand(region=["eu", "us"]) >> down
                up >> down
            PythonOperator.partial(task_id="mapped_root", python_callable=print, trigger_rule="all_done").expand(
                op_args=[["one"], ["two"]]
            )
        return made

    recommender(bad=1)
    ran = run_dag(dag())
    assert ran.states == {
        GATE: "success",
        "regions.cluster": "success",
        "regions.ship": "success success",
        "regions.cleared": "success",
        "mapped_root": "success success",
    }
    recommender(bad=5)
    ran = run_dag(dag())
    assert ran.states == {
        GATE: "failed",
        "regions.cluster": "upstream_failed",
        "regions.ship": "upstream_failed upstream_failed",
        "regions.cleared": "upstream_failed",
        "mapped_root": "failed failed",
    }
    assert "shipped to" not in ran.log


@pytest.mark.parametrize("labels", [["security"], ["docs", "reliability"], "docs, p0"])
def test_labels_of_the_run_pass_a_freeze_at_the_gate_and_at_every_start(
    labels: Any, recommender: Callable[..., None], run_dag: Callable[..., Any]
) -> None:
    recommender(bad=4)
    assert set(run_dag(a_deployment(TAG), run_conf={"labels": labels}).states.values()) == {"success"}


@pytest.mark.parametrize("labels", [["docs"], "", 7, {"security": True}, None])
def test_labels_that_do_not_exempt_or_cannot_be_read_leave_the_gate_closed(
    labels: Any, recommender: Callable[..., None], run_dag: Callable[..., Any]
) -> None:
    recommender(bad=4)
    ran = run_dag(a_deployment(TAG), run_conf={"labels": labels})
    assert ran.states[GATE] == ran.states["always"] == "failed"
    assert "are frozen" in ran.log


def test_a_block_can_skip(
    recommender: Callable[..., None], run_dag: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__AI_SLO__GATE_ON_FROZEN", "skip")
    recommender(bad=4)
    ran = run_dag(a_deployment(TAG))
    assert ran.states == {GATE: "success", "build": "skipped", "deploy": "skipped", "always": "skipped"}


def test_the_example_of_the_page_is_gated(recommender: Callable[..., None], run_dag: Callable[..., Any]) -> None:
    page = Path(__file__).parents[2] / "docs" / "gate-policy.md"
    found = re.search(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    names: dict[str, Any] = {}
    exec(compile(found[1], str(page), "exec"), names)
    recommender(bad=4)
    assert run_dag(names["dag"]).states == {GATE: "failed", "build": "upstream_failed", "deploy": "upstream_failed"}
