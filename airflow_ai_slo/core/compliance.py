"""How an SLA stands: compliance so far, the outlook at this pace, and credits owed for periods that are over.

With target t, G good of T total in the period so far, B = T - G, and coverage c (the share of the period that has
elapsed and was watched, or settled of expected runs, as for budgets):

- compliance = G / T; T = 0 is unknown.
- allowed = (1 - t) T / c, as for budgets: an estimate while c < 1.
- **missed** already: B > allowed. Even if everything goes well from here on, the period ends below the target (with as
  much still to come as the pace so far says).
- **at risk**: G / T < t, not missed yet. At this pace B / c > allowed, so the period ends below the target.
- **met**: G / T >= t. At this pace the period ends at or above the target.
- **unknown**: nothing happened, or a sampled indicator (``confidence``) is below the target without its whole interval
  being so.

A period that is over has c as it was watched: what was not watched is not known, and its compliance is that of what
was. It is met or missed, never at risk.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction

from airflow_ai_slo.core.budget import Budget, budget
from airflow_ai_slo.core.counts import Counts
from airflow_ai_slo.core.intervals import is_surely_above, wilson
from airflow_ai_slo.core.numbers import Exact
from airflow_ai_slo.core.periods import Period
from airflow_ai_slo.core.sla import SLA, Credit

_WHOLE = Fraction(1)


class Outlook(StrEnum):
    """Whether an agreement will have been kept at the end of its period."""

    MET = "met"
    AT_RISK = "at risk"
    MISSED = "missed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Compliance:
    """One SLA in one of its periods.

    :param counts: of the period so far.
    :param allowed: bad events that the whole period bears; None while unknown.
    :param coverage: share of the period that was watched so far.
    :param interval: of a sampled indicator, what the sample says of the compliance.
    :param over: whether nothing more will count.
    :param credit: share of the fee that is owed, if the period ended as it stands; None while unknown.
    :param most_credit: the highest that a sampled indicator may come to; as ``credit`` where nothing is sampled.
    """

    period: Period
    counts: Counts
    outlook: Outlook
    allowed: Fraction | None
    coverage: Fraction
    interval: tuple[float, float] | None
    credit: Fraction | None
    most_credit: Fraction | None
    over: bool = False

    @property
    def compliance(self) -> Fraction | None:
        return self.counts.sli

    @property
    def bears(self) -> Fraction | None:
        """How many more bad events the period bears; negative once it is missed. None while unknown."""
        return None if self.allowed is None else self.allowed - self.counts.bad

    @property
    def bears_whole(self) -> int | None:
        """The same in whole events, never below 0."""
        return None if self.bears is None else max(math.floor(self.bears), 0)

    @property
    def estimate(self) -> bool:
        return self.coverage < 1


@dataclass(frozen=True, slots=True)
class Agreement:
    """An SLA with the period that runs, or just ended, and those before it.

    :param past: oldest first; those before the first measurement are left out.
    """

    sla: SLA
    now: Compliance
    past: tuple[Compliance, ...]


def comply(sla: SLA, period: Period, counts: Counts, covered: Fraction, confidence: Fraction | None) -> Compliance:
    """How an SLA stands within a period that runs, or how it ended in one that is over.

    :param covered: share of the period that was watched so far.
    :param confidence: of a sampled indicator.
    """
    left = budget(counts, sla.target, covered)
    return Compliance(
        period=period,
        counts=counts,
        outlook=_outlook(sla, counts, left, confidence),
        allowed=left.allowed,
        coverage=covered,
        interval=None if confidence is None else wilson(counts.good, counts.total, confidence),
        credit=_credit(sla, counts, confidence),
        most_credit=_most_credit(sla, counts),
    )


def ended(sla: SLA, period: Period, counts: Counts, covered: Fraction, confidence: Fraction | None) -> Compliance:
    """How an SLA ended: what was watched of the period is all there is."""
    found = comply(sla, period, counts, _WHOLE if counts.total else Fraction(0), confidence)
    return replace(found, coverage=covered, over=True)


def _outlook(sla: SLA, counts: Counts, left: Budget, confidence: Fraction | None) -> Outlook:
    if left.allowed is None:
        return Outlook.UNKNOWN
    limit = 1 - sla.target
    if counts.bad <= limit * counts.total:
        return Outlook.MET
    if not is_surely_above(counts.bad, counts.total, limit, confidence):
        return Outlook.UNKNOWN
    ceiling = limit / left.coverage
    if counts.bad > left.allowed and is_surely_above(counts.bad, counts.total, min(ceiling, _WHOLE), confidence):
        return Outlook.MISSED
    return Outlook.AT_RISK


def _credit(sla: SLA, counts: Counts, confidence: Fraction | None) -> Fraction | None:
    """What is owed beyond doubt where no more is likely; None where the sample leaves it open."""
    most = _most_credit(sla, counts)
    if most is None or confidence is None:
        return most
    least = _surely_owed(sla.credits, counts.bad, counts.total, confidence)
    return most if least == most else None


def _surely_owed(tiers: Sequence[Credit], bad: Exact, total: Exact, confidence: Fraction) -> Fraction:
    sure = (tier.share for tier in tiers if is_surely_above(bad, total, 1 - tier.below, confidence))
    return max(sure, default=Fraction(0))


def _most_credit(sla: SLA, counts: Counts) -> Fraction | None:
    return None if counts.sli is None else sla.owed(counts.sli)
