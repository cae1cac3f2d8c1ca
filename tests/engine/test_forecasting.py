"""Forecasts from a store are those of the same measurements in memory."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from slo_kit import DAY, HOUR, NOW, an_slo, daily, seen

from airflow_ai_slo import engine
from airflow_ai_slo.core.definition import Budgeting, Schedule, Service
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.errors import UnknownSLOError
from airflow_ai_slo.core.forecast import Outlook, asked, forecast
from airflow_ai_slo.core.freeze_policy import FreezePolicy
from airflow_ai_slo.core.instants import EPOCH, to_micros
from airflow_ai_slo.core.stream import Row, Stream
from airflow_ai_slo.core.windows import CalendarWindow
from airflow_ai_slo.store import Store, curve

MONTH = CalendarWindow(Duration(1, "M"), ZoneInfo("Europe/Berlin"), datetime(2020, 1, 1))
SLOS = [
    an_slo("rolling", window="28d", alerting="workbook"),
    an_slo("short", window="7d", objective="0.99"),
    an_slo("month", window=MONTH),
    an_slo("expected", window="30d", schedule=Schedule(cadence="6h", deadline=None), alerting="pipeline"),
    an_slo("sliced", window="28d", budgeting=Budgeting.TIMESLICES, slice_window="1h", slice_target="0.95"),
    an_slo("ratios", window="28d", budgeting=Budgeting.RATIO_TIMESLICES, slice_window="1d"),
]


@pytest.mark.parametrize("seed", range(2))
def test_a_store_forecasts_what_the_same_measurements_in_memory_do(store: Store, seed: int) -> None:
    dice = random.Random(seed)
    engine.apply(store, SLOS, now=NOW)
    streams = {slo.name: Stream(slo) for slo in SLOS}
    firsts = []
    for number in range(120):
        at = NOW - dice.randrange(1, 9000) * timedelta(minutes=6)
        total = dice.choice([1, 1, 10, Fraction(5, 2)])
        good = total if dice.random() < 0.85 else total * Fraction(dice.randrange(10), 10)
        firsts.append(at)
        for slo in SLOS:
            one = seen(at, good, total, slo=slo.name, key=str(number))
            engine.record(store, [one], now=NOW)
            streams[slo.name].arrive([Row(to_micros(at), one.good, one.total, to_micros(NOW))])
    found = engine.forecasts(store, at=NOW)
    outlooks = set()
    for slo in SLOS:
        evaluation = streams[slo.name].evaluate(NOW)
        upto = {at: streams[slo.name].counts(to_micros(EPOCH) - 1, to_micros(at)) for at in asked(evaluation)}
        assert found[slo.name] == forecast(evaluation, upto, min(firsts)), slo.name
        outlooks.add(found[slo.name].outlook)
    assert Outlook.UNKNOWN not in outlooks


def test_sums_at_many_instants_are_those_of_each(store: Store) -> None:
    engine.apply(store, [an_slo("one"), an_slo("two"), an_slo("none")], now=NOW)
    for name in ("one", "two"):
        engine.record(store, daily(".x.." * 40, step=7 * HOUR, slo=name), now=NOW)
    midnight = NOW.replace(hour=0)
    instants = [NOW, midnight, midnight + timedelta(microseconds=1), NOW - 3 * DAY, NOW - 900 * DAY, NOW + DAY]
    instants += [NOW - number * 5 * HOUR for number in range(1, 30)]
    with store.read() as connection:
        ids = list(curve.prefixes(connection, [NOW])[NOW].rows)
        found = curve.prefixes(connection, instants, ids[:2])
        for at in instants:
            alone = curve.prefixes(connection, [at], ids[:2])[at]
            assert sorted(found[at].rows) == sorted(ids[:2])
            assert [found[at].get(one)[1:] for one in ids[:2]] == [alone.get(one)[1:] for one in ids[:2]]


def test_a_spent_budget_comes_back_above_what_its_service_asks_for(store: Store) -> None:
    policy = FreezePolicy(thaw_above="0.5")
    engine.apply(store, [an_slo(window="28d")], [Service(name="scoring", freeze=policy)], now=NOW)
    engine.record(store, daily("xx.." + "." * 10 + "xx" + "." * 12), now=NOW)
    found = engine.forecasts(store, at=NOW, slos=["done"])["done"]
    assert (found.outlook, found.thaw_above) == (Outlook.SPENT, Fraction(1, 2))
    # 2 of 2.8 bad runs stay for 14 days more, which is less than half of the budget left.
    assert found.recovers_at is not None
    assert NOW + 14 * DAY < found.recovers_at < NOW + 16 * DAY


def test_an_slo_that_is_not_there_is_an_error(store: Store) -> None:
    with pytest.raises(UnknownSLOError, match="no SLO named absent"):
        engine.forecasts(store, at=NOW, slos=["absent"])
