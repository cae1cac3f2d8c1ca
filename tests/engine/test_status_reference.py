"""Evaluations from a store equal those of a slow count, and those of a backtest of the same measurements."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from slo_kit import DAY, MINUTE, NOW, an_slo, seen
from slo_reference import Reference

from airflow_ai_slo import engine
from airflow_ai_slo.core.definition import SLO
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.history import Row, backtest
from airflow_ai_slo.core.instants import to_micros
from airflow_ai_slo.core.windows import CalendarWindow
from airflow_ai_slo.store import Store

BERLIN = ZoneInfo("Europe/Berlin")
MONTH = CalendarWindow(Duration(1, "M"), BERLIN, datetime(2020, 1, 1))
SLOS = [
    an_slo("rolling", window="7d", alerting="workbook", objective="0.99"),
    an_slo("month", window=MONTH, alerting="seed", objective="0.9"),
    an_slo("day", window=CalendarWindow(Duration(1, "d"), BERLIN, datetime(2020, 1, 1)), objective="0.999"),
]
LENGTHS = {"m": MINUTE, "h": 60 * MINUTE, "d": DAY}


@pytest.mark.parametrize("seed", range(3))
def test_every_figure_of_a_store_is_that_of_a_slow_count(store: Store, seed: int) -> None:
    dice = random.Random(seed)
    engine.apply(store, SLOS, now=NOW)
    rows: dict[str, list[Row]] = {slo.name: [] for slo in SLOS}
    expected = {slo.name: Reference(slo.objective) for slo in SLOS}
    for number in range(150):
        at = NOW - dice.randrange(10_000) ** 2 * timedelta(seconds=dice.choice([0, 1, 1, 60])) / 60
        total = dice.choice(
            [Fraction(0), Fraction(1), Fraction(dice.randrange(100)), Fraction(dice.randrange(500), 10)]
        )
        good = total * dice.choice([0, 1, 1, 1, 1]) if dice.random() < 0.8 else total * Fraction(dice.randrange(11), 10)
        for slo in SLOS:
            one = seen(at, good, total, slo=slo.name, key=str(number))
            engine.record(store, [one], now=NOW)
            rows[slo.name].append(Row(to_micros(at), one.good, one.total, to_micros(at)))
            expected[slo.name].record(str(number), at, one.good, one.total)
    for at in [NOW, NOW - 3 * DAY, datetime(2026, 3, 1, tzinfo=BERLIN), datetime(2026, 2, 28, 23, tzinfo=UTC)]:
        for evaluation in engine.status(store, at=at):
            name = evaluation.slo.name
            assert evaluation == backtest(evaluation.slo, rows[name], [at])[0]
            assert_figures(evaluation.slo, expected[name], at, evaluation)


def assert_figures(slo: SLO, expected: Reference, at: datetime, seen: object) -> None:
    from airflow_ai_slo.core.evaluation import Evaluation

    assert isinstance(seen, Evaluation)
    start, end = window_of(slo, at.astimezone(UTC))
    figures, covered = expected.within(start, at), expected.coverage(start, at.astimezone(UTC), end)
    assert seen.counts == (figures.good, figures.total, figures.bad_runs, figures.runs)
    assert (seen.sli, seen.coverage) == (figures.sli, covered)
    assert seen.budget.remaining == expected.remaining(figures, covered)
    assert seen.exhausted == (None if seen.budget.remaining is None else seen.budget.remaining <= 0)
    for alert in seen.alerts:
        long, short = (None if s is None else length(str(s)) for s in (alert.rule.long, alert.rule.short))
        assert long is not None
        assert alert.outcome == expected.rule(at.astimezone(UTC), long, short, alert.rule.factor)


def window_of(slo: SLO, at: datetime) -> tuple[datetime, datetime]:
    """By hand: the last 7 days, or the month or day of Berlin that ends at or after this instant."""
    if slo.name == "rolling":
        return at - 7 * DAY, at
    local = (at - timedelta(microseconds=1)).astimezone(BERLIN)
    first = local.replace(hour=0, minute=0, second=0, microsecond=0, day=1 if slo.name == "month" else local.day)
    last = (first + timedelta(days=32)).replace(day=1) if slo.name == "month" else first + timedelta(days=1)
    return first.astimezone(UTC), last.astimezone(UTC)


def length(text: str) -> timedelta:
    return int(text[:-1]) * LENGTHS[text[-1]]
