"""Settled runs of one SLO, as rules with windows in runs look at them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

from airflow_ai_slo.core.counts import Counts, is_bad
from airflow_ai_slo.core.numbers import Exact


class SettledRun(NamedTuple):
    """One settled run: all that was measured at one ``at``, instants in microseconds since 1970.

    :param settled_at: when it was recorded, or when its deadline had passed.
    """

    at: int
    good: Exact
    total: Exact
    settled_at: int


class Ledger:
    """Settled runs in order of ``at``, with running sums: any window of runs is two look-ups.

    :param confidence: asks for the whole Wilson interval on the bad side before a rule fires.
    """

    def __init__(
        self, objective: Fraction, runs: Iterable[SettledRun] = (), *, confidence: Fraction | None = None
    ) -> None:
        self.objective = objective
        self.confidence = confidence
        self._at: list[int] = []
        self._runs: list[tuple[Exact, Exact]] = []
        self._sums: list[tuple[Exact, Exact, int]] = [(0, 0, 0)]
        for run in sorted(runs):
            self.settle(run)

    def settle(self, run: SettledRun) -> None:
        """Add a run, or replace the counts of the one with this ``at``."""
        place = bisect_left(self._at, run.at)
        if place < len(self._at) and self._at[place] == run.at:
            self._runs[place] = (run.good, run.total)
        else:
            self._at.insert(place, run.at)
            self._runs.insert(place, (run.good, run.total))
        del self._sums[place + 1 :]
        for good, total in self._runs[place:]:
            before = self._sums[-1]
            bad = before[2] + is_bad(good, total, self.objective)
            self._sums.append((before[0] + good, before[1] + total, bad))

    def last(self, count: int, end: int | None = None) -> Counts:
        """What the last ``count`` settled runs hold, up to an instant where given."""
        stop = len(self._at) if end is None else bisect_right(self._at, end)
        start = max(0, stop - count)
        before, after = self._sums[start], self._sums[stop]
        return Counts(after[0] - before[0], after[1] - before[1], after[2] - before[2], stop - start)

    def newest(self) -> int | None:
        """``at`` of the newest run in which something happened."""
        return next(
            (at for at, (_, total) in zip(reversed(self._at), reversed(self._runs), strict=True) if total), None
        )

    def bad_after(self, at: int, within: int) -> list[int]:
        """The bad ones among the next runs after an instant."""
        place = bisect_right(self._at, at)
        numbers = range(place, min(place + within, len(self._at)))
        return [self._at[number] for number in numbers if is_bad(*self._runs[number], self.objective)]
