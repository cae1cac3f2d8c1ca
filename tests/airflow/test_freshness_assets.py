"""Freshness and throughput of Airflow's own assets, by their real events."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import DAG, Asset, AssetAlias, Metadata, task
from measuring_runs import Recorded, keep, new_store, run_as

from airflow_ai_slo.operators.freshness import AssetFreshnessOperator
from airflow_ai_slo.operators.throughput import ThroughputOperator

DAY = datetime(2024, 5, 1, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
Event = tuple[datetime, dict[str, Any]]


@pytest.fixture
def recorded(airflow_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorded:
    return new_store(tmp_path, monkeypatch, "freshness", "throughput")


@pytest.fixture
def updated(airflow_home: Path) -> Callable[..., Asset]:
    """An asset with events at given instants, as Airflow keeps them."""

    def make(name: str, *events: Event) -> Asset:
        from airflow.models.asset import AssetEvent, AssetModel
        from airflow.utils.session import create_session
        from sqlalchemy import select

        asset = Asset(name, uri=f"s3://lake/{name}")
        with DAG(f"loads_{name}", schedule=None) as dag:
            task(task_id="load", outlets=[asset])(lambda: None)()
        keep(dag)
        with create_session() as session:
            row = session.scalars(select(AssetModel).where(AssetModel.name == name)).one()
            for at, extra in events:
                session.add(AssetEvent(asset_id=row.id, timestamp=at, extra=extra))
        return asset

    return make


def check(task_id: str, asset: Any, **options: Any) -> AssetFreshnessOperator:
    defaults = {"slo": "freshness", "max_age": HOUR, "as_of": "2024-05-01T12:00:00Z"}
    return AssetFreshnessOperator(task_id=task_id, asset=asset, **(defaults | options))


def by_task(recorded: Recorded, slo: str = "freshness") -> dict[str, Any]:
    return {seen.key.split("/")[1]: seen for seen in recorded(slo)}


def test_a_task_that_updates_an_asset_makes_it_fresh(recorded: Recorded) -> None:
    asset, alias = Asset("scores", uri="s3://lake/scores"), AssetAlias("any-scores")
    with DAG("updates", schedule="@daily", start_date=DAY) as dag:

        @task(outlets=[asset, alias])
        def load(*, outlet_events: Any) -> Any:
            outlet_events[alias].add(asset)
            yield Metadata(asset, {"watermark": (datetime.now(UTC) - 2 * HOUR).isoformat(), "rows": 300})

        load() >> [
            check("updated", asset, as_of=None),
            check("by_reference", Asset.ref(name="scores"), as_of=None),
            check("by_alias", alias, as_of=None),
            check("reaches", asset, as_of=None, watermark_key="watermark"),
            check("reaches_enough", asset, as_of=None, watermark_key="watermark", max_age=3 * HOUR),
        ]
    ran = run_as(dag, logical_date=DAY)
    assert ran.problems == {}
    seen = by_task(recorded)
    assert {name: (one.good, one.total) for name, one in seen.items()} == {
        "updated": (1, 1),
        "by_reference": (1, 1),
        "by_alias": (1, 1),
        "reaches": (0, 1),
        "reaches_enough": (1, 1),
    }
    assert 0 <= seen["updated"].value < 600
    assert 7200 <= seen["reaches"].value < 7800


def test_an_event_is_seen_though_the_workers_clock_is_behind(recorded: Recorded, updated: Callable[..., Asset]) -> None:
    ahead = datetime.now(UTC) + 4 * MINUTE
    asset = updated("ahead", (ahead, {"watermark": ahead.isoformat()}))
    with DAG("clocks", schedule="@daily", start_date=DAY) as dag:
        check("event", asset, as_of=None)
        check("watermark", asset, as_of=None, watermark_key="watermark")
    assert run_as(dag, logical_date=DAY).problems == {}
    assert [(seen.good, seen.value) for seen in recorded("freshness")] == [(1, 0.0), (1, 0.0)]


def test_the_newest_event_before_the_instant_decides(recorded: Recorded, updated: Callable[..., Asset]) -> None:
    some = updated("some", (DAY + 9 * HOUR, {}), (DAY + 11 * HOUR, {}), (DAY + 13 * HOUR, {}))
    never = updated("never")
    with DAG("deciding", schedule="@daily", start_date=DAY) as dag:
        check("on_the_limit", some)
        check("a_minute_later", some, as_of="2024-05-01T12:01:00Z")
        check("earlier", some, as_of="2024-05-01T10:30:00Z")
        check("never", never)
        check("never_watermark", never, watermark_key="watermark")
    assert run_as(dag, logical_date=DAY).problems == {}
    seen = by_task(recorded)
    assert {name: (one.good, one.total, one.value) for name, one in seen.items()} == {
        "on_the_limit": (1, 1, 3600.0),
        "a_minute_later": (0, 1, 3660.0),
        "earlier": (0, 1, 5400.0),
        "never": (0, 0, None),
        "never_watermark": (0, 0, None),
    }


def test_an_event_that_republishes_old_data_never_moves_the_watermark_back(
    recorded: Recorded, updated: Callable[..., Asset]
) -> None:
    def at(hour: float, reach: float | str | None) -> Event:
        stamp = (DAY + timedelta(hours=reach)).isoformat() if isinstance(reach, float) else reach
        return DAY + timedelta(hours=hour), {} if stamp is None else {"watermark": stamp}

    asset = updated("late", at(2, 1.5), at(5, 4.0), at(6, 0.5), at(7, None), at(8, 99.0), at(9, "2024-05-01 04:30:00"))
    with DAG("late_data", schedule="@daily", start_date=DAY) as dag:
        options: dict[str, Any] = {"watermark_key": "watermark", "timezone": "Europe/Berlin"}
        check("now", asset, **options, as_of="2024-05-01T08:30:00Z")
        check("fresh", asset, **options, as_of="2024-05-01T06:00:00Z", max_age=2 * HOUR)
        # Fresh 2:00 to 2:30 and 5:00 to 5:00 of 2:00 to 8:30.
        check("time", asset, **options, over=8.5 * HOUR, as_of="2024-05-01T08:30:00Z")
        check("naive", asset, watermark_key="watermark", as_of="2024-05-01T10:00:00Z")
    ran = run_as(dag, logical_date=DAY)
    seen = by_task(recorded)
    assert {name: (one.good, one.total, one.value, one.attributes["method"]) for name, one in seen.items()} == {
        "now": (0, 1, 4.5 * 3600, "check"),
        "fresh": (1, 1, 2 * 3600.0, "check"),
        "time": (1800, 6.5 * 3600, 4.5 * 3600, "time"),
    }
    assert "1 watermark over 5 minutes in the future ignored" in seen["time"].attributes["detail"]
    assert "2024-05-01 04:30:00 has no time zone" in ran.problems["naive"]


def test_the_share_of_time_counts_from_the_event_before_the_period(
    recorded: Recorded, updated: Callable[..., Asset]
) -> None:
    asset = updated("steady", *((DAY + hour * HOUR, {}) for hour in (-30, -1, 4, 12, 13)))
    with DAG("steady_time", schedule="@daily", start_date=DAY) as dag:
        # Updated at 23:00 the day before, and at 4:00; 2 h each: fresh 0:00 to 1:00 and 4:00 to 6:00.
        check("time", asset, over=12 * HOUR, max_age=2 * HOUR)
    assert run_as(dag, logical_date=DAY).problems == {}
    (seen,) = recorded("freshness")
    assert (seen.good, seen.total, seen.value) == (3 * 3600, 12 * 3600, 8 * 3600.0)


def test_jobs_and_what_they_worked_on_are_counted_by_the_hour(
    recorded: Recorded, updated: Callable[..., Asset]
) -> None:
    hour = DAY + 6 * HOUR
    events = [(hour - HOUR, 100), (hour - 50 * MINUTE, 7), (hour - MINUTE, 11), (hour, 13), (hour + MINUTE, 1000)]
    asset = updated("jobs", *((at, {"usage": {"tokens": tokens}}) for at, tokens in events))
    idle = updated("idle")
    with DAG("hourly", schedule="@hourly", start_date=DAY) as dag:
        counted: dict[str, Any] = {"slo": "throughput", "over": HOUR}
        ThroughputOperator(task_id="jobs", asset=asset, unit="jobs", at_least=3, **counted)
        ThroughputOperator(task_id="tokens", asset=asset, entry="usage.tokens", unit="tokens", at_least=32, **counted)
        ThroughputOperator(task_id="no_entry", asset=asset, entry="rows", at_least=1, **counted)
        ThroughputOperator(task_id="idle", asset=idle, at_least=1, **counted)
        ThroughputOperator(task_id="idle_is_bad", asset=idle, at_least=1, on_zero="bad", **counted)
    ran = run_as(dag, logical_date=hour)
    assert list(ran.problems) == ["no_entry"]
    assert ran.problems["no_entry"].startswith("entry='rows': the counted output holds no 'rows', only usage")
    assert {name: (one.good, one.total, one.value) for name, one in by_task(recorded, "throughput").items()} == {
        "jobs": (1, 1, 3.0),
        "tokens": (0, 1, 31.0),
        "idle": (0, 0, None),
        "idle_is_bad": (0, 1, 0.0),
    }
