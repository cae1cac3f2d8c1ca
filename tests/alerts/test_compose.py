from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from fractions import Fraction

import pytest

from airflow_ai_slo.alerts import Kind, Message, fired, incident_message
from airflow_ai_slo.core.definition import Severity
from airflow_ai_slo.core.evaluation import Evaluation
from airflow_ai_slo.core.incident import Transition
from tests.alerts.conftest import AT

Build = Callable[..., Evaluation]
BURNING = {"day": (1, 1), "hours": (1, 1), "last4": (3, 4), "last2": (2, 2)}


def _incident(evaluation: Evaluation, transition: Transition = Transition.OPENED, **changes: object) -> Message:
    options: dict[str, object] = {"incident_id": 3, "opened_at": AT, "at": AT, "spent_by": None}
    severity = changes.pop("severity", Severity.PAGE)
    return incident_message(evaluation, transition, severity, **(options | changes))  # type: ignore[arg-type]


def _fact(message: Message, label: str) -> str:
    return {fact.label: fact.value for fact in message.facts}[label]


def test_an_opened_page_says_what_fired_and_what_resolves_it(evaluation: Build) -> None:
    message = _incident(evaluation(4, **BURNING))
    assert message.kind is Kind.INCIDENT_OPENED
    assert message.title == "Page: Flights scored"
    assert message.body == (
        "Burning budget 7.5x over the last 4 runs and 10x over the last 2 runs, beyond 5x (page).",
        "Burning budget 10x over 1d and 10x over 2h, beyond 3x (ticket).",
        "Resolves when burn is back to 5x or less over the last 2 runs, and 3x or less over 2h.",
    )
    assert _fact(message, "Service") == "flight-delays"
    assert _fact(message, "SLO") == "flights-scored"
    assert _fact(message, "Since") == "2026-02-03 06:10 UTC"


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (0, "100%: 3 of 3 bad runs left"),
        (2, "33%: 1 of 3 bad runs left"),
        (3, "0%: all of 3 bad runs spent"),
        (5, "-67%: 5 bad runs, 3 allowed"),
    ],
)
def test_the_budget_is_told_in_percent_and_in_runs(evaluation: Build, bad: int, said: str) -> None:
    assert _fact(_incident(evaluation(bad)), "Budget left") == said


def test_an_estimated_budget_says_so(evaluation: Build) -> None:
    young = evaluation(1, runs=10, watched=timedelta(days=10))
    assert _fact(_incident(young), "Budget left") == "66%: 2 of 3 bad runs left (estimate, 33% of 30d watched)"


def test_a_budget_below_one_run_is_told_as_what_happened(evaluation: Build) -> None:
    strict = evaluation(1, objective="0.995")
    assert _fact(_incident(strict), "Budget left") == "-567%: 1 bad run, 0.15 allowed"


def test_an_unknown_budget_is_not_called_empty(evaluation: Build) -> None:
    message = _incident(evaluation(0, runs=0))
    assert _fact(message, "Budget left") == "unknown: nothing measured in 30d"
    assert _fact(message, "SLI") == "unknown, objective 90% over 30d"


def test_an_sli_just_below_its_objective_never_reads_as_met(evaluation: Build) -> None:
    nearly = evaluation(100_001, runs=1_000_000)
    assert _fact(_incident(nearly), "SLI") == "89.999%, objective 90% over 30d"


def test_what_spent_the_budget_is_told_most_first(evaluation: Build) -> None:
    spent = {"late": 1, "data_drift": Fraction(5, 2), "other": 0}
    assert _fact(_incident(evaluation(), spent_by=spent), "Spent by") == "data drift 2.5, late 1"


def test_a_resolved_incident_says_how_long_and_on_what_it_was_open(evaluation: Build) -> None:
    reason = fired(evaluation(4, **BURNING))
    later = AT + timedelta(hours=3, minutes=20)
    message = _incident(evaluation(), Transition.RESOLVED, at=later, reason=reason)
    assert message.title == "Resolved: Flights scored"
    assert _fact(message, "Was open") == "2026-02-03 06:10 UTC to 2026-02-03 09:30 UTC (3 h 20 min)"
    assert _fact(message, "Opened on").startswith("page: burn 7.5x over the last 4 runs")


def test_a_deescalated_incident_names_only_what_still_burns(evaluation: Build) -> None:
    ticket = evaluation(4, day=(1, 2), hours=(1, 2))
    message = _incident(ticket, Transition.DEESCALATED, severity=Severity.TICKET, at=AT + timedelta(days=1, hours=2))
    assert message.title == "Down to a ticket: Flights scored"
    assert message.body[0] == "Still burning: 5x over 1d and 5x over 2h (ticket rule)."
    assert _fact(message, "Since") == "2026-02-03 06:10 UTC (1 d 2 h ago)"


def test_every_step_of_an_incident_shares_its_thread_and_none_its_dedup_key(evaluation: Build) -> None:
    messages = [_incident(evaluation(), transition) for transition in Transition]
    messages.append(_incident(evaluation(), Transition.ESCALATED, at=AT + timedelta(microseconds=1)))
    assert {message.thread_key for message in messages} == {"incident:3"}
    assert len({message.dedup_key for message in messages}) == len(messages)


def test_saying_the_same_again_has_the_same_dedup_key(evaluation: Build) -> None:
    assert _incident(evaluation(1)).dedup_key == _incident(evaluation(2)).dedup_key
