"""Freshness of files, on a disk and in an object store, through Airflow's own paths."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import DAG, task
from measuring_runs import Recorded, new_store, run_as

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.operators.freshness import FileFreshnessOperator
from airflow_ai_slo.sensors.freshness import FileFreshnessSensor
from airflow_ai_slo.triggers.freshness import FileFreshnessTrigger
from airflow_ai_slo.triggers.polling import PollingTrigger

DAY = datetime(2024, 5, 1, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def recorded(airflow_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorded:
    return new_store(tmp_path, monkeypatch, "freshness")


def write(path: Path, modified: datetime) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("some features")
    os.utime(path, (modified.timestamp(), modified.timestamp()))


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    """EU's files of two days came in at 2:00 on the next day each; the US's of one, at 6:00; then somebody's log."""
    folder = tmp_path / "lake"
    write(folder / "eu" / "day=2024-04-29" / "a.parquet", DAY - 22 * HOUR)
    write(folder / "eu" / "day=2024-04-30" / "a.parquet", DAY + 2 * HOUR)
    write(folder / "us" / "day=2024-04-30" / "a.parquet", DAY + 6 * HOUR)
    write(folder / "log.txt", DAY + 11 * HOUR)
    return folder


def check(task_id: str, path: object, **options: Any) -> FileFreshnessOperator:
    defaults = {"slo": "freshness", "max_age": HOUR, "as_of": "2024-05-01T12:00:00Z"}
    return FileFreshnessOperator(task_id=task_id, path=str(path), **(defaults | options))


def by_task(recorded: Recorded) -> dict[str, Any]:
    return {seen.key.split("/")[1]: seen for seen in recorded("freshness")}


def test_folders_files_and_patterns_are_as_fresh_as_their_newest_file(recorded: Recorded, lake: Path) -> None:
    with DAG("files", schedule="@daily", start_date=DAY, params={"region": "us"}) as dag:
        check("folder", lake)
        check("url", f"file://{lake}")
        check("file", lake / "eu" / "day=2024-04-30" / "a.parquet")
        check("pattern", lake / "*" / "day=*" / "*.parquet")
        check("pattern_of_folders", lake / "e[tu]")
        check("template", f"{lake}/{{{{ params.region }}}}/**/*.parquet", max_age=6 * HOUR)
        check("missing", lake / "asia")
        check("nothing_like_it", lake / "*.csv")
        check("earlier", lake, as_of="2024-05-01T06:30:00Z")
        check("dated", f"file://{lake}", dated="day=%Y-%m-%d", timezone="UTC", max_age=36 * HOUR)
        check("dated_in_zone", lake, dated="day=%Y-%m-%d", timezone="America/New_York", max_age=36 * HOUR)
    ran = run_as(dag, logical_date=DAY)
    assert ran.problems == {}
    seen = by_task(recorded)
    assert {name: (one.good, one.total, one.value) for name, one in seen.items()} == {
        "folder": (1, 1, 3600.0),
        "url": (1, 1, 3600.0),
        "file": (0, 1, 10 * 3600.0),
        "pattern": (0, 1, 6 * 3600.0),
        "pattern_of_folders": (0, 1, 10 * 3600.0),
        "template": (1, 1, 6 * 3600.0),
        "missing": (0, 0, None),
        "nothing_like_it": (0, 0, None),
        "earlier": (1, 1, 1800.0),
        "dated": (1, 1, 36 * 3600.0),
        "dated_in_zone": (1, 1, 32 * 3600.0),
    }
    assert seen["file"].cause == "stale_features"
    assert seen["file"].attributes["watermark"] == "2024-05-01T02:00:00+00:00"
    assert "over 5 minutes in the future ignored" in seen["earlier"].attributes["detail"]


def test_the_share_of_time_counts_from_when_each_file_came_in(recorded: Recorded, lake: Path) -> None:
    with DAG("files_over", schedule="@daily", start_date=DAY) as dag:
        # Yesterday's files came in at 2:00: fresh from then on, and the day before's until 0:00 + 6:00 - 24:00.
        options = {"over": 12 * HOUR, "dated": "day=%Y-%m-%d", "timezone": "UTC"}
        check("eu", lake / "eu", max_age=30 * HOUR, **options)
        check("modified", lake / "eu", max_age=4 * HOUR, over=12 * HOUR)
    assert run_as(dag, logical_date=DAY).problems == {}
    seen = by_task(recorded)
    assert {name: (one.good, one.total, one.attributes["method"]) for name, one in seen.items()} == {
        "eu": (4 * 3600, 12 * 3600, "time"),
        "modified": (4 * 3600, 12 * 3600, "time"),
    }


@pytest.fixture
def memory() -> Iterator[Any]:
    """An object store in this process, as fsspec has it: Airflow knows no connection for it."""
    import fsspec

    fs = fsspec.filesystem("memory")
    yield fs
    fs.rm("/ai-slo-lake", recursive=True)


def test_an_object_store_is_listed_anew_each_time(recorded: Recorded, memory: Any) -> None:
    @task
    def upload() -> str:
        memory.pipe("/ai-slo-lake/day=2024-05-01/b.parquet", b"more features")
        return "memory://ai-slo-lake"

    memory.pipe("/ai-slo-lake/day=2024-04-30/a.parquet", b"features")
    with DAG("objects", schedule="@daily", start_date=DAY) as dag:
        options = {"dated": "day=%Y-%m-%d", "timezone": "UTC", "max_age": 12 * HOUR}
        before = check("before", "memory://ai-slo-lake/*/*.parquet", **options)
        uploaded = upload()
        before >> uploaded
        FileFreshnessOperator(task_id="after", path=uploaded, slo="freshness", as_of="2024-05-01T12:00:00Z", **options)
        uploaded >> check("modified", "memory://ai-slo-lake", as_of=None)
    ran = run_as(dag, logical_date=DAY)
    assert ran.problems == {}
    seen = by_task(recorded)
    assert {name: one.good for name, one in seen.items()} == {"before": 0, "after": 1, "modified": 1}
    assert 0 <= seen["modified"].value < 600


def test_what_cannot_be_read_fails_with_one_line(recorded: Recorded, lake: Path) -> None:
    with DAG("unreadable_files", schedule="@daily", start_date=DAY) as dag:
        check("scheme", "nothing://lake/features")
        check("connection", "memory://lake/features", conn_id="lake")
        check("naive", lake, dated="day=%Y-%m-%d")
        check("pattern", lake, dated="day", timezone="UTC")
        check("no_date", lake, dated="hour=%Y%m%d%H", timezone="UTC")
        check("rendered", "{{ params.get('nothing', 'features') }}")
    ran = run_as(dag, logical_date=DAY)
    expected = {
        "scheme": "path='nothing://lake/features': no installed provider of Airflow reads it, nor does fsspec: ",
        "connection": "path='memory://lake/features' is read through a connection, and no installed provider of",
        "naive": "2024-04-30 00:00:00 has no time zone: say in which one it was written",
        "pattern": "dated='day': write the date as in the path",
        "no_date": "dated='hour=%Y%m%d%H': no file has such a date in its path; the last one was",
        "rendered": "path='features': give a URL such as s3://bucket/features/ or an absolute path",
    }
    found = {name: ran.problems[name] for name in expected}
    found["naive"] = found["naive"].replace("2024-04-29", "2024-04-30")  # files are listed in no order
    assert {name: text[: len(expected[name])] for name, text in found.items()} == expected
    assert all(len(text.splitlines()) == 1 for text in ran.problems.values())
    assert recorded("freshness") == []


@pytest.mark.parametrize(
    ("path", "problem"),
    [("", "give a URL such as"), ("features/day=*", "give a URL such as"), ("s3://lake/e?", "a URL ends before")],
)
def test_a_path_that_cannot_be_meant_fails_when_the_dag_is_read(path: str, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        check("wrong", path)
    with pytest.raises(ConfigurationError, match=problem):
        FileFreshnessSensor(task_id="wrong", path=path, max_age=HOUR)


def waiting(name: str, path: object, **options: Any) -> DAG:
    with DAG(name, schedule=None) as dag:
        FileFreshnessSensor(task_id="wait", path=str(path), **({"max_age": HOUR} | options))
    return dag


def test_a_sensor_waits_in_the_triggerer_until_a_file_came_in(
    lake: Path, run_dag: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def pause(self: PollingTrigger) -> float:
        write(lake / "eu" / "new.parquet", datetime.now(UTC) - 5 * MINUTE)
        return 0

    monkeypatch.setattr(PollingTrigger, "pause", pause)
    ran = run_dag(waiting("file_deferred", lake, deferrable=True))
    assert ran.states["wait"] == "success"
    assert 300 <= ran.xcom("wait")["age"] < 600


@pytest.mark.parametrize("below", ["eu", "asia"], ids=["stale", "missing"])
def test_stale_and_missing_files_are_waited_for(below: str, lake: Path, run_dag: Callable[..., Any]) -> None:
    assert run_dag(waiting(f"file_{below}", lake / below, timeout=0)).states["wait"] == "failed"


def test_a_sensors_wrong_setting_fails_without_retries(lake: Path, run_dag: Callable[..., Any]) -> None:
    ran = run_dag(waiting("file_wrong", lake, dated="%m", retries=2))
    assert (ran.states["wait"], ran.tries("wait")) == ("failed", 1)
    assert "dated='%m': write the date as in the path" in ran.log


def test_a_trigger_comes_back_from_what_it_serializes_to() -> None:
    from airflow.sdk._shared.module_loading import import_string
    from airflow.sdk.serde import deserialize, serialize

    trigger = FileFreshnessTrigger(max_age=3600, path="s3://lake", dated="%Y", timezone="UTC", poll_interval=60)
    path, arguments = trigger.serialize()
    assert import_string(path)(**deserialize(serialize(arguments))).serialize() == (path, arguments)
