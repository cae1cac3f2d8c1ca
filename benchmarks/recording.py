"""Recording against a raw INSERT + COMMIT, and against executemany, into the same table of the same database.

What comes in late at once is the same in bulk, into the past: into an SLO whose runs have deadlines, each is judged. An
evaluation afterwards is compared with one before.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from airflow_ai_slo import SLO, engine
from airflow_ai_slo.core.definition import Schedule
from airflow_ai_slo.core.measurement import Measurement
from airflow_ai_slo.store import Store, open_store
from airflow_ai_slo.store.connection import unchecked
from benchmarks.measure import against, databases, median, say

NOW = datetime(2026, 6, 1, tzinfo=UTC)
BULK = 100_000
LATE_ROUNDS = 3
COLUMNS = "slo_id, key, at, good, total, value, cause, attributes, recorded_at"


def run(folder: Path) -> dict[str, Any]:
    """Both databases, one at a time and in bulk."""
    result = {}
    with databases(folder) as urls:
        for name, url in urls.items():
            unchecked(url).migrate()
            store = open_store(url)
            engine.apply(store, [SLO(name=n, service="s", objective=0.995) for n in ("one", "bulk")], now=NOW)
            say(f"recording on {name}")
            result[name] = {"one": _one(store), "bulk_100000": _bulk(store), **_late(store)}
    return result


def _one(store: Store) -> dict[str, Any]:
    raw = _Raw(store)
    at = [NOW + timedelta(minutes=5 * n) for n in range(2002)]

    def ours(number: int) -> None:
        one = Measurement(slo="one", key=f"run-{number}", at=at[number + 1], good=1, total=1)
        engine.record(store, [one], now=NOW)

    return against(ours, lambda n: raw.insert([(1, f"raw-{n}", n, 1, 1, None, None, None, n)]), times=2000)


def _bulk(store: Store) -> dict[str, Any]:
    raw = _Raw(store)
    at = [NOW + timedelta(minutes=5 * n) for n in range(6 * BULK)]

    rounds = range(-1, 4)
    batches = {n: [_measurement(n, i, at[BULK * (n + 1) + i]) for i in range(BULK)] for n in rounds}
    rows = {n: [(2, f"raw-{n}-{i}", i, 1, 1, None, None, None, i) for i in range(BULK)] for n in rounds}
    return against(lambda n: engine.record(store, batches[n], now=NOW), lambda n: raw.insert(rows[n]), times=4)


def _late(store: Store) -> dict[str, Any]:
    """Three floods, each a year of runs every five minutes; of the first only what it leaves counts."""
    began = NOW - timedelta(minutes=5 * LATE_ROUNDS * BULK)
    due = Schedule(cadence="5m", start=began)
    slos = [SLO(name="late", service="s", objective=0.995), SLO(name="due", service="s", objective=0.995, schedule=due)]
    engine.apply(store, slos, now=began)
    before = median(lambda: engine.evaluate(store, at=began, slos=["due"]), times=20)
    found = {}
    for name in ("late", "due"):
        raw = _Raw(store)
        at = [began + timedelta(minutes=5 * (n + 1)) for n in range(LATE_ROUNDS * BULK)]
        batches = {
            n: [
                Measurement(slo=name, key=f"{n}-{i}", at=at[BULK * (n + 1) + i], good=int(i % 50 > 0), total=1)
                for i in range(BULK)
            ]
            for n in range(-1, LATE_ROUNDS - 1)
        }
        rows = {n: [(2, f"raw-{name}-{n}-{i}", i, 1, 1, None, None, None, i) for i in range(BULK)] for n in batches}
        found[name] = against(
            lambda n, batches=batches: engine.record(store, batches[n], now=NOW),
            lambda n, raw=raw, rows=rows: raw.insert(rows[n]),
            times=LATE_ROUNDS - 1,
        )
    after = median(lambda: engine.evaluate(store, at=NOW, slos=["due"]), times=20)
    return {
        "late_100000": found["late"],
        "late_100000_with_deadlines": found["due"],
        "evaluation_after_late": {"seconds": after, "peer_seconds": before, "ratio": after / before},
    }


def _measurement(batch: int, number: int, at: datetime) -> Measurement:
    return Measurement(slo="bulk", key=f"{batch}-{number}", at=at, good=1, total=1)


class _Raw:
    """The driver itself on the store's own kind of connection, which nobody else uses."""

    def __init__(self, store: Store) -> None:
        self._pooled = store.engine.raw_connection()
        self._connection: Any = self._pooled.driver_connection
        self._sqlite = store.engine.dialect.name == "sqlite"
        marks = ", ".join(["?" if self._sqlite else "%s"] * 9)
        self._insert = f"INSERT INTO ai_slo_measurement ({COLUMNS}) VALUES ({marks})"

    def insert(self, rows: list[tuple[Any, ...]]) -> None:
        cursor = self._connection.cursor()
        if self._sqlite:
            cursor.execute("BEGIN IMMEDIATE")
        if len(rows) == 1:
            cursor.execute(self._insert, rows[0])
        else:
            cursor.executemany(self._insert, rows)
        self._connection.commit()
        cursor.close()
