"""A day, a month or a year of measurements that come in at once, late: the slow reference says what is true then."""

from __future__ import annotations

import random
from datetime import datetime
from fractions import Fraction
from typing import Any

import pytest
from expected_kit import DAY, HOUR, MINUTE, assert_same, in_order, measurement_of, slo_of
from expected_reference import Arrival, Definition, Reference
from slo_kit import an_slo, seen
from slo_reference import Reference as CountsAlone
from sqlalchemy import select

from airflow_ai_slo import engine
from airflow_ai_slo.store import Store, tables
from airflow_ai_slo.store.prepared import Prepared

T0 = datetime.fromisoformat("2026-06-01T00:00:00+00:00")
MANY = 240
HOURLY = Definition(Fraction(9, 10), 7 * DAY, HOUR, start=T0, deadline=2 * HOUR)
NOW = T0 + MANY * HOUR + 90 * MINUTE


def late(dice: random.Random) -> list[Arrival]:
    """Nearly every hour since, good and bad, all at once; the last of them are in time."""
    hours = [number for number in range(1, MANY + 1) if dice.random() < 0.9]
    dice.shuffle(hours)
    return [
        Arrival(f"{hour}", T0 + hour * HOUR, Fraction(dice.randint(0, 3)), Fraction(3), NOW - MINUTE) for hour in hours
    ]


@pytest.mark.parametrize("looked", [False, True], ids=["nobody looked", "all were missing"])
def test_a_flood_of_late_runs_is_judged_as_the_reference_does(store: Store, *, looked: bool) -> None:
    first = Arrival("first", T0 + MINUTE, Fraction(3), Fraction(3), T0 + 2 * MINUTE)
    arrivals = in_order([first, *late(random.Random(3))])
    engine.apply(store, [slo_of(HOURLY)], now=T0)
    engine.record(store, [measurement_of(first)], now=first.taken)
    if looked:
        engine.evaluate(store, at=NOW - 2 * MINUTE)
    engine.record(store, [measurement_of(one) for one in arrivals[1:]], now=NOW - MINUTE)
    before = len(_messages(store))
    engine.evaluate(store, at=NOW)
    [found] = engine.status(store, at=NOW, now=NOW)
    assert_same(found, Reference(HOURLY, arrivals), NOW)
    assert len(_messages(store)) <= before + 2, "one incident and one freeze at most, however many are bad"


def test_a_flood_into_an_slo_without_a_cadence_is_counted_as_the_reference_does(store: Store) -> None:
    dice, reference = random.Random(5), CountsAlone(Fraction(9, 10))
    engine.apply(store, [an_slo(alerting="seed")], now=T0)
    engine.record(store, [seen(NOW - HOUR * number, key=f"{number}") for number in range(0, MANY, 3)], now=NOW)
    for number in range(0, MANY, 3):
        reference.record(f"{number}", NOW - HOUR * number, 1, 1)
    flood = [
        (f"{number}", NOW - MINUTE * dice.randrange(60 * MANY), dice.randint(0, 3)) for number in range(1, 10 * MANY)
    ]
    engine.record(store, [seen(at, good, 3, key=key) for key, at, good in flood], now=NOW)
    for key, at, good in flood:
        reference.record(key, at, good, 3)
    for back in (0, 1, 100, MANY):
        at = NOW - back * HOUR
        [found] = engine.status(store, at=at)
        expected = reference.within(at - 30 * DAY, at)
        assert found.counts == (expected.good, expected.total, expected.bad_runs, expected.runs)


@pytest.mark.parametrize("alerting", ["pipeline", "seed"])
def test_an_evaluation_after_a_flood_reads_no_more_than_one_before(
    store: Store, alerting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = slo_of(HOURLY).name
    engine.apply(store, [slo_of(HOURLY) if alerting == "pipeline" else an_slo(name, alerting=alerting)], now=T0)
    flood = [measurement_of(one) for one in late(random.Random(3))]
    engine.record(store, [seen(T0 + HOUR, slo=name), *flood[:10]], now=NOW)
    engine.evaluate(store, at=NOW)
    read: list[int] = []
    fetch = Prepared.all

    def counted(self: Prepared, *args: Any) -> Any:
        rows = fetch(self, *args)
        read.append(len(rows))
        return rows

    monkeypatch.setattr(Prepared, "all", counted)
    engine.evaluate(store, at=NOW + MINUTE)
    before, read = [*read], []
    engine.record(store, flood, now=NOW + MINUTE)
    engine.evaluate(store, at=NOW + 2 * MINUTE)
    read.clear()
    engine.evaluate(store, at=NOW + 3 * MINUTE)
    assert (len(read), sum(read)) == (len(before), sum(before))


def _messages(store: Store) -> list[Any]:
    with store.read() as connection:
        return list(connection.execute(select(tables.outbox)))
