"""An import against a count by hand, what it leaves of the past in the outbox, and how it asks Airflow's database."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from past_kit import DAY, HOUR, MINUTE, NOW, a_dag, add_runs, daily

from airflow_ai_slo import SLO, engine, from_airflow
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.reconcile import reconcile, reconcile_runs
from airflow_ai_slo.reconcile.importing import import_history
from airflow_ai_slo.reconcile.suggesting import suggest_for_dags
from airflow_ai_slo.store import Store
from airflow_ai_slo.store.tables import outbox
from airflow_ai_slo.timetables import schedule_in_airflow

pytestmark = pytest.mark.usefixtures("airflow_home")
QUARTER, WINDOW = 90 * DAY, 28 * DAY


def promised(store: Store, dag_id: str, **more: Any) -> None:
    schedule = schedule_in_airflow(dag_id)
    values: dict[str, Any] = {"service": "past", "objective": "0.9", "window": "28d", "schedule": schedule} | more
    slo = SLO(name=dag_id, indicator=from_airflow(dag_id=dag_id, finished_within="1h"), **values)
    engine.apply(store, [slo], now=NOW)


def by_hand(days: list[tuple[datetime, str, timedelta]], due: timedelta) -> tuple[int, int]:
    """Good and all of the last 28 days, looked at day by day."""
    good = total = 0
    for at, verdict, took in days:
        if NOW - WINDOW < at <= NOW and at + due < NOW:
            total += 1
            good += verdict == "." and took <= due
    return good, total


@pytest.mark.parametrize("seed", range(4))
def test_a_budget_is_what_a_count_by_hand_says(store: Store, seed: int) -> None:
    """Failed, late and missing runs, with runs by hand and an older backfill among them."""
    chance = random.Random(seed)
    dag_id = a_dag("counted")
    newest = NOW.replace(hour=6)
    days = [
        (newest - n * DAY, chance.choice("......x_"), chance.choice([20 * MINUTE, HOUR, HOUR + MINUTE]))
        for n in range(60)
    ]
    days.append((newest - 60 * DAY, ".", 20 * MINUTE))
    for at, verdict, took in days:
        if verdict != "_":
            add_runs(dag_id, [(at, verdict)], took=took)
    add_runs(dag_id, [(newest - n * DAY - 5 * HOUR, "x") for n in range(0, 28, 3)], run_type="manual")
    add_runs(dag_id, [(newest - (62 + n) * DAY, "x") for n in range(5)], run_type="backfill")
    promised(store, dag_id)
    found = import_history(store, now=NOW, back=QUARTER)
    (seen,) = found.evaluations
    good, total = by_hand(days, HOUR)
    assert (seen.counts.good, seen.counts.total) == (good, total)
    assert seen.budget.allowed == seen.counts.total / seen.coverage / 10
    assert import_history(store, now=NOW, back=QUARTER).reconciled.written == 0
    assert [one.written for one in reconcile(store, now=NOW).slos] == [0]
    heard = [(dag_id, f"scheduled__{at.isoformat()}") for at, verdict, _ in days if verdict != "_"]
    assert [one.written for one in reconcile_runs(store, heard, now=NOW).slos] == [0]


def test_incidents_of_the_past_are_not_told(store: Store) -> None:
    """Ten bad days in a row two months ago would have paged; the 28 days since are good."""
    dag_id = a_dag("recovered")
    add_runs(dag_id, daily("." * 40 + "x" * 10 + "." * 40))
    promised(store, dag_id, freeze=True)
    (seen,) = import_history(store, now=NOW, back=QUARTER).evaluations
    assert (seen.counts.good, seen.counts.total) == (28, 28)
    with store.read() as connection:
        assert connection.execute(outbox.select()).all() == []
    assert not list(engine.frozen_services(store))


@contextmanager
def plans() -> Iterator[list[str]]:
    """How SQLite goes about each query of Airflow's database."""
    from airflow import settings
    from sqlalchemy import event

    found: list[str] = []

    def explain(connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            asked = cursor.connection.cursor()
            asked.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            found.extend(row[3] for row in asked.fetchall())

    event.listen(settings.engine, "before_cursor_execute", explain)
    try:
        yield found
    finally:
        event.remove(settings.engine, "before_cursor_execute", explain)


def test_no_dag_is_looked_for_among_all_that_are_kept(store: Store) -> None:
    """Airflow's table of kept DAGs has no index by id: 10,000 DAGs looked up so are 100 million rows."""
    dag_id = a_dag("one_of_many")
    add_runs(dag_id, daily("." * 20))
    slo = SLO(name=dag_id, service="s", objective="0.9", indicator=from_airflow(dag_id=dag_id), alerting="none")
    engine.apply(store, [slo], now=NOW)
    with plans() as asked:
        suggest_for_dags(at=NOW, back=QUARTER, window=Duration(28, "d"), dags=[dag_id])
        import_history(store, now=NOW, back=QUARTER)
    assert any("dag_run" in one for one in asked)
    assert [one for one in asked if one.startswith("SCAN serialized_dag")] == []
