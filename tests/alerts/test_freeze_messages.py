"""What is told about freezes, and what a gate says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from airflow_ai_slo.alerts import Message, freeze_message, thaw_line, thaw_message
from airflow_ai_slo.alerts.freezes import gate_line, policy_line, thawed_line
from airflow_ai_slo.core.freeze import Gate, GateAnswer, Reason, Standing, Streak
from airflow_ai_slo.core.freeze_policy import FreezePolicy, Terms

AT = datetime(2026, 2, 3, 6, 10, tzinfo=UTC)
DAY = timedelta(days=1)
SPENT = Reason(
    "flights-scored",
    Fraction(-2, 3),
    AT,
    Fraction(3),
    {"late": 3, "data_drift": 1, "other": Fraction(1, 2), "latency": Fraction(1, 4), "dependency": Fraction(1, 4)},
    thaw_line("Flights scored", Terms(), Fraction(3)),
)


def _fact(message: Message, label: str) -> str:
    return {fact.label: fact.value for fact in message.facts}[label]


def test_a_freeze_says_which_slo_how_much_what_spent_it_and_what_thaws_it() -> None:
    message = freeze_message("flight-delays", [SPENT], at=AT, freeze_id=7)
    assert message.title == "Frozen: flight-delays"
    assert message.body == (
        "flights-scored: budget left -67% (5 bad, 3 allowed; spent by late 3, data drift 1, other 0.5, 2 more causes), "
        "since 2026-02-03 06:10 UTC.",
        "Flights scored: thaws when more than 5% of its budget is left.",
        "A release or an override, with author and reason, lets changes through earlier.",
        "Changes labelled p0, reliability, security pass.",
    )


def test_a_freeze_says_what_its_policy_says() -> None:
    ends = freeze_message("x", [SPENT], at=AT, freeze_id=7, exempt_labels=["hotfix"], ends_at=AT + 14 * DAY)
    assert ends.body[2:] == (
        "It ends by itself on 2026-02-17 06:10 UTC unless renewed.",
        "A release or an override, with author and reason, lets changes through earlier.",
        "Changes labelled hotfix pass.",
    )
    assert not any("labelled" in line for line in freeze_message("x", [], at=AT, freeze_id=7, exempt_labels=()).body)
    soft = freeze_message("x", [SPENT], at=AT, freeze_id=7, mode="soft")
    assert (soft.title, soft.body[-1]) == ("Soft freeze: x", "The freeze is soft: changes pass with a warning.")


def test_a_thaw_says_how_and_how_long_it_was_frozen() -> None:
    reasons = [SPENT, Reason("features-fresh", None, AT + timedelta(hours=1))]
    frozen = freeze_message("flight-delays", reasons, at=AT, freeze_id=7)
    thawed = thaw_message("flight-delays", reasons, at=AT + 2 * DAY, freeze_id=7, how="released by ada: agreed")
    assert _fact(thawed, "Was frozen") == "2026-02-03 06:10 UTC to 2026-02-05 06:10 UTC (2 d)"
    assert thawed.body == (
        "released by ada: agreed.",
        "flights-scored had spent its budget.",
        "features-fresh had spent its budget.",
    )
    assert thawed.thread_key == frozen.thread_key
    assert thawed.dedup_key != frozen.dedup_key


def test_a_small_budget_thaws_after_good_runs_too() -> None:
    line = thaw_line("Flights scored", Terms(), Fraction(3, 10))
    assert line.endswith("or after 5 good runs in a row over at least a day")
    assert "after 1 good run in a row" in thaw_line("x", Terms(good_runs=1), Fraction(30))


@pytest.mark.parametrize(
    ("standing", "said"),
    [
        (Standing("a", False, Fraction(1, 5), Fraction(5)), "a: 20% of its budget is left (4 bad, 5 allowed)"),
        (Standing("a", True, Fraction(-1), Fraction(1), streak=Streak(5, DAY)), "a: 5 good runs in a row over 1 d"),
        (Standing("a", None, None, None), "a: nothing measured"),
    ],
)
def test_what_thawed_a_service_is_told(standing: Standing, said: str) -> None:
    assert thawed_line("a", standing) == said


def test_a_gate_says_which_slo_how_much_what_spent_it_since_when_and_what_thaws_it() -> None:
    answer = GateAnswer("x", Gate.FROZEN, (SPENT,), detail=SPENT.thaws)
    assert gate_line(answer) == (
        "changes to service x are frozen: SLO flights-scored has -67% of its error budget left "
        "(5 bad, 3 allowed; spent by late 3, data drift 1, other 0.5, 2 more causes), frozen since 2026-02-03 06:10 "
        "UTC. Flights scored: thaws when more than 5% of its budget is left"
    )
    unknown = replace(SPENT, remaining=None, spent_by={})
    assert "has unknown of" not in gate_line(GateAnswer("x", Gate.FROZEN, (unknown,)))
    assert "an unknown share of its error budget left, frozen" in gate_line(GateAnswer("x", Gate.FROZEN, (unknown,)))


def test_a_policy_is_one_line() -> None:
    assert policy_line(FreezePolicy()) == (
        "hard freeze; SLOs that opted in count; thaws above 5%; holds until it thaws; exempt: p0, reliability, security"
    )
    policy = FreezePolicy(
        slos="a, b", thaw_above="0.1", thaw_after_good_runs=3, for_at_most="14d", mode="soft", exempt_labels=()
    )
    assert policy_line(policy) == (
        "soft freeze; SLOs that opted in count, and a, b; thaws above 10% or after 3 good runs in a row; "
        "ends by itself after 14d; exempt: no label"
    )
    assert "every SLO counts" in policy_line(FreezePolicy(slos="*"))
