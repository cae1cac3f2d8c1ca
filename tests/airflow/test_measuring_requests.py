"""Request logs counted by real DAG runs."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from airflow.sdk import DAG, CronDataIntervalTimetable
from measuring_runs import Recorded, clear, new_store, run_as

from airflow_ai_slo import engine
from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.operators.latency import RequestLogOperator
from airflow_ai_slo.store import open_store

DAY = datetime(2024, 5, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
MS = timedelta(milliseconds=1)
Put = Callable[..., None]


@pytest.fixture
def recorded(airflow_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorded:
    return new_store(tmp_path, monkeypatch, "latency")


@pytest.fixture
def put(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Put:
    """Writes requests into a SQLite log: when, ms and status of each."""
    path = tmp_path / "log.db"
    monkeypatch.setenv("AIRFLOW_CONN_LOGS", f'{{"conn_type": "sqlite", "host": "{path}"}}')
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE requests (ts TEXT, ms REAL, status INTEGER)")

    def write(*rows: tuple[datetime, float, int]) -> None:
        connection.executemany(
            "INSERT INTO requests VALUES (?, ?, ?)", [(at.isoformat(), ms, status) for at, ms, status in rows]
        )
        connection.commit()

    return write


def requests(task_id: str = "requests", **options: Any) -> RequestLogOperator:
    usual = {
        "task_id": task_id,
        "slo": "latency",
        "conn_id": "logs",
        "table": "requests",
        "time_column": "ts",
        "latency_column": "ms",
        "status_column": "status",
        "at_most": 200 * MS,
        "interval": 24 * HOUR,
    }
    return RequestLogOperator(**{**usual, **options})


def daily(dag_id: str) -> DAG:
    return DAG(dag_id, schedule="@daily", start_date=DAY - timedelta(days=2), catchup=False)


def test_a_day_of_requests_is_counted_and_timed(recorded: Recorded, put: Put) -> None:
    rolls = random.Random(1)
    put(*((DAY - n * 8 * MS * 1000, rolls.lognormvariate(4, 0.5), 200 if n % 50 else 503) for n in range(1, 10_001)))
    put((DAY, 9e9, 503), (DAY - 24 * HOUR - MS, 9e9, 503))
    with daily("a_day") as dag:
        requests()
    ran = run_as(dag, logical_date=DAY)
    assert ran.problems == {}
    (seen,) = recorded("latency")
    assert (seen.total, seen.at, seen.key) == (10_000, DAY, "a_day/requests/2024-05-02T00:00:00Z")
    assert 9_600 < seen.good < 9_800
    assert seen.cause == "infrastructure"
    assert seen.value == pytest.approx(ran.xcoms["requests"]["percentiles"]["p95"])
    assert ran.xcoms["requests"]["percentiles"]["p99"] == pytest.approx(
        2.718281828**4 * 2.718281828 ** (0.5 * 2.326), rel=0.05
    )
    assert seen.attributes["unit"] == "requests"


def test_percentiles_over_days_are_those_of_all_requests(recorded: Recorded, put: Put, tmp_path: Path) -> None:
    slow, fast = [500.0] * 3, [10.0] * 297
    put(*((DAY - HOUR - n * MS, ms, 200) for n, ms in enumerate(slow)))
    put(*((DAY + 23 * HOUR - n * MS, ms, 200) for n, ms in enumerate(fast)))
    with daily("days") as dag:
        requests()
    for day in (DAY, DAY + 24 * HOUR):
        clear(dag, run_as(dag, logical_date=day), "requests")
    whole = engine.percentiles(open_store(f"sqlite:///{tmp_path / 'ai_slo.db'}"), at=DAY + 24 * HOUR)["latency"]
    assert whole.count == 300
    assert whole.values["p99"] == pytest.approx(10, rel=0.01)
    assert [seen.value for seen in recorded("latency")] == [pytest.approx(500, rel=0.01), pytest.approx(10, rel=0.01)]


def test_lines_that_come_late_replace_the_part_they_belong_to(recorded: Recorded, put: Put, tmp_path: Path) -> None:
    put((DAY - 2 * HOUR, 10.0, 200), (DAY - HOUR, 20.0, 200))
    with daily("request_parts") as dag:
        requests(interval=2 * HOUR, every=HOUR, lookback=90 * timedelta(minutes=1))
    first = run_as(dag, logical_date=DAY)
    assert first.xcoms["requests"]["measurements"] == 4
    assert (first.xcoms["requests"]["good"], first.xcoms["requests"]["total"]) == (2, 2)
    put((DAY - HOUR, 900.0, 200), (DAY, 800.0, 200), (DAY + HOUR, 10.0, 200))
    told = run_as(dag, logical_date=DAY + 2 * HOUR).xcoms["requests"]
    assert {name: told[name] for name in ("good", "total", "cause", "measurements")} == {
        "good": 1,
        "total": 2,
        "cause": "latency",
        "measurements": 4,
    }
    assert told["value"] == told["percentiles"]["p95"] == pytest.approx(800, rel=0.01)
    seen = {one.at: (one.good, one.total) for one in recorded("latency")}
    assert len(recorded("latency")) == 6
    assert seen[DAY - HOUR] == (1, 1)
    assert seen[DAY] == (1, 2)
    whole = engine.percentiles(open_store(f"sqlite:///{tmp_path / 'ai_slo.db'}"), at=DAY + 2 * HOUR)["latency"]
    assert (whole.count, whole.values["p99"]) == (5, pytest.approx(900, rel=0.01))


def test_the_runs_own_data_interval_counts_where_it_has_one(recorded: Recorded, put: Put) -> None:
    put((DAY, 10.0, 200))
    timetable = CronDataIntervalTimetable("0 0 * * *", timezone="UTC")
    with DAG("own", schedule=timetable, start_date=DAY - timedelta(days=2), catchup=False) as dag:
        requests(interval=None, fail_on_bad=True)
    ran = run_as(dag, logical_date=DAY)
    assert "data interval is empty; say how far back requests count" in ran.problems["requests"]


def test_files_and_frames_are_counted_too(recorded: Recorded, put: Put, tmp_path: Path) -> None:
    frame = pd.DataFrame({"ts": [(DAY - HOUR).replace(tzinfo=None)], "ms": [10.0], "status": [200]})
    frame.to_parquet(tmp_path / "log.parquet")
    with daily("elsewhere") as dag:
        requests("file", conn_id=None, table=None, path=str(tmp_path / "log.parquet"), timezone="UTC")
        requests("frame", conn_id=None, table=None, dataframe=lambda: frame, timezone="UTC")
        requests("naive", conn_id=None, table=None, dataframe=lambda: frame)
    ran = run_as(dag, logical_date=DAY)
    assert ran.problems == {"naive": ran.problems.get("naive", "")}
    assert "time_column='ts'" in ran.problems["naive"]
    assert [(seen.good, seen.total) for seen in recorded("latency")] == [(1, 1), (1, 1)]


def test_availability_alone_and_nothing_at_all(recorded: Recorded, put: Put) -> None:
    put((DAY - HOUR, 1e6, 200), (DAY - HOUR, 1.0, 500))
    with daily("availability") as dag:
        requests("available", at_most=None, latency_column=None)
        requests("nothing", sql="SELECT * FROM requests WHERE ms < 0", table=None)
    ran = run_as(dag, logical_date=DAY)
    assert ran.problems == {}
    seen = {one.key.split("/")[1]: one for one in recorded("latency")}
    assert (seen["available"].good, seen["available"].total, seen["available"].value) == (1, 2, 0.5)
    assert (seen["nothing"].good, seen["nothing"].total, seen["nothing"].value) == (0, 0, None)
    assert ran.xcoms["available"]["percentiles"] is None


def test_too_many_bad_ones_fail_the_task_once_they_are_recorded(recorded: Recorded, put: Put) -> None:
    put(*[(DAY - HOUR, 10.0, 200)] * 8, (DAY - HOUR, 900.0, 200), (DAY - HOUR, 10.0, 500))
    with daily("bad") as dag:
        requests(fail_on_bad=True)
    ran = run_as(dag, logical_date=DAY)
    assert "8 good of 10" in ran.problems["requests"]
    assert ran.xcoms["requests"]["percentiles"]["p99"] == pytest.approx(900, rel=0.01)
    assert [(seen.good, seen.total) for seen in recorded("latency")] == [(8, 10)]


def test_what_cannot_be_counted_is_one_line(recorded: Recorded, put: Put) -> None:
    put((DAY, 10.0, 200))
    with daily("request_wrong") as dag:
        requests("column", latency_column="seconds")
        requests("table", table="nowhere")
        requests("uneven", every=timedelta(hours=7))
        requests("zone", timezone="Mars/Base")
    ran = run_as(dag, logical_date=DAY)
    expected = {
        "column": "requests: has no column 'seconds'; it has ms, status, ts",
        "table": "no such table: nowhere",
        "uneven": "every=7:00:00 does not divide the run's interval of 1 day",
        "zone": "timezone='Mars/Base' is not an IANA time zone",
    }
    for task_id, problem in expected.items():
        assert problem in ran.problems[task_id]
        assert "\n" not in ran.problems[task_id]
    assert recorded("latency") == []


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"lookback": HOUR}, "lookback needs every"),
        ({"time_column": None}, "need time_column"),
        ({"interval": 24}, "interval=24: give a timedelta"),
        ({"at_most": None, "status_column": None}, "what makes a request good"),
        ({"unit": "minutes"}, "unit='minutes'"),
        ({"table": None}, "one of table, sql, path or dataframe"),
    ],
)
def test_wrong_options_fail_when_the_dag_is_read(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        requests(**options)
