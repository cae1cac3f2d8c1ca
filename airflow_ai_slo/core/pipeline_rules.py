"""The ``pipeline`` preset: burn rules whose windows count settled runs."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from math import ceil, floor
from typing import Literal, NamedTuple

from airflow_ai_slo.core.definition import BurnRule, Severity
from airflow_ai_slo.core.durations import Runs

STREAK_UP_TO = 100
"""Two runs in a row page where they are at least 2% of the budget: where it allows at most this many bad runs."""

SMALL_BUDGET = 2
"""Up to this many allowed bad runs, a single one opens a ticket."""


class Line(NamedTuple):
    """One line of the preset's table; N is the expected runs of a period.

    :param least: runs the long window holds at least.
    :param part: the long window is this part of N, rounded up to whole runs; None is ``least`` alone.
    :param factor: None stands for the cap.
    :param capped_by_period: whether the long window is at most N, rounded down, or 4 runs.
    """

    severity: Severity
    least: int
    part: Fraction | None
    short: Literal["two", "twelfth"]
    factor: Fraction | None
    bad: tuple[int, int]
    capped_by_period: bool = False


PAGE_STREAK = Line(Severity.PAGE, 2, None, "two", None, (2, 2))
TABLE = (
    Line(Severity.PAGE, 2, Fraction(1, 720), "two", Fraction(72, 5), (2, 2)),
    Line(Severity.PAGE, 2, Fraction(1, 120), "two", Fraction(6), (2, 2)),
    Line(Severity.TICKET, 8, Fraction(1, 30), "twelfth", Fraction(3), (2, 1), capped_by_period=True),
    Line(Severity.TICKET, 8, Fraction(1, 10), "twelfth", Fraction(1), (2, 1), capped_by_period=True),
)


@lru_cache(maxsize=4096)
def pipeline(objective: Fraction, runs: Fraction) -> tuple[BurnRule, ...]:
    """The rules for one objective and N expected runs a period.

    A = (1 - objective) N bad runs are allowed. A window of a broken number of runs is rounded up: it holds at least the
    share of the period that the table asks for.

    :param runs: N, also broken (:meth:`Cadence.per_period`).
    """
    allowed = (1 - objective) * runs
    if allowed < 1:
        return _less_than_one(objective, runs)
    lines = (PAGE_STREAK, *TABLE) if allowed <= STREAK_UP_TO else TABLE
    return tuple(_rule(line, objective, runs, allowed) for line in lines)


def _rule(line: Line, objective: Fraction, runs: Fraction, allowed: Fraction) -> BurnRule:
    long = _long(line, runs)
    cap = _cap(objective)
    bad = (1, 1) if line.capped_by_period and allowed <= SMALL_BUDGET else line.bad
    return BurnRule(
        severity=line.severity,
        long=Runs(long),
        short=Runs(2 if line.short == "two" else _short(long)),
        factor=cap if line.factor is None else min(line.factor, cap),
        min_bad_long=bad[0],
        min_bad_short=bad[1],
    )


def _long(line: Line, runs: Fraction) -> int:
    long = max(line.least, 0 if line.part is None else ceil(runs * line.part))
    return min(long, max(4, floor(runs))) if line.capped_by_period else long


def _short(long: int) -> int:
    return min(long, max(4, ceil(Fraction(long, 12))))


def _cap(objective: Fraction) -> Fraction:
    """Half of the highest burn rate there is; below an objective of 0.5 that is less than 1, so 1."""
    return max(Fraction(1), 1 / (1 - objective) / 2)


def _less_than_one(objective: Fraction, runs: Fraction) -> tuple[BurnRule, ...]:
    """Less than one bad run allowed: every bad run opens a ticket, a second in a row pages, however bad they are.

    A bad run's own burn is above 1 by definition, so factor 1 over that run alone leaves nothing for burn rates to say.
    The last rule opens nothing more; its window tells when the ticket is over, and is short enough that one failed run
    in it burns more than 1.
    """
    shorter = ceil(1 / (1 - objective)) - 1
    long = min(_long(TABLE[-1], runs), shorter)
    one = Fraction(1)
    return (
        BurnRule(severity=Severity.PAGE, long=Runs(2), short=Runs(2), factor=one, min_bad_long=2, min_bad_short=2),
        BurnRule(severity=Severity.TICKET, long=Runs(1), short=None, factor=one),
        BurnRule(severity=Severity.TICKET, long=Runs(long), short=Runs(_short(long)), factor=one),
    )
