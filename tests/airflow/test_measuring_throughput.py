"""Throughput of real DAG runs."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import DAG, Asset, task
from measuring_runs import Recorded, clear, new_store, run_as

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.operators.throughput import ThroughputOperator

DAY = datetime(2024, 5, 1, tzinfo=UTC)


@pytest.fixture
def recorded(airflow_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorded:
    return new_store(tmp_path, monkeypatch, "throughput")


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> sqlite3.Connection:
    path = tmp_path / "warehouse.db"
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", f'{{"conn_type": "sqlite", "host": "{path}"}}')
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE flights (day TEXT, delay REAL)")
    connection.executemany("INSERT INTO flights VALUES ('2024-05-01', ?)", [(delay,) for delay in range(900)])
    connection.commit()
    return connection


def fast(task_id: str, **options: Any) -> ThroughputOperator:
    return ThroughputOperator(**({"task_id": task_id, "slo": "throughput", "at_least": 3600} | options))


@task
def number(value: Any) -> Any:
    return value


def by_task(recorded: Recorded) -> dict[str, Any]:
    return {seen.key.split("/")[1]: seen for seen in recorded("throughput")}


def test_counts_come_from_numbers_templates_task_outputs_and_sql(
    recorded: Recorded, warehouse: sqlite3.Connection
) -> None:
    per_day = "SELECT COUNT(*) FROM flights WHERE day = ?"
    with DAG("counting", schedule="@daily", start_date=DAY, params={"rows": 900}) as dag:
        fast("plain", count=900, seconds=900)
        fast("template", count="{{ params.rows }}", seconds="{{ 900 + 1 }}")
        fast("output", count=number(900), seconds=number.override(task_id="took")(450.0))
        fast("sql", sql=per_day, parameters=["{{ ds }}"], conn_id="warehouse", seconds=900)
        fast("sum_of_nothing", sql="SELECT SUM(delay) FROM flights WHERE delay < 0", conn_id="warehouse", seconds=900)
    ran = run_as(dag, logical_date=DAY)
    assert ran.problems == {}
    seen = by_task(recorded)
    assert {name: (one.good, one.total, one.value) for name, one in seen.items()} == {
        "plain": (1, 1, 3600.0),
        "template": (0, 1, pytest.approx(3596.004)),
        "output": (1, 1, 7200.0),
        "sql": (1, 1, 3600.0),
        "sum_of_nothing": (0, 0, None),
    }
    assert seen["template"].cause == "latency"
    assert ran.xcoms["template"]["cause"] == "latency"


def test_what_cannot_be_a_rate_fails_the_task_with_its_reason_and_records_nothing(
    recorded: Recorded, warehouse: sqlite3.Connection
) -> None:
    with DAG("wrong", schedule="@daily", start_date=DAY, default_args={"retries": 0}) as dag:
        fast("nan", count="nan", seconds=1)
        fast("negative", count=-3, seconds=1)
        fast("no_time", count=3, seconds=0)
        fast("infinite", count=3, seconds="inf")
        fast("missing", count="{{ ti.xcom_pull(task_ids='nobody') }}", seconds=1)
        fast("no_table", sql="SELECT COUNT(*) FROM planes", conn_id="warehouse", seconds=1)
        fast("no_row", sql="SELECT delay FROM flights WHERE delay < 0", conn_id="warehouse", seconds=1)
        fast("text", sql="SELECT day FROM flights", conn_id="warehouse", seconds=1)
        fast("no_connection", sql="SELECT 1", conn_id="nowhere", seconds=1)
        fast("too_slow", count=1, seconds=3600, fail_on_bad=True)
    ran = run_as(dag, logical_date=DAY)
    expected = {
        "nan": "count of rows: 'nan' is not finite",
        "negative": "count of rows is -3: negative",
        "no_time": "elapsed is 0 for 3 rows",
        "infinite": "seconds: 'inf' is not finite",
        "missing": "count of rows: 'None' is not a number",
        "no_table": "conn_id='warehouse': no such table: planes",
        "no_row": "sql returned no row",
        "text": "count of rows: '2024-05-01' is not a number",
        "no_connection": "conn_id='nowhere': no such Airflow connection",
        "too_slow": "SLO throughput at 2024-05-01 00:00:00 UTC: 0 good of 1, value 1, cause latency: bad",
    }
    assert {name: text[: len(expected[name])] for name, text in ran.problems.items()} == expected
    assert set(by_task(recorded)) == {"too_slow"}


def test_the_time_taken_is_that_of_the_tasks_before_or_of_those_watched(recorded: Recorded) -> None:
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from sqlalchemy import update

    with DAG("timed", schedule="@daily", start_date=DAY) as dag:
        scored = number.override(task_id="score").expand(value=[1, 2])
        number.override(task_id="load")(1) >> scored
        scored >> [
            fast("upstream", count=100, at_least=50.1),
            fast("both", count=100, at_least=25.1, watch=["load", "score"]),
        ]
    ran = run_as(dag, logical_date=DAY)
    with create_session() as session:
        for task_id, index, begin in (("load", -1, 0), ("score", 0, 2), ("score", 1, 3)):
            times = {"start_date": DAY + timedelta(hours=begin), "end_date": DAY + timedelta(hours=begin + 1)}
            one = (TaskInstance.task_id == task_id, TaskInstance.map_index == index)
            session.execute(update(TaskInstance).where(TaskInstance.dag_id == "timed", *one).values(**times))
    clear(dag, ran, "upstream", "both")
    assert {name: (seen.value, seen.good) for name, seen in by_task(recorded).items()} == {
        "upstream": (50.0, 0),
        "both": (25.0, 0),
    }


def test_an_operator_mapped_over_parts_records_each_part_once_also_when_cleared(recorded: Recorded) -> None:
    with DAG("parts", schedule="@daily", start_date=DAY) as dag:
        each = ThroughputOperator.partial(task_id="each", slo="throughput", at_least=3600, seconds=10)
        each.expand(count=[10, 20])
    clear(dag, run_as(dag, logical_date=DAY), "each")
    assert [(seen.key, seen.at, seen.good, seen.value) for seen in recorded("throughput")] == [
        ("parts/each[0]/2024-05-01T00:00:00Z", DAY, 1, 3600.0),
        ("parts/each[1]/2024-05-01T00:00:00Z", DAY, 1, 7200.0),
    ]


def test_counts_of_several_tasks_and_of_mapped_ones_are_summed(recorded: Recorded) -> None:
    @task
    def outcome(rows: int) -> dict[str, Any]:
        return {"rows": rows, "bytes": rows * 1000, "usage": {"tokens": rows * 10}}

    with DAG("summing", schedule="@daily", start_date=DAY) as dag:
        parts = outcome.expand(rows=[100, 200, 600])
        none = outcome.override(task_id="none").expand(rows=number.override(task_id="parts")([]))
        whole = outcome.override(task_id="whole")(900)
        fast("rows", count=parts, entry="rows", seconds=900)
        fast("bytes", count=whole, entry="bytes", unit="bytes", seconds=900)
        fast("tokens", count=[parts, whole], entry="usage.tokens", unit="tokens", seconds=900)
        fast("list", count=[whole["rows"], number.override(task_id="more")(100)], seconds=1000)
        fast("nothing", count=none, entry="rows", seconds=900, trigger_rule="all_done")
        fast("no_entry", count=parts, entry="row", seconds=900)
    ran = run_as(dag, logical_date=DAY)
    problem = "entry='row': the counted output holds no 'row', only rows, bytes, usage"
    assert {name: (one.good, one.value) for name, one in by_task(recorded).items()} == {
        "rows": (1, 3600.0),
        "bytes": (1, 3_600_000.0),
        "tokens": (1, 72_000.0),
        "list": (1, 3600.0),
        "nothing": (0, None),
    }
    assert ran.problems == {"no_entry": problem}


def test_task_instances_that_succeeded_are_jobs(recorded: Recorded) -> None:
    @task(retries=0)
    def job(value: int) -> None:
        if value == 3:
            raise ValueError(value)

    with DAG("jobs", schedule="@daily", start_date=DAY) as dag:
        job.expand(value=[1, 2, 3, 4]) >> [
            fast("jobs", count_tasks=True, seconds=3600, at_least=3, unit="jobs", trigger_rule="all_done"),
            fast("too_few", count_tasks=True, seconds=3600, at_least=3.1, unit="jobs", trigger_rule="all_done"),
        ]
    run_as(dag, logical_date=DAY)
    assert {name: (one.good, one.value) for name, one in by_task(recorded).items()} == {
        "jobs": (1, 3.0),
        "too_few": (0, 3.0),
    }


def test_over_clock_time_several_runs_are_summed_by_their_log(
    recorded: Recorded, warehouse: sqlite3.Connection
) -> None:
    warehouse.execute("CREATE TABLE job_log (finished_at TEXT, tokens INTEGER)")
    rows = [("2024-04-30T22:59:00", 9), ("2024-04-30T23:10:00", 40), ("2024-04-30T23:50:00", 60)]
    warehouse.executemany("INSERT INTO job_log VALUES (?, ?)", rows)
    warehouse.commit()
    since = ["{{ (logical_date - macros.timedelta(hours=1)).strftime('%Y-%m-%dT%H:%M:%S') }}"]
    tokens = "SELECT SUM(tokens) FROM job_log WHERE finished_at > ?"
    with DAG("hourly_tokens", schedule="@hourly", start_date=DAY) as dag:
        hour = {"over": timedelta(hours=1), "at_least": 100, "conn_id": "warehouse", "parameters": since}
        fast("tokens", sql=tokens, unit="tokens", **hour)
        fast("none", sql=tokens + " AND tokens < 0", on_zero="bad", **hour)
    assert run_as(dag, logical_date=DAY).problems == {}
    assert {name: (one.good, one.total, one.value) for name, one in by_task(recorded).items()} == {
        "tokens": (1, 1, 100.0),
        "none": (0, 1, 0.0),
    }


def test_hours_in_which_nothing_ran_count_as_bad_by_the_cadence(recorded: Recorded, tmp_path: Path) -> None:
    from airflow_ai_slo import SLO, engine
    from airflow_ai_slo.core.definition import Schedule
    from airflow_ai_slo.store import open_store

    hour = timedelta(hours=1)
    newest = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    schedule = Schedule(cadence="1h", start=newest - 6 * hour, late="accept")
    hourly = SLO(name="hourly", service="chat", objective=0.9, window="1d", schedule=schedule)
    store = open_store(f"sqlite:///{tmp_path / 'ai_slo.db'}")
    engine.apply(store, [hourly], now=newest - 6 * hour)
    with DAG("tokens_by_the_hour", schedule="@hourly", start_date=newest - 6 * hour) as dag:
        fast("throughput", slo="hourly", count=3600, unit="tokens", over=hour)
    for ago in (5, 4, 3, 0):  # those of two hours and of one hour ago never ran
        assert run_as(dag, logical_date=newest - ago * hour).problems == {}
    (evaluation,) = engine.evaluate(store, at=datetime.now(UTC), slos=["hourly"])
    ran, missing = (3600.0, 1, None), (None, 0, "missing_run")
    seen = [(one.value, one.good, one.cause) for one in recorded("hourly")]
    assert seen == [ran, ran, ran, missing, missing, ran]
    assert (evaluation.counts.good, evaluation.counts.total) == (4, 6)
    store.engine.dispose()


def test_without_a_logical_date_the_time_counts_from_the_start_of_the_run(recorded: Recorded) -> None:
    with DAG("by_asset", schedule="@daily", start_date=DAY) as dag:
        number(1) >> fast("from_start", count=10**9)
    ran = run_as(dag, logical_date=None, run_type="asset_triggered", run_after=datetime.now(UTC))
    assert ran.problems == {}
    (seen,) = recorded("throughput")
    assert seen.key.endswith(f"/run:{ran.run_id}")
    assert seen.good == 1


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({}, "either count, or sql and conn_id"),
        ({"count": 1, "sql": "SELECT 1", "conn_id": "warehouse"}, "either count, or sql and conn_id"),
        ({"sql": "SELECT 1"}, "either count, or sql and conn_id"),
        ({"count": 1, "conn_id": "warehouse"}, "either count, or sql and conn_id"),
        ({"count": 1, "on_zero": "good"}, "neither 'nothing' nor 'bad'"),
        ({"count": 1, "watch": "load"}, "list of task ids"),
        ({"count": 1, "count_tasks": True}, "either count"),
        ({"asset": Asset("a")}, "asset needs over"),
        ({"count_tasks": True, "over": timedelta(hours=1)}, "neither seconds nor count_tasks"),
        ({"count": 1, "over": timedelta(hours=1), "seconds": 1}, "neither seconds nor count_tasks"),
        ({"count": 1, "over": 3600}, "above zero"),
        ({"sql": "SELECT 1", "conn_id": "warehouse", "entry": "rows"}, "belongs to count or asset"),
    ],
)
def test_wrong_options_fail_when_the_dag_is_read(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        fast("wrong", **options)
