"""Recording in real DAG runs: which runs count, what is kept when the store is away, and failing afterwards."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import DAG
from slo_kit import an_slo
from sqlalchemy import text

from airflow_ai_slo import engine
from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.core.measurement import Cause, Measurement
from airflow_ai_slo.operators.base import MeasureOperator
from airflow_ai_slo.store import Store

numbers = itertools.count()
YESTERDAY = datetime(2026, 3, 9, 6, tzinfo=UTC)
COUNTED = {"ai_slo": {"count": True}}


class Counter(MeasureOperator):
    """Measures what it is told."""

    def __init__(self, *, good: float, total: float = 1, **options: Any) -> None:
        super().__init__(**options)
        self.good, self.total = good, total

    def measure(self, context: Any) -> Measurement:
        return self.measurement(context, good=self.good, total=self.total, value=7, cause=Cause.LATENCY)


def counting(*, schedule: str | None = "0 6 * * *", dag_id: str = "", **options: Any) -> DAG:
    with DAG(
        dag_id or f"counting_{next(numbers)}", schedule=schedule, start_date=datetime(2026, 1, 1, tzinfo=UTC)
    ) as dag:
        Counter(task_id="count", **({"slo": "done", "good": 1} | options))
    return dag


@pytest.fixture
def applied(store: Store) -> Store:
    engine.apply(store, [an_slo()], now=datetime.now(UTC))
    return store


def rows(store: Store) -> list[Any]:
    with store.read() as connection:
        return list(connection.execute(text("SELECT * FROM ai_slo_measurement ORDER BY at, key")).mappings())


def test_a_dag_test_run_does_not_count_and_one_line_says_how_it_would(
    applied: Store, run_dag: Callable[..., Any]
) -> None:
    ran = run_dag(counting(good=0))
    assert (ran.states["count"], ran.xcom("count")["recorded"], rows(applied)) == ("success", False, [])
    assert ran.log.count("AI_SLO_COUNT_TEST_RUNS=1 or conf ai_slo.count=true counts it") == 1


@pytest.mark.parametrize("by", ["environment", "conf"])
def test_a_dag_test_run_that_counts_stands_for_the_scheduled_run_of_its_logical_date(
    by: str, applied: Store, run_dag: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    dag = counting(dag_id=f"nightly_{by}")
    if by == "environment":
        monkeypatch.setenv("AI_SLO_COUNT_TEST_RUNS", "1")
    for _ in range(2):
        conf = COUNTED if by == "conf" else None
        run_dag(dag, logical_date=YESTERDAY, run_after=YESTERDAY + timedelta(hours=1), run_conf=conf)
    (row,) = rows(applied)
    assert row["key"] == f"nightly_{by}/count/2026-03-09T06:00:00Z"
    assert row["at"] == YESTERDAY.timestamp() * 1_000_000
    assert row["recorded_at"] == (YESTERDAY + timedelta(hours=1)).timestamp() * 1_000_000


def test_a_run_can_be_left_out_by_its_conf(
    applied: Store, run_dag: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AI_SLO_COUNT_TEST_RUNS", "1")
    run_dag(counting(), run_conf={"ai_slo": {"count": False}})
    assert rows(applied) == []


def test_the_result_is_small_and_the_measurement_knows_its_run(applied: Store, run_dag: Callable[..., Any]) -> None:
    ran = run_dag(counting(good=3, total=4, dag_id="nightly"), logical_date=YESTERDAY, run_conf=COUNTED)
    assert ran.xcom("count") == {
        "slo": "done",
        "at": "2026-03-09T06:00:00+00:00",
        "good": 3,
        "total": 4,
        "value": 7.0,
        "cause": "latency",
        "recorded": True,
    }
    kept = json.loads(rows(applied)[0]["attributes"])
    assert kept.pop("run_url").startswith(f"http://airflow.example:8080/dags/nightly/runs/{ran.run_id[:12]}")
    assert kept == {"dag": "nightly", "task": "count", "run": ran.run_id, "run_type": "manual"}


def test_a_measurement_remembers_the_attributes_its_task_is_given(applied: Store, run_dag: Callable[..., Any]) -> None:
    given = {"model_version": "{{ params.version }}", "try": 2, "task": "score"}
    dag = counting(good=0, attributes=given, params={"version": "4-rc1"}, dag_id="versioned")
    run_dag(dag, logical_date=YESTERDAY, run_conf=COUNTED)
    kept = json.loads(rows(applied)[0]["attributes"])
    assert {name: kept[name] for name in ("dag", "task", "model_version", "try")} == {
        "dag": "versioned", "task": "score", "model_version": "4-rc1", "try": "2"
    }  # fmt: skip
    now = YESTERDAY + timedelta(hours=1)
    [version] = engine.attribution(applied, "done", at=now, by="version").groups
    [task] = engine.attribution(applied, "done", at=now, by="task").groups
    assert (version.name, task.name) == ("model 4-rc1", "versioned/score")
    with pytest.raises(ConfigurationError, match="attributes='v4': give a dict"):
        counting(attributes="v4")


def test_a_store_that_is_down_never_fails_the_task_and_what_waited_is_recorded_later(
    applied: Store, run_dag: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = tmp_path / "spool.jsonl"
    with monkeypatch.context() as broken:
        broken.setenv("AIRFLOW_CONN_SLO_DEFAULT", "postgres://nobody@127.0.0.1:9/slo")
        ran = run_dag(counting(), logical_date=YESTERDAY, run_conf=COUNTED)
    assert (ran.states["count"], ran.xcom("count")["recorded"]) == ("success", False)
    assert f"1 measurement(s) wait in {spool}" in ran.log
    again = run_dag(counting(), logical_date=YESTERDAY + timedelta(days=1), run_conf=COUNTED)
    assert again.xcom("count")["recorded"]
    assert f"1 measurement(s) that waited in {spool} are recorded now" in again.log
    assert len(rows(applied)) == 2


def test_a_connection_that_cannot_hold_a_store_does_not_fail_the_task_either(
    applied: Store, run_dag: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SLO_DEFAULT", "mysql://db/slo")
    ran = run_dag(counting(), run_conf=COUNTED)
    assert ran.states["count"] == "success"
    assert "use ai_slo, postgres or sqlite" in ran.log


def test_a_bad_measurement_fails_the_task_after_recording_and_without_retries(
    applied: Store, run_dag: Callable[..., Any]
) -> None:
    ran = run_dag(counting(good=8, total=10, fail_on_bad=True, retries=2), run_conf=COUNTED)
    assert (ran.states["count"], ran.tries("count"), ran.xcom("count")["recorded"]) == ("failed", 1, True)
    assert rows(applied)[0]["good"] == 8
    assert "8 good of 10, value 7, cause latency: bad, and fail_on_bad is set" in ran.log


def test_a_measurement_that_meets_the_objective_is_not_bad(applied: Store, run_dag: Callable[..., Any]) -> None:
    assert run_dag(counting(good=9, total=10, fail_on_bad=True), run_conf=COUNTED).states["count"] == "success"


def test_where_nobody_tells_the_objective_anything_short_of_all_is_bad(
    applied: Store, run_dag: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SLO_DEFAULT", "mysql://db/slo")
    assert run_dag(counting(good=9, total=10, fail_on_bad=True), run_conf=COUNTED).states["count"] == "failed"


def test_an_slo_that_is_not_applied_fails_without_retries_and_says_which_are(
    applied: Store, run_dag: Callable[..., Any]
) -> None:
    ran = run_dag(counting(slo="dnoe", retries=2), run_conf=COUNTED)
    assert (ran.states["count"], ran.tries("count")) == ("failed", 1)
    assert "no SLO named dnoe; known: done" in ran.log


@pytest.mark.parametrize(("good", "total"), [(2, 1), (-1, 1), (float("nan"), 1), (1, float("inf"))])
def test_impossible_counts_fail_without_retries(
    good: float, total: float, applied: Store, run_dag: Callable[..., Any]
) -> None:
    ran = run_dag(counting(good=good, total=total, retries=2), run_conf=COUNTED)
    assert (ran.states["count"], ran.tries("count")) == ("failed", 1)
    assert rows(applied) == []
