"""Evaluating 1,000 SLOs x 8 windows with alerts, in process on SQLite, and the same with tenfold history.

Each store is then given a cadence and calendar windows, so that missing runs, windows in runs and coverage by settled
runs are on, and measured again. The floor is one look-up for each edge of each window, by the driver alone. The peer of
hourly data is Prometheus, where it is installed, over the same counts; it is asked the same beside expected runs, of
which it knows nothing.
"""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from airflow_ai_slo import SLO, engine
from airflow_ai_slo.core.definition import Schedule
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.instants import to_micros
from airflow_ai_slo.core.measurement import Measurement
from airflow_ai_slo.core.windows import CalendarWindow
from airflow_ai_slo.store import Store, open_store
from benchmarks import prometheus
from benchmarks.measure import against, say, spread

END = datetime(2026, 6, 1, 15, 20, 34, tzinfo=UTC)
SLOS = 1000
_SPANS = [timedelta(hours=hours) for hours in (0, 1 / 12, 0.5, 1, 2, 6, 24, 72, 28 * 24)]


def run(folder: Path) -> dict[str, Any]:
    """Seconds; the limits are 0.15 (five minutes), 0.05 (hourly) and 1.3 times itself (tenfold)."""
    hourly = _beside_prometheus(folder)
    tenfold = _measure(folder / "tenfold.db", timedelta(hours=1), timedelta(days=400))
    five = _measure(folder / "five.db", timedelta(minutes=5), timedelta(days=40))
    return {
        "hourly_40_days": hourly,
        "hourly_400_days": tenfold,
        "tenfold_ratio": _tenfold(folder / "tenfold.db", folder / "hourly.db"),
        "five_minutes_40_days": five,
    }


def _beside_prometheus(folder: Path) -> dict[str, Any]:
    path, every, history = folder / "hourly.db", timedelta(hours=1), timedelta(days=40)
    if not prometheus.installed():
        say("no Prometheus on the PATH to compare with; Debian's package `prometheus` would bring it")
        return _measure(path, every, history)
    say("filling Prometheus with the same measurements")
    with prometheus.serving(folder / "prometheus", histories(every, history)) as peer:
        if len(peer.values(prometheus.ratio("28d"), END)) != SLOS:
            raise RuntimeError("Prometheus does not hold every SLO")
        return _measure(path, every, history, peer.evaluate)


def _measure(
    path: Path, every: timedelta, history: timedelta, peer: Callable[[datetime], None] | None = None
) -> dict[str, Any]:
    store = open_store(f"sqlite:///{path}")
    rows = fill(store, every, history)
    instants = (END + timedelta(seconds=number) for number in itertools.count())

    def once() -> None:
        engine.evaluate(store, at=next(instants))

    def in_turn(peer: Callable[[datetime], None]) -> tuple[float, float]:
        say("evaluating in turn with Prometheus")
        found = against(lambda _: once(), lambda _: peer(next(instants)), times=15)
        return found["peer_seconds"], found["ratio"]

    say(f"evaluating over {rows:,} measurements")
    found: dict[str, Any] = {"measurements": rows, **against(lambda _: once(), _floor(path), times=15)}
    if peer:
        found["prometheus_seconds"], found["ratio_to_prometheus"] = in_turn(peer)
    engine.apply(store, _slos(schedule=Schedule(cadence=str(Duration.of(every)))), now=END)
    say("evaluating with expected runs and calendar windows")
    engine.evaluate(store, at=END)
    found |= spread(once, times=15, named="seconds_with_expected_runs")
    if peer:
        beside = in_turn(peer)
        found["prometheus_seconds_with_expected_runs"], found["ratio_to_prometheus_with_expected_runs"] = beside
    return found


def _tenfold(long: Path, short: Path) -> float:
    """What ten times the history costs: both evaluated in turn, with expected runs."""
    say("evaluating both histories in turn")
    stores = [open_store(f"sqlite:///{path}") for path in (long, short)]
    begin = END + timedelta(hours=1)
    once = [lambda n, of=of: engine.evaluate(of, at=begin + timedelta(seconds=n)) for of in stores]
    return float(against(*once, times=15)["ratio"])


def _floor(path: Path) -> Callable[[int], object]:
    """Look up the last run before each edge of eight windows, for every SLO: nothing is added up, judged or kept."""
    driver = sqlite3.connect(path)
    ids = [row[0] for row in driver.execute("SELECT id FROM ai_slo_slo WHERE active")]
    query = (
        "SELECT sum_good, sum_total, sum_bad, sum_runs FROM ai_slo_run"
        " WHERE slo_id = ? AND at <= ? ORDER BY at DESC LIMIT 1"
    )

    def look_up(number: int) -> None:
        edges = [to_micros(END - span + timedelta(seconds=number)) for span in _SPANS]
        for slo_id in ids:
            for at in edges:
                driver.execute(query, (slo_id, at)).fetchone()

    return look_up


def _slos(schedule: Schedule | None = None) -> list[SLO]:
    month = CalendarWindow(Duration(1, "M"), ZoneInfo("Europe/Berlin"), datetime(2026, 1, 1))
    return [
        SLO(
            name=f"slo-{number:04}",
            service=f"service-{number % 50}",
            objective=0.99,
            window=month if schedule and number % 2 else "28d",
            schedule=schedule,
        )
        for number in range(SLOS)
    ]


def fill_hourly(store: Store) -> None:
    """Forty days of an hourly measurement of every SLO."""
    fill(store, timedelta(hours=1), timedelta(days=40))


def fill(store: Store, every: timedelta, history: timedelta, end: datetime = END) -> int:
    """1,000 SLOs with a measurement each so often, up to an instant; how many measurements that are."""
    rows = SLOS * (history // every)
    engine.apply(store, _slos(), now=end)
    say(f"filling {path_of(store)} with {rows:,} measurements")
    for measurements in histories(every, history, end):
        engine.record(store, measurements, now=end)
    return rows


def histories(every: timedelta, history: timedelta, end: datetime = END) -> Iterator[list[Measurement]]:
    """The measurements of one SLO after the other, oldest first."""
    instants = [end - history + every * (number + 1) for number in range(history // every)]
    for number, slo in enumerate(_slos()):
        yield list(_stream(slo.name, instants, number))


def _stream(name: str, instants: list[datetime], number: int) -> Iterator[Measurement]:
    for index, at in enumerate(instants):
        bad = (index * 31 + number * 17) % 211 == 0
        yield Measurement(slo=name, key=str(index), at=at, good=60 if bad else 100, total=100)


def path_of(store: Store) -> str:
    return Path(store.engine.url.database or "").name
