"""A gate's answer, beyond connecting; the limit is 5 ms."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from airflow_ai_slo import SLO, engine
from airflow_ai_slo.core.measurement import Measurement
from airflow_ai_slo.store import Store, open_store
from airflow_ai_slo.store.connection import unchecked
from benchmarks.measure import databases, median

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def run(folder: Path) -> dict[str, Any]:
    """Median seconds over an open connection, among 1,000 SLOs."""
    result = {}
    with databases(folder) as urls:
        for name, url in urls.items():
            unchecked(url).migrate()
            result[name] = {"seconds": _gate(open_store(url))}
    return result


def _gate(store: Store) -> float:
    slos = [
        SLO(name=f"slo-{n}", service=f"service-{n % 100}", objective=0.99, window="28d", freeze=True)
        for n in range(1000)
    ]
    engine.apply(store, slos, now=NOW)
    bad = [Measurement(slo=slo.name, key="k", at=NOW - timedelta(days=27), good=0, total=1) for slo in slos]
    engine.record(store, bad, now=NOW)
    engine.evaluate(store, at=NOW)
    counter = iter(range(1_000_000))

    def once() -> None:
        answer = engine.gate(lambda: store, "service-7", now=NOW, actor=f"deploy-{next(counter)}")
        if answer.outcome.value != "frozen":
            raise RuntimeError(f"the gate should be frozen: {answer}")

    return median(once, times=200)
