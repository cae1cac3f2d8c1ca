"""Streams of runs for the pipeline preset: ``.`` is a good run, ``x`` a bad one, ``_`` one without events."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from itertools import product

from airflow_ai_slo.core.definition import BurnRule, Severity
from airflow_ai_slo.core.instants import to_micros
from airflow_ai_slo.core.ledger import Ledger, SettledRun
from airflow_ai_slo.core.pipeline_incident import Change, Discipline, advance
from airflow_ai_slo.core.pipeline_rules import pipeline

T0 = to_micros(datetime(2026, 1, 1, tzinfo=UTC))
STEP = 3_600_000_000
DAY = 24 * STEP

RUNS_A_DAY = {
    "5m": Fraction(288),
    "15m": Fraction(96),
    "1h": Fraction(24),
    "6h": Fraction(4),
    "1d": Fraction(1),
    "weekdays": Fraction(5, 7),
    "1w": Fraction(1, 7),
}
OBJECTIVES = tuple(Fraction(text) for text in ("0.9", "0.95", "0.98", "0.99", "0.995", "0.999"))
PERIODS = (7, 28, 30, 90)


def every_case() -> list[tuple[str, Fraction, int]]:
    """Every cadence, objective and period; the first of those that have the same rules."""
    found: dict[object, tuple[str, Fraction, int]] = {}
    for name, objective, period in product(RUNS_A_DAY, OBJECTIVES, PERIODS):
        runs = RUNS_A_DAY[name] * period
        band = [(1 - objective) * runs <= limit for limit in (1, 2, 100)]
        found.setdefault((objective, pipeline(objective, runs), *band), (name, objective, period))
    return list(found.values())


def runs_of(case: tuple[str, Fraction, int]) -> Fraction:
    """N: runs of a period."""
    return RUNS_A_DAY[case[0]] * case[2]


def allowed(case: tuple[str, Fraction, int]) -> Fraction:
    """A: bad runs a period may hold."""
    return (1 - case[1]) * runs_of(case)


def rules_of(case: tuple[str, Fraction, int]) -> tuple[BurnRule, ...]:
    return pipeline(case[1], runs_of(case))


def settled(stream: str, *, start: int = 0) -> list[SettledRun]:
    """A run an hour, each recorded at once."""
    ats = [T0 + (start + number) * STEP for number in range(len(stream))]
    return [SettledRun(at, int(run == "."), int(run != "_"), at) for at, run in zip(ats, stream, strict=True)]


def play(stream: str, objective: Fraction, rules: tuple[BurnRule, ...]) -> tuple[Discipline, list[Change]]:
    return advance(Discipline(), Ledger(objective), settled(stream), rules)


def told(changes: list[Change], *, after: int = 0) -> list[str]:
    """Changes as ``3 opened page``: the number of the run, what happened, and the severity from then on."""
    return [
        f"{(change.run.at - T0) // STEP - after} {change.transition}"
        + (f" {change.severity.label}" if change.severity and change.transition != "resolved" else "")
        for change in changes
    ]


def pages(changes: list[Change]) -> int:
    """How often somebody is called."""
    return sum(change.rule is not None and change.severity is Severity.PAGE for change in changes)


def opened(changes: list[Change]) -> int:
    return sum(change.transition == "opened" for change in changes)
