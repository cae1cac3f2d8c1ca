"""Waiting for fresh data, by poking and in the triggerer."""

from __future__ import annotations

import itertools
import json
import re
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import DAG

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.sensors.freshness import FeatureFreshnessSensor
from airflow_ai_slo.triggers.freshness import FeatureFreshnessTrigger
from airflow_ai_slo.triggers.polling import PollingTrigger

numbers = itertools.count()
HOUR = timedelta(hours=1)
TABLE = {"conn_id": "warehouse", "table": "features", "column": "seen_at"}


def load(path: Path, *ages: timedelta) -> None:
    """Rows whose stamps are so old."""
    now = datetime.now(UTC)
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS features (seen_at TEXT)")
        connection.executemany("INSERT INTO features VALUES (?)", [((now - age).isoformat(),) for age in ages])


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "warehouse.db"
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", json.dumps({"conn_type": "sqlite", "host": str(path)}))
    return path


def waiting(**options: Any) -> DAG:
    with DAG(f"fresh_{next(numbers)}", schedule=None) as dag:
        FeatureFreshnessSensor(task_id="wait", **({"max_age": HOUR} | options))
    return dag


@pytest.mark.parametrize("deferrable", [False, True])
def test_fresh_data_is_not_waited_for(deferrable: bool, warehouse: Path, run_dag: Callable[..., Any]) -> None:
    load(warehouse, 3 * HOUR, timedelta(minutes=5))
    ran = run_dag(waiting(**TABLE, deferrable=deferrable))
    assert ran.states["wait"] == "success"
    assert 300 <= ran.xcom("wait")["age"] < 600


def test_a_deferred_sensor_passes_once_fresh_data_came_in(
    warehouse: Path, run_dag: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    load(warehouse, 3 * HOUR)

    def pause(self: PollingTrigger) -> float:
        load(warehouse, timedelta(minutes=5))
        return 0

    monkeypatch.setattr(PollingTrigger, "pause", pause)
    ran = run_dag(waiting(**TABLE, deferrable=True))
    assert ran.states["wait"] == "success"
    assert 300 <= ran.xcom("wait")["age"] < 600


def test_a_poking_sensor_passes_once_fresh_data_came_in(
    warehouse: Path, run_dag: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    load(warehouse, 3 * HOUR)
    monkeypatch.setattr("airflow.sdk.bases.sensor.time.sleep", lambda _: load(warehouse, timedelta(0)))
    ran = run_dag(waiting(conn_id="warehouse", sql="SELECT max(seen_at) FROM features"))
    assert ran.states["wait"] == "success"
    assert re.search(r"Waiting: 3 h \d(\.\d+)? s old, at most ", ran.log)


@pytest.mark.parametrize("ages", [(), (3 * HOUR,), (-2 * HOUR,)], ids=["empty", "stale", "only in the future"])
def test_empty_stale_and_future_data_is_never_fresh(
    ages: tuple[timedelta, ...], warehouse: Path, run_dag: Callable[..., Any]
) -> None:
    load(warehouse, *ages)
    assert run_dag(waiting(**TABLE, timeout=0)).states["wait"] == "failed"
    assert run_dag(waiting(**TABLE, timeout=0, soft_fail=True)).states["wait"] == "skipped"


@pytest.mark.parametrize("deferrable", [False, True])
def test_every_key_or_those_of_a_partition_are_waited_for(
    deferrable: bool, warehouse: Path, run_dag: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    rows = [("eu", now - HOUR / 2), ("us", now - 2 * HOUR), ("us", now - 9 * HOUR)]
    with sqlite3.connect(warehouse) as connection:
        connection.execute("CREATE TABLE regions (region TEXT, seen_at TEXT)")
        connection.executemany("INSERT INTO regions VALUES (?, ?)", [(key, at.isoformat()) for key, at in rows])

    def pause(self: object, *_: object) -> float:
        with sqlite3.connect(warehouse) as connection:
            connection.execute("UPDATE regions SET seen_at = ? WHERE region = 'us'", ((now - HOUR / 4).isoformat(),))
        return 0

    monkeypatch.setattr(PollingTrigger, "pause", pause)
    monkeypatch.setattr("airflow.sdk.bases.sensor.time.sleep", pause)
    options = {"conn_id": "warehouse", "table": "regions", "column": "seen_at", "deferrable": deferrable}
    only = run_dag(waiting(**options, partition={"region": "eu"}, key="region"))
    assert (only.states["wait"], "Waiting" in only.log) == ("success", False)
    ran = run_dag(waiting(**options, key="region"))
    assert ran.states["wait"] == "success"
    assert "Waiting: 1 of 2 keys fresh" in ran.log
    assert ran.xcom("wait")["detail"].startswith("2 of 2 keys fresh")


@pytest.mark.parametrize("deferrable", [False, True])
def test_a_function_can_tell_the_watermark(deferrable: bool, run_dag: Callable[..., Any]) -> None:
    ran = run_dag(waiting(watermark=lambda: datetime.now(UTC) - timedelta(minutes=5), deferrable=deferrable))
    assert ran.states["wait"] == "success"


def test_stamps_without_a_zone_need_one_declared(run_dag: Callable[..., Any]) -> None:
    def naive() -> datetime:
        return datetime.now(UTC).replace(tzinfo=None)

    ran = run_dag(waiting(watermark=naive))
    assert ran.states["wait"] == "failed"
    assert "has no time zone" in ran.log
    assert run_dag(waiting(watermark=naive, timezone="UTC")).states["wait"] == "success"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (TABLE | {"conn_id": "nowhere"}, "conn_id='nowhere': no such Airflow connection"),
        (TABLE | {"table": "features; DROP TABLE features"}, "is not a name; quote it as your database does"),
        (TABLE | {"timezone": "Mars/Olympus"}, "is not an IANA time zone"),
    ],
)
def test_a_wrong_setting_fails_without_retries(
    options: dict[str, Any], message: str, warehouse: Path, run_dag: Callable[..., Any]
) -> None:
    load(warehouse, timedelta(0))
    ran = run_dag(waiting(**options, retries=2))
    assert (ran.states["wait"], ran.tries("wait")) == ("failed", 1)
    assert message in ran.log


def test_what_goes_wrong_in_the_triggerer_fails_the_task_with_its_text(
    warehouse: Path, run_dag: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    load(warehouse, 3 * HOUR)

    def pause(self: PollingTrigger) -> float:
        with sqlite3.connect(warehouse) as connection:
            connection.execute("DROP TABLE features")
        return 0

    monkeypatch.setattr(PollingTrigger, "pause", pause)
    ran = run_dag(waiting(**TABLE, deferrable=True))
    assert ran.states["wait"] == "failed"
    assert "no such table: features" in ran.log


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"conn_id": "warehouse"},
        {"conn_id": "warehouse", "table": "features"},
        TABLE | {"sql": "SELECT 1"},
        TABLE | {"watermark": datetime.now},
        TABLE | {"max_age": 3600},
        TABLE | {"max_age": -HOUR},
    ],
)
def test_options_that_do_not_fit_fail_when_the_dag_is_parsed(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        waiting(**options)


def test_a_trigger_comes_back_from_what_it_serializes_to() -> None:
    from airflow.sdk._shared.module_loading import import_string
    from airflow.sdk.serde import deserialize, serialize

    trigger = FeatureFreshnessTrigger(
        max_age=3600, **TABLE, key=["a", "b"], partition={"c": 1}, timezone="Europe/Berlin", poll_interval=60
    )
    path, arguments = trigger.serialize()
    assert import_string(path)(**deserialize(serialize(arguments))).serialize() == (path, arguments)
