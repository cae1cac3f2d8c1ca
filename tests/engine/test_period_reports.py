"""Reports of calendar periods from a store: compared with the period before, counted one by one by a slow reference."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from slo_kit import DAY, HOUR, an_slo, seen

from airflow_ai_slo import SLA, engine
from airflow_ai_slo.core.comparing import Change, Standing
from airflow_ai_slo.core.compliance import Outlook
from airflow_ai_slo.core.definition import Budgeting, Indicator, Schedule
from airflow_ai_slo.core.measurement import Cause
from airflow_ai_slo.core.periods import period_of
from airflow_ai_slo.reports.model import Report, SLOReport
from airflow_ai_slo.store import Store

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2025, 11, 3, 5, tzinfo=UTC)
FEBRUARY = datetime(2026, 2, 1, 0, tzinfo=BERLIN).astimezone(UTC)
JANUARY = period_of("month", FEBRUARY, BERLIN)


def report(store: Store, name: str = "done", *, at: datetime = FEBRUARY, kind: str = "month") -> SLOReport:
    found = engine.report(store, period=period_of(kind, at, BERLIN))
    return next(slo for service in found.services for slo in service.slos if slo.evaluation.slo.name == name)


def month_of(at: datetime) -> tuple[int, int]:
    """The month in Berlin that an instant belongs to; midnight is the end of the day before."""
    local = (at - timedelta(microseconds=1)).astimezone(BERLIN)
    return local.year, local.month


@pytest.mark.parametrize("seed", range(4))
def test_every_month_is_what_counting_one_by_one_says(store: Store, seed: int) -> None:
    rng = random.Random(seed)
    sla = SLA("0.8", credits={"0.8": "0.1", "0.7": "0.3"}, zone=BERLIN)
    engine.apply(store, [an_slo(objective="0.9", sla=sla, freeze=False)], now=START)
    runs = []
    at = START
    while at < FEBRUARY + 10 * DAY:
        total = rng.randrange(0, 5)
        good = rng.randrange(total // 2, total + 1)
        cause = rng.choice([Cause.DATA_DRIFT, Cause.LATE]) if good < total else None
        runs.append(seen(at, good, total, cause=cause, attributes={"model_version": str(at.month)}))
        at += rng.choice([HOUR, 7 * HOUR, DAY])
    # On the very edges of January: the start belongs to December, the end to January.
    runs += [seen(JANUARY.start, 0, 3, cause=Cause.LATE), seen(JANUARY.end, 1, 2, cause=Cause.DATA_DRIFT)]
    runs = [*{run.at: run for run in runs}.values()]
    rng.shuffle(runs)
    engine.record(store, runs, now=FEBRUARY + 11 * DAY)
    found = report(store)
    assert found.compared is not None
    assert found.agreement is not None
    good, total, bad_runs, spent = Counter(), Counter(), Counter(), Counter()
    for run in runs:
        month = month_of(run.at)
        good[month] += run.good
        total[month] += run.total
        bad_runs[month] += run.total > 0 and Fraction(run.good) / run.total < Fraction(9, 10)
        spent[month, run.cause] += run.total - run.good
    for one in found.compared.run_up:
        month = month_of(one.period.end)
        assert (one.counts.good, one.counts.total, one.counts.bad_runs) == (good[month], total[month], bad_runs[month])
        assert one.met == (good[month] * 10 >= total[month] * 9)
    for one in (found.compared.now, found.compared.before):
        month = month_of(one.period.end)
        causes = {by.name: by.bad for by in one.spenders if by.by == "cause"}
        assert causes == {cause: bad for (when, cause), bad in spent.items() if when == month and bad}
        allowed = Fraction(1, 10) * total[month]
        assert one.spent == (total[month] - good[month]) / allowed
    assert [month_of(one.period.end) for one in found.agreement.past] == [(2025, 11), (2025, 12)]
    for one in (*found.agreement.past, found.agreement.now):
        month = month_of(one.period.end)
        share = Fraction(good[month], total[month])
        owed = Fraction(3, 10) if share < Fraction(7, 10) else Fraction(1, 10) if share < Fraction(8, 10) else 0
        assert (one.compliance, one.credit, one.over) == (share, owed, True)


def test_a_report_written_again_says_the_same_whatever_happened_since(store: Store) -> None:
    engine.apply(store, [an_slo(window="28d")], now=START)
    days = [START + DAY * number for number in range((FEBRUARY - START) // DAY + 20)]
    for number, at in enumerate(days):
        engine.record(store, [seen(at, int(number % 4 != 0 or at > FEBRUARY), 1)], now=at)
        engine.evaluate(store, at=at)
        if at < FEBRUARY <= at + DAY:
            first = engine.report(store, period=JANUARY, now=FEBRUARY)
    again = engine.report(store, period=JANUARY, now=FEBRUARY)
    assert first.services[0].freezes
    assert again == first
    frozen = first.services[0].frozen
    assert frozen is not None
    assert frozen.since < FEBRUARY


def test_what_came_in_late_is_in_the_report_written_later(store: Store) -> None:
    engine.apply(store, [an_slo()], now=START)
    engine.record(store, [seen(FEBRUARY - DAY, 1, 1)], now=FEBRUARY)
    before = report(store).compared
    engine.record(store, [seen(FEBRUARY - 2 * DAY, 0, 1)], now=FEBRUARY + DAY)
    after = report(store).compared
    assert before is not None
    assert after is not None
    assert (before.now.counts.bad, after.now.counts.bad) == (0, 1)


def test_figures_are_told_better_or_worse(store: Store) -> None:
    engine.apply(store, [an_slo(freeze=False)], now=START)
    december = [seen(datetime(2025, 12, day, 6, tzinfo=UTC), int(day > 6), 1) for day in range(1, 31)]
    january = [seen(datetime(2026, 1, day, 6, tzinfo=UTC), int(day > 2), 1) for day in range(1, 31)]
    engine.record(store, december + january, now=FEBRUARY)
    found = report(store).compared
    assert found is not None
    assert found.before is not None
    assert (found.before.met, found.now.met, found.missed) == (False, True, 1)
    assert (found.before.spent, found.now.spent, found.overall) == (2, Fraction(2, 3), Change.BETTER)


def test_an_slo_that_began_within_the_period_is_new_and_compared_with_nothing(store: Store) -> None:
    engine.apply(store, [an_slo("old")], now=START)
    engine.record(store, [seen(START, slo="old")], now=START)
    began = FEBRUARY - 5 * DAY
    engine.apply(store, [an_slo("fresh")], now=began)
    engine.record(store, [seen(began + HOUR, slo="fresh")], now=FEBRUARY)
    fresh, old = report(store, "fresh").compared, report(store, "old").compared
    assert fresh is not None
    assert (fresh.standing, fresh.since, fresh.before) == (Standing.NEW, began, None)
    assert [one.period.slug for one in fresh.run_up] == ["2026-01"]
    assert old is not None
    assert old.standing is Standing.KEPT
    assert [one.period.slug for one in old.run_up] == ["2025-11", "2025-12", "2026-01"]


def test_history_that_was_recorded_for_the_time_before_makes_an_slo_old(store: Store) -> None:
    engine.apply(store, [an_slo()], now=FEBRUARY - DAY)
    engine.record(store, [seen(START)], now=FEBRUARY - DAY)
    found = report(store).compared
    assert found is not None
    assert found.standing is Standing.KEPT


def test_an_slo_that_was_not_there_yet_is_left_out(store: Store) -> None:
    engine.apply(store, [an_slo("old")], now=START)
    engine.apply(store, [an_slo("later", service="later")], now=FEBRUARY + DAY)
    found = engine.report(store, period=JANUARY)
    assert [service.service.name for service in found.services] == ["scoring"]


def test_measuring_something_else_is_said(store: Store) -> None:
    engine.apply(store, [an_slo()], now=START)
    engine.record(store, [seen(START)], now=START)
    changed = FEBRUARY - 3 * DAY
    engine.apply(store, [an_slo(indicator=Indicator(source="sql", spec={"query": "other"}))], now=changed)
    found = report(store).compared
    assert found is not None
    assert (found.standing, found.since) == (Standing.ANEW, changed)


def test_an_slo_whose_runs_end_is_said_to_have_ended(store: Store) -> None:
    end = FEBRUARY - 10 * DAY
    engine.apply(store, [an_slo(schedule=Schedule(cadence="1d", end=end))], now=START)
    engine.record(store, [seen(START + DAY * number) for number in range(30)], now=START + 40 * DAY)
    found = report(store).compared
    assert found is not None
    assert (found.standing, found.since) == (Standing.ENDED, end)


def test_the_time_frozen_is_that_within_each_month(store: Store) -> None:
    engine.apply(store, [an_slo(window="28d")], now=START)
    froze, thawed = JANUARY.start - 4 * DAY, JANUARY.start + 6 * DAY
    runs = [seen(froze - HOUR - DAY * number, int(number % 2 > 0), 1) for number in range(30)]
    engine.record(store, runs, now=froze)
    engine.evaluate(store, at=froze)
    engine.release(store, "scoring", author="me", reason="mended", now=thawed)
    found = report(store).compared
    assert found is not None
    assert found.before is not None
    assert (found.before.frozen, found.now.frozen) == (4 * DAY, 6 * DAY)


def test_slices_are_what_a_period_counts_where_slices_are_counted(store: Store) -> None:
    sliced = an_slo(
        budgeting=Budgeting.TIMESLICES, slice_target="0.9", slice_window="1h", sla=SLA("0.5", zone=BERLIN), freeze=False
    )
    engine.apply(store, [sliced], now=START)
    first = JANUARY.start + 10 * DAY
    runs = [seen(first + timedelta(minutes=30 * number), 8 if number in (3, 4) else 10, 10) for number in range(8)]
    engine.record(store, runs, now=FEBRUARY)
    found = report(store)
    assert found.compared is not None
    assert found.agreement is not None
    assert found.compared.now.counts == found.agreement.now.counts
    assert (found.compared.now.counts.bad, found.compared.now.counts.total) == (1, 5)


def test_an_agreement_in_its_month_says_what_it_still_bears(store: Store) -> None:
    sla = SLA("0.9", credits={"0.9": "0.1"}, zone="UTC")
    slo = an_slo(
        objective="0.95", sla=sla, schedule=Schedule(cadence="1d", deadline="12h", late="accept"), freeze=False
    )
    engine.apply(store, [slo], now=START)
    days = [datetime(2026, 1, day, 6, tzinfo=UTC) for day in range(1, 11)]
    engine.record(store, [seen(at, int(at.day != 4), 1) for at in days], now=days[-1] + HOUR)
    at = days[-1] + HOUR
    [found] = engine.agreements(store, at=at).values()
    # Ten of thirty-one runs; 3.1 may be bad and one was.
    assert (found.now.outlook, found.now.coverage, found.now.allowed) == (
        Outlook.MET,
        Fraction(10, 31),
        Fraction(31, 10),
    )
    assert (found.now.bears_whole, found.now.over, found.past) == (2, False, ())
    engine.record(store, [seen(day, 0, 1) for day in days[:2]], now=at)
    [found] = engine.agreements(store, at=at).values()
    assert (found.now.outlook, found.now.bears_whole, found.now.credit) == (Outlook.AT_RISK, 0, Fraction(1, 10))
    engine.record(store, [seen(day, 0, 1) for day in days[:5]], now=at)
    [found] = engine.agreements(store, at=at).values()
    assert (found.now.outlook, found.now.bears_whole) == (Outlook.MISSED, 0)


def test_an_agreement_of_which_nothing_was_measured_is_unknown(store: Store) -> None:
    engine.apply(store, [an_slo(sla=SLA("0.5")), an_slo("without")], now=START)
    found = engine.agreements(store, at=FEBRUARY)
    assert set(found) == {"done"}
    assert (found["done"].now.outlook, found["done"].now.bears, found["done"].past) == (Outlook.UNKNOWN, None, ())


def test_the_same_report_is_told_once(store: Store) -> None:
    engine.apply(store, [an_slo()], now=START)
    engine.record(store, [seen(START + DAY, 0, 1, cause=Cause.LATE)], now=START + DAY)
    found: Report = engine.report(store, period=JANUARY, now=FEBRUARY)
    for _ in range(2):
        assert engine.tell_report(store, found, key="monthly/2026-01") == ["default"]
    from airflow_ai_slo.store import tables

    with store.read() as connection:
        [row] = connection.execute(tables.outbox.select()).all()
    assert row.dedup_key == "report:monthly/2026-01@default"
