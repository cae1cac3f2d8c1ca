"""Which objective the past supports."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from slo_kit import DAY, HOUR, NOW

from airflow_ai_slo.core.cadence import Cadence
from airflow_ai_slo.core.definition import SLO, Schedule
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.history import backtest
from airflow_ai_slo.core.instants import from_micros, to_micros
from airflow_ai_slo.core.intervals import is_surely_above
from airflow_ai_slo.core.measured import Row
from airflow_ai_slo.core.rungs import (
    OBJECTIVES,
    covering,
    objective_allowing,
    quantile,
    rounded_up,
    window_allowing,
)
from airflow_ai_slo.core.suggesting import CONFIDENCE, Ran, Suggestion, Why, runs_to_tell, suggest

MONTH = timedelta(days=28)
MINUTES = timedelta(minutes=1)


def ran(verdicts: str, *, step: timedelta = DAY, until: datetime = NOW) -> list[Ran]:
    """One run a step, ending at ``until``: ``"..x"`` is two good and one bad."""
    first = until - step * (len(verdicts) - 1)
    return [Ran(to_micros(first + step * i), int(one == "."), 1) for i, one in enumerate(verdicts)]


def suggested(verdicts: str, *, step: timedelta = DAY, window: timedelta = MONTH) -> Suggestion:
    return suggest(ran(verdicts, step=step), window=window, now=to_micros(NOW), expected=Fraction(window // step))


def chosen(suggestion: Suggestion) -> float | None:
    return None if suggestion.chosen is None else float(suggestion.chosen.objective)


@pytest.mark.parametrize(
    ("verdicts", "objective", "tighter"),
    [
        ("." * 90, 0.95, Why.ALLOWS_NONE),
        ("." * 89 + "x", 0.9, Why.NO_MARGIN),
        ("." * 45 + "xx" + "." * 43, 0.85, Why.NO_MARGIN),
        (("." * 5 + "x") * 15, 0.7, Why.NO_MARGIN),
        ("." * 45 + "x" * 12 + "." * 33, None, Why.NO_MARGIN),
        ("x" * 90, None, Why.MISSED),
    ],
)
def test_a_daily_pipeline_gets_what_its_worst_month_leaves_room_for(
    verdicts: str, objective: float | None, tighter: Why
) -> None:
    found = suggested(verdicts)
    assert chosen(found) == objective
    assert found.next is not None
    assert found.next.why is tighter
    assert found.windows == 63  # the first full month ends with the 28th run


def test_short_histories_prove_less_however_good_they_are() -> None:
    assert [chosen(suggested("." * n)) for n in (10, 14, 25, 60)] == [0.7, 0.8, 0.9, 0.95]
    found = suggested("." * 28)
    assert found.next is not None
    assert (float(found.next.objective), found.next.why) == (0.95, Why.UNPROVEN)


@pytest.mark.parametrize("runs", [0, 1, 5, 9])
def test_a_handful_of_runs_is_not_enough_history(runs: int) -> None:
    found = suggested("." * runs)
    assert (found.runs, found.is_enough, found.chosen, found.next) == (runs, False, None, None)
    assert (found.sli is None) == (runs == 0)


def test_where_nothing_was_bad_it_is_the_rule_of_three_a_little_wider() -> None:
    """3 / n is the usual bound; the score interval's is 2.7 o / (1 - o) runs for an objective o."""
    assert [runs_to_tell(Fraction(text)) for text in ("0.9", "0.95", "0.99", "0.999")] == [25, 52, 268, 2703]
    for objective in OBJECTIVES[:10]:
        needed = runs_to_tell(objective)
        assert is_surely_above(needed, needed, objective, CONFIDENCE)
        assert not is_surely_above(needed - 1, needed - 1, objective, CONFIDENCE)
        assert needed <= 3 / (1 - objective) + 1


def test_frequent_pipelines_get_tighter_objectives() -> None:
    hourly = suggested(("." * 700 + "x") * 3, step=HOUR)
    assert (chosen(hourly), float(hourly.chosen.left)) == (0.995, pytest.approx(2.36))  # type: ignore[union-attr]
    assert chosen(suggested("." * 25920, step=5 * MINUTES)) == 0.9995


def test_rare_pipelines_are_told_what_a_longer_window_would_allow() -> None:
    weekly = suggested("." * 13, step=7 * DAY)
    assert (chosen(weekly), float(weekly.chosen.allowed)) == (0.7, 1.2)  # type: ignore[union-attr]
    assert window_allowing(Fraction("0.7"), Fraction(1, 7)) == Duration(70, "d")
    assert window_allowing(Fraction("0.999"), Fraction(1, 7)) is None  # over a year
    assert objective_allowing(Fraction(28)) == Fraction("0.89")
    assert objective_allowing(Fraction(3)) is None


def test_runs_without_a_cadence_are_looked_at_by_the_clock() -> None:
    """Three bursts of 30 good runs an hour apart, with two silent months between them."""
    runs = [one for back in (120, 60, 0) for one in ran("." * 30, step=HOUR, until=NOW - back * DAY)]
    found = suggest(runs, window=MONTH, now=to_micros(NOW))
    assert (found.runs, found.is_short, chosen(found)) == (90, False, 0.85)
    assert found.full < 20  # the average month, of those that hold any run, is half of a burst
    # A quiet month that holds a single run, a bad one, would have missed every objective there is.
    alone = Ran(to_micros(NOW - 90 * DAY), 0, 1)
    assert chosen(suggest([*runs, alone], window=MONTH, now=to_micros(NOW))) is None


def test_rows_of_a_run_fail_together_and_prove_no_more_than_runs() -> None:
    whole = [Ran(one.at, 10_000, 10_000) for one in ran("." * 90)]
    found = suggest(whole, window=MONTH, now=to_micros(NOW), expected=Fraction(28))
    assert chosen(found) == 0.95  # as for 90 good runs, not as for 900,000 good rows
    even = [one._replace(good=9_995) for one in whole]
    assert chosen(suggest(even, window=MONTH, now=to_micros(NOW), expected=Fraction(28))) == 0.999
    one_broken_load = [one._replace(good=5_000) if i == 40 else one for i, one in enumerate(whole)]
    found = suggest(one_broken_load, window=MONTH, now=to_micros(NOW), expected=Fraction(28))
    assert found.sli == 1 - Fraction(5_000, 900_000)
    assert chosen(found) == 0.95


def test_measurements_in_which_nothing_happened_do_not_count() -> None:
    runs = ran("." * 60)
    idle = [Ran(one.at + 1, 0, 0) for one in runs]
    assert suggest(runs + idle, window=MONTH, now=to_micros(NOW)) == suggest(runs, window=MONTH, now=to_micros(NOW))


def test_what_lies_after_now_does_not_count() -> None:
    runs, later = ran("." * 60), ran("x" * 5, until=NOW + 5 * DAY)
    assert suggest(runs + later, window=MONTH, now=to_micros(NOW)).bad == 0


@settings(max_examples=40)
@given(
    verdicts=st.text("......x", min_size=10, max_size=90),
    days=st.sampled_from([7, 14, 28]),
    hours=st.sampled_from([6, 24]),
)
def test_our_own_evaluation_of_the_same_past_agrees(verdicts: str, days: int, hours: int) -> None:
    """What each objective would have meant in every full window is what backtests of it say."""
    step, window = hours * HOUR, timedelta(days=days)
    runs, expected = ran(verdicts, step=step), Fraction(timedelta(days=days) // step)
    found = suggest(runs, window=window, now=to_micros(NOW), expected=expected)
    rows = [Row(one.at, one.good, one.total, one.at) for one in runs]
    schedule = Schedule(cadence=f"{hours}h")
    instants = [from_micros(one.at) for one in runs]
    assert Cadence.of(schedule).per_day * days == expected

    def budgets(objective: Fraction) -> list[tuple[Fraction, Fraction]]:
        slo = SLO(name="s", service="s", objective=objective, window=f"{days}d", schedule=schedule, alerting="none")
        seen = backtest(slo, rows, instants)
        full = [one for one in seen if one.coverage == 1] or seen[-1:]
        allowed = [one.budget.allowed or Fraction(0) for one in full]
        return [(a, a - one.budget.consumed / one.coverage) for a, one in zip(allowed, full, strict=True)]

    for rung in found.rungs:
        left = budgets(rung.objective)
        assert rung.left == min(one for _, one in left)
        assert rung.missed == sum(one < 0 for _, one in left)
        holds = rung.allowed >= 1 and all(one >= 1 and 4 * one >= allowed for allowed, one in left)
        told = is_surely_above(found.good, found.total, rung.objective, CONFIDENCE)
        assert (rung.why is Why.FINE) == (holds and told)
    if found.chosen is not None and found.next is not None:
        assert found.chosen.objective < found.next.objective
        assert [one.why is Why.FINE for one in found.rungs] == sorted(
            (one.why is Why.FINE for one in found.rungs), reverse=True
        )


@given(st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 20), st.integers(0, 20)), min_size=10, max_size=60))
def test_any_past_gives_sound_figures(drawn: list[tuple[int, int, int]]) -> None:
    runs = [Ran(at * 3_600_000_000, min(good, total), total) for at, good, total in drawn]
    found = suggest(runs, window=MONTH, now=5001 * 3_600_000_000)
    assume(found.is_enough)
    assert found.interval is not None
    assert found.interval[0] <= float(found.sli or 0) <= found.interval[1] + 1e-9
    assert [one.left for one in found.rungs] == sorted((one.left for one in found.rungs), reverse=True)
    if found.chosen is not None:
        assert found.sli is not None
        assert found.chosen.objective < found.sli or found.sli == 1
        assert found.chosen.left >= 1
        assert found.chosen.missed == 0
        assert found.next is None or found.next.objective > found.chosen.objective


def test_lengths_are_rounded_up_to_figures_that_people_use() -> None:
    figures = {
        timedelta(0): "5m",
        timedelta(minutes=5): "5m",
        timedelta(minutes=5, microseconds=1): "10m",
        timedelta(minutes=47): "1h",
        timedelta(minutes=61): "90m",
        timedelta(hours=5): "6h",
        timedelta(hours=20): "1d",
        timedelta(hours=25): "36h",
        timedelta(days=13): "14d",
        timedelta(days=15): "21d",
        timedelta(days=-1): "5m",
    }
    assert {length: str(rounded_up(length)) for length in figures} == figures


def test_a_promised_length_covers_all_runs_but_an_outlier() -> None:
    usual = [timedelta(minutes=minutes) for minutes in range(20, 50)]
    assert str(covering(usual)) == "1h"
    assert str(covering([*usual, timedelta(minutes=70)])) == "90m"  # longer than the others, still like them
    assert str(covering([*usual, timedelta(hours=20)])) == "1h"  # it hung
    assert str(covering([timedelta(minutes=7)])) == "10m"
    assert covering([]) is None


@given(st.lists(st.integers(-100, 10_000_000), min_size=1, max_size=300))
def test_one_run_in_a_hundred_at_most_is_longer_than_promised(seconds: list[int]) -> None:
    lengths = [timedelta(seconds=one) for one in seconds]
    promised = covering(lengths)
    assert promised is not None
    longer = sum(one > promised.length for one in lengths)
    assert longer <= max(1, -(-len(lengths) // 100))
    assert promised.length >= quantile(lengths)
