"""The demo's first half, a process of its own: 60 days of DAG runs played back, then the report.

It waits for a line on stdin before it plays, because it needs what ``demo.prepare`` makes.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from datetime import datetime, timedelta

from demo.events import DEPLOY_AT, LOOK_AT, RUN_AT, Teller, newest_run
from demo.faults import LATE_BY, Fault, Faults
from demo.settings import DAYS, PLACES, REPOSITORY, Places

DEPLOYMENT_DAY = 3
"""A new model is deployed on Thursdays."""


def apply_definitions(places: Places, *, now: datetime) -> None:
    """Store what ``slos/`` promises, as ``ai-slo apply slos`` does."""
    from airflow_ai_slo import engine, openslo
    from airflow_ai_slo.store import open_store

    loaded = openslo.load([REPOSITORY / "slos"]).require()
    engine.apply(open_store(f"sqlite:///{places.store}"), loaded.slos, loaded.services, now=now, targets=loaded.targets)


def play(tell: Callable[..., None], places: Places, *, newest: datetime, faults: Faults, days: int = DAYS) -> None:
    """Play back the days before the newest run, faults included, and write the report.

    :param tell: is told ``stored`` once the DAGs are in Airflow's database, each ``day``, ``played`` and ``reported``.
    """
    from demo.playback import Playback

    playback = Playback(REPOSITORY / "dags")
    tell("stored", dags=sorted(playback.dags))
    midnight = newest - RUN_AT
    for number in range(1, days + 1):
        day = midnight - timedelta(days=days + 1 - number)
        fault = faults.of(day.date())
        tell("day", number=number, of=days, date=day.date().isoformat(), fault=fault)
        if fault is not Fault.MISSING:
            late = LATE_BY if fault is Fault.LATE else timedelta(0)
            now = day + RUN_AT + late
            wanted = "failed" if fault is Fault.FAILS else "success"
            playback.run("flights_delay", logical_date=day + RUN_AT, now=now, delays={"load": late}, wanted=wanted)
        playback.run("slo_evaluation", logical_date=day + LOOK_AT, wanted="success")
        if day.weekday() == DEPLOYMENT_DAY:
            playback.run("deploy_model", logical_date=day + DEPLOY_AT)
    tell("played", days=days)
    playback.run("slo_report", logical_date=midnight - timedelta(days=1) + LOOK_AT, wanted="success")
    tell("reported", path=str(places.report))


def migrate() -> None:
    """Make Airflow's database, as ``airflow db migrate`` does, in a process that has imported Airflow anyway."""
    from airflow.utils.db import upgradedb

    upgradedb()


def preload() -> None:
    """Import and build what the first task would wait for: Airflow first, because ``demo.prepare`` begins elsewhere."""
    import httpx
    from airflow.sdk.execution_time.supervisor import in_process_api_server

    from demo.same_thread import SameThread
    from demo.task_api import trim

    server = in_process_api_server()
    trim(server.app)
    server.transport = SameThread(server.app)  # type: ignore[misc]
    # The first request builds the API that tasks talk to.
    httpx.Client(transport=server.transport, base_url="http://in-process").get("/health")
    migrate()
    import great_expectations  # noqa: F401

    import airflow_ai_slo.expectations.drift  # noqa: F401

    # What is there now stays; the collector need not look at it again.
    gc.collect()
    gc.freeze()


def main() -> None:
    tell = Teller()
    newest = newest_run(datetime.fromisoformat(os.environ["DEMO_NOW"]))
    preload()
    tell("ready")
    sys.stdin.readline()
    apply_definitions(PLACES, now=newest - timedelta(days=DAYS + 1))
    play(tell, PLACES, newest=newest, faults=Faults(newest.date()))


if __name__ == "__main__":
    main()
