"""The headline figures of an SLO: what it is, the figure, what it stands against."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from airflow_ai_slo.core.burn import Outcome
from airflow_ai_slo.core.evaluation import Evaluation
from airflow_ai_slo.core.freeze_policy import FreezePolicy
from airflow_ai_slo.reports.figures import count, percent, plural, raw, times
from airflow_ai_slo.reports.model import SLOReport
from airflow_ai_slo.reports.promised import between, detail, outlook
from airflow_ai_slo.reports.tables import by_length
from airflow_ai_slo.reports.verdict import events_left, met


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


def tiles(evaluation: Evaluation, left: Left, burn: Tile, unit: str) -> tuple[Tile, ...]:
    """SLI, budget left, burn now and what went wrong."""
    counts = evaluation.counts
    objective = evaluation.slo.objective
    tone = {None: "unknown", True: "good", False: "bad"}[met(evaluation)]
    seen = f"of {count(counts.total)} in the {evaluation.slo.window} window"
    promised, interval = f"objective {percent(objective, places=9)}", evaluation.interval
    sampled = "" if interval is None else f"; sampled, {between(interval, objective)}"
    runs = f"; {counts.bad_runs:,} of {plural(counts.runs, 'run')} bad" if counts.runs and unit != "runs" else ""
    return (
        Tile("SLI", percent(evaluation.sli, against=(objective,)), promised + sampled, tone),
        Tile("Budget left", left.text, left.events, left.tone),
        burn,
        Tile(
            f"Bad {unit}",
            count(counts.bad) if counts.total else "unknown",
            seen + runs,
            "" if counts.total else "unknown",
        ),
    )


def timed(slo: SLOReport) -> Iterable[Tile]:
    """Percentiles, where anything was timed."""
    if slo.percentiles is not None:
        shown = [f"{name.upper()} {raw(value)} ms" for name, value in slo.percentiles.values.items()]
        yield Tile("Latency", shown[-1], f"{', '.join(shown[:-1])}; {count(slo.percentiles.count)} timed")


def left_of(slo: SLOReport, policy: FreezePolicy, unit: str) -> Left:
    """What is left of the budget."""
    budget = slo.evaluation.budget
    if budget.remaining is None:
        return Left(None, "unknown", events_left(budget, unit), "unknown")
    about = "≈" if budget.estimate else ""
    spent = budget.remaining <= 0 and slo.evaluation.exhausted is not None
    tone = "bad" if spent else "low" if budget.remaining < Fraction(1, 4) else "good"
    text = about + percent(budget.remaining, against=(policy.terms(slo.evaluation.slo).above,), places=1)
    return Left(float(min(max(budget.remaining, Fraction(0)), Fraction(1))), text, events_left(budget, unit), tone)


def burn_now(evaluation: Evaluation) -> Tile:
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


def sla_of(slo: SLOReport, unit: str) -> Tile | None:
    """Its SLA, where it has one."""
    if slo.agreement is None:
        return None
    words, tone = outlook(slo.agreement)
    return Tile("SLA", words, detail(slo.agreement, unit), tone)
