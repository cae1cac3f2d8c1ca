"""The tables of a report, as cells of text that any format can lay out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from airflow_ai_slo.core.counts import Counts
from airflow_ai_slo.core.definition import BurnRule
from airflow_ai_slo.core.durations import Runs, Span
from airflow_ai_slo.core.evaluation import Evaluation
from airflow_ai_slo.core.measurement import Measurement
from airflow_ai_slo.reports.figures import count, instant, length, raw, times
from airflow_ai_slo.reports.model import FreezeRow, ServiceReport, SLOReport

_MOST_ROWS = 50
_MOST_RUNS = 20
_LINK = re.compile(r"https?://[^\s\x00-\x20\x7f<>\"'`\\]+", re.IGNORECASE)
_OPERATORS = {"gt": ">", "gte": "≥", "lt": "<", "lte": "≤"}


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell.

    :param kind: ``text``, ``number``, ``code``, ``time``, ``bar``, or a tone for a badge (``page``, ``ticket``,
        ``firing``, ``healthy``, ``unknown``) or for a change (``better``, ``worse``, ``same``).
    :param url: where its text leads; only ever http or https.
    :param share: length of a bar, 0 to 1.
    """

    text: str
    kind: str = "text"
    url: str = ""
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class Table:
    """A captioned table; ``more`` says what was left out."""

    name: str
    caption: str
    header: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    more: str = ""


def link(text: str) -> str:
    """The address if it is a plain http or https one, else an empty string."""
    return text if _LINK.fullmatch(text) else ""


def worst(slo: SLOReport) -> Table:
    """The runs that spent most."""
    shown = slo.worst[:_MOST_RUNS]
    values = any(run.value is not None for run in shown)
    links = any(link(run.attributes.get("run_url", "")) for run in shown)
    names = ["Time (UTC)", "Run", "#Good / total", *["#Value"][:values], "Cause", *["Link"][:links]]
    rows = tuple(tuple(_run(run, values=values, links=links)) for run in shown)
    return Table("worst", "Worst runs", heads(*names), rows, _more(len(slo.worst), _MOST_RUNS))


def _run(run: Measurement, *, values: bool, links: bool) -> Iterable[Cell]:
    url = link(run.attributes.get("run_url", ""))
    yield time_of(run.at)
    yield Cell(run.key, "code")
    yield Cell(f"{count(run.good)} / {count(run.total)}", "number")
    if values:
        yield Cell(raw(run.value) or "–", "number")
    yield Cell(cause_name(run.cause or "other"))
    if links:
        yield Cell("Open run", url=url) if url else Cell("–")


def rules(slo: SLOReport) -> Table:
    """Every rule as judged."""
    evaluation = slo.evaluation
    objective = evaluation.slo.objective
    rows = []
    for rule, outcome, _ in evaluation.alerts:
        spans = (rule.long, rule.short) if rule.short is not None else (rule.long,)
        burns_now = [f"{span}: {_burn(evaluation.windows.get(span), objective, rule)}" for span in spans]
        condition = f"burn {_OPERATORS[rule.op]} {times(rule.factor)}{_bad_runs(rule)}"
        cells = (
            Cell(rule.severity.label.capitalize()),
            Cell(condition),
            Cell(", ".join(burns_now)),
            Cell(outcome.value.capitalize(), outcome.value),
        )
        rows.append(cells)
    return Table("rules", "Alert rules as judged", heads("Alert", "Fires when", "Burn", "Now"), tuple(rows))


def _bad_runs(rule: BurnRule) -> str:
    least = max(rule.min_bad_long, rule.min_bad_short if rule.short is not None else 1)
    return f", at least {least} bad runs" if least > 1 else ""


def _burn(counts: Counts | None, objective: Fraction, rule: BurnRule) -> str:
    return times(counts.burn_rate(objective) if counts else None, against=(rule.factor,))


def burns(slo: SLOReport, unit: str) -> Table:
    """Burn of every window looked at."""
    objective = slo.evaluation.slo.objective
    rows = tuple(
        (
            Cell(window),
            Cell(times(counts.burn_rate(objective)), "number"),
            Cell(f"{count(counts.bad)} of {count(counts.total)}", "number"),
        )
        for window, counts in by_length(slo.evaluation)
    )
    return Table("burns", "Burn per window", heads("Window", "#Burn", f"#Bad {unit}"), rows)


def by_length(evaluation: Evaluation) -> list[tuple[str, Counts]]:
    """Every window looked at with its counts, windows in runs first, the shortest first, the SLO's own last."""
    own = str(evaluation.slo.window)
    spans = sorted(evaluation.windows.items(), key=lambda item: _length(item[0]))
    return [*((str(span), counts) for span, counts in spans if str(span) != own), (own, evaluation.counts)]


def _length(span: Span) -> tuple[bool, float]:
    return (False, span.count) if isinstance(span, Runs) else (True, span.length.total_seconds())


def incidents(slo: SLOReport) -> Table:
    """Incidents, newest first."""
    newest = sorted(slo.incidents, key=lambda row: row.opened_at, reverse=True)
    rows = tuple(
        (
            time_of(row.opened_at),
            time_of(row.resolved_at) if row.resolved_at else Cell("open", "firing"),
            Cell(length((row.resolved_at or slo.evaluation.at) - row.opened_at), "number"),
            Cell(row.severities.capitalize(), row.highest),
            Cell(row.reason),
        )
        for row in newest[:_MOST_RUNS]
    )
    header = heads("Opened (UTC)", "Resolved (UTC)", "#Lasted", "Severity", "Reason")
    return Table("incidents", "Incidents", header, rows, _more(len(newest), _MOST_RUNS))


def corrections(slo: SLOReport) -> Table:
    """What is dropped, by whom and why."""
    rows = tuple((Cell(str(one.period)), Cell(one.author), Cell(one.reason)) for one in slo.corrections[:_MOST_RUNS])
    header = heads("Dropped", "Who", "Why")
    return Table("corrections", "Corrections", header, rows, _more(len(slo.corrections), _MOST_RUNS))


def freezes(service: ServiceReport) -> Table:
    """Freezes of a service, newest first."""
    return freeze_table(service.freezes)


def freeze_table(found: Iterable[FreezeRow]) -> Table:
    """Freezes, newest first."""
    newest = sorted(found, key=lambda row: row.since, reverse=True)
    rows = tuple(
        (
            time_of(row.since),
            time_of(row.until) if row.until else Cell("frozen now", "firing"),
            Cell(length(row.until - row.since) if row.until else "–", "number"),
            Cell(", ".join(row.slos)),
        )
        for row in newest[:_MOST_ROWS]
    )
    header = heads("Since (UTC)", "Until (UTC)", "#Lasted", "Because of")
    return Table("freezes", "Freezes", header, rows, _more(len(newest), _MOST_ROWS))


def audit(service: ServiceReport) -> Table:
    """Who decided what, newest first."""
    rows = tuple(
        (time_of(row.at), Cell(row.actor or "–"), Cell(row.action), Cell(row.detail or "–"))
        for row in service.audit[:_MOST_ROWS]
    )
    header = heads("Time (UTC)", "Who", "What", "Detail")
    return Table("audit", "Audit log", header, rows, _more(len(service.audit), _MOST_ROWS))


def cause_name(cause: str) -> str:
    """``pipeline_failure`` as ``Pipeline failure``."""
    return cause.replace("_", " ").capitalize()


def heads(*names: str) -> tuple[Cell, ...]:
    """Column heads; a leading # marks a column of numbers."""
    return tuple(Cell(name.removeprefix("#"), "number" if name.startswith("#") else "text") for name in names)


def time_of(at: datetime) -> Cell:
    """An instant whose column says that it is UTC."""
    return Cell(instant(at).removesuffix(" UTC"), "time")


def _more(found: int, shown: int) -> str:
    return f"{found - shown:,} more are left out here." if found > shown else ""
