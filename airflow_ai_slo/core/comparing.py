"""One period of an SLO against the one before, exact.

A period is judged by what happened within it, whatever the SLO's window: SLI = G / T, **met** where it reaches the
objective, **spent** = B / ((1 - o) T), the share of what the objective allows of the period's events (1 spends all of
it). T = 0 is unknown and never compared. A sampled SLI (``confidence``) below the objective is missed only where its
whole interval is; else it is open whether it was met.

A period that is over is judged and compared only where the SLO was watched for :data:`COMPARABLE_FROM` of it at least,
by the clock or by settled runs as for budgets: one run before the next period begins tells nothing of a whole month.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction

from airflow_ai_slo.core.counts import Counts
from airflow_ai_slo.core.intervals import reaches
from airflow_ai_slo.core.numbers import Exact
from airflow_ai_slo.core.periods import Period

COMPARABLE_FROM = Fraction(1, 2)
"""The share of a period that is over which has to be watched for it to be judged and compared."""


class Change(StrEnum):
    """What became of a figure. Words, because colours alone tell nobody who does not see them."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "as before"
    UNKNOWN = "unknown"


class Standing(StrEnum):
    """Whether an SLO was there in both periods."""

    KEPT = "kept"
    NEW = "new"
    ANEW = "measured anew"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Spender:
    """What one cause, version or task spent in a period.

    :param by: ``cause``, ``version`` or ``task``.
    :param name: what people call it; empty values of an attribute are left out.
    :param bad: bad events, in the unit of the SLO.
    """

    by: str
    name: str
    bad: Exact


@dataclass(frozen=True, slots=True)
class InPeriod:
    """What one SLO came to in one period.

    :param objective: that it is judged by.
    :param remaining: budget left of the SLO's own window at its end; None while unknown.
    :param incidents: how many opened in it.
    :param frozen: how long its service was frozen in it.
    :param confidence: of a sampled indicator.
    :param estimate: whether ``remaining`` rests on a window that was not watched in full.
    :param barely: whether too little of it was watched to judge it.
    """

    period: Period
    objective: Fraction
    counts: Counts
    remaining: Fraction | None = None
    incidents: int = 0
    frozen: timedelta = timedelta(0)
    spenders: tuple[Spender, ...] = ()
    confidence: Fraction | None = None
    estimate: bool = False
    barely: bool = False

    @property
    def sli(self) -> Fraction | None:
        return self.counts.sli

    @property
    def met(self) -> bool | None:
        """Whether the SLI reaches the objective; None while unknown: barely watched, or for want of samples."""
        return None if self.barely else reaches(self.counts.good, self.counts.total, self.objective, self.confidence)

    @property
    def spent(self) -> Fraction | None:
        """Share of what the objective allows of this period's events; above 1 where it was missed."""
        return self.counts.burn_rate(self.objective)

    def spent_by(self, spender: Exact) -> Fraction | None:
        """The same of some bad events alone."""
        allowed = (1 - self.objective) * self.counts.total
        return Fraction(spender) / allowed if allowed else None


@dataclass(frozen=True, slots=True)
class Compared:
    """A period, the one before, and a run-up to both.

    :param before: None where the SLO was not there yet, or barely watched.
    :param run_up: oldest first, this period the last; only those in which the SLO was there.
    :param since: when it began, was measured anew, or ended; of one that was kept, since when it is measured where the
        period before was barely watched.
    """

    now: InPeriod
    before: InPeriod | None = None
    run_up: tuple[InPeriod, ...] = ()
    standing: Standing = Standing.KEPT
    since: datetime | None = None

    @property
    def missed(self) -> int:
        """How many periods of the run-up missed the objective."""
        return sum(one.met is False for one in self.run_up)

    @property
    def overall(self) -> Change:
        """Whether less or more of what the objective allows was spent than in the period before."""
        return change(self.now.spent, None if self.before is None else self.before.spent, more_is_better=False)


def change(now: Exact | timedelta | None, before: Exact | timedelta | None, *, more_is_better: bool) -> Change:
    """What became of a figure."""
    if now is None or before is None:
        return Change.UNKNOWN
    if now == before:
        return Change.SAME
    rose = now > before  # type: ignore[operator]
    return Change.BETTER if rose == more_is_better else Change.WORSE


def frozen_within(held: Sequence[tuple[datetime, datetime | None]], period: Period) -> timedelta:
    """How long freezes of one service, which never overlap, held within a period.

    :param held: since and until; None holds on.
    """
    found = timedelta(0)
    for since, until in held:
        end = period.end if until is None else min(until, period.end)
        found += max(end - max(since, period.start), timedelta(0))
    return found
