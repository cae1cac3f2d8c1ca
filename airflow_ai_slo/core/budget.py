"""The error budget of one window."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from airflow_ai_slo.core.counts import Counts
from airflow_ai_slo.core.numbers import Exact
from airflow_ai_slo.core.windows import Bounds

_NONE, _ALL = Fraction(0), Fraction(1)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Budget:
    """Allowed, consumed and remaining, in the unit of the counts.

    :param allowed: bad events the full window may hold; None while unknown.
    :param consumed: bad events so far.
    :param remaining: 1 - consumed / allowed, signed, not clamped; None while unknown.
    :param coverage: share of the full window that has been watched, 0 to 1.
    :param estimate: whether ``allowed`` is projected from a window not yet full.
    """

    allowed: Fraction | None
    consumed: Exact
    remaining: Fraction | None
    coverage: Fraction
    estimate: bool


def coverage(bounds: Bounds, first: datetime | None) -> Fraction:
    """Share of the window that has elapsed and lies after the first measurement.

    :param first: ``at`` of the SLO's first recorded measurement; None covers nothing.
    """
    if first is None or first >= bounds.now:
        return _NONE
    if first <= bounds.start and bounds.now == bounds.end:
        return _ALL
    watched = bounds.now - max(first, bounds.start)
    return min(Fraction(watched // _MICROSECOND, bounds.length // _MICROSECOND), _ALL)


def budget(counts: Counts, objective: Fraction, covered: Fraction) -> Budget:
    """allowed = (1 - objective) * total / coverage; unknown where nothing happened or nothing is covered."""
    estimate = covered < 1
    if not counts.total or not covered:
        return Budget(None, counts.bad, None, covered, estimate)
    # (1 - objective) * total / coverage, and 1 - bad / allowed, over one denominator each.
    allowed = (objective.denominator - objective.numerator) * counts.total * covered.denominator
    whole = objective.denominator * covered.numerator
    remaining = Fraction(allowed - counts.bad * whole, allowed)
    return Budget(Fraction(allowed, whole), counts.bad, remaining, covered, estimate)
