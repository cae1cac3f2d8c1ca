"""A report in words, the same for every format: what the HTML template and the Markdown writer lay out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from airflow_ai_slo.core.evaluation import Evaluation
from airflow_ai_slo.core.periods import Period
from airflow_ai_slo.reports.compared import InWords, comparison, in_words, spenders
from airflow_ai_slo.reports.definition import Term, definition
from airflow_ai_slo.reports.figures import instant, length, percent
from airflow_ai_slo.reports.model import Report, ServiceReport, SLOReport
from airflow_ai_slo.reports.plots.plot import Plot, plot
from airflow_ai_slo.reports.plots.scale import TimeScale
from airflow_ai_slo.reports.plots.sparkline import Spark, sparkline
from airflow_ai_slo.reports.promised import past
from airflow_ai_slo.reports.spent import spent
from airflow_ai_slo.reports.tables import Table, audit, burns, corrections, freezes, incidents, rules, worst
from airflow_ai_slo.reports.tiles import Left, Tile, burn_now, left_of, sla_of, tiles, timed
from airflow_ai_slo.reports.verdict import (
    URGENCY,
    Badge,
    State,
    badges,
    coverage_note,
    frozen_sentence,
    met,
    next_step,
    summary,
    unit_of,
)
from airflow_ai_slo.reports.wording import Sentence, capital


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
    period: InWords | None = None
    sla: Tile | None = None


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
    label: str = ""
    last: str = ""
    brief: bool = False


BRIEF_FROM = 200
"""A report of so many SLOs leaves out what nobody asks of a healthy one."""


def view(report: Report) -> ReportView:
    """Put a report in words."""
    anchors = _Anchors()
    brief = sum(len(service.slos) for service in report.services) >= BRIEF_FROM
    services = tuple(_service(service, report, anchors, brief=brief) for service in report.services)
    slos = [slo for service in services for slo in service.slos]
    return ReportView(
        title=report.title,
        period=_period(report),
        length=length(report.end - report.start),
        generated=instant(report.generated_at) if report.generated_at else "",
        sentences=summary(report),
        tally=_tally(slos),
        overview=tuple(sorted(slos, key=lambda slo: slo.rank)),
        services=services,
        label=_label(report.period),
        last=report.period.last_name if report.period else "",
        brief=brief,
    )


def _period(report: Report) -> str:
    text = f"{instant(report.start)} – {instant(report.end)}"
    if report.period is None or not report.period.is_calendar:
        return text
    zone = report.period.zone.key
    return f"{_label(report.period)}{'' if zone == 'UTC' else f' in {zone}'}, {text}"


def _label(period: Period | None) -> str:
    if period is None:
        return ""
    return capital(period.label if period.is_calendar else f"last {period.kind}")


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


def _service(service: ServiceReport, report: Report, anchors: _Anchors, *, brief: bool) -> ServiceView:
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
        slos=tuple(_slo(slo, service, report, anchors, brief=brief) for slo in service.slos),
        tables=tuple(table for table in found if table.rows),
    )


def _slo(slo: SLOReport, service: ServiceReport, report: Report, anchors: _Anchors, *, brief: bool) -> SLOView:
    evaluation = slo.evaluation
    objective = evaluation.slo.objective
    unit = unit_of(slo)
    states = badges(slo)
    quiet = brief and states[0].state is State.HEALTHY
    found = _tables(slo, unit, quiet=quiet)
    remaining = evaluation.budget.remaining
    burn = burn_now(evaluation)
    policy = service.service.freeze
    left = left_of(slo, policy, unit)
    sla = sla_of(slo, unit)
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
        tiles=(*tiles(evaluation, left, burn, unit), *timed(slo), *([sla] if sla else [])),
        notes=_notes(evaluation, report),
        next_step=next_step(evaluation) if evaluation.sli is None else None,
        spark=sparkline(slo),
        plot=plot(slo, service.freezes, TimeScale(report.start, report.end)),
        tables=tuple(table for table in found if table is not None and table.rows),
        definition=definition(evaluation.slo, policy, unit),
        rank=(URGENCY[states[0].state], float(1 if remaining is None else remaining), evaluation.slo.name),
        period=in_words(slo.compared) if slo.compared else None,
        sla=sla,
    )


def _tables(slo: SLOReport, unit: str, *, quiet: bool) -> Iterable[Table | None]:
    """:param quiet: whether what nobody asks of a healthy SLO among hundreds is left out."""
    yield comparison(slo, unit)
    if slo.agreement is not None:
        yield past(slo.agreement)
    if not quiet:
        yield from (spenders(slo), *spent(slo, unit), burns(slo, unit), rules(slo), worst(slo))
    yield from (incidents(slo), corrections(slo))


def _notes(evaluation: Evaluation, report: Report) -> tuple[str, ...]:
    stale = f"Judged at {instant(evaluation.at)}, before this report ends." if evaluation.at < report.end else ""
    return tuple(note for note in (coverage_note(evaluation), stale) if note)
