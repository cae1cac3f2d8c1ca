"""A DAG that nobody touched, its budget there within seconds: in a running Airflow, and by a command beside it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from api_server import api_server
from small_airflow import SmallAirflow, small_airflow, until
from sqlalchemy import select

from airflow_ai_slo import SLO, engine
from airflow_ai_slo.core.airflow_spec import from_airflow
from airflow_ai_slo.reconcile import spooled
from airflow_ai_slo.store import Store, open_store
from airflow_ai_slo.store.tables import lease

SECONDS = 60
"""Patience, from an event to the figures, on a machine that is busy with other tests; a pass would take ten minutes."""

UNTOUCHED = """
from airflow.sdk import DAG, task

with DAG("nightly", schedule=None):
    @task
    def work(**context):
        if context["dag_run"].conf.get("fail"):
            raise ValueError("as told")
    work()
"""
FOLLOW = """
import sys
from airflow_ai_slo.cli import main
sys.argv = "ai-slo reconcile --follow --every 10m --evaluate".split()
main()
"""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('store') / 'slo.db'}")
    indicator = from_airflow(dag_id="nightly")
    slo = SLO(name="nightly-runs", service="etl", objective=0.5, window="28d", indicator=indicator)
    engine.apply(store, [slo], now=datetime.now(UTC))
    return str(store.engine.url)


@pytest.fixture(scope="module")
def spool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("spool") / "events.jsonl"


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory, url: str, spool: Path) -> Iterator[SmallAirflow]:
    settings = {
        "AIRFLOW__AI_SLO__LISTENER": "True",
        "AIRFLOW__AI_SLO__LISTENER_SPOOL": str(spool),
        "AI_SLO_STORE_URL": url,
    }
    with small_airflow(tmp_path_factory.mktemp("airflow"), {"nightly.py": UNTOUCHED}, **settings) as running:
        yield running


def counts(store: Store) -> tuple[int, int]:
    """Good and total."""
    seen = engine.status(store, at=datetime.now(UTC))[0]
    return int(seen.counts.good), int(seen.counts.total)


def run(airflow: SmallAirflow, *, fail: bool = False) -> str:
    """Start a run by hand and wait for its end."""
    started = airflow.admin("/dags/nightly/dagRuns", {"logical_date": None, "conf": {"fail": fail}})
    name = str(started["dag_run_id"])

    def over() -> bool:
        return airflow.admin(f"/dags/nightly/dagRuns/{name}")["state"] in ("success", "failed")

    until(over, 240)
    assert airflow.admin(f"/dags/nightly/dagRuns/{name}")["state"] == ("failed" if fail else "success")
    return name


def test_its_budget_is_there_within_seconds_and_survives_kill_9(airflow: SmallAirflow, url: str, spool: Path) -> None:
    store = open_store(url)
    follower = airflow.start("follower", FOLLOW)
    until(lambda: "pass: 1 SLO" in airflow.log("follower"), 180)
    assert counts(store) == (0, 0)

    run(airflow)
    until(lambda: counts(store) == (1, 1), SECONDS)
    failed = run(airflow, fail=True)
    until(lambda: counts(store) == (1, 2), SECONDS)
    assert "evaluated 1 SLO" in airflow.log("follower")

    # Marked by hand: the API server hears of it.
    airflow.admin(f"/dags/nightly/dagRuns/{failed}", {"state": "success"}, method="PATCH")
    until(lambda: counts(store) == (2, 2), SECONDS)

    # Killed, what comes meanwhile waits, and the next one measures it once.
    follower.send_signal(signal.SIGKILL)
    follower.wait(10)
    run(airflow)
    assert spooled.waiting(spool)
    assert counts(store) == (2, 2)
    again = airflow.start("again", FOLLOW)
    until(lambda: counts(store) == (3, 3), 180)
    until(lambda: not spooled.waiting(spool), 60)
    assert counts(store) == (3, 3)

    # The dead one's lease has not ended: no pass was done. It ends when told to.
    assert "pass: " not in airflow.log("again")
    again.send_signal(signal.SIGTERM)
    assert again.wait(20) == 0
    assert airflow.log("again").splitlines()[-1].endswith(" ended")


def test_an_api_server_that_is_asked_to_measures_in_the_background(
    airflow: SmallAirflow, url: str, spool: Path, tmp_path: Path
) -> None:
    store = open_store(url)
    with store.write() as connection:
        connection.execute(lease.delete())
    before = counts(store)
    asked = {"AIRFLOW__AI_SLO__RECONCILE_EVERY": "600", "AIRFLOW__AI_SLO__RECONCILE_EVALUATE": "True"}
    with api_server(tmp_path, **(airflow.env | asked)) as server:
        log = tmp_path / "api-server.log"
        until(lambda: "AI SLO measures from Airflow's record of runs every 0:10:00" in log.read_text(), 60)
        run(airflow)
        until(lambda: counts(store) == (before[0] + 1, before[1] + 1), SECONDS)
        until(lambda: "AI SLO: evaluated 1 SLO" in log.read_text(), SECONDS)
        assert server.call("/api/v2/version").status == 200
    assert "Traceback" not in log.read_text()
    assert "AI SLO measures" not in (airflow.folder / "api-server.log").read_text()
    with store.read() as connection:
        assert connection.execute(select(lease)).all() == []
