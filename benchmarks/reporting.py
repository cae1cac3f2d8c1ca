"""A monthly report of 1,000 SLOs: read from the store and drawn, against one ``engine.status`` of all of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from airflow_ai_slo import SLO, engine
from airflow_ai_slo.core.definition import Schedule
from airflow_ai_slo.core.measurement import Cause, Measurement
from airflow_ai_slo.core.periods import period_of
from airflow_ai_slo.reports import FORMATS, render
from airflow_ai_slo.store import Store, open_store
from benchmarks.measure import median, say, timed

END = datetime(2026, 6, 1, tzinfo=UTC)
SLOS = 1000
DAYS = 100
BATCH = 100


def run(folder: Path) -> dict[str, Any]:
    """Seconds to read and to draw, megabytes of the files, and the ratio to ``engine.status``."""
    store = open_store(f"sqlite:///{folder / 'reporting.db'}")
    say(f"reporting on {SLOS:,} SLOs, {fill(store):,} measurements")
    status = median(lambda: engine.status(store, at=END, now=END), times=5)
    period = period_of("month", END)
    report = engine.report(store, period=period)
    seconds = timed(lambda: engine.report(store, period=period))
    result: dict[str, Any] = {"slos": SLOS, "status_seconds": status, "read_seconds": seconds}
    for kind in FORMATS:
        texts: list[str] = []
        result[f"{kind}_seconds"] = timed(lambda kind=kind, texts=texts: texts.append(render(report, kind)))
        result[f"{kind}_megabytes"] = len(texts[0].encode()) / 1e6
    result["ratio_to_status"] = seconds / status
    return result


def fill(store: Store) -> int:
    """A daily pipeline each, in which every ninth has a bad run in fourteen."""
    names = [f"slo-{number:04}" for number in range(SLOS)]
    slos = [
        SLO(
            name=name,
            service=f"service-{number % 50}",
            objective="0.9",
            window="28d",
            schedule=Schedule(cadence="1d", late="accept"),
        )
        for number, name in enumerate(names)
    ]
    engine.apply(store, slos, now=END - timedelta(days=DAYS))
    rows = 0
    for first in range(0, SLOS, BATCH):
        runs = [_run(names[number], number, day) for number in range(first, first + BATCH) for day in range(DAYS)]
        engine.record(store, runs, now=END)
        rows += len(runs)
    return rows


def _run(name: str, number: int, day: int) -> Measurement:
    bad = (number % 9 == 0 or number % 2 == 0) and (day + number) % 14 == 0
    at = END - timedelta(days=DAYS - 1 - day)
    cause = (Cause.DATA_DRIFT, Cause.LATE, Cause.PIPELINE_FAILURE)[(day + number) % 3] if bad else None
    attributes = {"dag": f"dag_{number % 50}", "task": ("load", "score")[day % 2], "model_version": str(day // 40)}
    return Measurement(
        slo=name, key=f"{name}/{day}", at=at, good=int(not bad), total=1, cause=cause, attributes=attributes
    )
