"""Editing a cadence, an objective or the alerting of an SLO whose runs are expected; figures with confidence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from sqlalchemy import select

from airflow_ai_slo import SLO, engine
from airflow_ai_slo.core.burn import Outcome
from airflow_ai_slo.core.definition import BurnRule, Schedule, Severity
from airflow_ai_slo.core.durations import Runs
from airflow_ai_slo.core.measurement import Measurement
from airflow_ai_slo.store import Store, tables

T0 = datetime(2026, 3, 2, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def apply(store: Store, cadence: str = "1d", *, now: datetime = T0, start: datetime | None = T0, **more: Any) -> None:
    values = {"name": "daily", "service": "x", "objective": "0.9", "window": "28d"}
    engine.apply(store, [SLO(**(values | more), schedule=Schedule(cadence=cadence, start=start))], now=now)


def run(at: datetime, good: Any = 1, total: Any = 1, **more: Any) -> Measurement:
    return Measurement(**({"slo": "daily", "key": at.isoformat(), "at": at, "good": good, "total": total} | more))


def record(store: Store, *runs: Measurement) -> None:
    for one in runs:
        engine.record(store, [one], now=one.at)


def events(store: Store) -> list[tuple[str, int]]:
    table = tables.incident_event
    with store.read() as connection:
        query = select(table.c.transition, table.c.severity).order_by(table.c.id)
        return [(row.transition, row.severity) for row in connection.execute(query)]


def test_a_run_of_an_edited_cadence_fulfils_its_slot(store: Store) -> None:
    apply(store, "0 6 * * *")
    record(store, run(T0 + 6 * HOUR), run(T0 + DAY + 6 * HOUR))
    engine.evaluate(store, at=T0 + 2 * DAY + 7 * HOUR)
    apply(store, "1d", now=T0 + 2 * DAY + 7 * HOUR)
    for day in range(3, 9):
        record(store, run(T0 + day * DAY))
        [seen] = engine.evaluate(store, at=T0 + day * DAY + HOUR)
        assert seen.counts == (day, day, 0, day)


def test_a_late_run_replaces_what_was_missing_under_the_cadence_before(store: Store) -> None:
    apply(store)
    record(store, run(T0 + DAY))
    engine.evaluate(store, at=T0 + 3 * DAY + HOUR)
    apply(store, "0 6 * * *", now=T0 + 3 * DAY + HOUR)
    engine.record(store, [run(T0 + 2 * DAY, 10, 10)], now=T0 + 3 * DAY + 2 * HOUR)
    [seen] = engine.evaluate(store, at=T0 + 3 * DAY + 3 * HOUR)
    assert seen.counts == (1, 11, 1, 2)


def test_a_coarser_cadence_waits_for_nothing_that_came_in_before_it(store: Store) -> None:
    apply(store, "1h")
    record(store, *(run(T0 + hour * HOUR) for hour in range(1, 16)))
    just_settled = T0 + 16 * HOUR + timedelta(seconds=1)
    engine.evaluate(store, at=just_settled)
    apply(store, "1d", now=just_settled)
    [seen] = engine.evaluate(store, at=T0 + 2 * DAY + HOUR)
    assert seen.counts == (15, 15, 0, 15)


def test_new_alerting_decides_nothing_on_old_runs(store: Store) -> None:
    apply(store, alerting="none")
    for day, good in enumerate("110011", 1):
        record(store, run(T0 + day * DAY, int(good)))
        engine.evaluate(store, at=T0 + day * DAY)
    apply(store, alerting="pipeline", now=T0 + 6 * DAY)
    engine.evaluate(store, at=T0 + 6 * DAY)
    assert events(store) == []
    record(store, run(T0 + 7 * DAY, 0))
    engine.evaluate(store, at=T0 + 7 * DAY)
    assert events(store) == [("opened", 1)]


def test_an_edited_objective_keeps_an_incident_open_until_good_runs_close_it(store: Store) -> None:
    apply(store)
    record(store, *(run(T0 + day * DAY, int(day < 8)) for day in range(1, 10)))
    engine.evaluate(store, at=T0 + 9 * DAY)
    assert events(store) == [("opened", 2)]
    apply(store, objective="0.8", now=T0 + 9 * DAY)
    engine.evaluate(store, at=T0 + 9 * DAY + HOUR)
    assert events(store) == [("opened", 2)]
    for day in range(10, 40):
        record(store, run(T0 + day * DAY))
        engine.evaluate(store, at=T0 + day * DAY)
    assert [transition for transition, _ in events(store)][-1] == "resolved"
    assert [transition for transition, _ in events(store)].count("opened") == 1


def test_a_run_that_succeeds_at_its_second_try_is_one_of_the_good_runs_that_clear_a_page(store: Store) -> None:
    apply(store)
    record(store, *(run(T0 + day * DAY, int(day < 8)) for day in range(1, 10)))
    engine.evaluate(store, at=T0 + 9 * DAY)
    for day in range(10, 30):
        at = T0 + day * DAY
        for minutes, good in ((0, 0), (1, 1)):
            record(store, run(at, good))
            engine.evaluate(store, at=at + timedelta(minutes=minutes))
    assert [transition for transition, _ in events(store)] == ["opened", "deescalated", "resolved"]


@pytest.mark.parametrize("away", [2, 25, 50])
def test_an_evaluator_that_was_away_tells_what_it_would_have_told(store: Store, away: int) -> None:
    slo = SLO(name="daily", service="x", objective=0.9, window="7d", schedule=Schedule(cadence="1h", start=T0))
    engine.apply(store, [slo], now=T0)
    verdicts = "1" * 24 + "00" + "1" * 14 + "00" + "1" * 40
    for hour, good in enumerate(verdicts, start=1):
        at = T0 + hour * HOUR
        record(store, run(at, int(good)))
        if hour <= 24 or not hour % away:
            engine.evaluate(store, at=at)
    engine.evaluate(store, at=T0 + len(verdicts) * HOUR)
    told = [transition for transition, _ in events(store)]
    assert told == ["opened", "deescalated", "escalated", "deescalated", "resolved"]


TWO_RUNS = BurnRule(severity=Severity.PAGE, long=Runs(2), short=Runs(2), factor=Fraction(5), min_bad_long=2)


def test_an_incident_opens_only_where_the_samples_are_enough_to_be_sure(store: Store) -> None:
    apply(store, confidence="0.95", rules=[TWO_RUNS])
    record(store, *(run(T0 + day * DAY, 4 if day > 5 else 10, 10) for day in range(1, 8)))
    [seen] = engine.evaluate(store, at=T0 + 7 * DAY)
    assert [alert.outcome for alert in seen.alerts] == [Outcome.UNKNOWN]
    assert events(store) == []
    record(store, *(run(T0 + day * DAY, "400.5", 1000) for day in (8, 9)))
    [seen] = engine.evaluate(store, at=T0 + 9 * DAY)
    assert [alert.outcome for alert in seen.alerts] == [Outcome.FIRING]
    assert events(store) == [("opened", 2)]


def test_confidence_counts_samples_however_finely_they_are_kept(store: Store) -> None:
    apply(store, confidence="0.95", rules=[TWO_RUNS])
    record(store, run(T0 + DAY, "9.999999999", 10))
    record(store, *(run(T0 + day * DAY, 4 if day > 5 else 10, 10) for day in range(2, 8)))
    engine.evaluate(store, at=T0 + 7 * DAY)
    assert events(store) == []
