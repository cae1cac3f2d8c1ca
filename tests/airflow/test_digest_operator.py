"""Digests by real DAG runs."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.sdk import DAG

from airflow_ai_slo import Target, engine
from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.operators.digest import SLODigestOperator
from airflow_ai_slo.store import Store
from demo.slack_server import SlackServer

numbers = itertools.count()


def digesting(**options: Any) -> DAG:
    with DAG(f"digesting_{next(numbers)}", schedule=None) as dag:
        SLODigestOperator(task_id="digest", **options)
    return dag


def test_a_digest_reaches_slack_and_says_who_needs_care(
    recommender: Callable[..., None],
    run_dag: Callable[..., Any],
    slack: SlackServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recommender(bad=4)
    extra = {"base_url": slack.base_url, "channel": "slo-alerts"}
    connection = {"conn_type": "slack", "password": slack.token, "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_SLACK_DEFAULT", json.dumps(connection))
    monkeypatch.setenv("AI_SLO_REPORT_URL", "https://example.org/slo")
    result = run_dag(digesting(period=timedelta(days=7))).xcom("digest")
    assert (result["targets"], result["pending"]) == (["default"], 0)
    said = json.dumps([message for message in slack.messages if "need care" in message["text"]])
    assert "1 of 1 SLOs need care" in said
    assert "recommender-runs: SPENT" in said
    assert "https://example.org/slo" in said


def test_a_retry_of_a_run_tells_once(
    store: Store, recommender: Callable[..., None], run_dag: Callable[..., Any]
) -> None:
    recommender(bad=0)
    engine.apply(store, [], now=datetime.now(UTC), targets=[Target(name="desk", kind="email", takes=("digest",))])
    from airflow_ai_slo.store import outbox_care

    dag = digesting(deliver=False)
    run = {"logical_date": datetime(2026, 3, 9, tzinfo=UTC), "run_conf": {"ai_slo": {"count": True}}}
    assert run_dag(dag, **run).xcom("digest")["targets"] == ["desk"]
    run_dag(dag, **run)
    with store.read() as connection:
        assert [entry.title for entry in outbox_care.entries(connection)] == ["1 SLOs: none needs care"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"targets": ["nobody"]}, "no target named nobody"),
        ({"services": ["nobodys"]}, "no SLO names service nobodys; known: recommender"),
    ],
)
def test_what_trying_again_cannot_mend_fails_without_retries_in_one_line(
    options: dict[str, Any], said: str, recommender: Callable[..., None], run_dag: Callable[..., Any]
) -> None:
    recommender(bad=0)
    ran = run_dag(digesting(retries=2, **options))
    assert (ran.states["digest"], ran.tries("digest")) == ("failed", 1)
    assert said in ran.log


@pytest.mark.parametrize("wrong", [{"targets": "desk"}, {"services": "x"}, {"period": timedelta(0)}])
def test_a_wrong_option_fails_when_the_dag_is_parsed(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        digesting(**wrong)
