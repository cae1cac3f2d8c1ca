"""Burn rules ready made. Factors follow the SRE workbook, chapter 5: budget spent x period / long window."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from fractions import Fraction

from airflow_ai_slo.core.cadence import Cadence
from airflow_ai_slo.core.definition import Alerting, BurnRule, Severity, Shape
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.pipeline_rules import pipeline
from airflow_ai_slo.core.windows import Bounds

WORKBOOK = (
    (Severity.PAGE, "1h", "5m", Fraction(2, 100)),
    (Severity.PAGE, "6h", "30m", Fraction(5, 100)),
    (Severity.TICKET, "1d", "2h", Fraction(10, 100)),
    (Severity.TICKET, "3d", "6h", Fraction(10, 100)),
)
_MICROSECOND = timedelta(microseconds=1)
SEED = ((Severity.PAGE, "1h", Fraction(14)), (Severity.TICKET, "6h", Fraction(7)))


def reachable(factor: Fraction, objective: Fraction) -> Fraction:
    """A preset's factor made sensible: never below 1, and never one that burn cannot exceed.

    Burn is at most 1 / (1 - objective); a factor at or beyond that becomes half of it.
    """
    highest = 1 / (1 - objective)
    factor = max(factor, Fraction(1))
    return factor if factor < highest else highest / 2


def workbook(objective: Fraction, period: timedelta) -> tuple[BurnRule, ...]:
    """2, 5, 10 and 10% of the budget over 1h/5m, 6h/30m (page), 1d/2h and 3d/6h (ticket)."""
    rules = []
    for severity, long, short, spent in WORKBOOK:
        window = Duration.parse(long)
        factor = spent * Fraction(period // _MICROSECOND, window.length // _MICROSECOND)
        rules.append(_rule(severity, window, Duration.parse(short), reachable(factor, objective)))
    return tuple(rules)


def seed(objective: Fraction, period: timedelta) -> tuple[BurnRule, ...]:
    """Page when burn > 14 over one hour, ticket when burn > 7 over six hours."""
    return tuple(
        _rule(severity, Duration.parse(long), None, reachable(factor, objective)) for severity, long, factor in SEED
    )


def _rule(severity: Severity, long: Duration, short: Duration | None, factor: Fraction) -> BurnRule:
    return BurnRule(severity=severity, long=long, short=short, factor=factor)


CLOCK_PRESETS: dict[Alerting, Callable[[Fraction, timedelta], tuple[BurnRule, ...]]] = {
    "workbook": workbook,
    "seed": seed,
}


def rules_of(shape: Shape, bounds: Bounds) -> tuple[BurnRule, ...]:
    """Every rule that watches an SLO: its preset's, then its own.

    :param bounds: the SLO's window at the instant looked at.
    """
    if shape.alerting == "pipeline" and shape.schedule is not None:
        preset = pipeline(shape.objective, Cadence.of(shape.schedule).per_period(bounds))
    elif shape.alerting in CLOCK_PRESETS:
        preset = CLOCK_PRESETS[shape.alerting](shape.objective, bounds.length)
    else:
        preset = ()
    return preset + shape.rules
