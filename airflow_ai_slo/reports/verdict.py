"""What the figures come to: the state of an SLO, the sentence on top of a report, what to do where nothing is known."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from airflow_ai_slo.core import units
from airflow_ai_slo.core.budget import Budget
from airflow_ai_slo.core.definition import Severity
from airflow_ai_slo.core.evaluation import Evaluation
from airflow_ai_slo.reports import moved, promised
from airflow_ai_slo.reports.figures import count, instant, percent, plural
from airflow_ai_slo.reports.model import Report, ServiceReport, SLOReport
from airflow_ai_slo.reports.wording import Sentence, listed

_NAMED = 3


class State(StrEnum):
    """What a reader should know first, most urgent first. More than one may hold."""

    PAGE = "page"
    EXHAUSTED = "exhausted"
    TICKET = "ticket"
    BELOW = "below"
    UNKNOWN = "unknown"
    HEALTHY = "healthy"


STATE_WORDS = {
    State.PAGE: "paging",
    State.EXHAUSTED: "with a spent budget",
    State.TICKET: "with a ticket",
    State.BELOW: "below objective",
    State.UNKNOWN: "unknown",
    State.HEALTHY: "healthy",
}
"""How many SLOs are … ?"""

URGENCY = {state: rank for rank, state in enumerate(State)}


@dataclass(frozen=True, slots=True)
class Badge:
    """A state and how it is put in words."""

    state: State
    label: str


def badges(slo: SLOReport) -> tuple[Badge, ...]:
    """Every state that holds now, most urgent first; never empty."""
    evaluation = slo.evaluation
    found = list(_alert_badges(slo))
    if evaluation.exhausted:
        found.append(Badge(State.EXHAUSTED, "Budget spent"))
    if met(evaluation) is None:
        found.append(Badge(State.UNKNOWN, "Unknown" if evaluation.sli is None else "Too few samples"))
    elif not met(evaluation) and not evaluation.exhausted:
        found.append(Badge(State.BELOW, "Below objective"))
    return tuple(sorted(found, key=lambda badge: URGENCY[badge.state])) or (Badge(State.HEALTHY, "Healthy"),)


def _alert_badges(slo: SLOReport) -> Iterable[Badge]:
    """The loudest alert: a rule that fires, else an incident that is held open."""
    firing = slo.evaluation.firing
    held = {incident.severity for incident in slo.incidents if incident.resolved_at is None}
    for severity, state in ((Severity.PAGE, State.PAGE), (Severity.TICKET, State.TICKET)):
        if firing is severity:
            yield Badge(state, f"{severity.label.capitalize()} firing")
            return
        if severity.label in held:
            yield Badge(state, f"{severity.label.capitalize()} open")
            return


def met(evaluation: Evaluation) -> bool | None:
    """Whether the SLI reaches its objective; None while unknown, also for want of samples."""
    return evaluation.met


def _is_open(evaluation: Evaluation) -> bool:
    """Whether a sample is too small to tell."""
    return evaluation.sli is not None and met(evaluation) is None


def events_left(budget: Budget, unit: str) -> str:
    """``1 of 3 bad runs left``, with ``≈`` where the allowance is an estimate."""
    if budget.allowed is None:
        return "allowance unknown"
    about = "≈" if budget.estimate else ""
    left = budget.allowed - budget.consumed
    allowed = count(budget.allowed)
    if left < 0:
        noun = units.singular(unit) if left == -1 else unit
        return f"{about}{count(-left)} bad {noun} over the {about}{allowed} allowed"
    return f"{about}{count(left)} of {about}{allowed} bad {unit} left"


def unit_of(slo: SLOReport) -> str:
    """Plural noun of what is counted."""
    return slo.unit or units.unit_of(slo.evaluation)


def coverage_note(evaluation: Evaluation) -> str:
    """Why a budget is an estimate; empty where it is none."""
    if evaluation.budget.allowed is None or not evaluation.budget.estimate:
        return ""
    covered = percent(evaluation.coverage, places=0)
    return (
        f"≈ marks an estimate: {covered} of the {evaluation.slo.window} window has been watched so far, "
        "so what the full window allows is projected from that part."
    )


def next_step(evaluation: Evaluation) -> tuple[str, str]:
    """What to do about an SLO without data: a sentence, and a line to copy."""
    slo = evaluation.slo
    if evaluation.counts.runs:
        return "Measurements came in, but none of them counted anything (total is 0). Check what its source counts.", ""
    record = f"ai-slo record {shlex.quote(slo.name)} --good 1 --total 1"
    if slo.indicator.source == "airflow":
        return (
            "Nothing has been measured in this window. End the DAG with a BatchCompletionOperator for this SLO, "
            "or record one run by hand:",
            record,
        )
    return (
        "Nothing has been measured in this window. Let a DAG measure it with the operator for its kind, "
        "or record one run by hand:",
        record,
    )


def summary(report: Report) -> tuple[Sentence, ...]:
    """The sentences on top: how many SLOs are met, what fires, what is frozen since when and why."""
    slos = [slo for service in report.services for slo in service.slos]
    if not slos:
        return (Sentence("No SLO is defined yet.", "lead"),)
    period = moved.met_sentence(report)
    met_now = _met_sentence(slos)
    top = [Sentence(period, "lead"), Sentence(f"At its end, {met_now[0].lower()}{met_now[1:]}")]
    if not period or report.period is None or not report.period.is_calendar:
        top = [Sentence(met_now, "lead"), *([Sentence(period)] if period else [])]
    return (
        *top,
        *_named("Missed", "", [s for s in slos if met(s.evaluation) is False]),
        *_named("Unknown", ", for want of data", [s for s in slos if s.evaluation.sli is None]),
        *_named("Too few samples to tell", "", [s for s in slos if _is_open(s.evaluation)]),
        *moved.moved_sentences(report),
        *promised.sentences(slos),
        *_alert_sentence(slos),
        *_frozen_sentences(report.services),
    )


def _met_sentence(slos: Sequence[SLOReport]) -> str:
    reached = sum(met(slo.evaluation) is True for slo in slos)
    if reached == len(slos) > 1:
        return f"All {len(slos):,} SLOs met over {_windows(slos)}."
    return f"{reached:,} of {plural(len(slos), 'SLO')} met over {_windows(slos)}."


def _named(label: str, why: str, slos: Sequence[SLOReport]) -> tuple[Sentence, ...]:
    names = listed([slo.evaluation.slo.title for slo in slos])
    return (Sentence(f"{label} over {_windows(slos)}{why}: {names}."),) if slos else ()


def _windows(slos: Sequence[SLOReport]) -> str:
    """``their own windows (28d and 30d)``: not the report's period."""
    lengths = listed([*dict.fromkeys(str(slo.evaluation.slo.window) for slo in slos)])
    return f"their own windows ({lengths})" if len(slos) > 1 else f"its own window ({lengths})"


def _alert_sentence(slos: Sequence[SLOReport]) -> tuple[Sentence, ...]:
    states = [badge.state for slo in slos for badge in badges(slo)]
    counts = [(states.count(State.PAGE), "page"), (states.count(State.TICKET), "ticket")]
    open_now = [plural(number, noun) for number, noun in counts if number]
    return (Sentence(f"{' and '.join(open_now)} open."),) if open_now else ()


def _frozen_sentences(services: Sequence[ServiceReport]) -> tuple[Sentence, ...]:
    frozen = [service for service in services if service.frozen]
    if not frozen:
        return (Sentence("No service is frozen."),)
    if len(frozen) > _NAMED:
        names = listed([service.service.name for service in frozen])
        return (Sentence(f"{len(frozen):,} services are frozen: {names}.", "ice"),)
    return tuple(Sentence(frozen_sentence(service), "ice") for service in frozen)


def frozen_sentence(service: ServiceReport) -> str:
    """``flights-delay is frozen since … because Features drift has spent its budget.``; empty while it is not."""
    if service.frozen is None:
        return ""
    titles = {slo.evaluation.slo.name: slo.evaluation.slo.title for slo in service.slos}
    causes = [titles.get(name, name) for name in service.frozen.slos]
    verb = "has spent its budget" if len(causes) == 1 else "have spent their budgets"
    because = f" because {listed(causes)} {verb}" if causes else ""
    return f"Service {service.service.name} is frozen since {instant(service.frozen.since)}{because}."
