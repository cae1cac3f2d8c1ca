"""Drift of real data, measured in real DAG runs through Great Expectations."""

from __future__ import annotations

import json
import re
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from airflow.sdk import DAG
from measuring_runs import Recorded, new_store, run_as

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.measure.drift import build_profile, save_profile
from airflow_ai_slo.operators.drift import DataDriftOperator

DAY = datetime(2024, 5, 1, tzinfo=UTC)
COLUMNS = ["carrier", "delay", "distance"]


def flights(shift: float = 0.0, rows: int = 2000) -> pd.DataFrame:
    draw = np.random.default_rng(int(shift * 10) + rows)
    return pd.DataFrame(
        {
            "delay": draw.normal(shift, 10, rows),
            "distance": draw.integers(100, 3000, rows),
            "carrier": draw.choice(["AA", "B6", "UA"], rows),
        }
    )


@pytest.fixture
def recorded(airflow_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorded:
    return new_store(tmp_path, monkeypatch, "drift")


@pytest.fixture
def january(tmp_path: Path) -> str:
    path = tmp_path / "january.json"
    save_profile(build_profile(flights(rows=5000), name="january", now=DAY), path)
    return str(path)


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> sqlite3.Connection:
    path = tmp_path / "warehouse.db"
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", f'{{"conn_type": "sqlite", "host": "{path}"}}')
    connection = sqlite3.connect(path)
    flights(shift=15).to_sql("july", connection, index=False)
    flights(rows=0).to_sql("tomorrow", connection, index=False)
    return connection


def by_task(recorded: Recorded) -> dict[str, Any]:
    return {seen.key.split("/")[1]: seen for seen in recorded("drift")}


def test_tables_queries_files_and_frames_are_compared_with_the_reference(
    recorded: Recorded, january: str, warehouse: sqlite3.Connection, tmp_path: Path
) -> None:
    flights(shift=15).to_csv(tmp_path / "2024-05-01.csv", index=False)
    flights().to_parquet(tmp_path / "calm.parquet")
    weird = flights().assign(delay=lambda frame: frame["delay"].where(frame.index % 50 > 0, np.inf))
    suite = {
        "name": "july",
        "expectations": [
            {"type": "expect_column_psi_to_be_less_than", "kwargs": {"column": "delay", "profile": "january"}},
            {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "carrier"}},
        ],
    }

    def drift(task_id: str, **options: Any) -> None:
        DataDriftOperator(task_id=task_id, slo="drift", reference=january, **options)

    with DAG("drifting", schedule="@daily", start_date=DAY) as dag:
        drift("table", conn_id="warehouse", table="july")
        drift("query", conn_id="warehouse", sql="SELECT * FROM july WHERE carrier <> '{{ ds }}'", columns=["distance"])
        drift("csv", path=f"{tmp_path}/{{{{ ds }}}}.csv", event="run")
        drift("parquet", path=str(tmp_path / "calm.parquet"))
        drift("weighed", path=str(tmp_path / "2024-05-01.csv"), weights={"delay": 3, "distance": 0.5})
        drift("infinite", dataframe=lambda: weird)
        drift("suite", conn_id="warehouse", table="july", suite=suite)
        drift("empty", conn_id="warehouse", table="tomorrow")
    ran = run_as(dag, logical_date=DAY)
    assert ran.problems == {}
    seen = by_task(recorded)
    assert {name: (one.good, one.total, one.cause) for name, one in seen.items()} == {
        "table": (2, 3, "data_drift"),
        "query": (1, 1, None),
        "csv": (0, 1, "data_drift"),
        "parquet": (3, 3, None),
        "weighed": (1.5, 4.5, "data_drift"),
        "infinite": (3, 3, None),
        "suite": (1, 2, "data_drift"),
        "empty": (0, 0, None),
    }
    assert seen["table"].value == seen["csv"].value == pytest.approx(ran.xcoms["table"]["worst_psi"])
    assert seen["table"].value > 0.2
    assert seen["table"].attributes["drifted"] == "delay"
    assert {name: ran.xcoms["table"][name] for name in ("drifted", "not_judged")} == {
        "drifted": ["delay"],
        "not_judged": {},
    }
    assert ran.xcoms["empty"]["not_judged"] == dict.fromkeys(COLUMNS, "empty")
    assert all(len(json.dumps(xcom)) < 1000 for xcom in ran.xcoms.values())


def test_columns_that_cannot_be_compared_fail_the_task_once_the_rest_is_recorded(
    recorded: Recorded, january: str, capfd: pytest.CaptureFixture[str]
) -> None:
    renamed = flights().rename(columns={"distance": "miles"})
    words = flights(shift=15).assign(delay="late")

    with DAG("incomparable", schedule="@daily", start_date=DAY, default_args={"retries": 1, "retry_delay": 0}) as dag:
        options = {"slo": "drift", "reference": january}
        DataDriftOperator(task_id="missing", dataframe=lambda: renamed, **options)
        DataDriftOperator(task_id="other_type", dataframe=lambda: words, on_error="warn", **options)
        DataDriftOperator(task_id="as_run", dataframe=lambda: renamed, on_error="warn", event="run", **options)
    ran = run_as(dag, logical_date=DAY)
    assert ran.tasks == {"missing": "failed", "other_type": "success", "as_run": "success"}
    assert (ran.tries["missing"], ran.problems["missing"]) == (
        2,
        "column 'distance' is missing; there is delay, miles, carrier",
    )
    assert {name: (one.good, one.total) for name, one in by_task(recorded).items()} == {
        "missing": (2, 2),
        "other_type": (2, 2),
        "as_run": (0, 0),
    }
    assert ran.xcoms["missing"]["not_judged"] == {"distance": "error"}
    assert ran.xcoms["other_type"]["not_judged"] == {"delay": "error"}
    log = capfd.readouterr().out
    assert "Drift from january:" in log
    assert re.search(r"^distance +error .* column 'distance' is missing", log, re.MULTILINE)


def test_fail_on_bad_stops_drift_and_empty_data_after_recording_it(
    recorded: Recorded, january: str, warehouse: sqlite3.Connection
) -> None:
    with DAG("strict_drift", schedule="@daily", start_date=DAY) as dag:
        options = {"slo": "drift", "reference": january, "conn_id": "warehouse", "fail_on_bad": True}
        DataDriftOperator(task_id="drifted", table="july", columns=["delay"], **options)
        DataDriftOperator(task_id="stable", table="july", columns=["carrier"], **options)
        DataDriftOperator(task_id="empty", table="tomorrow", columns=["delay"], **options)
    ran = run_as(dag, logical_date=DAY)
    assert ran.tasks == {"drifted": "failed", "stable": "success", "empty": "failed"}
    assert {name: (one.good, one.total) for name, one in by_task(recorded).items()} == {
        "drifted": (0, 1),
        "stable": (1, 1),
        "empty": (0, 0),
    }
    assert ran.xcoms["drifted"]["drifted"] == ["delay"]


def test_data_and_references_that_cannot_be_read_fail_the_task_with_the_reason(
    recorded: Recorded, january: str, warehouse: sqlite3.Connection, tmp_path: Path
) -> None:
    (tmp_path / "broken.json").write_text("{}")
    frame = flights()

    def drift(task_id: str, **options: Any) -> None:
        given = {"path", "dataframe", "conn_id"} & set(options)
        DataDriftOperator(
            **{"task_id": task_id, "slo": "drift", "reference": january}
            | options
            | ({} if given else {"dataframe": lambda: frame})
        )

    with DAG("unreadable_drift", schedule="@daily", start_date=DAY) as dag:
        drift("no_table", conn_id="warehouse", table="june")
        drift("no_connection", conn_id="nowhere", table="july")
        drift("no_file", path="nowhere.csv")
        drift("no_frame", dataframe=lambda: [1, 2])
        drift("no_profile", reference="february")
        drift("no_profile_file", reference="nowhere.json")
        drift("no_profile_at_all", reference=str(tmp_path / "broken.json"))
        drift("no_suite", suite="nowhere.json")
        drift("unknown_expectation", suite={"name": "s", "expectations": [{"type": "expect_calm", "kwargs": {}}]})
    ran = run_as(dag, logical_date=DAY)
    for name, parts in {
        "no_table": ("no such table: june",),
        "no_connection": ("conn_id='nowhere'", "no such Airflow connection"),
        "no_file": ("nowhere.csv", "No such file"),
        "no_frame": ("dataframe returned list",),
        "no_profile": ("profile='february'", "february.json"),
        "no_profile_file": ("nowhere.json", "No such file"),
        "no_profile_at_all": ("broken.json", "version"),
        "no_suite": ("nowhere.json", "No such file"),
        "unknown_expectation": ("expectations[0]", "expect_calm"),
    }.items():
        assert all(part in ran.problems[name] for part in parts), ran.problems[name]
    assert recorded("drift") == []


def test_paths_are_found_beside_the_dag_file_too(january: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    flights().to_csv(tmp_path / "today.csv", index=False)
    with DAG("beside", schedule=None) as dag:
        one = DataDriftOperator(task_id="one", slo="drift", reference="january.json", path="today.csv")
    dag.fileloc = str(tmp_path / "beside.py")
    assert one.compare().good == 3


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"reference": None}, "reference profile, or a suite"),
        ({"suite": "s.json", "columns": ["delay"]}, "a suite has its own columns"),
        ({"columns": []}, "list of names"),
        ({"columns": "delay"}, "list of names"),
        ({"path": None}, "one of table, sql, path or dataframe"),
        ({"sql": "SELECT 1"}, "one of table, sql, path or dataframe"),
        ({"conn_id": "warehouse"}, "path and dataframe have none"),
        ({"path": None, "table": "july"}, "need conn_id"),
        ({"event": "rows"}, "neither 'columns' nor 'run'"),
        ({"on_error": "ignore"}, "neither 'fail' nor 'warn'"),
    ],
)
def test_wrong_options_fail_when_the_dag_is_read(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        DataDriftOperator(**{"task_id": "d", "slo": "drift", "reference": "january", "path": "x.csv"} | options)
