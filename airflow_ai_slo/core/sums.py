"""Runs or slices of one SLO in memory, in order, with running sums: any window is two look-ups."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort

from airflow_ai_slo.core.counts import Counts
from airflow_ai_slo.core.numbers import Exact, parts
from airflow_ai_slo.core.tally import Entry, Tally

_NOTHING = Entry(0, 0, 0)


class Sums:
    """What was counted at each ``at``, or in each slice; instants in microseconds since 1970."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._at: list[int] = []
        self._raw: dict[int, tuple[Exact, Exact, int]] = {}
        self._entries: dict[int, Entry] = {}
        self._sums: list[tuple[Exact, Exact, int]] = [(0, 0, 0)]

    def change(self, at: int, good: Exact, total: Exact, count: int) -> None:
        """Change what a run or slice holds, and of how many measurements; one that holds none is gone."""
        at = self._tally.run_at(at)
        before = self._raw.get(at)
        if before is None:
            insort(self._at, at)
        else:
            good, total, count = before[0] + good, before[1] + total, before[2] + count
        place = bisect_left(self._at, at)
        del self._sums[place + 1 :]
        if count:
            self._raw[at] = (good, total, count)
            self._entries[at] = self._tally.entry(good, total)
        else:
            del self._raw[at], self._entries[at], self._at[place]

    def is_bad(self, at: int) -> bool:
        """Whether the run or slice that holds an instant is bad."""
        return bool(self._entries.get(self._tally.run_at(at), _NOTHING).bad)

    def counts(self, start: int, end: int) -> Counts:
        """What ``(start, end]`` holds."""
        low, high = bisect_right(self._at, start), bisect_right(self._at, end)
        return self._between(min(low, high), high)

    def last_runs(self, count: int, end: int) -> Counts:
        """What the last ``count`` runs or slices up to an instant hold."""
        high = bisect_right(self._at, end)
        return self._between(max(0, high - count), high)

    def _between(self, low: int, high: int) -> Counts:
        for at in self._at[len(self._sums) - 1 :]:
            good, total, bad = self._sums[-1]
            entry = self._entries[at]
            self._sums.append((good + entry.good, total + entry.total, bad + entry.bad))
        before, after = self._sums[low], self._sums[high]
        unit = self._tally.unit()
        good, total = parts(after[0] - before[0], unit), parts(after[1] - before[1], unit)
        return Counts(good, total, after[2] - before[2], high - low)
