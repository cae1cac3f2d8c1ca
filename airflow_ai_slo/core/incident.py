"""One incident per SLO: which rules hold it open, and what each evaluation does to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from airflow_ai_slo.core.burn import Outcome, RuleOutcome
from airflow_ai_slo.core.definition import BurnRule, Severity
from airflow_ai_slo.core.durations import Runs


class Transition(StrEnum):
    """What happened to an incident."""

    OPENED = "opened"
    ESCALATED = "escalated"
    DEESCALATED = "deescalated"
    RESOLVED = "resolved"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class Step:
    """The incident after one evaluation.

    :param latched: bit i is set while rule i holds the incident open; 0 means no incident.
    :param severity: None means no incident.
    """

    latched: int
    severity: Severity | None
    transition: Transition | None


def step(latched: int, alerts: Sequence[RuleOutcome], *, before: Severity | None, new_bad: bool) -> Step:
    """Advance what the rules with clock windows hold by one evaluation.

    A rule latches when it fires on a bad run that came in since the last evaluation, and is released when its short
    window is observed within the factor. Unknown holds, so silence neither opens nor resolves.

    :param latched: rules that hold the incident now.
    :param before: severity of the open incident; None where there is none.
    :param new_bad: whether a bad run was recorded since the last evaluation.
    """
    after_bits = 0
    for index, alert in enumerate(alerts):
        if isinstance(alert.rule.long, Runs):
            continue
        bit = 1 << index
        held = latched & bit
        latches = new_bad and alert.outcome is Outcome.FIRING
        if latches or (held and not alert.cleared):
            after_bits |= bit
    after = severity_of(after_bits, alerts)
    return Step(after_bits, after, transition(before, after))


def held_by(rules: Sequence[BurnRule], severity: Severity) -> int:
    """The rules that hold an incident of this severity when nobody knows which opened it: all that could."""
    return sum(
        1 << index for index, rule in enumerate(rules) if rule.severity <= severity and not isinstance(rule.long, Runs)
    )


def severity_of(latched: int, alerts: Sequence[RuleOutcome]) -> Severity | None:
    """The loudest of the rules that hold an incident."""
    if not latched:
        return None
    return max((a.rule.severity for i, a in enumerate(alerts) if latched >> i & 1), default=None)


def transition(before: Severity | None, after: Severity | None) -> Transition | None:
    """What an incident went through between two severities; None stands for no incident."""
    if before == after:
        return None
    if before is None:
        return Transition.OPENED
    if after is None:
        return Transition.RESOLVED
    return Transition.ESCALATED if after > before else Transition.DEESCALATED
