from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_ai_slo.core.burn import Outcome, exceeds, judge
from airflow_ai_slo.core.counts import Counts
from airflow_ai_slo.core.definition import SLO, BurnRule, Operator, Schedule, Severity
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.presets import reachable, rules_of, seed, workbook
from airflow_ai_slo.core.windows import RollingWindow

HOUR, FIVE = Duration(1, "h"), Duration(5, "m")
O_9, O_999 = Fraction(9, 10), Fraction(999, 1000)
P, T = Severity.PAGE, Severity.TICKET
objectives = st.fractions(Fraction(1, 1000), Fraction(9999, 10000), max_denominator=10_000)
factors = st.fractions(Fraction(1, 100), Fraction(2000), max_denominator=1000)


def rule(**changes: object) -> BurnRule:
    values: dict[str, object] = {"severity": P, "long": HOUR, "short": FIVE, "factor": Fraction(5)}
    return BurnRule(**(values | changes))  # type: ignore[arg-type]


def outcome(one: BurnRule, long: Counts, short: Counts, objective: Fraction = O_9) -> tuple[Outcome, bool]:
    judged = judge(one, long, short, objective)
    assert judged.rule is one
    return judged.outcome, judged.cleared


BURNING, FINE, NOTHING = Counts(4, 10, 3, 5), Counts(5, 10, 3, 5), Counts(0, 0, 0, 5)


def test_a_rule_fires_when_both_windows_burn_strictly_beyond_the_factor() -> None:
    assert outcome(rule(), BURNING, BURNING) == (Outcome.FIRING, False)
    assert outcome(rule(), BURNING, FINE) == (Outcome.HEALTHY, True)
    assert outcome(rule(), FINE, BURNING) == (Outcome.HEALTHY, False)
    assert FINE.burn_rate(O_9) == 5


def test_a_window_in_which_nothing_happened_makes_the_rule_unknown() -> None:
    assert outcome(rule(), BURNING, NOTHING) == (Outcome.UNKNOWN, False)
    assert outcome(rule(), NOTHING, BURNING) == (Outcome.UNKNOWN, False)


def test_a_rule_needs_its_bad_runs_in_both_windows() -> None:
    asks = rule(min_bad_long=3, min_bad_short=2)
    assert outcome(asks, Counts(0, 9, 3, 3), Counts(0, 9, 2, 3))[0] is Outcome.FIRING
    assert outcome(asks, Counts(0, 9, 2, 3), Counts(0, 9, 2, 3))[0] is Outcome.HEALTHY
    assert outcome(asks, Counts(0, 9, 3, 3), Counts(0, 9, 1, 3))[0] is Outcome.HEALTHY


def test_one_bad_run_of_a_million_rows_is_one_bad_run() -> None:
    a_run = Counts(0, 1_000_000, 1, 1)
    assert outcome(rule(min_bad_long=2), a_run, a_run)[0] is Outcome.HEALTHY
    assert outcome(rule(), a_run, a_run)[0] is Outcome.FIRING


def test_a_rule_of_one_window_asks_nothing_of_another() -> None:
    alone = rule(short=None, min_bad_short=9)
    assert judge(alone, BURNING, BURNING, O_9)[1:] == (Outcome.FIRING, False)
    assert judge(alone, FINE, FINE, O_9)[1:] == (Outcome.HEALTHY, True)


@pytest.mark.parametrize(
    ("op", "below", "equal", "above"),
    [("gt", False, False, True), ("gte", False, True, True), ("lt", True, False, False), ("lte", True, True, False)],
)
def test_openslo_s_operator_is_honoured(op: Operator, below: bool, equal: bool, above: bool) -> None:
    assert exceeds(Counts(6, 10), Fraction(5), O_9, op) == below
    assert exceeds(Counts(5, 10), Fraction(5), O_9, op) == equal
    assert exceeds(Counts(4, 10), Fraction(5), O_9, op) == above


@given(st.integers(0, 10**15), st.integers(1, 10**15), factors, objectives)
def test_burn_is_compared_exactly(bad: int, total: int, factor: Fraction, objective: Fraction) -> None:
    bad = min(bad, total)
    counted = Counts(total - bad, total)
    assert exceeds(counted, factor, objective) == (Fraction(bad, total) / (1 - objective) > factor)


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (7, ["3.36", "1.4", "1", "1"]),
        (28, ["13.44", "5.6", "2.8", "1"]),
        (30, ["14.4", "6", "3", "1"]),
        (90, ["43.2", "18", "9", "3"]),
    ],
)
def test_workbook_spends_2_5_10_and_10_percent_and_never_less_than_a_burn_of_1(days: int, expected: list[str]) -> None:
    rules = workbook(O_999, timedelta(days=days))
    assert [(r.severity, str(r.long), str(r.short)) for r in rules] == [
        (P, "1h", "5m"),
        (P, "6h", "30m"),
        (T, "1d", "2h"),
        (T, "3d", "6h"),
    ]
    assert [r.factor for r in rules] == [Fraction(factor) for factor in expected]
    assert {(r.min_bad_long, r.min_bad_short, r.op) for r in rules} == {(1, 1, "gt")}


@pytest.mark.parametrize(
    ("objective", "days", "expected"),
    [
        ("0.9", 30, ["5", "6", "3", "1"]),
        ("0.9", 90, ["5", "5", "9", "3"]),
        ("0.95", 28, ["13.44", "5.6", "2.8", "1"]),
        ("0.5", 30, ["1", "1", "1", "1"]),
        ("0.3", 30, ["5/7", "5/7", "5/7", "1"]),
    ],
)
def test_a_workbook_factor_that_burn_cannot_reach_becomes_half_of_the_highest(
    objective: str, days: int, expected: list[str]
) -> None:
    rules = workbook(Fraction(objective), timedelta(days=days))
    assert [r.factor for r in rules] == [Fraction(factor) for factor in expected]


@pytest.mark.parametrize(
    ("objective", "expected"),
    [("0.999", ["14", "7"]), ("0.95", ["14", "7"]), ("0.9", ["5", "7"]), ("0.85", ["10/3", "10/3"])],
)
def test_seed_pages_over_14_in_an_hour_and_tickets_over_7_in_six(objective: str, expected: list[str]) -> None:
    rules = seed(Fraction(objective), timedelta(days=30))
    assert [(r.severity, str(r.long), r.short) for r in rules] == [(P, "1h", None), (T, "6h", None)]
    assert [r.factor for r in rules] == [Fraction(factor) for factor in expected]


@given(factors, objectives)
def test_a_preset_s_factor_can_always_be_exceeded(factor: Fraction, objective: Fraction) -> None:
    highest = 1 / (1 - objective)
    used = reachable(factor, objective)
    assert 0 < used < highest
    assert used == (max(factor, 1) if max(factor, 1) < highest else highest / 2)
    assert exceeds(Counts(0, 1), used, objective)


def test_an_slo_is_watched_by_its_preset_and_by_rules_of_its_own() -> None:
    own = rule(factor=Fraction(2))
    month = RollingWindow(Duration(30, "d")).bounds(datetime(2026, 1, 31, tzinfo=UTC))

    def factors_of(**options: object) -> list[Fraction]:
        slo = SLO(name="s", service="x", objective=O_999, **options)  # type: ignore[arg-type]
        return [r.factor for r in rules_of(slo.shape, month)]

    preset = [Fraction(f) for f in ("14.4", "6", "3", "1")]
    assert factors_of() == preset
    assert factors_of(rules=[own]) == [2]
    assert factors_of(rules=[own], alerting="workbook") == [*preset, 2]
    assert factors_of(alerting="none") == []
    assert factors_of(alerting="seed") == [14, 7]
    assert SLO(name="s", service="x", objective=O_999, schedule=Schedule(cadence="1d")).alerting == "pipeline"


def test_a_page_outranks_a_ticket() -> None:
    assert max(T, P) is P
    assert [one.label for one in (T, P)] == ["ticket", "page"]
