"""The pages of channels, digests and notifiers: their examples run as they are written."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import DAG
from slo_kit import an_slo

from airflow_ai_slo import engine, openslo
from airflow_ai_slo.alerts import Fact, Kind, Link, Message
from airflow_ai_slo.alerts.channels.webhook import document
from airflow_ai_slo.core.definition import Severity
from airflow_ai_slo.core.target import TAKES
from airflow_ai_slo.hooks.channels import _KINDS
from airflow_ai_slo.store import Store, tables

PAGES = Path(__file__).parents[2] / "docs"


def block(page: str, language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", (PAGES / page).read_text(encoding="utf-8"), re.DOTALL)
    assert found
    return found[1]


def example(page: str) -> DAG:
    names: dict[str, Any] = {}
    exec(compile(block(page, "python"), str(PAGES / page), "exec"), names)
    dag: DAG = names["dag"]
    return dag


def test_the_digests_example_runs(recommender: Callable[..., None], run_dag: Callable[..., Any]) -> None:
    recommender(bad=4)
    assert set(run_dag(example("operators/digest.md")).states.values()) == {"success"}


def test_the_notifiers_example_runs_and_records(store: Store, run_dag: Callable[..., Any]) -> None:
    engine.apply(store, [an_slo("scores-complete"), an_slo("scores-on-time")], now=datetime.now(UTC))
    dag = example("notifiers.md")
    (alert,) = dag.deadline or ()
    assert alert.callback.kwargs == {"slo": "scores-on-time"}
    assert alert.callback.path == "airflow_ai_slo.notifications.record.RecordMeasurementNotifier"
    # dag.test() of Airflow 3.3 cannot run a DAG that has a deadline.
    dag.deadline = None
    ran = run_dag(dag, run_conf={"ai_slo": {"count": True}})
    assert ran.state == "success"
    with store.read() as connection:
        assert len(connection.execute(tables.measurement.select()).all()) == 1


def test_the_targets_of_the_channels_page_are_valid(tmp_path: Path) -> None:
    path = tmp_path / "targets.yaml"
    path.write_text(block("channels.md", "yaml"))
    loaded = openslo.load([path])
    assert loaded.problems == ()
    assert [(target.name, target.kind, target.takes) for target in loaded.targets] == [
        ("ml-chat", "slack", ()),
        ("on-call", "pagerduty", ("page",)),
        ("desk", "email", ("ticket", "digest")),
    ]
    assert loaded.services[0].notify == ("ml-chat", "on-call", "desk")


def test_the_webhooks_document_is_the_one_that_is_sent() -> None:
    shown = json.loads(block("channels.md", "json"))
    at = datetime(2026, 2, 3, 6, 10, tzinfo=UTC)
    sent = document(
        Message(
            kind=Kind.INCIDENT_OPENED,
            title=shown["data"]["title"],
            at=at,
            since=at,
            thread_key="incident:3",
            dedup_key=shown["data"]["id"],
            severity=Severity.PAGE,
            service="flight-delays",
            slo="flights-scored",
            facts=tuple(Fact(**fact) for fact in shown["data"]["facts"]),
            body=tuple(shown["data"]["lines"]),
            links=tuple(Link(**link) for link in shown["data"]["links"]),
            figures=shown["data"]["figures"],
        )
    )
    assert sent == shown


@pytest.mark.parametrize("word", [*TAKES, *_KINDS, *(usual for usual, _ in _KINDS.values())])
def test_every_kind_and_connection_is_on_the_channels_page(word: str) -> None:
    assert f"`{word}`" in (PAGES / "channels.md").read_text(encoding="utf-8")
