"""A month of a shop's pipelines, told day by day through the whole engine, for tests of the pages in Airflow's UI."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from slo_kit import an_slo

from airflow_ai_slo import engine
from airflow_ai_slo.core.corrections import Interval
from airflow_ai_slo.core.definition import SLO, Schedule, Service
from airflow_ai_slo.core.measurement import Cause, Measurement
from airflow_ai_slo.core.sketch import sketch_of
from airflow_ai_slo.store import Store

DAG_ID = "orders_daily"
HOSTILE = "<img src=x onerror=globalThis.hit=1>"
"""A title that must stay text."""
ODD = "search/äu ro%41 #1?"
"""A name with what addresses have to escape."""
DAYS = 40


def fill(store: Store, now: datetime, origin: str = "") -> None:
    """Two frozen or burning services, healthy ones, one unknown, one with odd names.

    :param origin: where Airflow's UI is, for the links to runs.
    """
    six = now.replace(hour=6, minute=0, second=0, microsecond=0)
    first = six - timedelta(days=DAYS if six <= now else DAYS + 1)
    services = [Service(name="orders", description="What shops see of what was ordered"), Service(name="idle")]
    engine.apply(store, list(_slos()), services=services, now=first)
    for day in range(DAYS + 1):
        at = first + timedelta(days=day)
        engine.record(store, list(_day(day, at, origin)), now=at)
        engine.evaluate(store, at=at)
    engine.evaluate(store, at=now)
    period = Interval(now - timedelta(days=20), now - timedelta(days=19))
    engine.add_correction(store, ["orders-fresh"], period=period, author="kim", reason="region outage", now=now)


def _slos() -> Iterable[SLO]:
    daily = {"window": "28d", "alerting": "pipeline", "schedule": Schedule(cadence="1d", deadline=None)}
    yield an_slo("orders-complete", service="orders", display_name="Orders are complete by 06:00", **daily)
    yield an_slo(
        "orders-fresh", service="orders", display_name="Order features are of yesterday", objective="0.95", **daily
    )
    yield an_slo(
        "reco-drift",
        service="recommender",
        display_name="Inputs look like the training data",
        unit="columns",
        freeze=False,
        **daily,
    )
    yield an_slo(
        "reco-latency",
        service="recommender",
        display_name="Scores come within 200 ms",
        objective="0.99",
        unit="requests",
        freeze=False,
        window="28d",
    )
    yield an_slo(
        "orders-answers",
        service="assistant",
        display_name="Answers are grounded in documents",
        window="30d",
        freeze=False,
    )
    yield an_slo(ODD, service="ranking/eu", display_name=HOSTILE, window="7d", freeze=False)


def _day(day: int, at: datetime, origin: str) -> Iterable[Measurement]:
    left = DAYS - day
    causes = {17: "late", 11: "pipeline_failure", 10: "pipeline_failure", 1: "late"}
    run = (
        f"{origin}/dags/{DAG_ID}/runs/scheduled__{at:%Y-%m-%d}/tasks/complete"
        if origin
        else "http://airflow.example/run"
    )
    told = {"dag": DAG_ID, "task": "complete", "model_version": "4" if left < 12 else "3", "run_url": run}
    yield _seen("orders-complete", at, int(left not in causes), 1, causes.get(left), told)
    fresh = {"dag": DAG_ID, "task": "fresh", "run_url": run}
    yield _seen("orders-fresh", at, 1, 1, None, fresh, task="fresh")
    drifted = 20 if left in (1, 0) else 1 if left % 9 == 0 else 0
    yield _seen(
        "reco-drift",
        at,
        25 - drifted,
        25,
        "data_drift" if drifted else None,
        {"dag": "train", "task": "drift"},
        value=drifted / 25,
    )
    slow = 300 + (day * 37) % 250
    yield _seen(
        "reco-latency",
        at,
        100_000 - slow,
        100_000,
        "latency",
        {"dag": "serve"},
        sketch=sketch_of([40.0, 80.0, 120.0, 150.0 + day]),
    )
    yield _seen(ODD, at, 1, 1, None, {"note": HOSTILE})


def _seen(
    slo: str,
    at: datetime,
    good: int,
    total: int,
    cause: str | None,
    attributes: dict[str, str],
    task: str = "complete",
    **more: object,
) -> Measurement:
    key = f"{attributes.get('dag', slo)}/{attributes.get('task', task)}/{at:%Y-%m-%dT%H:%M:%S}+00:00"
    return Measurement(
        slo=slo,
        key=key,
        at=at,
        good=good,
        total=total,
        cause=Cause(cause) if cause else None,
        attributes=attributes,
        **more,
    )  # type: ignore[arg-type]


def thousand(store: Store, now: datetime) -> None:
    """A thousand SLOs of a hundred services, each with a few runs."""
    slos = [an_slo(f"bulk-{n:04}", service=f"bulk-{n % 100:02}", window="28d", freeze=False) for n in range(1000)]
    engine.apply(store, slos, now=now - timedelta(days=30))
    runs = [
        Measurement(slo=slo.name, key=f"{day}", at=now - timedelta(days=day), good=int((n + day) % 17 != 0), total=1)
        for n, slo in enumerate(slos)
        for day in (1, 9, 20)
    ]
    engine.record(store, runs, now=now)
    engine.evaluate(store, at=now)


def dags() -> None:
    """Airflow's database knows the DAG that measures, and one that does not."""
    import os

    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
    from airflow.providers.standard.operators.empty import EmptyOperator
    from airflow.sdk import DAG

    with DAG(DAG_ID, schedule=None) as measuring:
        EmptyOperator(task_id="complete") >> EmptyOperator(task_id="other")
    with DAG("unmeasured", schedule=None) as other:
        EmptyOperator(task_id="one")
    DagBundlesManager().sync_bundles_to_db()
    bag = DagBag(dag_folder=os.devnull)
    bag.bag_dag(measuring)
    bag.bag_dag(other)
    sync_bag_to_db(bag, "dags-folder", None)
