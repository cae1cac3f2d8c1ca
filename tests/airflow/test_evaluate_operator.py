"""Evaluating in real DAG runs: definitions applied, incidents and freezes decided, people told."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import DAG
from slo_kit import an_slo, daily

from airflow_ai_slo import SLO, Service, engine
from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.operators.evaluate import EvaluateSLOsOperator
from airflow_ai_slo.store import Store
from demo.slack_server import SlackServer

numbers = itertools.count()

OPENSLO = """
apiVersion: openslo/v1
kind: SLO
metadata:
  name: done
  annotations: {airflow-ai-slo/freeze: "true"}
spec:
  service: scoring
  indicator:
    metadata: {name: done}
    spec:
      ratioMetric:
        counter: true
        good: {metricSource: {type: recorded, spec: {}}}
        total: {metricSource: {type: recorded, spec: {}}}
  timeWindow: [{duration: 28d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{target: 0.9}]
"""


def evaluation(**options: Any) -> DAG:
    with DAG(f"evaluation_{next(numbers)}", schedule=None) as dag:
        EvaluateSLOsOperator(task_id="evaluate", **options)
    return dag


def record(store: Store, verdicts: str, *, until: datetime | None = None) -> None:
    engine.apply(store, [an_slo(alerting="workbook", window="28d")], now=datetime.now(UTC))
    now = until or datetime.now(UTC)
    engine.record(store, daily(verdicts, until=now, slo="done"), now=now)


def test_a_spent_budget_freezes_the_service_and_the_result_says_so(store: Store, run_dag: Callable[..., Any]) -> None:
    record(store, "." * 26 + "xxxx")
    result = run_dag(evaluation()).xcom("evaluate")
    assert result | {"at": ""} == {
        "at": "",
        "slos": 1,
        "exhausted": ["done"],
        "firing": {"done": "page"},
        "frozen": ["scoring"],
        "sent": 0,
        "pending": 2,
    }
    assert list(engine.frozen_services(store)) == ["scoring"]


def test_without_a_slack_connection_messages_wait_and_one_line_says_so(
    store: Store, run_dag: Callable[..., Any]
) -> None:
    record(store, "." * 26 + "xxxx")
    ran = run_dag(evaluation())
    assert ran.states["evaluate"] == "success"
    assert ran.log.count("no Airflow connection 'slack_default'") == 1
    assert "Traceback" not in ran.log


def test_nothing_to_tell_needs_no_slack_connection(store: Store, run_dag: Callable[..., Any]) -> None:
    record(store, "." * 30)
    ran = run_dag(evaluation())
    assert ran.xcom("evaluate")["pending"] == 0
    assert "slack" not in ran.log.lower()


def test_a_bot_tells_the_channel_and_nothing_is_told_twice(
    store: Store, run_dag: Callable[..., Any], slack: SlackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(store, "." * 26 + "xxxx")
    monkeypatch.setenv(
        "AIRFLOW_CONN_SLACK_DEFAULT",
        json.dumps({"conn_type": "slack", "password": slack.token, "extra": {"base_url": slack.base_url}}),
    )
    dag = evaluation(slack_channel="slo-alerts")
    assert run_dag(dag).xcom("evaluate")["sent"] == 2
    assert run_dag(dag).xcom("evaluate")["sent"] == 0
    assert {message["channel"] for message in slack.messages} == {slack.channel_id}
    assert any("Frozen: scoring" in json.dumps(message) for message in slack.messages)


def test_slack_being_down_never_fails_the_task(
    store: Store, run_dag: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    record(store, "." * 26 + "xxxx")
    extra = {"base_url": "http://127.0.0.1:9/api/", "timeout": 1}
    monkeypatch.setenv(
        "AIRFLOW_CONN_SLACK_DEFAULT", json.dumps({"conn_type": "slack", "password": "xoxb-1", "extra": extra})
    )
    ran = run_dag(evaluation(slack_channel="#slo-alerts"))
    assert ran.states["evaluate"] == "success"
    assert ran.xcom("evaluate")["pending"] == 2
    assert "Not told: default: " in ran.log


def test_files_are_applied_first_and_their_paths_are_templated(
    store: Store, run_dag: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "done.yaml").write_text(OPENSLO)
    ran = run_dag(evaluation(definitions="{{ dag_run.conf.folder }}"), run_conf={"folder": str(tmp_path)})
    assert ran.xcom("evaluate")["slos"] == 1
    assert "SLO done: created" in ran.log
    assert [one.slo.name for one in engine.status(store, at=datetime.now(UTC))] == ["done"]


def test_python_definitions_and_paths_can_be_mixed(store: Store, run_dag: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "done.yaml").write_text(OPENSLO)
    given = [tmp_path, SLO(name="fresh", service="features", objective=0.9), Service(name="features")]
    assert run_dag(evaluation(definitions=given, slos=["fresh"])).xcom("evaluate")["slos"] == 1
    assert {one.slo.name for one in engine.status(store, at=datetime.now(UTC))} == {"done", "fresh"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"slos": ["dnoe"]}, "no SLO named dnoe"),
        ({"definitions": "/no/such/folder"}, "/no/such/folder"),
        ({"definitions": [42]}, "give OpenSLO files or folders, SLO, Service and Target objects"),
        ({"at": "yesterday"}, "'yesterday' is not a time stamp"),
    ],
)
def test_what_trying_again_cannot_mend_fails_without_retries_in_one_line(
    options: dict[str, Any], message: str, store: Store, run_dag: Callable[..., Any]
) -> None:
    ran = run_dag(evaluation(retries=2, **options))
    assert (ran.states["evaluate"], ran.tries("evaluate")) == ("failed", 1)
    assert message in ran.log


def test_a_store_that_is_down_fails_the_task_so_that_retries_can_help(
    run_dag: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SLO_DEFAULT", "postgres://nobody@127.0.0.1:9/slo")
    ran = run_dag(evaluation(retries=1))
    assert (ran.states["evaluate"], ran.tries("evaluate")) == ("failed", 2)


def test_it_looks_at_the_instant_it_is_told(store: Store, run_dag: Callable[..., Any]) -> None:
    record(store, "." * 26 + "xxxx")
    past = datetime.now(UTC) - timedelta(days=5)
    assert run_dag(evaluation(at=past.isoformat())).xcom("evaluate")["exhausted"] == []
    ahead = run_dag(evaluation(at=(datetime.now(UTC) + timedelta(days=2)).isoformat()))
    assert (ahead.states["evaluate"], "is yet to come; evaluate the past or the present" in ahead.log) == (
        "failed",
        True,
    )


def test_a_dag_test_run_that_counts_looks_at_its_own_instant(
    store: Store, run_dag: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    record(store, "." * 26 + "xxxx")
    monkeypatch.setenv("AI_SLO_COUNT_TEST_RUNS", "1")
    past = datetime.now(UTC) - timedelta(days=5)
    result = run_dag(evaluation(), run_after=past, logical_date=past).xcom("evaluate")
    assert result["at"] == past.isoformat()


def test_a_single_name_instead_of_a_list_fails_when_the_dag_is_parsed() -> None:
    with pytest.raises(ConfigurationError, match="give a list of names"):
        evaluation(slos="done")
