"""A store with something of everything, for tests of the REST API."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from api_server import Answer, ApiServer
from slo_kit import an_slo, daily, seen

from airflow_ai_slo import engine
from airflow_ai_slo.core.corrections import Interval
from airflow_ai_slo.core.definition import Indicator, Service
from airflow_ai_slo.core.freeze_policy import FreezePolicy
from airflow_ai_slo.core.measurement import Measurement
from airflow_ai_slo.core.sketch import sketch_of
from airflow_ai_slo.store import Store

ROOT = "/ai-slo/api/v1"
ODD = "quality/äu ro%41 #1?"
"""A name with what a path has to escape."""

_RUNS = Indicator(
    source="airflow",
    spec={
        "ratioMetric": {
            "counter": True,
            "good": {"metricSource": {"type": "airflow", "spec": {"dag_id": "nightly", "state": "success"}}},
            "total": {"metricSource": {"type": "airflow", "spec": {"dag_id": "nightly"}}},
        }
    },
)


def fill(store: Store, now: datetime) -> None:
    """A frozen service, one that burns, one with a freeze that only warns, one with nothing measured."""
    slos = [
        an_slo("reco-runs", service="recommender", window="28d", display_name="Recommender runs", unit="runs"),
        an_slo("reco-rows", service="recommender", window="28d", objective="0.99", labels={"tier": "1"}),
        an_slo(ODD, service="ranking/eu", window="7d", alerting="workbook", freeze=False),
        an_slo("nightly-runs", service="nightly", window="30d", indicator=_RUNS, alerting=None, freeze=False),
        an_slo("soft-runs", service="soft", window="28d"),
    ]
    services = [
        Service(name="recommender", description="What people may like", labels={"team": "ml"}),
        Service(name="soft", freeze=FreezePolicy(mode="soft", for_at_most="14d")),
        Service(name="idle"),
    ]
    engine.apply(store, slos, services=services, now=now)
    engine.record(store, _recommender(now), now=now)
    engine.record(store, daily("." * 26 + "xxxx", until=now, slo="soft-runs"), now=now)
    engine.record(store, [seen(now, 2, 10, slo=ODD, cause="data_drift")], now=now)
    engine.evaluate(store, at=now)
    period = Interval(now - timedelta(days=20), now - timedelta(days=19))
    engine.add_correction(store, ["reco-rows"], period=period, author="kim", reason="a dry run", now=now)


def _recommender(now: datetime) -> list[Measurement]:
    runs = daily("." * 26 + "xxxx", until=now, slo="reco-runs")
    rows = [
        seen(
            now - timedelta(days=day),
            980 if day == 5 else 990 + day % 11,
            1000,
            slo="reco-rows",
            key=f"train/score/{day:02}",
            value=day / 10,
            cause="data_drift",
            attributes={"dag": "train", "task": "score", "model_version": "7", "run_url": f"http://airflow/{day}"},
            sketch=sketch_of([10.0, 20.0, 30.0 + day]),
        )
        for day in range(30)
    ]
    mapped = seen(now, 5, 5, slo="reco-rows", key="train/part[3]/run:manual", attributes={"dag": "train"})
    return [*runs, *rows, mapped]


def get(server: ApiServer, path: str, token: str, **headers: str) -> Answer:
    """One read."""
    return server.call(f"{ROOT}{path}", token=token, **headers)


def every_row(server: ApiServer, token: str, query: str = "", limit: int = 2) -> list[dict[str, Any]]:
    """All rows of ``GET /slos``, page by page."""
    found: list[dict[str, Any]] = []
    while True:
        page = get(server, f"/slos?limit={limit}&offset={len(found)}{query}", token).body
        found += page["slos"]
        if len(found) >= page["total_entries"]:
            return found


def escaped(name: str) -> str:
    """A name in a path."""
    return quote(name, safe="")


def just_now() -> datetime:
    """The clock's, in whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)
