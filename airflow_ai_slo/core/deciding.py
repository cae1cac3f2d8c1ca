"""What one evaluation does to an SLO's incident, whether its rules count runs, go by the clock, or both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from airflow_ai_slo.core.burn import RuleOutcome
from airflow_ai_slo.core.definition import BurnRule, Severity
from airflow_ai_slo.core.incident import Transition, held_by, severity_of, step, transition
from airflow_ai_slo.core.pipeline_incident import CLEARS_AFTER, Change, Discipline, in_runs

_CALM = Discipline()


@dataclass(frozen=True, slots=True)
class Held:
    """What holds an SLO's incident open.

    :param latched: its rules with clock windows, one bit each.
    :param discipline: what its rules with windows in runs remember.
    """

    latched: int = 0
    discipline: Discipline = _CALM

    @classmethod
    def anew(cls, rules: Sequence[BurnRule], severity: Severity) -> Held:
        """What holds an open incident whose rules were edited: all that could have opened it."""
        if not in_runs(rules):
            return cls(held_by(rules, severity))
        paged = severity is Severity.PAGE
        return cls(held_by(rules, severity), Discipline(severity, paged, 0, CLEARS_AFTER, (0,)))


class Moved(NamedTuple):
    """One transition of an incident.

    :param severity: from then on; None where it closed.
    :param change: the settled run that brought it; None where the clock did.
    :param released: rules with clock windows that no longer hold the incident.
    """

    transition: Transition
    severity: Severity | None
    change: Change | None = None
    released: tuple[BurnRule, ...] = ()


def decide(
    held: Held,
    alerts: Sequence[RuleOutcome],
    *,
    before: Severity | None,
    new_bad: bool,
    runs: tuple[Discipline, Sequence[Change]] = (_CALM, ()),
) -> tuple[Held, list[Moved]]:
    """Advance an incident by one evaluation.

    :param before: severity of the open incident; None where there is none.
    :param new_bad: whether a bad run came in since the last evaluation.
    :param runs: what newly settled runs did, :func:`pipeline_incident.advance`.
    """
    discipline, changes = runs
    moved: list[Moved] = []
    by_clock, current = severity_of(held.latched, alerts), before
    for change in changes:
        after = _louder(change.severity, by_clock)
        current = _move(moved, current, after, change, ())
    clock = step(held.latched, alerts, before=by_clock, new_bad=new_bad)
    after = _louder(discipline.severity, severity_of(clock.latched, alerts))
    gone = held.latched & ~clock.latched
    released = tuple(alert.rule for index, alert in enumerate(alerts) if gone >> index & 1)
    _move(moved, current, after, changes[-1] if changes and clock.transition is None else None, released)
    return Held(clock.latched, discipline), moved


def _move(
    moved: list[Moved],
    before: Severity | None,
    after: Severity | None,
    change: Change | None,
    released: tuple[BurnRule, ...],
) -> Severity | None:
    made = transition(before, after)
    if made is not None:
        moved.append(Moved(made, after, change, released))
    return after


def _louder(one: Severity | None, other: Severity | None) -> Severity | None:
    return max((severity for severity in (one, other) if severity is not None), default=None)
