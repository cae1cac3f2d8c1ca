"""Counts, instants and stretches of silence at the edge of what there is: nothing crashes, nothing is lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from airflow_ai_slo import SLO, engine
from airflow_ai_slo.core.definition import Schedule
from airflow_ai_slo.core.measurement import Measurement
from airflow_ai_slo.store import Store

T0 = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def apply(store: Store, cadence: str = "1d", start: datetime | None = T0, name: str = "a") -> None:
    slo = SLO(name=name, service="x", objective="0.9", window="28d", schedule=Schedule(cadence=cadence, start=start))
    engine.apply(store, [slo], now=T0)


def run(at: datetime, good: int = 1, total: int = 1, name: str = "a") -> Measurement:
    return Measurement(slo=name, key=at.isoformat(), at=at, good=good, total=total)


@pytest.mark.parametrize("cadence", ["1d", "0 6 * * *", "0 6 29 2 *"])
@pytest.mark.parametrize("year", [9999, 9900])
def test_a_run_at_the_end_of_the_calendar_breaks_nothing(store: Store, cadence: str, year: int) -> None:
    for name, start in (("with start", T0), ("without", None)):
        apply(store, cadence, start, name)
        engine.record(store, [run(datetime(year, 12, 31, 23, 59, tzinfo=UTC), name=name)], now=T0 + DAY)
        engine.record(store, [run(T0 + DAY, name=name)], now=T0 + DAY)
    assert [one.counts for one in engine.evaluate(store, at=T0 + DAY)] == [(1, 1, 0, 1)] * 2


@pytest.mark.parametrize("cadence", ["1d", "0 6 * * *", "0 6 29 2 *"])
def test_a_run_at_its_beginning_breaks_nothing_either(store: Store, cadence: str) -> None:
    apply(store, cadence)
    engine.record(store, [run(datetime(1, 1, 1, tzinfo=UTC)), run(T0 + DAY)], now=T0 + DAY)
    assert [one.counts for one in engine.evaluate(store, at=T0 + DAY)] == [(1, 1, 0, 1)]


def test_counts_too_large_for_halves_weigh_a_whole_number(store: Store) -> None:
    apply(store)
    engine.record(store, [run(T0 + DAY, 2**60, 2**60), run(T0 + 2 * DAY, 2**60 + 1, 2**60 + 1)], now=T0 + 2 * DAY)
    [seen] = engine.evaluate(store, at=T0 + 5 * DAY)
    assert seen.counts == (2**61 + 1, 2**61 + 1 + 2**60, 1, 3)


def test_runs_that_cannot_be_added_up_stop_no_evaluation(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    apply(store)
    apply(store, name="b")
    engine.record(store, [run(T0 + DAY, 2**61, 2**61), run(T0 + DAY, name="b")], now=T0 + DAY)
    large, small = engine.evaluate(store, at=T0 + 9 * DAY)
    assert (large.counts.runs, small.counts.runs) == (1, 7)
    assert "missing run(s) of a cannot be counted: counts are too large to be added up" in caplog.text


def test_months_of_silence_are_found_in_portions_and_counted_once(store: Store) -> None:
    apply(store, "5m", T0 - 80 * DAY)
    [seen] = engine.evaluate(store, at=T0)
    assert (seen.counts.runs, seen.counts.bad_runs, seen.coverage < 1) == (8062, 8062, True)
    [years] = engine.status(store, at=T0 - 52 * DAY, now=T0)
    assert years.counts.runs == 8063 + 1
    assert engine.status(store, at=T0, now=T0) == [seen]
