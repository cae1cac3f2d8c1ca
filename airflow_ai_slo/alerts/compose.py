"""Builds messages from what core decided. Pure: every figure and instant comes in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from airflow_ai_slo.alerts import words
from airflow_ai_slo.alerts.message import Fact, Figure, Kind, Link, Message
from airflow_ai_slo.core.burn import Outcome
from airflow_ai_slo.core.definition import BurnRule, Severity
from airflow_ai_slo.core.evaluation import Evaluation
from airflow_ai_slo.core.incident import Transition
from airflow_ai_slo.core.numbers import Exact

_KINDS = {
    Transition.OPENED: Kind.INCIDENT_OPENED,
    Transition.ESCALATED: Kind.INCIDENT_ESCALATED,
    Transition.DEESCALATED: Kind.INCIDENT_DEESCALATED,
    Transition.RESOLVED: Kind.INCIDENT_RESOLVED,
    Transition.SUPERSEDED: Kind.INCIDENT_SUPERSEDED,
}
_ENDED = (Transition.RESOLVED, Transition.SUPERSEDED)


def incident_message(
    evaluation: Evaluation,
    transition: Transition,
    severity: Severity,
    *,
    incident_id: int,
    opened_at: datetime,
    at: datetime,
    spent_by: Mapping[str, Exact] | None = None,
    reason: str = "",
    links: Sequence[Link] = (),
) -> Message:
    """Say what happened to an incident.

    :param severity: the incident's severity after the transition; of an ended one, the last it had.
    :param at: when it happened.
    :param spent_by: bad events per cause in the SLO's window; None or empty leaves the fact out.
    :param reason: what fired when it opened, as :func:`~airflow_ai_slo.alerts.words.fired` said it then.
    """
    slo = evaluation.slo
    return Message(
        kind=_KINDS[transition],
        title=f"{_heading(transition, severity)}: {slo.title}",
        at=at,
        thread_key=f"incident:{incident_id}",
        dedup_key=f"incident:{incident_id}:{transition}:{words.stamp(at)}",
        severity=severity,
        service=slo.service,
        slo=slo.name,
        since=opened_at,
        facts=_facts(evaluation, transition, opened_at=opened_at, at=at, spent_by=spent_by or {}, reason=reason),
        figures=figures(evaluation),
        body=_body(evaluation, transition, severity),
        links=tuple(links),
    )


def figures(evaluation: Evaluation) -> dict[str, Figure]:
    """The numbers of an evaluation: shares and burn rates as ratios, budget in the unit of its counts; None unknown."""
    budget, slo = evaluation.budget, evaluation.slo
    numbers: dict[str, Figure] = {
        "objective": float(slo.objective),
        "window": str(slo.window),
        "sli": _float(evaluation.sli),
        "good": float(evaluation.counts.good),
        "total": float(evaluation.counts.total),
        "budget_allowed": _float(budget.allowed),
        "budget_consumed": _float(budget.consumed),
        "budget_remaining": _float(budget.remaining),
        "coverage": float(budget.coverage),
    }
    return numbers | {f"burn_rate_{window}": _float(rate) for window, rate in evaluation.burn_rates.items()}


def _float(number: Exact | None) -> float | None:
    return None if number is None else float(number)


def _heading(transition: Transition, severity: Severity) -> str:
    if transition is Transition.ESCALATED:
        return f"Now a {severity.label}"
    if transition is Transition.DEESCALATED:
        return f"Down to a {severity.label}"
    if transition is Transition.RESOLVED:
        return "Resolved"
    return "Closed" if transition is Transition.SUPERSEDED else severity.label.capitalize()


def _facts(
    evaluation: Evaluation,
    transition: Transition,
    *,
    opened_at: datetime,
    at: datetime,
    spent_by: Mapping[str, Exact],
    reason: str,
) -> tuple[Fact, ...]:
    slo, open_for = evaluation.slo, words.length(at - opened_at)
    facts = [
        Fact("Service", slo.service),
        Fact("SLO", slo.name),
        Fact("Budget left", words.budget_left(evaluation)),
        Fact("SLI", words.sli(evaluation)),
    ]
    if transition in _ENDED:
        facts.append(Fact("Was open", f"{words.instant(opened_at)} to {words.instant(at)} ({open_for})"))
    elif transition is Transition.OPENED:
        facts.append(Fact("Since", words.instant(opened_at)))
    else:
        facts.append(Fact("Since", f"{words.instant(opened_at)} ({open_for} ago)"))
    if causes := words.spent_by(spent_by):
        facts.append(Fact("Spent by", causes))
    if reason and transition is not Transition.OPENED:
        facts.append(Fact("Opened on", reason))
    return tuple(facts)


def _body(evaluation: Evaluation, transition: Transition, severity: Severity) -> tuple[str, ...]:
    if transition is Transition.RESOLVED:
        return ("No burn rule holds it open any more.",)
    if transition is Transition.SUPERSEDED:
        return ("What it measures was redefined. The old history stays readable, the new one starts empty.",)
    if transition is Transition.DEESCALATED:
        rules = _holding(evaluation, severity)
        lines = [f"Still burning: {words.rates(evaluation, rule)} ({rule.severity.label} rule)." for rule in rules]
    else:
        rules = words.firing(evaluation)
        lines = [
            f"Burning budget {words.rates(evaluation, rule)}, {words.limit(rule)} ({rule.severity.label})."
            for rule in rules
        ]
    if rules:
        released = dict.fromkeys(words.back(rule) for rule in rules)
        lines.append(f"Resolves when burn is back to {', and '.join(released)}.")
    return tuple(lines)


def _holding(evaluation: Evaluation, severity: Severity) -> list[BurnRule]:
    """Rules that may hold a de-escalated incident open: up to its severity, not yet observed within their factor."""
    return [
        alert.rule
        for alert in evaluation.alerts
        if alert.rule.severity <= severity and not alert.cleared and alert.outcome is not Outcome.UNKNOWN
    ]
