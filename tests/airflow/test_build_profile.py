"""Profiles built by a task, and drift against them."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from airflow.sdk import DAG
from measuring_runs import Recorded, new_store, run_as
from test_measuring_pages import examples

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.hooks.store import SLOHook
from airflow_ai_slo.operators.drift import DataDriftOperator
from airflow_ai_slo.operators.profile import BuildProfileOperator

DAY = datetime(2024, 5, 1, tzinfo=UTC)


def flights(seed: int, shift: float = 0.0, rows: int = 600) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    return pd.DataFrame({"delay": draw.normal(shift, 10, rows), "carrier": draw.choice(["AA", "B6"], rows)})


@pytest.fixture
def recorded(airflow_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorded:
    monkeypatch.delenv("AIRFLOW_CONN_SLO_DEFAULT", raising=False)
    return new_store(tmp_path, monkeypatch, "drift", "features-like-training")


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> sqlite3.Connection:
    path = tmp_path / "warehouse.db"
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", f'{{"conn_type": "sqlite", "host": "{path}"}}')
    return sqlite3.connect(path)


def test_a_new_version_is_kept_only_where_the_data_changed(
    recorded: Recorded, warehouse: sqlite3.Connection, tmp_path: Path
) -> None:
    flights(1).to_sql("training", warehouse, index=False)
    flights(1).to_csv(tmp_path / "training.csv", index=False)
    with DAG("training", schedule="@daily", start_date=DAY) as dag:
        BuildProfileOperator(task_id="table", name="features", conn_id="warehouse", table="training")
        asked: Any = {"sql": "SELECT * FROM training", "columns": ["delay"]}
        BuildProfileOperator(task_id="query", name="delays", conn_id="warehouse", **asked)
        BuildProfileOperator(task_id="file", name="file", path=str(tmp_path / "training.csv"))
        BuildProfileOperator(task_id="frame", name="frame", dataframe=lambda: flights(1))
    first = run_as(dag, logical_date=DAY)
    assert first.state == "success", first.problems
    assert first.xcoms["table"] == {"name": "features", "version": 1, "columns": 2, "changed": True}
    assert {name: xcom["columns"] for name, xcom in first.xcoms.items()} == {
        "table": 2, "query": 1, "file": 2, "frame": 2,
    }  # fmt: skip
    again = run_as(dag, logical_date=DAY.replace(day=2))
    assert {(xcom["version"], xcom["changed"]) for xcom in again.xcoms.values()} == {(1, False)}
    flights(2, shift=5).to_sql("training", warehouse, index=False, if_exists="replace")
    third = run_as(dag, logical_date=DAY.replace(day=3))
    assert (third.xcoms["table"]["version"], third.xcoms["frame"]["version"]) == (2, 1)
    assert SLOHook().profile("features").source == "training"


def test_drift_holds_to_the_version_that_was_built(recorded: Recorded, warehouse: sqlite3.Connection) -> None:
    flights(1).to_sql("training", warehouse, index=False)
    flights(3, shift=20).to_sql("scored", warehouse, index=False)
    with DAG("held", schedule="@daily", start_date=DAY) as dag:
        built = BuildProfileOperator(task_id="profile", name="features", conn_id="warehouse", table="training")
        version = "features@{{ ti.xcom_pull(task_ids='profile')['version'] }}"
        measured = DataDriftOperator(
            task_id="drift", slo="drift", reference=version, conn_id="warehouse", table="scored"
        )
        built >> measured
    ran = run_as(dag, logical_date=DAY)
    assert ran.state == "success", ran.problems
    assert [(seen.good, seen.total, seen.attributes["reference"]) for seen in recorded("drift")] == [
        (1, 2, "features@1")
    ]


def test_the_page_s_example_runs(recorded: Recorded, warehouse: sqlite3.Connection, tmp_path: Path) -> None:
    flights(1).to_sql("training_features", warehouse, index=False)
    flights(3, shift=20).to_sql("serving_features", warehouse, index=False)
    dag = next(dag for dag in examples("drift.md") if dag.dag_id == "training")
    ran = run_as(dag, logical_date=DAY.replace(year=2026))
    assert ran.state == "success", ran.problems
    assert [(seen.good, seen.total) for seen in recorded("features-like-training")] == [(1, 2)]


def test_what_cannot_be_profiled_is_one_line_and_keeps_nothing(
    recorded: Recorded, warehouse: sqlite3.Connection
) -> None:
    flights(1, rows=0).to_sql("empty", warehouse, index=False)
    options: dict[str, dict[str, Any]] = {
        "empty": {"name": "p", "conn_id": "warehouse", "table": "empty"},
        "nowhere": {"name": "p", "conn_id": "warehouse", "table": "nowhere"},
        "column": {"name": "p", "conn_id": "warehouse", "table": "empty", "columns": ["zz"]},
        "name": {"name": "a@b", "dataframe": lambda: flights(1)},
        "connection": {"name": "p", "conn_id": "elsewhere", "table": "empty"},
    }
    with DAG("profile_wrong", schedule="@daily", start_date=DAY) as dag:
        for task_id, asked in options.items():
            BuildProfileOperator(task_id=task_id, **asked)
    ran = run_as(dag, logical_date=DAY)
    assert set(ran.tasks.values()) == {"failed"}
    for task_id, says in {
        "empty": "profile p: empty has no rows; nothing was kept",
        "nowhere": "no such table: nowhere",
        "column": "column 'zz' is missing",
        "name": "without @",
        "connection": "no such Airflow connection",
    }.items():
        assert says in ran.problems[task_id]
        assert "\n" not in ran.problems[task_id]
    with pytest.raises(ConfigurationError, match="it has none yet"):
        SLOHook().profile("p")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"columns": "delay"}, "give a list of names"),
        ({"columns": []}, "give a list of names"),
        ({"text_length": "delay"}, "give a list of names"),
        ({"table": None, "conn_id": None}, "one of table, sql, path or dataframe"),
    ],
)
def test_wrong_options_are_refused_when_the_dag_is_read(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        BuildProfileOperator(task_id="p", name="p", **({"conn_id": "warehouse", "table": "t"} | options))
