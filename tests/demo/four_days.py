"""Plays four simulated days in a process of its own, as the demo does; prints what came of them as one JSON line.

``python four_days.py FOLDER SLACK_URL``
"""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parent.parent.parent
sys.path[:0] = [str(REPOSITORY), str(REPOSITORY / "dags")]

from demo.faults import Fault, Faults  # noqa: E402
from demo.settings import Places, airflow_environment  # noqa: E402

NEWEST = datetime(2026, 11, 24, 6, tzinfo=UTC)
PLAN = {3: Fault.FAILS, 2: Fault.MISSING, 1: Fault.LATE}


def main(folder: Path, slack: str) -> None:
    places = Places(folder)
    places.home.mkdir(parents=True)
    os.environ |= airflow_environment(places, port=8080, slack=slack) | {"AI_SLO_COUNT_TEST_RUNS": "1"}
    from demo.prepare import lay_feed, train_model

    faults = Faults(NEWEST.date(), plan=PLAN)
    train_model(places, shift=lay_feed(places, faults=faults))

    from demo.simulate import apply_definitions, play, preload

    preload()
    apply_definitions(places, now=NEWEST - timedelta(days=5))
    told: list[str] = []
    play(lambda event, **_: told.append(event), places, newest=NEWEST, faults=faults, days=4)
    print("\n" + json.dumps({"told": told, "runs": _runs(), "measured": _measured(places), "report": _report(places)}))


def _runs() -> list[list[Any]]:
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import select

    columns = (DagRun.dag_id, DagRun.logical_date, DagRun.state, DagRun.start_date, DagRun.end_date)
    with create_session() as session:
        return [[str(value) for value in row] for row in session.execute(select(*columns).order_by(DagRun.run_after))]


def _measured(places: Places) -> dict[str, Any]:
    from airflow_ai_slo import engine
    from airflow_ai_slo.store import open_store

    store = open_store(f"sqlite:///{places.store}")
    seen = engine.report(store, at=NEWEST, period=timedelta(days=7)).services[0]
    return {
        one.evaluation.slo.name: {
            "good": float(one.evaluation.counts.good),
            "total": float(one.evaluation.counts.total),
            "bad": [[worst.at.isoformat(), str(worst.cause)] for worst in one.worst],
        }
        for one in seen.slos
    } | {"frozen": list(seen.frozen.slos) if seen.frozen else []}


def _report(places: Places) -> int:
    return len(places.report.read_bytes()) if places.report.exists() else 0


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
