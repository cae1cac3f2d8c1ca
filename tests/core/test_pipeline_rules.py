from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_ai_slo.core.definition import SLO, BurnRule, Severity
from airflow_ai_slo.core.durations import Runs
from airflow_ai_slo.core.pipeline_rules import STREAK_UP_TO, pipeline

PAGE, TICKET = Severity.PAGE, Severity.TICKET
objectives = st.fractions(Fraction(1, 100), Fraction(9999, 10000), max_denominator=10000)
numbers_of_runs = st.fractions(0, 60000, max_denominator=28)


def lines(objective: str, runs: Fraction | int) -> list[tuple[str, int, int | None, Fraction, int, int]]:
    return [row(rule) for rule in pipeline(Fraction(objective), Fraction(runs))]


def row(rule: BurnRule) -> tuple[str, int, int | None, Fraction, int, int]:
    assert isinstance(rule.long, Runs)
    assert rule.short is None or isinstance(rule.short, Runs)
    short = rule.short.count if rule.short else None
    return (rule.severity.label, rule.long.count, short, rule.factor, rule.min_bad_long, rule.min_bad_short)


def test_five_minute_runs_over_thirty_days_have_the_tables_windows() -> None:
    assert lines("0.999", 8640) == [
        ("page", 2, 2, Fraction(500), 2, 2),
        ("page", 12, 2, Fraction(72, 5), 2, 2),
        ("page", 72, 2, Fraction(6), 2, 2),
        ("ticket", 288, 24, Fraction(3), 2, 1),
        ("ticket", 864, 72, Fraction(1), 2, 1),
    ]


def test_daily_runs_have_the_smallest_windows_and_capped_factors() -> None:
    assert lines("0.9", 30) == [
        ("page", 2, 2, Fraction(5), 2, 2),
        ("page", 2, 2, Fraction(5), 2, 2),
        ("page", 2, 2, Fraction(5), 2, 2),
        ("ticket", 8, 4, Fraction(3), 2, 1),
        ("ticket", 8, 4, Fraction(1), 2, 1),
    ]


def test_broken_windows_are_rounded_up() -> None:
    # 672 runs: a 120th is 5.6, a 30th 22.4, a tenth 67.2 and a twelfth of that 5.67.
    assert [line[1:3] for line in lines("0.99", 672)] == [(2, 2), (2, 2), (6, 2), (23, 4), (68, 6)]
    weekdays = Fraction(5, 7) * 90
    assert [line[1:3] for line in lines("0.9", weekdays)] == [(2, 2), (2, 2), (2, 2), (8, 4), (8, 4)]


def test_the_streak_rule_goes_where_two_runs_are_less_than_a_fiftieth_of_the_budget() -> None:
    assert len(lines("0.9", 1000)) == 5
    assert len(lines("0.9", 1001)) == 4


def test_one_bad_run_is_enough_for_a_ticket_where_two_may_fail() -> None:
    assert [line[4:] for line in lines("0.9", 20) if line[0] == "ticket"] == [(1, 1), (1, 1)]
    assert [line[4:] for line in lines("0.9", 21) if line[0] == "ticket"] == [(2, 1), (2, 1)]


def test_ticket_windows_hold_a_period_at_most() -> None:
    assert [line[1:3] for line in lines("0.7", Fraction(40, 7))] == [(2, 2), (2, 2), (2, 2), (5, 4), (5, 4)]


def test_where_less_than_one_may_fail_every_failure_is_a_ticket_and_two_in_a_row_page() -> None:
    assert lines("0.99", 30) == [
        ("page", 2, 2, Fraction(1), 2, 2),
        ("ticket", 1, None, Fraction(1), 1, 1),
        ("ticket", 8, 4, Fraction(1), 1, 1),
    ]
    assert lines("0.9", Fraction(30, 7))[-1] == ("ticket", 4, 4, Fraction(1), 1, 1)
    assert lines("0.5", 1)[-1] == ("ticket", 1, 1, Fraction(1), 1, 1)


@given(objectives, numbers_of_runs)
def test_every_rule_can_fire_and_none_fires_on_a_burn_that_can_be_kept_up(objective: Fraction, runs: Fraction) -> None:
    for severity, long, short, factor, bad_long, bad_short in (row(rule) for rule in pipeline(objective, runs)):
        assert 1 <= factor < 1 / (1 - objective)
        assert factor <= 14.4 or (severity == "page" and long == 2)
        assert 1 <= (short or 1) <= long
        assert bad_long <= long
        assert bad_short <= (short or long)
        assert bad_short <= bad_long


@given(objectives, numbers_of_runs)
def test_windows_hold_the_share_of_the_period_that_the_table_asks_for(objective: Fraction, runs: Fraction) -> None:
    rules = pipeline(objective, runs)
    allowed = (1 - objective) * runs
    if allowed < 1:
        return
    assert len(rules) == (5 if allowed <= STREAK_UP_TO else 4)
    fast, slow, ticket_fast, ticket_slow = (row(rule)[1] for rule in rules[-4:])
    for long, part, least in ((fast, 720, 2), (slow, 120, 2)):
        assert long == least or long - 1 < runs / part <= long
    for long, part in ((ticket_fast, 30), (ticket_slow, 10)):
        assert long in (8, max(4, runs // 1)) or long - 1 < runs / part <= long
        assert long <= max(4, runs)


@given(objectives, numbers_of_runs)
def test_a_definition_takes_the_rules(objective: Fraction, runs: Fraction) -> None:
    SLO(name="done", service="scoring", objective=objective, rules=pipeline(objective, runs))


@given(
    objectives,
    numbers_of_runs.filter(lambda runs: runs > 0),
)
def test_where_less_than_one_may_fail_one_failure_burns_more_than_the_ticket_window_bears(
    objective: Fraction, runs: Fraction
) -> None:
    if (1 - objective) * runs < 1:
        _, long, _, factor, *_ = row(pipeline(objective, runs)[-1])
        assert Fraction(1, long) / (1 - objective) > factor


@pytest.mark.parametrize("objective", ["0.1", "0.49", "0.5", "0.51"])
def test_low_objectives_have_factors_of_one_at_least(objective: str) -> None:
    assert all(rule.factor >= 1 for rule in pipeline(Fraction(objective), Fraction(1000)))
