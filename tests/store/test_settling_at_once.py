"""Evaluators and recorders at once, while runs fall due that nobody recorded."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from airflow_ai_slo import SLO, engine
from airflow_ai_slo.core.definition import Schedule
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.instants import to_micros
from airflow_ai_slo.core.measurement import Measurement
from airflow_ai_slo.store import Store
from airflow_ai_slo.store.tables import day, incident_event, measurement, outbox, run

T0 = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
SCHEDULE = Schedule(cadence="1h", start=T0, deadline=Duration(10, "m"))


def hourly(name: str) -> SLO:
    return SLO(name=name, service="x", objective="0.9", window="7d", schedule=SCHEDULE, notify=["slack:#data"])


def seen(slo: str, hour: int, good: int = 1, recorded_at: datetime | None = None) -> Measurement:
    at = T0 + hour * HOUR
    return Measurement(slo=slo, key=f"run-{hour}", at=at, good=good, total=1, recorded_at=recorded_at)


def assert_recounted(store: Store) -> None:
    """Runs are the sums of their measurements, and the sums of all days end at the sum of all runs."""
    m, r, d = measurement.c, run.c, day.c
    with store.read() as connection:
        summed = select(m.slo_id, m.at, func.sum(m.good), func.sum(m.total), func.count()).group_by(m.slo_id, m.at)
        kept = select(r.slo_id, r.at, r.good, r.total, r.measurements)
        assert sorted(map(tuple, connection.execute(summed))) == sorted(map(tuple, connection.execute(kept)))
        whole = select(r.slo_id, func.sum(r.good), func.sum(r.total), func.sum(r.bad), func.count()).group_by(r.slo_id)
        last = select(d.slo_id, func.max(d.day)).group_by(d.slo_id).subquery()
        ends = select(d.slo_id, d.sum_good, d.sum_total, d.sum_bad, d.sum_runs).join(
            last, (last.c.slo_id == d.slo_id) & (last.c[1] == d.day)
        )
        assert sorted(map(tuple, connection.execute(whole))) == sorted(map(tuple, connection.execute(ends)))


def test_each_missing_run_is_found_once_whoever_looks(store: Store) -> None:
    names = ["a", "b", "c"]
    engine.apply(store, [hourly(name) for name in names], now=T0)
    for name in names:
        engine.record(store, [seen(name, hour, recorded_at=T0 + hour * HOUR) for hour in range(1, 41)], now=T0)
    engine.evaluate(store, at=T0 + 40 * HOUR)
    dice = random.Random(4)
    # From hour 41 on, every third run never comes and every fifth is late.
    jobs = [
        lambda name=name, hour=hour: engine.record(
            store, [seen(name, hour)], now=T0 + hour * HOUR + (2 * HOUR if hour % 5 == 0 else timedelta(minutes=1))
        )
        for name in names
        for hour in range(41, 71)
        if hour % 3
    ]
    jobs += [lambda hour=hour: engine.evaluate(store, at=T0 + hour * HOUR) for hour in range(41, 74)]
    jobs += [lambda: engine.status(store, at=T0 + 73 * HOUR, now=T0 + 73 * HOUR) for _ in range(5)]
    dice.shuffle(jobs)
    with ThreadPoolExecutor(8) as pool:
        for job in [pool.submit(job) for job in jobs]:
            job.result()
    found = engine.evaluate(store, at=T0 + 73 * HOUR)
    assert_recounted(store)
    late = sum(1 for hour in range(41, 71) if hour % 3 and hour % 5 == 0)
    absent = sum(1 for hour in range(41, 73) if hour % 3 == 0 or hour > 70)
    for evaluation in found:
        assert (evaluation.counts.runs, evaluation.counts.bad_runs) == (72, late + absent)
    with store.read() as connection:
        missing = select(measurement.c.at).where(measurement.c.cause == "missing_run")
        ats = sorted(connection.execute(missing).scalars())
        expected = [hour for hour in range(41, 73) if hour % 3 == 0 or hour > 70]
        assert ats == sorted(to_micros(T0 + hour * HOUR) for hour in expected for _ in names)
        events = connection.execute(select(func.count()).select_from(incident_event)).scalar_one()
        messages = connection.execute(select(func.count()).select_from(outbox)).scalar_one()
        opened = connection.execute(
            select(func.count()).select_from(incident_event).where(incident_event.c.transition == "opened")
        ).scalar_one()
    assert (events, opened) == (messages, 3)


def test_many_evaluators_settle_a_silent_day_once(store: Store) -> None:
    engine.apply(store, [hourly("a")], now=T0)
    engine.record(store, [seen("a", 1)], now=T0 + HOUR)
    engine.evaluate(store, at=T0 + HOUR)
    with ThreadPoolExecutor(8) as pool:
        hours = (20, 25, 25, 22, 25, 23, 25, 25)
        list(pool.map(lambda hour: engine.evaluate(store, at=T0 + hour * HOUR), hours))
    [last] = engine.evaluate(store, at=T0 + 25 * HOUR)
    assert last.counts == (1, 24, 23, 24)
    assert_recounted(store)
    with store.read() as connection:
        transitions = connection.execute(select(incident_event.c.transition)).scalars().all()
        messages = connection.execute(select(func.count()).select_from(outbox)).scalar_one()
    assert transitions.count("opened") == 1
    assert len(transitions) == messages


def test_a_clock_that_steps_back_takes_nothing_back(store: Store) -> None:
    engine.apply(store, [hourly("a")], now=T0)
    engine.record(store, [seen("a", hour, recorded_at=T0 + hour * HOUR) for hour in range(1, 20)], now=T0)
    [ahead] = engine.evaluate(store, at=T0 + 22 * HOUR)
    assert ahead.counts.runs == 21
    for hour in (20, 19, 21):
        engine.evaluate(store, at=T0 + hour * HOUR)
    # What the clock ahead took for missing comes in time by the right one.
    engine.record(store, [seen("a", 20), seen("a", 21)], now=T0 + 20 * HOUR)
    [seen_now] = engine.evaluate(store, at=T0 + 22 * HOUR)
    assert seen_now.counts == (21, 21, 0, 21)
    assert_recounted(store)


def test_many_late_runs_at_once_open_one_incident(store: Store) -> None:
    many = 5000
    engine.apply(store, [hourly("a")], now=T0)
    now = T0 + (many + 5) * HOUR
    engine.record(store, [seen("a", hour) for hour in range(1, many + 1)], now=now)
    [found] = engine.evaluate(store, at=now)
    assert found.counts.bad_runs == found.counts.runs == 7 * 24 - 1
    engine.evaluate(store, at=now + timedelta(minutes=1))
    assert_recounted(store)
    with store.read() as connection:
        assert connection.execute(select(incident_event.c.transition)).scalars().all() == ["opened"]
