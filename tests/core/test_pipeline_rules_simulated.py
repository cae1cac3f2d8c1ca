"""What must come out of the pipeline preset, over cadences, objectives and periods, stream by stream."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import product

import pytest
from pipeline_streams import (
    DAY,
    OBJECTIVES,
    RUNS_A_DAY,
    allowed,
    every_case,
    opened,
    pages,
    play,
    rules_of,
    runs_of,
    told,
)

from airflow_ai_slo.core.definition import Severity
from airflow_ai_slo.core.pipeline_rules import STREAK_UP_TO, pipeline

CASES = every_case()


def of_case(case: tuple[str, Fraction, int]) -> str:
    return f"{case[0]}-{float(case[1])}-{case[2]}d"


named = pytest.mark.parametrize("case", CASES, ids=of_case)


def healthy(case: tuple[str, Fraction, int]) -> str:
    """Good runs that fill every window."""
    longest = max(getattr(rule.long, "count", 0) for rule in rules_of(case))
    return "." * (longest + 12)


@named
def test_one_isolated_failure_never_pages(case: tuple[str, Fraction, int]) -> None:
    good = healthy(case)
    _, changes = play(good + "x" + good, case[1], rules_of(case))
    assert pages(changes) == 0
    assert opened(changes) == (allowed(case) <= 2)


@named
def test_two_or_more_in_a_row_page_exactly_once_where_two_are_a_fiftieth_of_the_budget(
    case: tuple[str, Fraction, int],
) -> None:
    good = healthy(case)
    for streak in (2, 3, 7, 20):
        _, changes = play(good + "x" * streak + good + good, case[1], rules_of(case))
        if allowed(case) <= STREAK_UP_TO:
            paged = [change for change in told(changes, after=len(good)) if "page" in change]
            assert paged in (["1 opened page"], ["1 escalated page"])
        assert pages(changes) <= 1
        assert opened(changes) <= 1
        assert not changes or changes[-1].severity is None


@named
def test_an_outage_pages_where_two_runs_are_little_of_the_budget_too(case: tuple[str, Fraction, int]) -> None:
    slow = max(getattr(rule.long, "count", 0) for rule in rules_of(case) if rule.severity is Severity.PAGE)
    _, changes = play(healthy(case) + "x" * slow, case[1], rules_of(case))
    assert pages(changes) == 1


@named
def test_a_leak_of_one_run_in_four_opens_one_ticket_before_the_budget_is_gone(case: tuple[str, Fraction, int]) -> None:
    good = healthy(case)
    leak = "...x" * min(300, 4 + int(runs_of(case)) // 4)
    _, changes = play(good + leak, case[1], rules_of(case))
    assert [change.severity for change in changes] == [Severity.TICKET]
    number = int(told(changes, after=len(good))[0].split()[0])
    failed = leak[: number + 1].count("x")
    assert failed == 1 if allowed(case) <= 2 else failed < allowed(case)


@pytest.mark.parametrize("case", [case for case in CASES if allowed(case) < 1], ids=of_case)
def test_where_less_than_one_may_fail_the_first_failure_is_a_ticket_and_a_second_in_a_row_pages(
    case: tuple[str, Fraction, int],
) -> None:
    good = healthy(case)
    _, changes = play(good + "x", case[1], rules_of(case))
    assert told(changes, after=len(good)) == ["0 opened ticket"]
    _, changes = play(good + "x" + good, case[1], rules_of(case))
    assert [change.transition for change in changes] == ["opened", "resolved"]
    _, changes = play(good + "xx", case[1], rules_of(case))
    assert told(changes, after=len(good)) == ["0 opened ticket", "1 escalated page"]
    # With no history at all, too.
    assert told(play("xx", case[1], rules_of(case))[1]) == ["0 opened ticket", "1 escalated page"]


def patterns(longest: int) -> list[str]:
    """Every way in which good and bad runs can take turns, once."""
    every = ("".join(runs) for length in range(2, longest + 1) for runs in product(".x", repeat=length))
    turning = (pattern for pattern in every if "x" in pattern and "." in pattern)
    return [pattern for pattern in turning if pattern == min(pattern[i:] + pattern[:i] for i in range(len(pattern)))]


@pytest.mark.parametrize("runs", [1, 4, 5, 7, 12, 30, 90, 120, 168, 720])
@pytest.mark.parametrize("objective", ["0.9", "0.99"])
def test_interleaved_failures_never_cycle(objective: str, runs: int) -> None:
    rules = pipeline(Fraction(objective), Fraction(runs))
    for pattern in patterns(7):
        _, changes = play("." * 20 + pattern * (80 // len(pattern)), Fraction(objective), rules)
        assert max(opened(changes), pages(changes)) <= 3, pattern
        assert not [change for change in changes if change.run.at - changes[0].run.at >= 3 * DAY], pattern


@pytest.mark.parametrize("objective", OBJECTIVES, ids=str)
@pytest.mark.parametrize("cadence", ["5m", "1h", "1d", "1w"])
def test_noise_pages_only_with_two_failures_in_a_row(cadence: str, objective: Fraction) -> None:
    case = (cadence, objective, 30)
    stream = noise(objective, 1500)
    _, changes = play(stream, objective, rules_of(case))
    for line in told(changes):
        if line.endswith("page"):
            number = int(line.split()[0])
            assert stream[number - 1 : number + 1] == "xx"


# Where the page windows are long enough to tell: with shorter ones, two failures in a row page, whoever caused them.
@pytest.mark.parametrize(
    ("cadence", "objective", "period"),
    [
        ("5m", "0.9", 30),
        ("5m", "0.95", 30),
        ("5m", "0.9", 90),
        ("5m", "0.99", 90),
        ("1h", "0.999", 30),
        ("1d", "0.99", 90),
    ],
)
def test_healthy_noise_at_the_objective_does_not_page(cadence: str, objective: str, period: int) -> None:
    case = (cadence, Fraction(objective), period)
    _, changes = play(noise(case[1], 9000), case[1], rules_of(case))
    assert pages(changes) == 0


def noise(objective: Fraction, length: int) -> str:
    """Runs that fail by chance, each as often as the objective allows."""
    chance = random.Random(20260301)
    return "".join("x" if chance.random() < 1 - objective else "." for _ in range(length))


def test_the_cases_reach_from_five_minutes_to_a_week_and_from_a_spare_budget_to_none() -> None:
    assert {case[0] for case in CASES} == set(RUNS_A_DAY)
    budgets = [allowed(case) for case in CASES]
    assert [
        any(low < budget <= high for budget in budgets) for low, high in ((0, 1), (1, 2), (2, 100), (100, 9999))
    ] == [True] * 4
