"""Round figures that people promise: objectives, and lengths of time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from fractions import Fraction
from math import ceil, floor

from airflow_ai_slo.core.durations import Duration

OBJECTIVES = tuple(
    Fraction(text)
    for text in (
        *("0.5", "0.6", "0.7", "0.8", "0.85", "0.9", "0.95", "0.98", "0.99"),
        *("0.995", "0.999", "0.9995", "0.9999", "0.99995", "0.99999"),
    )
)
"""From the loosest to the tightest."""

ENOUGH = 3
"""Bad runs a window should allow: with fewer, one failure is most of the budget."""

_LENGTHS = tuple(
    Duration.parse(text)
    for text in (
        *("5m", "10m", "15m", "20m", "30m", "45m", "1h", "90m", "2h", "3h", "4h", "6h", "8h", "12h", "18h"),
        *("1d", "36h", "2d", "3d", "4d", "5d", "7d", "10d", "14d"),
    )
)
_WEEK, _DAY = timedelta(weeks=1), timedelta(days=1)
_LONGEST_DAYS = 366
_P99 = Fraction(99, 100)
_OUTLIER = 2


def rounded_up(length: timedelta) -> Duration:
    """The shortest round length that is not below this one: 5 minutes at least, whole weeks beyond two."""
    for one in _LENGTHS:
        if one.length >= length:
            return one
    return Duration(-(-length // _WEEK) * 7, "d")


def quantile(lengths: Sequence[timedelta], share: Fraction = _P99) -> timedelta:
    """The one at rank floor(share (n - 1)) of n in order, counted from 0: of fewer than 100, P99 is the second longest.

    :param lengths: one at least.
    """
    return sorted(lengths)[floor(share * (len(lengths) - 1))]


def covering(lengths: Sequence[timedelta]) -> Duration | None:
    """A round length that runs keep: their P99 rounded up, or the longest one unless it is an outlier.

    One that is more than twice as long as the P99 is: no promise is made from it.

    :returns: None where there is none.
    """
    if not lengths:
        return None
    usual, longest = quantile(lengths), max(lengths)
    return rounded_up(longest if longest <= _OUTLIER * max(usual, _LENGTHS[0].length) else usual)


def window_allowing(objective: Fraction, runs_a_day: Fraction, bad: int = ENOUGH) -> Duration | None:
    """The shortest window of whole days in which an objective allows so many bad runs; None where it is over a year."""
    days = ceil(bad / (1 - objective) / runs_a_day)
    return Duration(days, "d") if days <= _LONGEST_DAYS else None


def objective_allowing(runs: Fraction, bad: int = ENOUGH) -> Fraction | None:
    """The tightest objective of few digits that allows so many of a window's runs to be bad; None where none does."""
    for digits in (2, 3, 4, 5, 6):
        objective = Fraction(floor((1 - bad / runs) * 10**digits), 10**digits) if runs > bad else Fraction(0)
        if objective > 0:
            return objective
    return None
