"""Runs that never came, came late or were paused: what a store makes of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from sqlalchemy import select

from airflow_ai_slo import SLO, engine
from airflow_ai_slo.core.counts import Counts
from airflow_ai_slo.core.definition import Schedule
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.errors import ConfigurationError, UnknownSLOError
from airflow_ai_slo.core.measurement import Cause, Measurement
from airflow_ai_slo.store import Store, tables

T0 = datetime(2026, 3, 1, 6, tzinfo=UTC)
HOUR, DAY, MICROSECOND = timedelta(hours=1), timedelta(days=1), timedelta(microseconds=1)
SCHEDULE = Schedule(cadence="1d", start=T0, deadline=Duration(2, "h"))


def daily(**options: object) -> SLO:
    given = {"name": "daily", "service": "x", "objective": 0.9, "window": "28d", "schedule": SCHEDULE}
    return SLO(**(given | options))  # type: ignore[arg-type]


def run(day: int, *, good: int = 1, total: int = 1, key: str | None = None, **more: object) -> Measurement:
    values = {"slo": "daily", "key": key or f"run-{day}", "at": T0 + day * DAY, "good": good, "total": total}
    return Measurement(**(values | more))  # type: ignore[arg-type]


def record(store: Store, *runs: Measurement, now: datetime | None = None) -> None:
    for one in runs:
        engine.record(store, [one], now=now or one.at)


def counted(store: Store, at: datetime) -> Counts:
    [seen] = engine.evaluate(store, at=at)
    return seen.counts


def rows(store: Store) -> dict[str, tuple[float, float, str | None]]:
    with store.read() as connection:
        scale = connection.execute(select(tables.slo.c.scale)).scalar_one()
        found = connection.execute(select(tables.measurement)).all()
        return {row.key: (row.good / scale, row.total / scale, row.cause) for row in found}


def came(store: Store) -> dict[str, tuple[float, float, str | None]]:
    return {key: row for key, row in rows(store).items() if not key.startswith("missing/")}


def test_a_run_is_missing_just_after_its_deadline_and_counts_once(store: Store) -> None:
    engine.apply(store, [daily()], now=T0)
    record(store, run(1), run(2))
    due = T0 + 3 * DAY + 2 * HOUR
    assert counted(store, due) == (2, 2, 0, 2)
    for _ in range(3):
        assert counted(store, due + MICROSECOND) == (2, 3, 1, 3)
    assert rows(store)["missing/2026-03-04T06:00:00.000000Z"] == (0, 1, "missing_run")


def test_a_missing_run_weighs_what_the_last_seven_did(store: Store) -> None:
    engine.apply(store, [daily()], now=T0)
    record(store, *(run(day, good=day, total=10 * day) for day in range(1, 10)))
    seen = counted(store, T0 + 11 * DAY)
    assert seen.total == sum(10 * day for day in range(1, 10)) + 60
    assert seen.runs == 10


def test_a_late_run_takes_the_place_of_the_missing_one_and_stays_bad(store: Store) -> None:
    engine.apply(store, [daily()], now=T0)
    record(store, run(1))
    assert counted(store, T0 + 3 * DAY) == (1, 2, 1, 2)
    record(store, run(2, good=8, total=10, value=0.5), now=T0 + 3 * DAY)
    assert counted(store, T0 + 3 * DAY) == (1, 11, 1, 2)
    assert rows(store)["run-2"] == (0, 10, "late")
    assert len(rows(store)) == 2
    record(store, run(2, good=10, total=10), now=T0 + 4 * DAY)
    assert rows(store)["run-2"] == (0, 10, "late"), "a rerun repairs data, not the delay"


def test_a_run_that_fulfils_its_slot_early_replaces_the_missing_one(store: Store) -> None:
    engine.apply(store, [daily(schedule=replace(SCHEDULE, late="accept"))], now=T0)
    assert counted(store, T0 + DAY + 3 * HOUR) == (0, 1, 1, 1)
    record(store, run(1, at=T0 + DAY - 5 * HOUR), now=T0 + DAY + 4 * HOUR)
    assert counted(store, T0 + DAY + 4 * HOUR) == (1, 1, 0, 1)


def test_backfills_are_never_late(store: Store) -> None:
    engine.apply(store, [daily()], now=T0)
    assert counted(store, T0 + 2 * DAY + 3 * HOUR) == (0, 2, 2, 2)
    record(store, run(1, attributes={"run_type": "backfill"}), now=T0 + 9 * DAY)
    assert rows(store)["run-1"] == (1, 1, None)
    engine.record(store, [run(2)], now=T0 + 9 * DAY, backfill=True)
    assert rows(store)["run-2"] == (1, 1, None)


def test_the_past_may_come_in_several_files(store: Store) -> None:
    engine.apply(store, [daily()], now=T0)
    first, second = [run(1, total=36)], [run(day, total=10) for day in (2, 3, 4, 7)]
    for file in (first, second):
        engine.record(store, file, now=T0 + 9 * DAY, backfill=True)
    assert counted(store, T0 + 9 * DAY).total == 36 + 4 * 10 + 3 * 10
    assert {row[1] for row in rows(store).values() if row[2] == "missing_run"} == {10}


def test_mapped_tasks_of_one_run_are_late_together_or_not_at_all(store: Store) -> None:
    engine.apply(store, [daily()], now=T0)
    record(store, run(1, key="a"), now=T0 + DAY)
    record(store, run(1, key="b"), now=T0 + 2 * DAY)
    record(store, run(2, key="c"), now=T0 + 3 * DAY)
    record(store, run(2, key="d"), now=T0 + 4 * DAY)
    assert {key: row[2] for key, row in came(store).items()} == {"a": None, "b": None, "c": "late", "d": "late"}


def test_a_spool_that_comes_back_undoes_the_lateness_it_caused(store: Store) -> None:
    engine.apply(store, [daily(rerun="first")], now=T0)
    record(store, run(1, key="late", good=3, total=5, cause=Cause.DATA_DRIFT), now=T0 + 2 * DAY)
    assert rows(store)["late"] == (0, 5, "late")
    record(store, run(1, key="in time", recorded_at=T0 + DAY), now=T0 + 3 * DAY)
    assert came(store) == {"late": (3, 5, "data_drift"), "in time": (1, 1, None)}
    assert counted(store, T0 + DAY + HOUR) == (4, 6, 1, 1)


def test_paused_slots_are_not_expected(store: Store) -> None:
    engine.apply(store, [daily()], now=T0)
    record(store, run(1))
    paused = engine.pause(store, ["daily"], author="ann", reason="moving house", now=T0 + DAY + HOUR)
    assert paused == ["daily"]
    assert engine.pause(store, None, author="ann", reason="again", now=T0 + 2 * DAY) == []
    assert counted(store, T0 + 5 * DAY + 3 * HOUR) == (1, 1, 0, 1)
    assert engine.resume(store, None, now=T0 + 5 * DAY + 3 * HOUR) == ["daily"]
    assert counted(store, T0 + 7 * DAY) == (1, 2, 1, 2)
    [seen] = engine.status(store, at=T0 + 7 * DAY)
    assert seen.coverage == Fraction(2, 28 - 4)


def test_a_pause_needs_a_name_a_reason_and_an_slo(store: Store) -> None:
    engine.apply(store, [daily()], now=T0)
    with pytest.raises(ConfigurationError, match="a pause needs an author and a reason"):
        engine.pause(store, author=" ", reason="x", now=T0)
    with pytest.raises(UnknownSLOError, match="dayli"):
        engine.pause(store, ["dayli"], author="ann", reason="x", now=T0)


def test_silence_pages_like_failure_and_only_once(store: Store) -> None:
    engine.apply(store, [daily()], now=T0)
    record(store, *(run(day) for day in range(1, 20)))
    for hour in range(0, 96, 3):
        engine.evaluate(store, at=T0 + 19 * DAY + hour * HOUR)
    with store.read() as connection:
        events = connection.execute(select(tables.incident_event).order_by(tables.incident_event.c.id)).all()
    assert [(event.transition, event.severity) for event in events] == [("opened", 2)]


def test_status_sees_a_missing_run_without_anybody_evaluating(store: Store) -> None:
    engine.apply(store, [daily()], now=T0)
    [seen] = engine.status(store, at=T0 + DAY + 3 * HOUR)
    assert seen.counts == (0, 1, 1, 1)
    [seen] = engine.status(store, at=T0 + 9 * DAY, now=T0 + 2 * DAY)
    assert seen.counts.runs == 1, "what is yet to come is not missing"
