"""What the alerts of pipelines must come to, through the whole engine: record, settle, evaluate every so often."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import product
from typing import NamedTuple

import pytest
from expected_slots import cron_runs_a_day, cron_slots, interval_slots
from sqlalchemy import select

from airflow_ai_slo import SLO, engine
from airflow_ai_slo.core.definition import Schedule
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.measurement import Measurement
from airflow_ai_slo.store import MEMORY, Store
from airflow_ai_slo.store.connection import fresh
from airflow_ai_slo.store.tables import incident_event

END = datetime(2026, 3, 9, 6, tzinfo=UTC)
DAY = timedelta(days=1)
CADENCES = {
    "5m": timedelta(minutes=5),
    "15m": timedelta(minutes=15),
    "1h": timedelta(hours=1),
    "6h": timedelta(hours=6),
    "1d": DAY,
    "0 6 * * 1-5": None,
    "1w": 7 * DAY,
}
OBJECTIVES = ("0.9", "0.95", "0.99", "0.995", "0.999")
OFTEN, SELDOM = Fraction(1, 3), Fraction(5, 2)
PERIOD = 28


class Case(NamedTuple):
    """A cadence, an objective, and how many cadences lie between two evaluations."""

    cadence: str
    objective: str
    every: Fraction

    @property
    def step(self) -> timedelta:
        return CADENCES[self.cadence] or DAY

    @property
    def allowed(self) -> Fraction:
        """A: bad runs that the period may hold."""
        step = CADENCES[self.cadence]
        a_day = (
            cron_runs_a_day(self.cadence)
            if step is None
            else Fraction(DAY // timedelta(seconds=1), step.seconds + step.days * 86400)
        )
        return (1 - Fraction(self.objective)) * a_day * PERIOD


CASES = [Case(*parts) for parts in product(CADENCES, OBJECTIVES, (OFTEN, SELDOM))][::7]
"""Every cadence, objective and budget size is there; all 70 take six minutes."""


class Told(NamedTuple):
    """One event of an incident, and the share of the budget that was left then."""

    transition: str
    severity: str
    remaining: Fraction | None


def played(case: Case, stream: str) -> list[Told]:
    """What is told while runs of a stream come in, after a period of good ones: ``x`` fails, ``_`` never comes.

    The last three runs only let time pass.
    """
    store = fresh(MEMORY)
    store.migrate()
    begin = END - (PERIOD + 8) * DAY
    slo = SLO(name="a", service="x", objective=case.objective, window=f"{PERIOD}d", schedule=schedule(case, begin))
    engine.apply(store, [slo], now=begin)
    slots = iter(slots_of(case, begin))
    good: list[Measurement] = []
    for at in slots:
        good.append(run(at, 1, at))
        if at >= END - 7 * DAY:
            break
    engine.record(store, good, now=good[-1].at)
    engine.evaluate(store, at=good[-1].at)
    told = list(follow(store, case, zip(slots, stream, strict=False), good[-1].at))
    store.engine.dispose()
    return told


def follow(store: Store, case: Case, runs: Iterator[tuple[datetime, str]], now: datetime) -> Iterator[Told]:
    seen, every = 0, case.step * case.every.numerator / case.every.denominator
    for at, what in runs:
        came = at + case.step / 10
        while now + every < came:
            now += every
            for told in told_at(store, now, seen):
                seen += 1
                yield told
        if what != "_":
            engine.record(store, [run(at, int(what == "."), came)], now=came)


def told_at(store: Store, now: datetime, seen: int) -> list[Told]:
    [evaluation] = engine.evaluate(store, at=now)
    with store.read() as connection:
        events = connection.execute(select(incident_event).order_by(incident_event.c.id)).all()[seen:]
    names = {1: "ticket", 2: "page"}
    return [Told(one.transition, names[one.severity], evaluation.budget.remaining) for one in events]


def schedule(case: Case, begin: datetime) -> Schedule:
    return Schedule(cadence=case.cadence, start=begin, deadline=Duration.of(case.step / 5))


def slots_of(case: Case, begin: datetime) -> list[datetime]:
    step = CADENCES[case.cadence]
    until = END + max(400 * case.step, 30 * DAY)
    if step is None:
        return cron_slots(case.cadence, "UTC", begin, until)
    return interval_slots(step, begin, begin, until)


def run(at: datetime, good: int, recorded_at: datetime) -> Measurement:
    return Measurement(slo="a", key=at.isoformat(), at=at, good=good, total=1, recorded_at=recorded_at)


def said(told: list[Told]) -> list[str]:
    return [f"{one.transition} {one.severity}" for one in told]


def pages(told: list[Told]) -> int:
    return sum(one.severity == "page" and one.transition in ("opened", "escalated") for one in told)


def opened(told: list[Told]) -> int:
    return sum(one.transition == "opened" for one in told)


def name_of(case: Case) -> str:
    return f"{case.cadence} {case.objective} {'often' if case.every is OFTEN else 'seldom'}"


each_case = pytest.mark.parametrize("case", CASES, ids=name_of)


@each_case
@pytest.mark.parametrize("failure", ["x", "_"])
def test_one_isolated_failure_never_pages(case: Case, failure: str) -> None:
    told = played(case, f"...{failure}" + "." * 18)
    assert pages(told) == 0
    assert opened(told) == (1 if case.allowed <= 2 else 0)


@each_case
@pytest.mark.parametrize("failures", ["xx", "xxxxx", "__", "x_x"])
def test_two_or_more_in_a_row_page_exactly_once(case: Case, failures: str) -> None:
    told = played(case, f"...{failures}" + "." * 18)
    if case.allowed <= 100:
        assert pages(told) == 1
    assert opened(told) <= 1


@each_case
@pytest.mark.parametrize("interleaved", ["x.", "_.", "x..", "x..x."])
def test_interleaved_failures_never_cycle(case: Case, interleaved: str) -> None:
    told = played(case, "..." + interleaved * 11)
    assert opened(told) <= 1
    assert pages(told) <= 1
    assert "resolved" not in {one.transition for one in told}


@each_case
def test_a_leak_of_one_run_in_four_opens_one_ticket_before_the_budget_is_gone(case: Case) -> None:
    length = 40 if case.allowed <= 20 else 200 if case.allowed <= 500 else 400
    told = played(case, "..." + "...x" * (length // 4))
    assert said(told)[:1] == ["opened ticket"]
    assert opened(told) == 1
    if case.allowed > 1:
        assert told[0].remaining is not None
        assert told[0].remaining > 0


@each_case
@pytest.mark.parametrize("failures", ["x", "xx", "x.x.xx", "xxx...x"])
def test_silence_alerts_like_failure(case: Case, failures: str) -> None:
    loud = played(case, "..." + failures + "." * 14)
    silent = played(case, "..." + failures.replace("x", "_") + "." * 14)
    assert said(silent) == said(loud)


@pytest.mark.parametrize("case", [case for case in CASES if case.allowed < 1], ids=name_of)
def test_below_one_allowed_failure_the_first_opens_a_ticket_and_a_second_in_a_row_pages(case: Case) -> None:
    assert said(played(case, "...x....."))[:1] == ["opened ticket"]
    assert said(played(case, "...xx...."))[:2] == ["opened ticket", "escalated page"]
