from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from airflow_ai_slo.core.budget import budget, coverage
from airflow_ai_slo.core.counts import Counts, is_bad
from airflow_ai_slo.core.definition import SLO
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.evaluation import Evaluation, plan
from airflow_ai_slo.core.windows import Bounds, RollingWindow

AT = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
WHOLE = Fraction(1)
objectives = st.fractions(Fraction(1, 1000), Fraction(9999, 10000), max_denominator=10_000)
exact_counts = st.one_of(
    st.integers(0, 10**12), st.fractions(0, 10**6, max_denominator=10**9).map(lambda f: Fraction(round(f * 1000), 1000))
)


@st.composite
def counts(draw: st.DrawFn) -> Counts:
    a, b = draw(exact_counts), draw(exact_counts)
    return Counts(min(a, b), max(a, b))


def exhausted(counted: Counts, objective: Fraction, covered: Fraction) -> bool | None:
    slo = SLO(name="s", service="x", objective=objective)
    return Evaluation(slo, plan(slo, AT), [counted], covered, ()).exhausted


def test_995_of_1000_meets_an_objective_of_0_995() -> None:
    counted, objective = Counts(995, 1000), SLO(name="s", service="x", objective=0.995).objective
    assert counted.sli == objective
    assert not is_bad(995, 1000, objective)
    assert is_bad(994, 1000, objective)
    assert counted.burn_rate(objective) == 1


def test_a_burn_of_a_tenth_of_a_tenth_is_1_and_not_a_float_above_it() -> None:
    objective = SLO(name="s", service="x", objective=0.9).objective
    assert Counts(9, 10).burn_rate(objective) == 1
    assert 0.1 / (1 - 0.9) > 1


def test_where_nothing_happened_everything_is_unknown() -> None:
    nothing = Counts(0, 0, 0, 5)
    assert nothing.sli is None
    assert nothing.burn_rate(Fraction(9, 10)) is None
    left = budget(nothing, Fraction(9, 10), WHOLE)
    assert (left.allowed, left.remaining, left.consumed) == (None, None, 0)
    assert exhausted(nothing, Fraction(9, 10), WHOLE) is None
    assert not is_bad(0, 0, Fraction(9, 10))


def test_two_of_three_allowed_bad_runs_spend_two_thirds() -> None:
    left = budget(Counts(28, 30), Fraction(9, 10), WHOLE)
    assert (left.allowed, left.consumed, left.remaining) == (3, 2, Fraction(1, 3))
    assert not left.estimate


def test_remaining_is_signed_and_not_clamped() -> None:
    assert budget(Counts(0, 30), Fraction(9, 10), WHOLE).remaining == -9


def test_a_window_not_yet_full_projects_what_it_may_hold_and_says_so() -> None:
    left = budget(Counts(9, 10), Fraction(9, 10), Fraction(1, 3))
    assert (left.allowed, left.remaining, left.estimate) == (3, Fraction(2, 3), True)


def test_a_window_of_which_nothing_is_covered_has_no_budget() -> None:
    left = budget(Counts(9, 10), Fraction(9, 10), Fraction(0))
    assert (left.allowed, left.remaining, left.consumed) == (None, None, 1)


@given(counts(), objectives)
def test_remaining_is_one_minus_burn_once_the_window_is_covered(counted: Counts, objective: Fraction) -> None:
    burn = counted.burn_rate(objective)
    left = budget(counted, objective, WHOLE)
    assert left.remaining == (None if burn is None else 1 - burn)


@given(counts(), objectives, st.fractions(Fraction(1, 1000), 1))
def test_a_budget_is_exhausted_exactly_where_nothing_remains(
    counted: Counts, objective: Fraction, covered: Fraction
) -> None:
    remaining = budget(counted, objective, covered).remaining
    assert exhausted(counted, objective, covered) == (None if remaining is None else remaining <= 0)


@given(counts(), objectives)
def test_burn_never_exceeds_one_over_the_spare_share(counted: Counts, objective: Fraction) -> None:
    assume(counted.total)
    burn = counted.burn_rate(objective)
    assert burn is not None
    assert 0 <= burn <= 1 / (1 - objective)
    assert (burn == 1 / (1 - objective)) == (counted.good == 0)


@given(counts(), objectives)
def test_a_run_is_bad_exactly_where_its_ratio_is_below_the_objective(counted: Counts, objective: Fraction) -> None:
    bad = bool(counted.total) and Fraction(counted.good) / Fraction(counted.total) < objective
    assert is_bad(counted.good, counted.total, objective) == bad


@given(counts(), st.integers(1, 10**9), objectives)
def test_scaling_good_and_total_alike_changes_no_ratio(counted: Counts, factor: int, objective: Fraction) -> None:
    scaled = Counts(counted.good * factor, counted.total * factor)
    assert scaled.sli == counted.sli
    assert scaled.burn_rate(objective) == counted.burn_rate(objective)
    assert budget(scaled, objective, WHOLE).remaining == budget(counted, objective, WHOLE).remaining


@pytest.mark.parametrize(
    ("first", "covered"),
    [
        (None, Fraction(0)),
        (AT, Fraction(0)),
        (AT + DAY, Fraction(0)),
        (AT - 7 * DAY, Fraction(1, 4)),
        (AT - 28 * DAY, Fraction(1)),
        (AT - 400 * DAY, Fraction(1)),
    ],
)
def test_coverage_is_the_share_that_lies_after_the_first_measurement(first: datetime | None, covered: Fraction) -> None:
    assert coverage(RollingWindow(Duration.parse("28d")).bounds(AT), first) == covered


def test_coverage_of_a_calendar_window_counts_only_what_has_elapsed() -> None:
    third = Bounds(AT - 10 * DAY, AT, AT + 20 * DAY)
    assert coverage(third, AT - 100 * DAY) == Fraction(1, 3)
    assert coverage(third, AT - 5 * DAY) == Fraction(1, 6)


@given(st.integers(0, 10**12), st.integers(1, 10**12))
def test_coverage_stays_between_0_and_1(since_first: int, length: int) -> None:
    micro = timedelta(microseconds=1)
    covered = coverage(Bounds(AT - length * micro, AT, AT), AT - since_first * micro)
    assert covered == min(Fraction(since_first, length), 1)
