"""A window as it goes on from now, if what comes in later comes evenly: see :mod:`forecast`."""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from typing import NamedTuple

from airflow_ai_slo.core.counts import Counts
from airflow_ai_slo.core.evaluation import Evaluation
from airflow_ai_slo.core.numbers import Exact
from airflow_ai_slo.core.windows import RollingWindow

_MICROSECOND = timedelta(microseconds=1)
_ONE = Fraction(1)


@dataclass(frozen=True, slots=True)
class Pace:
    """What came in over the recent stretch, in the unit of the counts."""

    length: timedelta
    bad: Exact
    total: Exact
    runs: int


class Moment(NamedTuple):
    """A window at one moment to come: bad, total, and coverage before it is capped at 1.

    :param allowed: share of bad that the objective allows.
    """

    bad: Fraction
    total: Fraction
    cover: Fraction
    allowed: Fraction

    def margin(self, level: Fraction) -> Fraction:
        """Above 0 where remaining is above a level."""
        return (1 - level) * self.allowed * self.total - self.bad * min(self.cover, _ONE)


class Course:
    """A window as it goes on, by microseconds from now.

    :param held: what was recorded up to each of its edges.
    """

    def __init__(self, seen: Evaluation, held: list[Counts], pace: Pace) -> None:
        self.seen = seen
        self.is_rolling = isinstance(seen.slo.window, RollingWindow)
        bounds = seen.needs.bounds
        self._length = bounds.length // _MICROSECOND
        self._horizon = self._length if self.is_rolling else (bounds.end - bounds.now) // _MICROSECOND
        self._allowed = 1 - seen.slo.objective
        self._bad = [Fraction(one.bad) - held[0].bad for one in held]
        self._total = [Fraction(one.total) - held[0].total for one in held]
        self._runs = [Fraction(one.runs - held[0].runs) for one in held]
        micros = pace.length // _MICROSECOND
        slices = len(held) - 1
        self._edges = [self._horizon * number // slices for number in range(slices + 1)]
        self._pace = Fraction(pace.bad) / micros, Fraction(pace.total) / micros, Fraction(pace.runs, micros)

    def first(self, holds: Callable[[Moment], bool], level: Fraction) -> int | None:
        """The first microsecond after now at which something holds that does not hold now; None for never.

        :param holds: whether remaining stands on the other side of ``level``.
        """
        low = 0
        for high in self._turns(level):
            if holds(self._at(high)):
                while high - low > 1:
                    middle = (low + high) // 2
                    low, high = (low, middle) if holds(self._at(middle)) else (middle, high)
                return high
            low = high
        return None

    def _turns(self, level: Fraction) -> Iterator[int]:
        """Moments between which remaining crosses a level at most once, in order."""
        edges = self._knots()
        for low, high in itertools.pairwise(edges):
            start, end = self._at(low), self._at(high)
            step = high - low
            bad = (end.bad - start.bad) / step
            cover = (min(end.cover, _ONE) - min(start.cover, _ONE)) / step
            bend = 2 * bad * cover
            if bend:
                slope = (1 - level) * self._allowed * (end.total - start.total) / step
                turn = (slope - start.bad * cover - bad * min(start.cover, _ONE)) / bend
                if 0 < turn < step:
                    yield from (one for one in (low + int(turn), low + int(turn) + 1) if low < one < high)
            yield high

    def _knots(self) -> list[int]:
        """Moments between which bad, total and coverage are straight lines."""
        knots = self._edges[:1]
        for low, high in itertools.pairwise(self._edges):
            start, end = self._at(low).cover - 1, self._at(high).cover - 1
            if start * end < 0:
                full = low + int((high - low) * start / (start - end))
                knots += [one for one in (full, full + 1) if low < one < high]
            knots.append(high)
        return knots

    def _at(self, offset: int) -> Moment:
        bad, total, runs = self._pace
        runs_then = self._held(self._runs, offset) + runs * offset
        return Moment(
            self._held(self._bad, offset) + bad * offset,
            self._held(self._total, offset) + total * offset,
            self._cover(offset, runs_then),
            self._allowed,
        )

    def _held(self, sums: list[Fraction], offset: int) -> Fraction:
        """What is still in the window of what it holds now."""
        if not self.is_rolling:
            return sums[-1]
        if offset >= self._length:
            return Fraction(0)
        number = bisect_right(self._edges, offset)
        low, high = self._edges[number - 1], self._edges[number]
        return sums[-1] - sums[number - 1] - (sums[number] - sums[number - 1]) * Fraction(offset - low, high - low)

    def _cover(self, offset: int, runs: Fraction) -> Fraction:
        covered = self.seen.coverage
        if covered >= 1:
            return _ONE
        if self.seen.needs.cadence is None:
            return covered + Fraction(offset, self._length)
        return covered * runs / self._runs[-1]
