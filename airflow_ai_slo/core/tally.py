"""How what was measured in one run, or one slice, enters the counts of windows: OpenSLO's budgeting methods."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from typing import NamedTuple

from airflow_ai_slo.core.counts import is_bad
from airflow_ai_slo.core.definition import SLO, Budgeting
from airflow_ai_slo.core.numbers import Exact

RATIO_UNIT = 10**12
"""Ratios of slices are kept as whole numbers of this part: their exact sum would need ever longer fractions."""

_MICROSECOND = timedelta(microseconds=1)


class Entry(NamedTuple):
    """What one run or slice adds to every window that holds it, in units of :meth:`Tally.unit`."""

    good: Exact
    total: Exact
    bad: int


@dataclass(frozen=True, slots=True)
class Tally:
    """The budgeting method of one SLO.

    :param threshold: a run or slice below this ratio is bad.
    :param slice_micros: length of a slice in microseconds, aligned to 1970 UTC; 0 where every ``at`` is a run.
    """

    threshold: Fraction
    slice_micros: int = 0
    ratios: bool = False

    @classmethod
    def of(cls, slo: SLO) -> Tally:
        """How an SLO's measurements are counted."""
        if slo.budgeting is Budgeting.OCCURRENCES or slo.slice_window is None:
            return cls(slo.objective)
        length = slo.slice_window.length // _MICROSECOND
        if slo.budgeting is Budgeting.RATIO_TIMESLICES or slo.slice_target is None:
            return cls(slo.objective, length, ratios=True)
        return cls(slo.slice_target, length)

    def run_at(self, at: int) -> int:
        """The run that a measurement belongs to: its own ``at``, or the end of the slice that holds it.

        So the slice that is still open lies after every instant within it, and no window holds it.
        """
        return -(-at // self.slice_micros) * self.slice_micros if self.slice_micros else at

    def entry(self, good: Exact, total: Exact) -> Entry:
        """What a run or slice of these counts adds. One in which nothing happened is coverage only."""
        bad = is_bad(good, total, self.threshold)
        if not self.slice_micros:
            return Entry(good, total, int(bad))
        if not total:
            return Entry(0, 0, 0)
        if not self.ratios:
            return Entry(int(not bad), 1, int(bad))
        return Entry(round(Fraction(good) * RATIO_UNIT / Fraction(total)), RATIO_UNIT, int(bad))

    def unit(self, scale: int = 1) -> int:
        """How many units make 1.

        :param scale: the same of the counts that were recorded.
        """
        if not self.slice_micros:
            return scale
        return RATIO_UNIT if self.ratios else 1
