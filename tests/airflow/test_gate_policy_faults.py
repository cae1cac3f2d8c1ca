"""The gate policy when something is wrong: the store, an option, the policy itself."""

from __future__ import annotations

import configparser
import re
import sys
import timeit
from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.exceptions import AirflowClusterPolicyError
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow_ai_slo_gate import options
from policy_kit import GATE, TAG, a_dag, a_deployment, bagged

from airflow_ai_slo.store import Store

pytestmark = pytest.mark.usefixtures("policy")


def test_a_store_that_is_down_keeps_the_gate_closed_unless_unknown_may_pass(
    store: Store, run_dag: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SLO_DEFAULT", "postgres://nobody@127.0.0.1:1/slo")
    ran = run_dag(a_deployment(TAG))
    assert ran.states == {GATE: "failed", "build": "upstream_failed", "deploy": "upstream_failed", "always": "failed"}
    assert "is unknown: the SLO store cannot be asked" in ran.log
    monkeypatch.setenv("AIRFLOW__AI_SLO__GATE_ON_UNKNOWN", "allow")
    assert set(run_dag(a_deployment(TAG)).states.values()) == {"success"}


def test_an_evaluation_older_than_the_configured_age_is_no_answer(
    recommender: Callable[..., None], run_dag: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    recommender(bad=1, now=datetime.now(UTC) - timedelta(hours=2))
    assert set(run_dag(a_deployment(TAG)).states.values()) == {"success"}
    monkeypatch.setenv("AIRFLOW__AI_SLO__GATE_MAX_AGE", "1h")
    ran = run_dag(a_deployment(TAG))
    assert ran.states["always"] == ran.states[GATE] == "failed"
    assert "more than 1:00:00 ago" in ran.log


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("ON_UNKNOWN", "pass", "[ai_slo] gate_on_unknown='pass': write 'block' or 'allow'"),
        ("ON_FROZEN", "warn", "[ai_slo] gate_on_frozen='warn': write 'fail' or 'skip'"),
        ("MAX_AGE", "26 hours", "[ai_slo] gate_max_age: '26 hours' is not a duration"),
    ],
)
def test_a_wrong_option_keeps_tagged_dags_closed_and_says_what_would_be_right(
    name: str,
    value: str,
    said: str,
    recommender: Callable[..., None],
    run_dag: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recommender(bad=1)
    monkeypatch.setenv(f"AIRFLOW__AI_SLO__GATE_{name}", value)
    ran = run_dag(a_deployment(TAG, default_args={"retries": 3}))
    assert ran.states == {"build": "failed", "deploy": "upstream_failed", "always": "failed"}
    assert ran.tries("build") == 1
    assert said in ran.log
    assert set(run_dag(a_deployment()).states.values()) == {"success"}


def test_a_tag_without_a_service_keeps_the_dag_closed(run_dag: Callable[..., Any], store: Store) -> None:
    ran = run_dag(a_deployment("deploys: "))
    assert ran.states["always"] == "failed"
    assert "names no service; write deploys:<service>" in ran.log


def test_a_policy_that_breaks_keeps_tagged_dags_closed_and_harms_no_other(
    recommender: Callable[..., None], run_dag: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    recommender(bad=1)
    monkeypatch.setitem(sys.modules, "airflow_ai_slo_gate.placing", None)
    ran = run_dag(a_deployment(TAG))
    assert ran.states == {"build": "failed", "deploy": "upstream_failed", "always": "failed"}
    assert f"DAG {ran.dag_id}, tagged {TAG}, has no working freeze gate: ModuleNotFoundError" in ran.log
    assert set(run_dag(a_deployment()).states.values()) == {"success"}


def test_a_policy_that_cannot_even_shut_a_dag_keeps_it_out_and_harms_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "airflow_ai_slo_gate.placing", None)
    monkeypatch.setitem(sys.modules, "airflow_ai_slo_gate.starts", None)
    with pytest.raises(AirflowClusterPolicyError):
        bagged(a_deployment(TAG))
    bagged(a_deployment())


def test_a_check_that_breaks_at_a_tasks_start_stops_it_without_retries(
    recommender: Callable[..., None], run_dag: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    recommender(bad=1)
    dag = bagged(a_deployment(TAG, default_args={"retries": 3}))
    monkeypatch.setattr("airflow_ai_slo_gate.asking._answer", lambda *_: 1 / 0)
    ran = run_dag(dag)
    assert ran.states == {GATE: "success", "build": "failed", "deploy": "upstream_failed", "always": "failed"}
    assert ran.tries("build") == 1
    assert f"Stopped: the freeze gate {GATE} cannot be asked: ZeroDivisionError: division by zero" in ran.log


def test_an_untagged_dag_costs_microseconds(policy: Any) -> None:
    from airflow.settings import dag_policy

    with a_dag("one", "two", "three") as dag:
        for number in range(100):
            EmptyOperator(task_id=f"t{number}")
    best = min(timeit.repeat(lambda: dag_policy(dag), number=100, repeat=20)) / 100
    assert best < 100e-6, f"{best * 1e6:.1f} µs"


def test_the_page_names_the_options_as_they_are_and_their_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    page = (Path(__file__).parents[2] / "docs" / "gate-policy.md").read_text(encoding="utf-8")
    found = re.search(r"```ini\n(.*?)```", page, re.DOTALL)
    assert found
    written = configparser.ConfigParser()
    written.read_string(found[1])
    before = options.read()
    for name, value in written["ai_slo"].items():
        monkeypatch.setenv(f"AIRFLOW__AI_SLO__{name.upper()}", value)
    assert options.read() == before
    assert {name.removeprefix("gate_") for name in written["ai_slo"]} == {one.name for one in fields(before)}
