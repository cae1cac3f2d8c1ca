"""Drift from a past window of the same rows."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from airflow.sdk import DAG
from measuring_runs import Recorded, new_store, run_as
from test_measuring_pages import examples

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.operators.drift import DataDriftOperator

DAY = datetime(2024, 5, 1, tzinfo=UTC)
OPTIONS: dict[str, Any] = {
    "slo": "drift",
    "reference_window": timedelta(days=28),
    "current_window": timedelta(days=1),
    "time_column": "scheduled_at",
}


def flights() -> pd.DataFrame:
    """April as ever, its last day with long delays, and before that an hour outside the window that nobody may see."""
    draw = np.random.default_rng(1)
    at = pd.date_range("2024-04-02T00:30", "2024-05-01", freq="10min", tz="UTC", unit="us")
    last = (at > DAY - timedelta(days=1)).astype(int)
    early = pd.date_range("2024-04-01T00:00", "2024-04-02", periods=9000, tz="UTC", unit="us")
    frame = pd.DataFrame({"scheduled_at": at, "delay": draw.normal(last * 40, 10), "carrier": "AA"})
    return pd.concat([frame, pd.DataFrame({"scheduled_at": early, "delay": 1e6, "carrier": "ZZ"})])


@pytest.fixture
def recorded(airflow_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorded:
    path = tmp_path / "warehouse.db"
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", f'{{"conn_type": "sqlite", "host": "{path}"}}')
    frame = flights()
    frame.to_csv(tmp_path / "flights.csv", index=False)
    frame.assign(scheduled_at=frame["scheduled_at"].dt.tz_localize(None)).to_sql(
        "flights", sqlite3.connect(path), index=False
    )
    return new_store(tmp_path, monkeypatch, "drift", "delay-predictions", "delay-errors")


def test_tables_queries_files_and_frames_are_compared_with_their_own_past(recorded: Recorded, tmp_path: Path) -> None:
    sides: dict[str, dict[str, Any]] = {
        "table": {"conn_id": "warehouse", "table": "flights", "timezone": "UTC"},
        "query": {"conn_id": "warehouse", "sql": "SELECT * FROM flights", "timezone": "UTC"},
        "file": {"path": str(tmp_path / "flights.csv")},
        "frame": {"dataframe": flights, "columns": ["delay", "carrier"]},
    }
    with DAG("moving", schedule="@daily", start_date=DAY) as dag:
        for task_id, side in sides.items():
            DataDriftOperator(task_id=task_id, **OPTIONS, **side)
    ran = run_as(dag, logical_date=DAY)
    assert ran.state == "success", ran.problems
    seen = {one.key.split("/")[1]: one for one in recorded("drift")}
    assert {(one.good, one.total, one.attributes["drifted"]) for one in seen.values()} == {(1, 2, "delay")}
    assert len({round(one.value or 0, 9) for one in seen.values()}) == 1
    assert seen["table"].attributes["reference"] == "flights, 2024-04-02 00:00 to 2024-04-30 00:00 UTC"
    assert seen["frame"].attributes["reference"].startswith("the frame, 2024-04-02 00:00")


def test_an_empty_past_a_missing_zone_and_an_empty_interval_are_one_line(recorded: Recorded) -> None:
    table: dict[str, Any] = {"conn_id": "warehouse", "table": "flights"}
    with DAG("window_wrong", schedule="@daily", start_date=DAY) as dag:
        DataDriftOperator(
            task_id="empty", **{**OPTIONS, "current_window": timedelta(days=900)}, **table, timezone="UTC"
        )
        DataDriftOperator(task_id="zone", **OPTIONS, **table)
        DataDriftOperator(task_id="interval", **{**OPTIONS, "current_window": None}, **table, timezone="UTC")
        DataDriftOperator(task_id="column", **{**OPTIONS, "time_column": "zz"}, **table)
        gone = DataDriftOperator(task_id="gone", **OPTIONS, **table, timezone="UTC", columns=["delay", "zz"])
    ran = run_as(dag, logical_date=DAY)
    for task_id, says in {
        "empty": "flights: no rows with scheduled_at from 2021-10-16 00:00 to 2021-11-13 00:00 UTC",
        "zone": "has no time zone",
        "interval": "the run's data interval is empty",
        "column": "has no column 'zz'",
        "gone": "column 'zz' is not in profile 'flights, 2024",
    }.items():
        assert ran.tasks[task_id] == "failed"
        assert says in ran.problems[task_id]
        assert "\n" not in ran.problems[task_id]
    # A column that is not there fails the task after the others are recorded, as with a kept profile.
    assert [(one.key.split("/")[1], one.good, one.total) for one in recorded("drift")] == [(gone.task_id, 0, 1)]


def test_the_page_s_example_of_prediction_and_performance_drift_runs(recorded: Recorded, tmp_path: Path) -> None:
    draw = np.random.default_rng(2)
    at = pd.date_range("2026-04-02T00:30", "2026-05-01", freq="10min", unit="us")
    probability = draw.uniform(0, 1, len(at))
    late = (draw.uniform(0, 1, len(at)) < probability).astype(int)
    worse = np.asarray(at > pd.Timestamp("2026-04-30"))
    late[worse] = (probability[worse] < 0.5).astype(int)  # the same predictions, but now they are wrong
    scored = pd.DataFrame({"predicted_at": at, "probability": probability, "late": late})
    scored.to_sql("scored", sqlite3.connect(tmp_path / "warehouse.db"), index=False)
    dag = next(dag for dag in examples("drift.md") if dag.dag_id == "delay_model")
    ran = run_as(dag, logical_date=DAY.replace(year=2026))
    assert ran.state == "success", ran.problems
    assert [(one.good, one.total) for one in recorded("delay-predictions")] == [(1, 1)]
    assert [(one.good, one.total, one.cause) for one in recorded("delay-errors")] == [(0, 1, "data_drift")]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"time_column": None}, "needs time_column"),
        ({"reference_window": None, "reference": "january"}, "are for reference_window"),
        ({"reference": "january"}, "leave reference and suite out"),
        ({"reference_window": timedelta(0)}, "give a timedelta above zero"),
        ({"current_window": 3}, "give a timedelta above zero"),
        ({"reference_window": None, "current_window": None, "time_column": None}, "or a reference_window"),
    ],
)
def test_wrong_options_are_refused_when_the_dag_is_read(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        DataDriftOperator(task_id="d", **(OPTIONS | {"conn_id": "warehouse", "table": "t"} | options))
