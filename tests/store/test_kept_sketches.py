"""Sketches in the store: whatever is recorded again, dropped or replaced, a window holds what stands in it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slo_kit import DAY, HOUR, NOW, an_slo, seen
from sqlalchemy import func, select

from airflow_ai_slo import engine
from airflow_ai_slo.core.corrections import Interval
from airflow_ai_slo.core.definition import Indicator
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.errors import StoreUnavailableError, UnknownSLOError
from airflow_ai_slo.core.measurement import Measurement
from airflow_ai_slo.core.sketch import Sketch, merged, percentiles, sketch_of
from airflow_ai_slo.core.windows import RollingWindow
from airflow_ai_slo.store import Store, definitions, sketches
from airflow_ai_slo.store.tables import sketch, sketch_day

START = NOW.replace(hour=0) - 5 * DAY
_names = (f"timed-{number}" for number in itertools.count())


def timed(at: datetime, *values: float, total: int | None = None, **more: object) -> Measurement:
    count = len(values) if total is None else total
    return seen(at, count, count, sketch=sketch_of(values), **more)  # type: ignore[arg-type]


def held(store: Store, name: str, start: datetime, end: datetime) -> Sketch:
    with store.read() as connection:
        return sketches.within(connection, definitions.active(connection, [name])[0].slo_id, start, end)


@pytest.fixture
def ready(store: Store) -> Store:
    engine.apply(store, [an_slo()], now=NOW)
    return store


ONE = st.tuples(st.integers(0, 7), st.integers(0, 20), st.lists(st.floats(0.1, 1e4), max_size=4), st.booleans())


@given(
    given_=st.lists(ONE, min_size=1, max_size=12),
    together=st.booleans(),
    dropped=st.one_of(st.none(), st.tuples(st.integers(0, 18), st.integers(1, 5))),
    edges=st.tuples(st.integers(0, 20), st.integers(1, 20)),
    rerun=st.sampled_from(["replace", "first", "worst"]),
)
@settings(max_examples=15)
def test_a_window_holds_the_sketches_of_what_stands_in_it_and_is_not_dropped(
    store: Store,
    given_: list[tuple[int, int, list[float], bool]],
    together: bool,
    dropped: tuple[int, int] | None,
    edges: tuple[int, int],
    rerun: str,
) -> None:
    name, step = next(_names), 6 * HOUR
    engine.apply(store, [an_slo(name, rerun=rerun)], now=NOW)
    stands: dict[str, Measurement] = {}
    told = [
        timed(START + at * step, *values, total=5, slo=name, key=f"k{key}", recorded_at=NOW + timedelta(seconds=n))
        if with_sketch
        else seen(START + at * step, 5, 5, slo=name, key=f"k{key}", recorded_at=NOW + timedelta(seconds=n))
        for n, (key, at, values, with_sketch) in enumerate(given_)
    ]
    for one in told:
        if rerun == "replace" or one.key not in stands:
            stands[one.key] = one
    for batch in [told] if together else [[one] for one in told]:
        engine.record(store, batch, now=NOW)
    start, end = START + edges[0] * step, START + (edges[0] + edges[1]) * step
    drops = (START, START)
    if dropped is not None:
        drops = (START + dropped[0] * step, START + (dropped[0] + dropped[1]) * step)
        engine.add_correction(store, [name], period=Interval(*drops), author="a", reason="r", now=NOW)
    wanted = [
        one.sketch
        for one in stands.values()
        if one.sketch and start < one.at <= end and not drops[0] < one.at <= drops[1]
    ]
    assert held(store, name, start, end) == merged(wanted)


def test_a_replaced_run_replaces_its_sketch_and_moves_it_to_its_day(ready: Store) -> None:
    engine.record(ready, [timed(START, 10.0, key="a"), timed(START, 30.0, key="b")], now=NOW)
    engine.record(ready, [timed(START + DAY, 20.0, 20.0, key="a")], now=NOW)
    assert held(ready, "done", START - DAY, START) == sketch_of([30.0])
    assert held(ready, "done", START, START + DAY) == sketch_of([20.0, 20.0])


def test_counts_written_by_hand_over_a_timed_run_take_its_percentiles_away(ready: Store) -> None:
    engine.record(ready, [timed(START, 10.0, key="a")], now=NOW)
    engine.record(ready, [seen(START, 1, 1, key="a")], now=NOW + HOUR)
    assert held(ready, "done", START - DAY, START) == Sketch()
    with ready.read() as connection:
        kept = [connection.execute(select(func.count()).select_from(one)).scalar() for one in (sketch, sketch_day)]
    assert kept == [0, 0]


def test_what_came_in_earlier_undoes_no_later_sketch(ready: Store) -> None:
    engine.record(ready, [timed(START, 10.0, key="a", recorded_at=NOW)], now=NOW)
    engine.record(ready, [timed(START, 99.0, key="a", recorded_at=NOW - HOUR)], now=NOW)
    assert held(ready, "done", START - DAY, START) == sketch_of([10.0])


def test_a_window_reads_a_row_for_each_whole_day_however_many_runs_it_had(ready: Store) -> None:
    runs = [timed(START + n * timedelta(minutes=30), float(n + 1)) for n in range(1, 48 * 3 + 1)]
    engine.record(ready, runs, now=NOW)
    with ready.read() as connection:
        days = connection.execute(select(func.count()).select_from(sketch_day)).scalar()
    assert days == 3
    assert held(ready, "done", START, START + 3 * DAY).count == len(runs)


def test_two_writers_of_one_day_lose_nothing(ready: Store) -> None:
    def write(first: int) -> None:
        for n in range(first, first + 10):
            engine.record(ready, [timed(START, float(n + 1), key=f"k{n}")], now=NOW)

    threads = [Thread(target=write, args=(first,)) for first in (0, 10, 20)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert held(ready, "done", START - DAY, START) == sketch_of([float(n + 1) for n in range(30)])


def test_percentiles_are_over_the_slos_window_or_another(ready: Store) -> None:
    engine.record(ready, [timed(NOW - 10 * DAY, 100.0), timed(NOW, 200.0)], now=NOW)
    own = engine.percentiles(ready, at=NOW)["done"]
    day = engine.percentiles(ready, at=NOW, slos=["done"], window=RollingWindow(Duration.parse("1d")))["done"]
    assert (own, day) == (percentiles(sketch_of([100.0, 200.0])), percentiles(sketch_of([200.0])))
    with pytest.raises(UnknownSLOError):
        engine.percentiles(ready, at=NOW, slos=["other"])


def test_an_slo_that_timed_nothing_has_no_percentiles(ready: Store) -> None:
    engine.record(ready, [seen(NOW)], now=NOW)
    assert engine.percentiles(ready, at=NOW) == {}


def test_a_new_generation_starts_without_the_old_ones_percentiles(ready: Store) -> None:
    engine.record(ready, [timed(NOW, 100.0)], now=NOW)
    engine.apply(ready, [an_slo(indicator=Indicator(source="sql", spec={"query": "other"}))], now=NOW)
    assert engine.percentiles(ready, at=NOW) == {}


def test_a_sketch_waits_in_the_spool_with_its_measurement(ready: Store, tmp_path: Path) -> None:
    def away() -> Store:
        raise StoreUnavailableError("away")

    def record(open_store: Callable[[], Store], *measurements: Measurement) -> int:
        kept = engine.record_or_spool(open_store, measurements, now=NOW, spool=tmp_path / "spool.jsonl")
        return kept.replayed

    record(away, timed(NOW, 100.0, 300.0))
    assert record(lambda: ready) == 1
    assert held(ready, "done", NOW - DAY, NOW) == sketch_of([100.0, 300.0])
