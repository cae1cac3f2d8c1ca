"""Runs of one SLO in memory, in order of ``at`` with running sums: what any window holds is two look-ups."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import timedelta
from operator import itemgetter

from airflow_ai_slo.core.counts import Counts
from airflow_ai_slo.core.freeze import Streak
from airflow_ai_slo.core.numbers import Exact, parts
from airflow_ai_slo.core.tally import Entry, Tally

Raw = tuple[Exact, Exact, int]
"""Good and total that a run or slice holds, and of how many measurements."""

Sum = tuple[Exact, Exact, int, int]
"""Good, total, bad runs and runs in which something happened, of everything up to some run; in the tally's units."""

_BAD, _BUSY = itemgetter(2), itemgetter(3)
ZERO: Sum = (0, 0, 0, 0)


class RunSums:
    """Runs, or slices, in order. Instants are microseconds since 1970.

    :param at: the end of each; others only read it.
    """

    __slots__ = ("_denominator", "_numerator", "_raw", "_sums", "_tally", "at")

    def __init__(self, tally: Tally) -> None:
        self.at: list[int] = []
        self._raw: list[Raw] = []
        self._sums: list[Sum] = [ZERO]
        self._tally = tally
        self._numerator, self._denominator = tally.threshold.numerator, tally.threshold.denominator

    @property
    def newest(self) -> int | None:
        return self.at[-1] if self.at else None

    def append(self, at: int, good: Exact, total: Exact) -> bool:
        """Add a run of one measurement behind all others, where runs are not slices; says whether it is bad."""
        if len(self._sums) <= len(self.at):
            self._sum()
        bad = good * self._denominator < total * self._numerator
        self.at.append(at)
        self._raw.append((good, total, 1))
        sums = self._sums[-1]
        self._sums.append((sums[0] + good, sums[1] + total, sums[2] + bad, sums[3] + (total > 0)))
        return bad

    def change(self, at: int, good: Exact, total: Exact, count: int) -> None:
        """Change what a run holds, and of how many measurements; one without any is gone."""
        place = bisect_left(self.at, at)
        if place == len(self.at) or self.at[place] != at:
            self.at.insert(place, at)
            self._raw.insert(place, (good, total, count))
        else:
            raw = self._raw[place]
            good, total, count = raw[0] + good, raw[1] + total, raw[2] + count
            self._raw[place] = (good, total, count)
        del self._sums[place + 1 :]
        if not count:
            del self.at[place], self._raw[place]

    def drop(self, start: int, end: int) -> None:
        """Take out the runs of ``(start, end]``."""
        low, high = self.up_to(start), self.up_to(end)
        del self.at[low:high], self._raw[low:high], self._sums[low + 1 :]

    def state(self, at: int) -> tuple[bool, bool]:
        """Whether there is a run at an instant, and whether it is bad."""
        found = self.find(at)
        return found is not None, found is not None and bool(found.bad)

    def find(self, at: int) -> Entry | None:
        """What the run at an instant adds to every window that holds it; None where there is none."""
        place = bisect_left(self.at, at)
        return self._entry(place) if place < len(self.at) and self.at[place] == at else None

    def entry(self, place: int) -> Entry:
        """What the run at a place adds to every window that holds it."""
        return self._entry(place)

    def up_to(self, at: int) -> int:
        """How many runs lie no later than an instant."""
        return bisect_right(self.at, at)

    def counts(self, start: int, end: int) -> Counts:
        """What ``(start, end]`` holds."""
        high = self.up_to(end)
        return self.between(min(self.up_to(start), high), high)

    def last(self, count: int, end: int) -> Counts:
        """What the last ``count`` runs up to an instant hold."""
        high = self.up_to(end)
        return self.between(max(0, high - count), high)

    def between(self, low: int, high: int) -> Counts:
        """What the runs between two places hold."""
        before, after = self.sum(low), self.sum(high)
        unit = self._tally.unit()
        good, total = after[0] - before[0], after[1] - before[1]
        if unit != 1:
            good, total = parts(good, unit), parts(total, unit)
        return Counts(good, total, after[2] - before[2], high - low)

    def sum(self, place: int) -> Sum:
        """Sums of everything before a place."""
        if place >= len(self._sums):
            self._sum()
        return self._sums[place]

    def raw_total(self, at: int) -> Exact:
        """What the run at an instant was counted over."""
        return self._raw[bisect_left(self.at, at)][1]

    def bad_after(self, at: int) -> int:
        """How many bad runs lie after an instant."""
        return self.sum(len(self.at))[2] - self.sum(self.up_to(at))[2]

    def streak(self, end: int) -> Streak:
        """Good runs in a row up to an instant; runs in which nothing happened do not count."""
        high = self.up_to(end)
        _, _, bad, busy = self.sum(high)
        after_bad = bisect_left(self._sums, bad, hi=high + 1, key=_BAD)
        before = self._sums[after_bad][3]
        if busy == before:
            return Streak()
        newest = self.at[bisect_left(self._sums, busy, hi=high + 1, key=_BUSY) - 1]
        first = after_bad - 1 if bad else bisect_left(self._sums, 1, hi=high + 1, key=_BUSY) - 1
        return Streak(busy - before, timedelta(microseconds=newest - self.at[first]))

    def _entry(self, place: int) -> Entry:
        good, total, _ = self._raw[place]
        return self._tally.entry(good, total)

    def _sum(self) -> None:
        sums, tally = self._sums, self._tally
        for good, total, _ in self._raw[len(sums) - 1 :]:
            entry, (all_good, all_total, bad, busy) = tally.entry(good, total), sums[-1]
            sums.append((all_good + entry.good, all_total + entry.total, bad + entry.bad, busy + (total > 0)))
