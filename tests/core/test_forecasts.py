"""When a budget runs out: exact on the assumptions it names, and close to what then happens where they hold."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from slo_kit import DAY, HOUR, NOW, an_slo, daily

from airflow_ai_slo.core.counts import Counts
from airflow_ai_slo.core.definition import SLO, Schedule
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.evaluation import Evaluation
from airflow_ai_slo.core.forecast import FEWEST, Forecast, Outlook, asked, forecast
from airflow_ai_slo.core.instants import EPOCH, from_micros, to_micros
from airflow_ai_slo.core.measurement import Measurement
from airflow_ai_slo.core.stream import Row, Stream
from airflow_ai_slo.core.windows import CalendarWindow

MICROSECOND = timedelta(microseconds=1)
THAW = Fraction(1, 20)
MARCH = CalendarWindow(Duration(1, "M"), ZoneInfo("UTC"), datetime(2020, 1, 1))


def streamed(slo: SLO, runs: Sequence[Measurement]) -> Stream:
    stream = Stream(slo)
    stream.arrive(Row(to_micros(run.at), run.good, run.total, to_micros(run.at)) for run in runs)
    return stream


def predicted(slo: SLO, runs: Sequence[Measurement], at: datetime = NOW) -> tuple[Forecast, Evaluation, Stream]:
    stream = streamed(slo, runs)
    seen = stream.evaluate(at)
    upto = {moment: stream.counts(to_micros(EPOCH) - 1, to_micros(moment)) for moment in asked(seen)}
    first = min((run.at for run in runs), default=None)
    return forecast(seen, upto, first), seen, stream


def said(verdicts: str, **changes: object) -> Forecast:
    return predicted(an_slo(**({"window": "28d"} | changes)), daily(verdicts))[0]


def test_a_leak_that_began_lately_is_carried_on() -> None:
    leaking = said("." * 24 + "x..x")
    assert leaking.outlook is Outlook.RUNS_OUT
    assert leaking.pace is not None
    assert (leaking.pace.length, leaking.pace.bad, leaking.pace.total) == (7 * DAY, 2, 7)
    # 0.8 of 2.8 are left, 2 in 7 days are lost and nothing bad leaves the window: 2.8 days.
    assert leaking.runs_out_at is not None
    assert leaking.runs_out_at - NOW == 2.8 * DAY


def test_what_leaves_the_window_counts() -> None:
    old_and_new = said("xx" + "." * 19 + "......x")
    assert old_and_new.outlook is Outlook.SPENT
    # With no further bad run, 3 bad of 2.8 allowed become 2 after the first day, and 29% are left.
    assert old_and_new.recovers_at_best is not None
    assert NOW < old_and_new.recovers_at_best < NOW + DAY
    # One in seven is less than 0.8 allows for ever.
    assert said("x" + "." * 26 + "x", objective="0.8").outlook is Outlook.LASTS


def test_a_window_without_recent_bad_runs_lasts() -> None:
    healthy = said("x." + "." * 26)
    assert (healthy.outlook, healthy.runs_out_at) == (Outlook.LASTS, None)


def test_a_spent_budget_that_keeps_leaking_does_not_come_back() -> None:
    lost = said("." * 20 + "x.x.x.x.")
    assert (lost.outlook, lost.runs_out_at, lost.recovers_at) == (Outlook.SPENT, None, None)
    # Of four bad runs the second must leave before less than 95% of 2.8 are spent: the first of them is 8 days old.
    assert lost.recovers_at_best is not None
    assert NOW + 21 * DAY < lost.recovers_at_best < NOW + 24 * DAY


@pytest.mark.parametrize("runs", range(2, FEWEST))
def test_too_few_runs_tell_no_pace(runs: int) -> None:
    why = f"{runs} runs in the last 28d, fewer than the 4 that tell a pace"
    unknown = said("." * runs)
    assert (unknown.outlook, unknown.pace, unknown.why) == (Outlook.UNKNOWN, None, why)
    spent = said("x" * runs, objective="0.99")
    assert (spent.outlook, spent.recovers_at, spent.recovers_at_best, spent.why) == (Outlook.SPENT, None, None, why)


def test_nothing_measured_and_nothing_happened_are_unknown() -> None:
    assert predicted(an_slo(), [])[0].why == "nothing measured in 30d"
    assert said(".").why == "it was first measured just now"
    old = [Measurement(slo="done", key=str(n), at=NOW - n * DAY, good=0, total=int(n > 12)) for n in range(28)]
    assert predicted(an_slo(window="28d"), old)[0].outlook is Outlook.SPENT


def test_few_runs_in_the_last_quarter_widen_what_is_recent() -> None:
    weekly = an_slo(window="12w")
    sparse = predicted(weekly, daily("....x" + "." * 7, step=7 * DAY))[0]
    assert sparse.pace is not None
    assert (sparse.pace.runs, sparse.pace.length) == (12, 77 * DAY)


def test_recent_is_no_less_than_the_longest_ticket_window() -> None:
    scheduled = an_slo(window="28d", alerting="pipeline", schedule=Schedule(cadence="1d"))
    eight = predicted(scheduled, daily("." * 27 + "x"))[0]
    assert eight.pace is not None
    assert (eight.pace.length, eight.pace.runs) == (8 * DAY, 8)
    by_clock = predicted(an_slo(window="8d", alerting="workbook"), daily("." * 100, step=6 * HOUR))[0]
    assert by_clock.pace is not None
    assert by_clock.pace.length == 3 * DAY


def test_a_calendar_window_loses_nothing_until_it_ends() -> None:
    month, april = an_slo(window=MARCH, objective="0.9"), datetime(2026, 4, 1, tzinfo=UTC)
    lasting, seen, _ = predicted(month, daily("." * 40 + ".x........"))
    assert (seen.counts, lasting.outlook) == (Counts(9, 10, 1, 10), Outlook.LASTS)
    # The last quarter of 31 days holds 1 bad of 8. From 2 on at 1 in 8 days, 3.1 are spent 9 days later.
    leaking = predicted(month, daily("." * 40 + ".x.x......"))[0]
    assert leaking.runs_out_at is not None
    assert NOW + 8 * DAY < leaking.runs_out_at < NOW + 10 * DAY
    spent = predicted(month, daily("." * 43 + "xxxxxxx"))[0]
    assert (spent.outlook, spent.recovers_at, spent.recovers_at_best) == (Outlook.SPENT, april, april)


class Slow:
    """The same assumptions, one slice after another: what a window holds at some moment to come."""

    def __init__(self, seen: Evaluation, stream: Stream, found: Forecast, *, no_further_bad: bool = False) -> None:
        assert found.pace is not None
        self.seen, self.stream = seen, stream
        hours = Fraction(found.pace.length // MICROSECOND)
        self.bad = Fraction(0 if no_further_bad else found.pace.bad) / hours
        self.total, self.runs = Fraction(found.pace.total) / hours, Fraction(found.pace.runs) / hours
        bounds = seen.needs.bounds
        rolling = bounds.end == bounds.now and not isinstance(seen.slo.window, CalendarWindow)
        days = bounds.length / DAY
        slices = int(days) if days == int(days) and 14 <= days <= 35 else 28
        starts = [bounds.start + bounds.length * i // slices for i in range(slices + 1)] if rolling else []
        self.slices = [
            (low, high, stream.counts(to_micros(low), to_micros(high))) for low, high in itertools.pairwise(starts)
        ] or [(None, None, seen.counts)]

    def remaining(self, at: datetime) -> Fraction:
        bounds, after = self.seen.needs.bounds, Fraction((at - self.seen.at) // MICROSECOND)
        bad, total, runs = self.bad * after, self.total * after, self.runs * after
        for low, high, counts in self.slices:
            kept = Fraction(1)
            if low is not None and high is not None:
                gone = min(max(at - bounds.length - low, timedelta(0)), high - low)
                kept = 1 - Fraction(gone // MICROSECOND, (high - low) // MICROSECOND)
            bad, total, runs = bad + kept * counts.bad, total + kept * counts.total, runs + kept * counts.runs
        covered = self.seen.coverage
        if covered < 1 and self.seen.needs.cadence is None:
            covered = min(Fraction(1), covered + after / (bounds.length // MICROSECOND))
        elif covered < 1:
            covered = min(Fraction(1), covered * runs / self.seen.counts.runs)
        return 1 - bad / ((1 - self.seen.slo.objective) * total / covered)

    def check(self, at: datetime | None, *, above: Fraction | None) -> None:
        """Found at its very microsecond, and nowhere before on a grid; if at no time, nowhere."""

        def holds(moment: datetime) -> bool:
            return self.remaining(moment) <= 0 if above is None else self.remaining(moment) > above

        bounds = self.seen.needs.bounds
        horizon = bounds.length if bounds.end == bounds.now else bounds.end - bounds.now
        until = self.seen.at + horizon if at is None else at - MICROSECOND
        for number in range(1, 61):
            assert not holds(self.seen.at + (until - self.seen.at) * number // 60)
        if at is not None and not (isinstance(self.seen.slo.window, CalendarWindow) and at == bounds.end):
            assert holds(at)


WINDOWS = ["28d", "7d", "4w", "90d", "15d", MARCH]
TOTALS = st.sampled_from([(1, 1), (1, 1), (1, 1), (0, 1), (100, 100), (95, 100), (0, 0), (Fraction(1, 2), 1)])


@given(
    window=st.sampled_from(WINDOWS),
    objective=st.sampled_from(["0.5", "0.9", "0.99"]),
    scheduled=st.booleans(),
    hour=st.integers(0, 23),
    verdicts=st.lists(TOTALS, min_size=4, max_size=60),
)
@example(window="90d", objective="0.99", scheduled=False, hour=0, verdicts=[(1, 1), (1, 1), (1, 1), (0, 1)])
def test_what_is_found_is_the_first_moment_of_a_slow_look(
    window: str, objective: str, scheduled: bool, hour: int, verdicts: list[tuple[object, object]]
) -> None:
    slo = an_slo(window=window, objective=objective, schedule=Schedule(cadence="1d") if scheduled else None)
    begin = NOW.replace(hour=hour) - DAY * len(verdicts)
    runs = [
        Measurement(slo="done", key=str(n), at=begin + n * DAY, good=good, total=total)
        for n, (good, total) in enumerate(verdicts)
    ]
    found, seen, stream = predicted(slo, runs)
    remaining = seen.budget.remaining
    if remaining is None:
        assert found.outlook is Outlook.UNKNOWN
        return
    assert (found.outlook is Outlook.SPENT) == (remaining <= 0)
    if found.pace is None:
        assert found.why
        return
    if remaining > 0:
        assert (found.outlook is Outlook.RUNS_OUT) == (found.runs_out_at is not None)
        Slow(seen, stream, found).check(found.runs_out_at, above=None)
    else:
        Slow(seen, stream, found).check(found.recovers_at, above=THAW)
        Slow(seen, stream, found, no_further_bad=True).check(found.recovers_at_best, above=THAW)


@pytest.mark.parametrize("window", ["28d", MARCH], ids=["rolling", "calendar"])
@pytest.mark.parametrize("bad_in", [3, 4, 6, 12])
def test_a_pace_that_is_kept_spends_the_budget_when_it_was_said(window: str, bad_in: int) -> None:
    """An hourly pipeline that has begun to fail one run in so many is played on: the engine's figures are the judge."""
    slo = an_slo(window=window, objective="0.9")
    runs = []
    for number in range(95 * 24):
        at = NOW - 60 * DAY + number * HOUR
        failed = at > NOW - 8 * DAY and number % bad_in == 0
        runs.append(Measurement(slo="done", key=str(number), at=at, good=int(not failed), total=1))
    found, seen, _ = predicted(slo, [run for run in runs if run.at <= NOW])
    until = NOW + 28 * DAY if window == "28d" else seen.needs.bounds.end
    whole = streamed(slo, runs)
    later = [run.at for run in runs if NOW < run.at <= until]
    happened = next((at for at in later if whole.evaluate(at).exhausted), None)
    assert (found.runs_out_at is None) == (happened is None) == (bad_in == 12)
    if found.runs_out_at is not None and happened is not None:
        assert abs(found.runs_out_at - happened) <= bad_in * HOUR


def test_the_horizon_of_a_rolling_window_is_its_length() -> None:
    """Half of the runs fail as ever: remaining falls only as fast as the older, better half leaves."""
    found, seen, stream = predicted(an_slo(window="28d", objective="0.5"), daily("." * 21 + "xxx.x.x"))
    assert found.outlook is Outlook.RUNS_OUT
    assert found.runs_out_at is not None
    assert found.runs_out_at <= from_micros(to_micros(NOW) + 28 * DAY // MICROSECOND)
    Slow(seen, stream, found).check(found.runs_out_at, above=None)
