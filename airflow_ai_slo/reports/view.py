"""A report in words, the same for every format: what the HTML template and the Markdown writer lay out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from airflow_ai_slo.core.burn import Outcome
from airflow_ai_slo.core.evaluation import Evaluation
from airflow_ai_slo.core.freeze_policy import FreezePolicy
from airflow_ai_slo.reports.definition import Term, definition
from airflow_ai_slo.reports.figures import count, instant, length, percent, plural, raw, times
from airflow_ai_slo.reports.model import Report, ServiceReport, SLOReport
from airflow_ai_slo.reports.plots.plot import Plot, plot
from airflow_ai_slo.reports.plots.scale import TimeScale
from airflow_ai_slo.reports.plots.sparkline import Spark, sparkline
from airflow_ai_slo.reports.spent import spent
from airflow_ai_slo.reports.tables import Table, audit, burns, by_length, corrections, freezes, incidents, rules, worst
from airflow_ai_slo.reports.verdict import (
    URGENCY,
    Badge,
    Sentence,
    State,
    badges,
    coverage_note,
    events_left,
    frozen_sentence,
    met,
    next_step,
    summary,
    unit_of,
)


@dataclass(frozen=True, slots=True)
class Tile:
    """A headline figure: what it is, the figure, what it stands against."""

    label: str
    figure: str
    detail: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Left:
    """Budget left, as a share for a bar (0 to 1) and in words."""

    share: float | None
    text: str
    events: str
    tone: str


@dataclass(frozen=True, slots=True)
class SLOView:
    """One SLO in words."""

    anchor: str
    title: str
    name: str
    service: str
    description: str
    badges: tuple[Badge, ...]
    sli: str
    objective: str
    met: bool | None
    left: Left
    burn: Tile
    tiles: tuple[Tile, ...]
    notes: tuple[str, ...]
    next_step: tuple[str, str] | None
    spark: Spark | None
    plot: Plot | None
    tables: tuple[Table, ...]
    definition: tuple[Term, ...]
    rank: tuple[int, float, str]


@dataclass(frozen=True, slots=True)
class ServiceView:
    """One service in words."""

    anchor: str
    name: str
    description: str
    labels: tuple[str, ...]
    frozen: str
    override: str
    slos: tuple[SLOView, ...]
    tables: tuple[Table, ...]


@dataclass(frozen=True, slots=True)
class ReportView:
    """A report in words; ``overview`` holds every SLO, the most urgent first."""

    title: str
    period: str
    length: str
    generated: str
    sentences: tuple[Sentence, ...]
    tally: tuple[tuple[State, int], ...]
    overview: tuple[SLOView, ...]
    services: tuple[ServiceView, ...]


def view(report: Report) -> ReportView:
    """Put a report in words."""
    anchors = _Anchors()
    services = tuple(_service(service, report, anchors) for service in report.services)
    slos = [slo for service in services for slo in service.slos]
    return ReportView(
        title=report.title,
        period=f"{instant(report.start)} – {instant(report.end)}",
        length=length(report.end - report.start),
        generated=instant(report.generated_at) if report.generated_at else "",
        sentences=summary(report),
        tally=_tally(slos),
        overview=tuple(sorted(slos, key=lambda slo: slo.rank)),
        services=services,
    )


class _Anchors:
    """Readable, unique fragment names, so that a link to one SLO outlives the next report."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def new(self, kind: str, name: str) -> str:
        wanted = f"{kind}-{re.sub(r'[^a-z0-9]+', '-', name.lower()).strip('-') or 'unnamed'}"
        anchor, again = wanted, 2
        while anchor in self._taken:
            anchor, again = f"{wanted}-{again}", again + 1
        self._taken.add(anchor)
        return anchor


def _tally(slos: Iterable[SLOView]) -> tuple[tuple[State, int], ...]:
    """How many SLOs have each state as their most urgent one."""
    first = [slo.badges[0].state for slo in slos]
    return tuple((state, first.count(state)) for state in State if state in first)


def _service(service: ServiceReport, report: Report, anchors: _Anchors) -> ServiceView:
    override = service.override
    found = (freezes(service), audit(service))
    return ServiceView(
        anchor=anchors.new("service", service.service.name),
        name=service.service.name,
        description=service.service.description,
        labels=tuple(f"{key}={value}" for key, value in service.service.labels.items()),
        frozen=frozen_sentence(service),
        override=f"{override.author} lets changes pass until {instant(override.expires_at)}: {override.reason}"
        if override
        else "",
        slos=tuple(_slo(slo, service, report, anchors) for slo in service.slos),
        tables=tuple(table for table in found if table.rows),
    )


def _slo(slo: SLOReport, service: ServiceReport, report: Report, anchors: _Anchors) -> SLOView:
    evaluation = slo.evaluation
    objective = evaluation.slo.objective
    unit = unit_of(slo)
    found = (*spent(slo, unit), burns(slo, unit), rules(slo), worst(slo), incidents(slo), corrections(slo))
    states = badges(slo)
    remaining = evaluation.budget.remaining
    burn = _burn_now(evaluation)
    policy = service.service.freeze
    left = _left(slo, policy, unit)
    return SLOView(
        anchor=anchors.new("slo", evaluation.slo.name),
        title=evaluation.slo.title,
        name=evaluation.slo.name,
        service=service.service.name,
        description=evaluation.slo.description,
        badges=states,
        sli=percent(evaluation.sli, against=(objective,)),
        objective=percent(objective, places=9),
        met=met(evaluation),
        left=left,
        burn=burn,
        tiles=(*_tiles(evaluation, left, burn, unit), *_timed(slo)),
        notes=_notes(evaluation, report),
        next_step=next_step(evaluation) if evaluation.sli is None else None,
        spark=sparkline(slo),
        plot=plot(slo, service.freezes, TimeScale(report.start, report.end)),
        tables=tuple(table for table in found if table.rows),
        definition=definition(evaluation.slo, policy, unit),
        rank=(URGENCY[states[0].state], float(1 if remaining is None else remaining), evaluation.slo.name),
    )


def _tiles(evaluation: Evaluation, left: Left, burn: Tile, unit: str) -> tuple[Tile, ...]:
    counts = evaluation.counts
    objective = evaluation.slo.objective
    tone = {None: "unknown", True: "good", False: "bad"}[met(evaluation)]
    seen = f"of {count(counts.total)} in the {evaluation.slo.window} window"
    runs = f"; {counts.bad_runs:,} of {plural(counts.runs, 'run')} bad" if counts.runs and unit != "runs" else ""
    return (
        Tile("SLI", percent(evaluation.sli, against=(objective,)), f"objective {percent(objective, places=9)}", tone),
        Tile("Budget left", left.text, left.events, left.tone),
        burn,
        Tile(
            f"Bad {unit}",
            count(counts.bad) if counts.total else "unknown",
            seen + runs,
            "" if counts.total else "unknown",
        ),
    )


def _timed(slo: SLOReport) -> Iterable[Tile]:
    """Percentiles, where anything was timed."""
    if slo.percentiles is not None:
        shown = [f"{name.upper()} {raw(value)} ms" for name, value in slo.percentiles.values.items()]
        yield Tile("Latency", shown[-1], f"{', '.join(shown[:-1])}; {count(slo.percentiles.count)} timed")


def _left(slo: SLOReport, policy: FreezePolicy, unit: str) -> Left:
    budget = slo.evaluation.budget
    if budget.remaining is None:
        return Left(None, "unknown", events_left(budget, unit), "unknown")
    about = "≈" if budget.estimate else ""
    tone = "bad" if budget.remaining <= 0 else "low" if budget.remaining < Fraction(1, 4) else "good"
    text = about + percent(budget.remaining, against=(policy.terms(slo.evaluation.slo).above,), places=1)
    return Left(float(min(max(budget.remaining, Fraction(0)), Fraction(1))), text, events_left(budget, unit), tone)


def _burn_now(evaluation: Evaluation) -> Tile:
    """Burn over the shortest window that holds more than one run, else over the shortest in which anything happened."""
    windows = by_length(evaluation)
    known = [(window, counts) for window, counts in windows if counts.total]
    telling = [(window, counts) for window, counts in known if counts.runs > 1]
    window, counts = (telling or known or windows)[0]
    judged = [alert for alert in evaluation.alerts if window in (str(alert.rule.long), str(alert.rule.short))]
    rate = counts.burn_rate(evaluation.slo.objective)
    firing = any(alert.outcome is Outcome.FIRING for alert in judged)
    tone = "unknown" if rate is None else "bad" if firing else ""
    where = f"over the last {window}" if counts.total else "no data"
    return Tile("Burn now", times(rate, against=[alert.rule.factor for alert in judged]), where, tone)


def _notes(evaluation: Evaluation, report: Report) -> tuple[str, ...]:
    stale = f"Judged at {instant(evaluation.at)}, before this report ends." if evaluation.at < report.end else ""
    return tuple(note for note in (coverage_note(evaluation), stale) if note)
