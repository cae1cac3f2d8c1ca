"""A scrape of 1,000 SLOs, as a ratio to evaluating them alone; the limit is 0.2 s."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow_ai_slo import engine
from airflow_ai_slo.store import open_store
from benchmarks.evaluating import END, fill_hourly
from benchmarks.measure import against


def run(folder: Path) -> dict[str, Any]:
    """Median seconds of the status of 1,000 SLOs, and of a scrape down to its bytes."""
    store = open_store(f"sqlite:///{folder / 'scraped.db'}")
    fill_hourly(store)
    engine.evaluate(store, at=END)

    def status(number: int) -> None:
        engine.status(store, at=END + timedelta(seconds=2 * number + 4))

    def scrape(number: int) -> str:
        seen = engine.snapshot(store, at=END + timedelta(seconds=2 * number + 5))
        return engine.exposition(engine.families(seen), openmetrics=True)

    series = sum(not line.startswith("#") for line in scrape(99).splitlines())
    return {"series": series} | against(lambda n: scrape(n).encode(), status, times=15)
