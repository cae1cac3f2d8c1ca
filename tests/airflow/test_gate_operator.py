"""The freeze gate in real DAG runs."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG

from airflow_ai_slo import engine
from airflow_ai_slo.core.definition import Service
from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.core.freeze_policy import FreezePolicy
from airflow_ai_slo.operators.gate import FreezeGateOperator

numbers = itertools.count()


def deployment(**options: Any) -> DAG:
    """A gate, a deployment, and a task that tells people whatever happened."""
    with DAG(f"deploy_{next(numbers)}", schedule=None) as dag:
        gate = FreezeGateOperator(task_id="gate", service="recommender", retries=3, **options)
        gate >> EmptyOperator(task_id="deploy") >> EmptyOperator(task_id="tell", trigger_rule="all_done")
    return dag


def test_a_change_passes_while_budget_remains(recommender: Callable[..., None], run_dag: Callable[..., Any]) -> None:
    recommender(bad=1)
    ran = run_dag(deployment())
    assert ran.states == {"gate": "success", "deploy": "success", "tell": "success"}
    assert ran.xcom("gate") | {"evaluated_at": None} == {
        "service": "recommender",
        "outcome": "allowed",
        "warns": False,
        "reasons": [],
        "override": None,
        "ends_at": None,
        "evaluated_at": None,
        "detail": "budget remains",
    }


def test_a_frozen_service_stops_the_change_without_retries_and_says_why(
    recommender: Callable[..., None], run_dag: Callable[..., Any]
) -> None:
    recommender(bad=4)
    ran = run_dag(deployment())
    assert ran.states["gate"] == "failed"
    assert ran.states["deploy"] == "upstream_failed"
    assert ran.tries("gate") == 1
    assert ran.xcom("gate")["outcome"] == "frozen"
    assert "Stopped: changes to service recommender are frozen: SLO recommender-runs has -43%" in ran.log
    assert "thaws when more than 5% of its budget is left" in ran.log


def test_a_soft_freeze_lets_the_change_pass_with_a_warning(
    recommender: Callable[..., None], run_dag: Callable[..., Any], store: Any
) -> None:
    soft = Service(name="recommender", freeze=FreezePolicy(mode="soft"))
    engine.apply(store, [], [soft], now=datetime.now(UTC))
    recommender(bad=4)
    ran = run_dag(deployment())
    assert ran.states["deploy"] == "success"
    answer = ran.xcom("gate")
    assert (answer["outcome"], answer["warns"], answer["reasons"][0]["spent_by"]) == ("allowed", True, {"other": 4.0})
    assert any(
        "[warning" in line and "the freeze is soft and only warns: SLO recommender-runs has -43%" in line
        for line in ran.log.splitlines()
    )


def test_a_block_can_skip_everything_downstream_whatever_its_trigger_rule(
    recommender: Callable[..., None], run_dag: Callable[..., Any]
) -> None:
    recommender(bad=4)
    ran = run_dag(deployment(on_frozen="skip"))
    assert ran.states == {"gate": "success", "deploy": "skipped", "tell": "skipped"}


def test_a_skip_can_leave_later_tasks_to_their_trigger_rules(
    recommender: Callable[..., None], run_dag: Callable[..., Any]
) -> None:
    recommender(bad=4)
    ran = run_dag(deployment(on_frozen="skip", ignore_downstream_trigger_rules=False))
    assert ran.states == {"gate": "success", "deploy": "skipped", "tell": "success"}


def test_a_gate_over_several_services_stops_when_one_is_frozen(
    recommender: Callable[..., None], run_dag: Callable[..., Any]
) -> None:
    recommender(bad=4)
    with DAG(f"deploy_{next(numbers)}", schedule=None) as dag:
        gates = FreezeGateOperator.partial(task_id="gate", on_frozen="skip", on_unknown="allow").expand(
            service=["elsewhere", "recommender"]
        )
        gates >> EmptyOperator(task_id="deploy")
    assert run_dag(dag).states == {"gate": "success skipped", "deploy": "skipped"}


@pytest.mark.parametrize("labels", [["security"], "docs, reliability"])
def test_an_exempt_label_passes_a_freeze_and_is_audited(
    labels: Any, recommender: Callable[..., None], run_dag: Callable[..., Any], store: Any
) -> None:
    recommender(bad=4)
    ran = run_dag(deployment(labels=labels))
    assert ran.states["deploy"] == "success"
    newest = engine.audit_log(store, "recommender")[0]
    assert (newest.action, newest.actor) == ("allowed", f"{ran.dag_id}/gate {ran.run_id}")
    assert newest.detail.startswith("exempt: ")


def test_labels_and_service_are_templated(recommender: Callable[..., None], run_dag: Callable[..., Any]) -> None:
    recommender(bad=4)
    with DAG(f"deploy_{next(numbers)}", schedule=None, params={"labels": ""}) as dag:
        FreezeGateOperator(task_id="gate", service="{{ dag_run.conf.service }}", labels="{{ params.labels }}")
    assert run_dag(dag, run_conf={"service": "recommender"}).states["gate"] == "failed"
    ran = run_dag(dag, run_conf={"service": "recommender", "labels": "p0"})
    assert ran.states["gate"] == "success"


def test_an_override_passes_a_freeze_and_is_shown(
    recommender: Callable[..., None], run_dag: Callable[..., Any], store: Any
) -> None:
    recommender(bad=4)
    now = datetime.now(UTC)
    engine.override(store, "recommender", author="Ada", reason="fix", until=now + timedelta(hours=1), now=now)
    ran = run_dag(deployment())
    assert ran.states["deploy"] == "success"
    assert ran.xcom("gate")["override"]["author"] == "Ada"


def test_an_old_evaluation_blocks_unless_the_caller_says_otherwise(
    recommender: Callable[..., None], run_dag: Callable[..., Any]
) -> None:
    recommender(bad=1, now=datetime.now(UTC) - timedelta(days=3))
    blocked = run_dag(deployment())
    assert blocked.states["gate"] == "failed"
    assert "was last evaluated" in blocked.log
    assert run_dag(deployment(on_unknown="allow")).states["deploy"] == "success"
    assert run_dag(deployment(max_age=timedelta(days=4))).states["deploy"] == "success"


def test_a_store_that_is_down_blocks(
    run_dag: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, airflow_home: Path
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SLO_DEFAULT", "postgres://nobody@127.0.0.1:9/slo")
    ran = run_dag(deployment())
    assert ran.states == {"gate": "failed", "deploy": "upstream_failed", "tell": "success"}
    assert ran.xcom("gate")["outcome"] == "unknown"
    assert "the SLO store cannot be asked" in ran.log
    assert run_dag(deployment(on_unknown="allow")).states["deploy"] == "success"


def test_a_connection_that_cannot_hold_a_store_blocks_and_says_what_could(
    run_dag: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SLO_DEFAULT", "mysql://nobody@127.0.0.1/slo")
    ran = run_dag(deployment())
    assert ran.states["deploy"] == "upstream_failed"
    assert "use ai_slo, postgres or sqlite" in ran.log


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"on_frozen": "warn"}, "on_frozen='warn': write 'fail' or 'skip'"),
        ({"on_unknown": "pass"}, "on_unknown='pass': write 'block' or 'allow'"),
        ({"max_age": 3600}, "max_age=3600: give a timedelta"),
        ({"max_age": timedelta(0)}, "give a timedelta above zero"),
    ],
)
def test_a_wrong_option_fails_when_the_dag_is_parsed(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        deployment(**options)
