"""An SLO's definition in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from airflow_ai_slo.core.definition import SLO, Budgeting, Schedule
from airflow_ai_slo.core.freeze_policy import FreezePolicy
from airflow_ai_slo.core.windows import CalendarWindow
from airflow_ai_slo.reports.figures import percent
from airflow_ai_slo.reports.promised import terms

_SOURCES = {
    "airflow": "Airflow's own runs",
    "great-expectations": "Great Expectations",
    "sql": "a SQL query",
    "recorded": "recorded by operators, REST or the command line",
}
_RERUNS = {
    "replace": "the newest counts of a run replace earlier ones",
    "first": "the first counts of a run stand",
    "worst": "the worst counts of a run stand",
}


@dataclass(frozen=True, slots=True)
class Term:
    """One line of a definition."""

    name: str
    text: str


def definition(slo: SLO, policy: FreezePolicy, unit: str) -> tuple[Term, ...]:
    """What was promised and how it is measured.

    :param policy: how its service freezes.
    """
    return tuple(Term(name, text) for name, text in _lines(slo, policy, unit) if text)


def _lines(slo: SLO, policy: FreezePolicy, unit: str) -> Iterable[tuple[str, str]]:
    yield "Objective", f"at least {percent(slo.objective, places=9)} of {unit} good"
    yield "Window", _window(slo)
    yield "Budgeting", _budgeting(slo)
    yield "Source", _SOURCES.get(slo.indicator.source, slo.indicator.source)
    yield "Schedule", _schedule(slo.schedule) if slo.schedule else ""
    yield "Reruns", _RERUNS[slo.rerun]
    yield "Alerting", f"{slo.alerting} preset" if slo.alerting != "none" else "own rules" if slo.rules else "none"
    yield "Freezes releases", _freeze(slo, policy)
    yield "SLA", terms(slo.sla) if slo.sla is not None else ""
    yield "Confidence", percent(slo.confidence) if slo.confidence is not None else ""
    yield "Labels", ", ".join(f"{key}={value}" for key, value in slo.labels.items())
    yield "Notifies", ", ".join(slo.notify)


def _window(slo: SLO) -> str:
    if isinstance(slo.window, CalendarWindow):
        return f"{slo.window}, calendar, {slo.window.zone}"
    return f"{slo.window}, rolling"


def _budgeting(slo: SLO) -> str:
    if slo.budgeting is Budgeting.OCCURRENCES:
        return slo.budgeting.value
    slices = f" of {slo.slice_window}" if slo.slice_window else ""
    target = f", a slice is good from {percent(slo.slice_target)}" if slo.slice_target is not None else ""
    return f"{slo.budgeting.value}{slices}{target}"


def _schedule(schedule: Schedule) -> str:
    if schedule.deadline is None:
        deadline = "none expected"
    else:
        deadline = "due within one cadence" if schedule.deadline == "cadence" else f"due within {schedule.deadline}"
    return f"{schedule.cadence} ({schedule.zone}), {deadline}, late runs {schedule.late}"


def _freeze(slo: SLO, policy: FreezePolicy) -> str:
    if not policy.counts(slo):
        return "no"
    terms = policy.terms(slo)
    mode = "yes" if policy.mode == "hard" else "softly, with a warning"
    again = f"{mode}; thaws above {percent(terms.above)} of the budget"
    return f"{again} or after {terms.good_runs} good runs" if terms.good_runs else again
