"""When a service freezes and thaws."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_ai_slo.core.freeze import Gate, GateAnswer, Standing, Streak, decide, freezes, recovered
from airflow_ai_slo.core.freeze_policy import Terms

DAY = timedelta(days=1)
LONG_STREAK = Streak(100, 30 * DAY)


def standing(
    bad: int, total: int = 1000, *, name: str = "a", streak: Streak | None = None, new_bad: bool = True, **terms: Any
) -> Standing:
    """Of 1,000 runs 100 may be bad, unless told."""
    allowed = Fraction(total, 10) if total else None
    remaining = None if allowed is None else 1 - bad / allowed
    exhausted = None if remaining is None else remaining <= 0
    return Standing(name, exhausted, remaining, allowed, Terms(**terms), streak or Streak(), new_bad)


UNKNOWN = standing(0, 0)
A, B = frozenset("a"), frozenset("b")


@pytest.mark.parametrize(
    ("bad", "causes", "after"),
    [
        (99, None, None),
        (100, None, A),
        (150, None, A),
        (96, A, A),
        (95, A, A),
        (94, A, None),
        (0, A, None),
    ],
)
def test_it_freezes_at_nothing_left_and_thaws_above_5_percent(
    bad: int, causes: frozenset[str] | None, after: frozenset[str] | None
) -> None:
    assert decide([standing(bad)], causes) == after


def test_thaw_above_is_strict() -> None:
    assert decide([standing(50, above=Fraction(1, 2))], A) == A
    assert decide([standing(49, above=Fraction(1, 2))], A) is None
    assert decide([standing(100, above=Fraction(0))], A) == A
    assert decide([standing(99, above=Fraction(0))], A) is None


def test_unknown_holds_what_it_caused_and_starts_nothing() -> None:
    assert decide([UNKNOWN], None) is None
    assert decide([UNKNOWN], A) == A
    assert decide([UNKNOWN, standing(0, name="b")], B) is None
    assert decide([], A) is None


def test_too_few_samples_freeze_nothing_and_thaw_by_the_point_estimate() -> None:
    unsure = replace(standing(100), exhausted=None)
    assert decide([unsure], None) is None
    assert decide([unsure], A) == A
    assert decide([standing(94)], A) is None


def test_all_must_recover_before_a_service_thaws() -> None:
    healthy_b = standing(0, name="b")
    assert decide([standing(96), healthy_b], A) == A
    assert decide([standing(96), healthy_b], B) == B
    assert decide([standing(94), healthy_b], A | B) is None


def test_another_spent_slo_widens_a_freeze() -> None:
    assert decide([standing(0), standing(100, name="b")], A) == A | B


def test_a_cause_that_can_no_longer_be_judged_holds_until_released() -> None:
    assert decide([standing(0)], A, held=True) == A
    assert decide([standing(0), standing(100, name="b")], A, held=True) == A | B


@pytest.mark.parametrize(("total", "runs"), [(29, 5), (30, None), (10, 5)])
def test_thaw_after_5_good_runs_is_the_default_where_fewer_than_3_bad_are_allowed(total: int, runs: int | None) -> None:
    allowed = Fraction(total, 10)
    assert Terms().good_runs_of(allowed) == runs
    assert Terms().good_runs_of(None) is None
    assert Terms(good_runs=2).good_runs_of(allowed) == 2


@pytest.mark.parametrize(
    ("streak", "enough"),
    [
        (Streak(5, DAY), True),
        (Streak(6, 40 * DAY), True),
        (Streak(4, 40 * DAY), False),
        (Streak(50, DAY - timedelta(microseconds=1)), False),
        (Streak(), False),
    ],
)
def test_recovery_is_k_good_runs_in_a_row_over_at_least_a_day(streak: Streak, enough: bool) -> None:
    seen = standing(2, 10, streak=streak)
    assert recovered(seen) == enough
    assert decide([seen], A) == (None if enough else A)


def test_a_service_that_recovered_by_good_runs_stays_thawed_while_its_budget_is_still_spent() -> None:
    assert decide([standing(2, 10, streak=Streak(5, DAY))], None) is None
    assert decide([standing(2, 10, streak=Streak(0))], None) == A


def test_a_released_service_freezes_again_only_by_a_new_bad_run() -> None:
    assert decide([standing(200, new_bad=False)], None) is None
    assert decide([standing(200, new_bad=True)], None) == A


many = st.lists(
    st.builds(
        standing,
        st.integers(0, 1000),
        name=st.sampled_from("abc"),
        streak=st.sampled_from([Streak(), LONG_STREAK]),
        new_bad=st.booleans(),
    ),
    max_size=3,
    unique_by=lambda one: one.slo,
)


@given(many, st.sampled_from([None, A, B, A | B]))
def test_what_froze_a_service_would_freeze_it_still_and_what_thawed_it_keeps_it_thawed(
    standings: list[Standing], causes: frozenset[str] | None
) -> None:
    after = decide(standings, causes)
    assert decide(standings, after) == after
    if causes is not None and after is not None:
        assert causes <= after
    if causes is None:
        assert after == (frozenset(s.slo for s in standings if freezes(s)) or None)


def test_a_gate_blocks_when_frozen_and_when_it_does_not_know() -> None:
    assert GateAnswer("x", Gate.FROZEN).blocks(on_unknown="allow")
    assert GateAnswer("x", Gate.UNKNOWN).blocks()
    assert not GateAnswer("x", Gate.UNKNOWN).blocks(on_unknown="allow")
    assert not GateAnswer("x", Gate.ALLOWED).blocks()
