"""Keys, partitions and the share of time: freshness of real databases in real DAG runs."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from airflow.sdk import DAG, task
from measuring_runs import Recorded, new_store, run_as

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.operators.freshness import FeatureFreshnessOperator

numbers = itertools.count()
DAY = datetime(2024, 5, 1, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
TABLE = {"conn_id": "warehouse", "table": "features", "column": "event_at"}


@pytest.fixture
def recorded(airflow_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorded:
    return new_store(tmp_path, monkeypatch, "freshness")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def warehouse(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A table of features: EU's are loaded at 2 and 6 up to 1 and 5 o'clock, the US's once, at 3 up to 2."""
    if request.param == "sqlite":
        url, connection = f"sqlite:///{tmp_path / 'w.db'}", {"conn_type": "sqlite", "host": str(tmp_path / "w.db")}
    else:
        url = request.getfixturevalue("postgres_server")
        parsed = sa.make_url(url)
        monkeypatch.setenv("PGHOST", str(parsed.query["host"]))  # a socket, which libpq looks up by itself
        connection = {"conn_type": "postgres", "login": str(parsed.username), "schema": str(parsed.database)}
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", json.dumps(connection))
    engine, kind = sa.create_engine(url), "TEXT" if request.param == "sqlite" else "timestamptz"
    rows = [("eu", 1, 2), ("eu", 0, 2), ("eu", 5, 6), ("us", 2, 3), ("us", None, 9)]
    with engine.begin() as connected:
        connected.exec_driver_sql("DROP TABLE IF EXISTS features")
        connected.exec_driver_sql(f"CREATE TABLE features (region TEXT, event_at {kind}, loaded_at {kind})")
        mark = "?" if request.param == "sqlite" else "%s"
        for region, event, loaded in rows:
            stamps = [None if one is None else (DAY + one * HOUR).isoformat() for one in (event, loaded)]
            connected.exec_driver_sql(f"INSERT INTO features VALUES ({mark}, {mark}, {mark})", (region, *stamps))
    yield mark
    with engine.begin() as connected:
        connected.exec_driver_sql("DROP TABLE features")
    engine.dispose()


def check(task_id: str, **options: Any) -> FeatureFreshnessOperator:
    defaults = {"slo": "freshness", "max_age": 3 * HOUR, "as_of": "2024-05-01T07:00:00Z"}
    return FeatureFreshnessOperator(task_id=task_id, **(defaults | options))


def by_task(recorded: Recorded) -> dict[str, Any]:
    return {seen.key.split("/")[1]: seen for seen in recorded("freshness")}


def test_keys_partitions_and_queries_are_judged_in_the_database(recorded: Recorded, warehouse: str) -> None:
    wanted = "SELECT k.region, f.event_at FROM ({}) k LEFT JOIN features f ON f.region = k.region WHERE k.region <> {};"
    regions = "SELECT 'eu' AS region UNION SELECT 'us' UNION SELECT 'mars' UNION SELECT 'venus'"
    with DAG(f"keyed_{next(numbers)}", schedule="@daily", start_date=DAY, params={"region": "us"}) as dag:
        check("keys", **TABLE, key="region")
        check("two_columns", **TABLE, key=["region", "loaded_at"])
        check("partition", **TABLE, partition={"region": "{{ params.region }}"})
        check("key_in_partition", **TABLE, key="loaded_at", partition={"region": "eu"})
        sql = wanted.format(regions, warehouse)
        check("query", conn_id="warehouse", sql=sql, parameters=["venus"], key="region", column="event_at")
        check("ingestion", conn_id="warehouse", table="features", column="loaded_at", as_of="2024-05-01T12:00:00Z")
        check("nobody", **TABLE, key="region", partition={"region": "mars"})
        nulls = {"region": "{{ params.region }}", "event_at": None}
        check("nulls", **(TABLE | {"column": "loaded_at"}), partition=nulls, as_of="2024-05-01T10:00:00Z")
    ran = run_as(dag, logical_date=DAY)
    assert ran.problems == {}
    seen = by_task(recorded)
    assert {name: (one.good, one.total, one.value, one.attributes["method"]) for name, one in seen.items()} == {
        "keys": (1, 2, 5 * 3600.0, "keys"),
        "two_columns": (1, 4, 6 * 3600.0, "keys"),
        "partition": (0, 1, 5 * 3600.0, "check"),
        "key_in_partition": (1, 2, 6 * 3600.0, "keys"),
        "query": (1, 3, 5 * 3600.0, "keys"),
        "ingestion": (1, 1, 3 * 3600.0, "check"),
        "nobody": (0, 0, None, "keys"),
        "nulls": (1, 1, 3600.0, "check"),
    }
    assert seen["keys"].cause == "stale_features"
    assert seen["keys"].attributes["detail"].startswith("1 of 2 keys fresh, the stalest 5 h old")
    assert "1 without a watermark" in seen["query"].attributes["detail"]


@task
def pairs() -> list[list[str]]:
    return [["2024-05-01T02:00:00Z", "2024-05-01T01:00:00Z"], ["2024-05-01T06:00:00Z", "2024-05-01T05:00:00Z"]]


def test_the_share_of_time_is_exact_from_when_data_came_in(recorded: Recorded, warehouse: str) -> None:
    log = f"SELECT loaded_at, event_at FROM features WHERE region = {warehouse}"
    table = TABLE | {"arrived_column": "loaded_at"}
    with DAG(f"timed_freshness_{next(numbers)}", schedule="@daily", start_date=DAY) as dag:
        # EU, at most 3 h old asked: known 2:00 to 12:00, fresh 2:00 to 4:00 and 6:00 to 8:00.
        options = {"over": 12 * HOUR, "as_of": "2024-05-01T12:00:00Z"}
        check("table", **table, partition={"region": "eu"}, **options)
        check("sql", conn_id="warehouse", sql=log, parameters=["eu"], **options)
        check("output", watermark=pairs(), **options)
        check("whole_table", **table, **options)
        check("of_the_run", **table, over=24 * HOUR, as_of=None)
        check("before_anything", **table, over=HOUR, as_of="2024-05-01T02:00:00Z")
    ran = run_as(dag, logical_date=DAY + 24 * HOUR)
    assert ran.problems == {}
    seen = by_task(recorded)
    assert {name: (one.good, one.total, one.value) for name, one in seen.items()} == {
        "table": (4 * 3600, 10 * 3600, 7 * 3600.0),
        "sql": (4 * 3600, 10 * 3600, 7 * 3600.0),
        "output": (4 * 3600, 10 * 3600, 7 * 3600.0),
        "whole_table": (5 * 3600, 10 * 3600, 7 * 3600.0),
        "of_the_run": (5 * 3600, 22 * 3600, 19 * 3600.0),
        "before_anything": (0, 0, None),
    }
    assert {one.attributes["method"] for one in seen.values()} == {"time"}
    assert (seen["of_the_run"].at, seen["of_the_run"].cause) == (DAY + 24 * HOUR, "stale_features")


def test_checks_right_after_each_load_are_all_good_where_time_is_mostly_stale(
    recorded: Recorded, warehouse: str
) -> None:
    options = TABLE | {"partition": {"region": "eu"}, "max_age": HOUR}
    with DAG(f"hidden_gaps_{next(numbers)}", schedule="@daily", start_date=DAY) as dag:
        for hour in (2, 6):
            check(f"after_{hour}", **options, as_of=f"2024-05-01T0{hour}:00:00Z")
        check("time", **options, arrived_column="loaded_at", over=8 * HOUR, as_of="2024-05-01T08:00:00Z")
    assert run_as(dag, logical_date=DAY).problems == {}
    seen = by_task(recorded)
    assert (seen["after_2"].attributes["method"], seen["after_6"].good, seen["after_6"].total) == ("check", 1, 1)
    assert (seen["time"].good, seen["time"].total) == (0, 6 * 3600)


def test_what_cannot_be_counted_fails_with_one_line(recorded: Recorded, warehouse: str) -> None:
    with DAG(f"unkeyed_{next(numbers)}", schedule="@daily", start_date=DAY) as dag:
        check("no_key", **TABLE, key="customer")
        check("injected", **TABLE, key="region; DROP TABLE features")
        check("injected_partition", **TABLE, partition={"1 = 1 OR region": "eu"})
        check("text", conn_id="warehouse", table="features", column="region", key="loaded_at")
        check("no_pair", conn_id="warehouse", sql="SELECT loaded_at FROM features", over=HOUR)
        check("no_pairs", watermark="{{ run_id }}", over=HOUR)
    ran = run_as(dag, logical_date=DAY)
    assert ran.problems.pop("no_key").startswith("conn_id='warehouse': ")
    expected = {
        "injected": "key='region; DROP TABLE features' is not a name",
        "injected_partition": "partition='1 = 1 OR region' is not a name",
        "text": "'us' is not a time stamp: write ISO 8601",
        "no_pair": "('2024-05-01T0" if warehouse == "?" else "(datetime.datetime(2024, 5, 1",
        "no_pairs": "'s' is no pair of (available at, watermark)",
    }
    assert {name: text[: len(expected[name])] for name, text in ran.problems.items()} == expected
    assert all(len(text.splitlines()) == 1 for text in ran.problems.values())
    assert recorded("freshness") == []


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (TABLE | {"over": HOUR}, "over with table needs arrived_column"),
        (TABLE | {"arrived_column": "loaded_at"}, "over with table needs arrived_column"),
        (TABLE | {"key": "region", "over": HOUR, "arrived_column": "loaded_at"}, "goes without over"),
        (TABLE | {"over": timedelta(0)}, "above zero"),
        (TABLE | {"over": 3600}, "above zero"),
        ({"watermark": "x", "key": "region"}, "goes without over"),
        ({"conn_id": "warehouse", "sql": "SELECT 1", "key": "region"}, "sql with key needs column"),
        ({"conn_id": "warehouse", "sql": "SELECT 1", "partition": {"a": 1}}, "sql says it itself"),
        (TABLE | {"parameters": [1]}, "parameters belong to sql"),
    ],
)
def test_options_that_do_not_fit_fail_when_the_dag_is_read(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        check("wrong", **options)


def test_a_percent_sign_in_sql_without_parameters_is_one(recorded: Recorded, warehouse: str) -> None:
    sql = "SELECT region, event_at AS \"at 100%\" FROM features WHERE region LIKE 'e%' -- not the others"
    latest = "SELECT MAX(event_at) FROM features WHERE region LIKE 'e%'"
    with DAG(f"percent_{next(numbers)}", schedule="@daily", start_date=DAY) as dag:
        check("keys", conn_id="warehouse", sql=sql, key="region", column='"at 100%"')
        check("latest", conn_id="warehouse", sql=latest)
    ran = run_as(dag, logical_date=DAY)
    assert ran.problems == {}
    assert {task: (one.good, one.total, one.value) for task, one in by_task(recorded).items()} == {
        "keys": (1, 1, 7200),
        "latest": (1, 1, 7200),
    }
