"""Freshness of real tables, checked in real DAG runs."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import DAG, task
from measuring_runs import Recorded, new_store, run_as

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.operators.freshness import FeatureFreshnessOperator

DAY = datetime(2024, 5, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
AT_NOON = {"as_of": "2024-05-01T12:00:00+00:00", "max_age": HOUR}


@pytest.fixture
def recorded(airflow_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorded:
    return new_store(tmp_path, monkeypatch, "freshness")


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> sqlite3.Connection:
    path = tmp_path / "warehouse.db"
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", f'{{"conn_type": "sqlite", "host": "{path}"}}')
    connection = sqlite3.connect(path)
    stamps = {
        "features": ["2024-05-01T10:00:00Z", "2024-05-01T11:00:00Z", None],
        "local": ["2024-05-01 07:00:00"],
        "future": ["2024-05-01T10:30:00Z", "2024-05-01T12:06:00Z", "2024-05-02T00:00:00Z"],
        "empty": [],
        "all_null": [None, None],
        "carriers": ["AA", "UA"],
    }
    for name, rows in stamps.items():
        connection.execute(f'CREATE TABLE "{name}" ("updated at" TEXT, updated_at TEXT)')
        connection.executemany(f'INSERT INTO "{name}" VALUES (?, ?)', [(row, row) for row in rows])
    connection.commit()
    return connection


def check(task_id: str, **options: Any) -> FeatureFreshnessOperator:
    return FeatureFreshnessOperator(**({"task_id": task_id, "slo": "freshness"} | AT_NOON | options))


def column(task_id: str, table: str, **options: Any) -> FeatureFreshnessOperator:
    return check(task_id, **({"conn_id": "warehouse", "table": table, "column": "updated_at"} | options))


@task
def loaded_up_to() -> datetime:
    return DAY + timedelta(hours=11, minutes=30)


def by_task(recorded: Recorded) -> dict[str, Any]:
    return {seen.key.split("/")[1]: seen for seen in recorded("freshness")}


def test_watermarks_come_from_tables_sql_templates_and_task_outputs(
    recorded: Recorded, warehouse: sqlite3.Connection
) -> None:
    up_to = "SELECT MAX(updated_at) FROM features WHERE updated_at < ?"
    with DAG("reaching", schedule="@daily", start_date=DAY) as dag:
        column("table", "features")
        column("quoted", "features", column='"updated at"')
        check("sql", conn_id="warehouse", sql=up_to, parameters=["{{ ds }}T10:30:00Z"])
        check("template", watermark="{{ data_interval_end }}", max_age=timedelta(hours=12))
        check("output", watermark=loaded_up_to())
        column("local", "local", timezone="America/New_York")
        column("future", "future", max_age=timedelta(hours=2))
        column("empty", "empty")
        column("all_null", "all_null")
        check("nothing_yet", watermark="{{ ti.xcom_pull(task_ids='nobody') }}")
    ran = run_as(dag, logical_date=DAY)
    assert ran.problems == {}
    seen = by_task(recorded)
    assert {name: (one.good, one.total, one.value) for name, one in seen.items()} == {
        "table": (1, 1, 3600.0),
        "quoted": (1, 1, 3600.0),
        "sql": (0, 1, 7200.0),
        "template": (1, 1, 12 * 3600.0),
        "output": (1, 1, 1800.0),
        "local": (1, 1, 3600.0),
        "future": (1, 1, 5400.0),
        "empty": (0, 0, None),
        "all_null": (0, 0, None),
        "nothing_yet": (0, 0, None),
    }
    assert seen["sql"].cause == "stale_features"
    assert seen["table"].attributes["watermark"] == "2024-05-01T11:00:00+00:00"
    assert seen["table"].attributes["method"] == "check"
    assert seen["future"].attributes["detail"].endswith("2 watermarks over 5 minutes in the future ignored")


def test_what_is_no_stamp_fails_the_task_with_its_reason_and_records_nothing(
    recorded: Recorded, warehouse: sqlite3.Connection
) -> None:
    with DAG("unreadable", schedule="@daily", start_date=DAY) as dag:
        column("naive", "local")
        column("text", "carriers")
        column("no_column", "features", column="loaded_at")
        column("no_table", "planes")
        column("injected", "features", column="updated_at) FROM features; DROP TABLE features; --")
        column("zone", "local", timezone="Mars/Olympus")
        check("as_of", watermark="2024-05-01T00:00:00Z", as_of="{{ ti.xcom_pull(task_ids='nobody') }}")
    ran = run_as(dag, logical_date=DAY)
    expected = {
        "naive": "2024-05-01 07:00:00 has no time zone: say in which one it was written",
        "text": "'UA' is not a time stamp: write ISO 8601",
        "no_column": "conn_id='warehouse': no such column: loaded_at",
        "no_table": "conn_id='warehouse': no such table: planes",
        "injected": "column='updated_at) FROM features; DROP TABLE features; --' is not a name",
        "zone": "timezone='Mars/Olympus' is not an IANA time zone",
        "as_of": "as_of='None' is no instant",
    }
    assert {name: text[: len(expected[name])] for name, text in ran.problems.items()} == expected
    assert recorded("freshness") == []


def test_fail_on_bad_stops_what_is_stale_and_what_is_unknown_after_recording_it(
    recorded: Recorded, warehouse: sqlite3.Connection
) -> None:
    with DAG("strict_freshness", schedule="@daily", start_date=DAY) as dag:
        column("fresh", "features", fail_on_bad=True)
        column("stale", "features", fail_on_bad=True, max_age=HOUR / 2)
        column("unknown", "empty", fail_on_bad=True)
    ran = run_as(dag, logical_date=DAY)
    assert ran.tasks == {"fresh": "success", "stale": "failed", "unknown": "failed"}
    assert {name: (one.good, one.total) for name, one in by_task(recorded).items()} == {
        "fresh": (1, 1),
        "stale": (0, 1),
        "unknown": (0, 0),
    }


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({}, "one of watermark, sql, or table and column"),
        ({"table": "features", "conn_id": "warehouse"}, "one of watermark, sql, or table and column"),
        ({"sql": "SELECT 1", "watermark": "x", "conn_id": "warehouse"}, "one of watermark, sql"),
        ({"sql": "SELECT 1"}, "need conn_id"),
        ({"watermark": "x", "conn_id": "warehouse"}, "a watermark has none"),
        ({"watermark": "x", "max_age": 3600}, "give a timedelta"),
        ({"watermark": "x", "max_age": -HOUR}, "give a timedelta"),
    ],
)
def test_wrong_options_fail_when_the_dag_is_read(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        check("wrong", **options)
