"""One SLO's measurements in memory, as they come in: what a backtest and a replay ask instead of a store."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from airflow_ai_slo.core.cadence import Cadence
from airflow_ai_slo.core.counts import Counts
from airflow_ai_slo.core.definition import SLO
from airflow_ai_slo.core.evaluation import Evaluation, Plan, Watched, evaluate, plan
from airflow_ai_slo.core.expected import REMEMBERED, Pauses, is_paused, weight
from airflow_ai_slo.core.grid import Grid, grid
from airflow_ai_slo.core.instants import from_micros, to_micros
from airflow_ai_slo.core.numbers import Exact, parts
from airflow_ai_slo.core.tally import Entry, Tally

_NOTHING = Entry(0, 0, 0)


class Row(NamedTuple):
    """One measurement, instants in microseconds since 1970.

    :param key: None where every row stands for itself.
    :param is_missing: whether it only says that a run is missing: what comes in later replaces it.
    :param is_backfill: it is never late.
    """

    at: int
    good: Exact
    total: Exact
    recorded_at: int
    key: str | None = None
    is_missing: bool = False
    is_backfill: bool = False


class News(NamedTuple):
    """A run that has settled, or that a rerun has turned bad."""

    settled_at: int
    at: int


class _Run:
    """What was measured at one ``at``."""

    __slots__ = ("came_in", "count", "good", "is_late", "total")

    def __init__(self) -> None:
        self.good: Exact = 0
        self.total: Exact = 0
        self.count = 0
        self.came_in: int | None = None
        self.is_late = False


class Stream:
    """Measurements of one SLO, those that came in so far."""

    def __init__(self, slo: SLO) -> None:
        self.slo = slo
        self.pauses: Pauses = ()
        self.news: list[News] = []
        self._tally = Tally.of(slo)
        self._cadence = None if slo.schedule is None else Cadence.of(slo.schedule)
        self._late_is_bad = slo.schedule is not None and slo.schedule.late == "bad"
        self._grid: Grid | None = None if self._cadence is None else grid(self._cadence, None)
        self._next: int | None = None if self._grid is None else self._grid.after(None)
        self._anchor: datetime | None = None
        self._known: dict[str, Row] = {}
        self._measured: dict[int, _Run] = {}
        self._missing: dict[int, Exact] = {}
        self._fulfilled: set[int] = set()
        self._at: list[int] = []
        self._raw: dict[int, tuple[Exact, Exact, int]] = {}
        self._entries: dict[int, Entry] = {}
        self._sums: list[tuple[Exact, Exact, int]] = [(0, 0, 0)]

    def arrive(self, rows: Iterable[Row]) -> None:
        """Take in measurements, in the order in which they came."""
        rows = list(rows)
        if rows and self._anchor is None:
            self._begin(min(row.at for row in rows if row.recorded_at == rows[0].recorded_at))
        for row in rows:
            old = None if row.key is None else self._known.get(row.key)
            if old is not None and not _replaces(row, old, self.slo.rerun):
                continue
            if row.key is not None:
                self._known[row.key] = row
            if old is not None:
                self._add(old.at, -old.good, -old.total, -1)
            self._arrive(row, is_new=old is None or old.at != row.at or old.is_missing)

    def settle(self, now: int) -> None:
        """Let every slot whose deadline has passed with nothing recorded be a missing run."""
        while self._next is not None and self._grid is not None:
            slot, due = self._next, self._grid.due(self._next)
            if due is None or due >= now:
                return
            self._next = self._grid.after(slot)
            if slot not in self._fulfilled and not is_paused(from_micros(slot), self.pauses):
                self._miss(slot, due)

    def evaluate(self, at: datetime) -> Evaluation:
        """The state of the SLO at an instant."""
        micros = to_micros(at)
        self.settle(micros)
        needs = plan(self.slo, at)
        watched = Watched(self._first(), self._anchor, self.pauses)
        return evaluate(self.slo, needs, self._held(needs, micros), watched)

    def counts(self, start: int, end: int) -> Counts:
        """What ``(start, end]`` holds."""
        self._sum()
        low, high = bisect_right(self._at, start), bisect_right(self._at, end)
        return self._between(min(low, high), high)

    def last_runs(self, count: int, end: int) -> Counts:
        """What the last ``count`` settled runs up to an instant hold."""
        self._sum()
        high = bisect_right(self._at, end)
        return self._between(max(0, high - count), high)

    def _first(self) -> datetime | None:
        """The earliest ``at`` that was measured."""
        if not self._at:
            return None
        if not self._tally.slice_micros:
            return from_micros(self._at[0])
        slice_of = self._tally.run_at
        return from_micros(min(at for at in (*self._measured, *self._missing) if slice_of(at) == self._at[0]))

    def _held(self, needs: Plan, now: int) -> list[Counts]:
        held = [self.counts(to_micros(start), now) for start in needs.starts]
        return held + [self.last_runs(count, now) for count in needs.run_spans]

    def _begin(self, at: int) -> None:
        self._anchor = from_micros(at)
        if self._cadence is not None and self._grid is None:
            self._grid = grid(self._cadence, self._anchor)
            self._next = None if self._grid is None else self._grid.after(None)

    def _arrive(self, row: Row, *, is_new: bool) -> None:
        run = self._measured.get(row.at)
        if run is None:
            run = self._measured[row.at] = _Run()
        was_bad, replaced = self._is_bad(row.at), self._replace_missing(row)
        if self._cadence is not None and is_new and not row.is_missing:
            self._judge_arrival(run, row)
        self._add(row.at, row.good, row.total, 1)
        at = self._tally.run_at(row.at)
        if replaced or row.is_missing:
            return
        if run.count == 1 and is_new:
            due = None if self._grid is None else self._grid.due(row.at)
            self.news.append(News(row.recorded_at if due is None else min(row.recorded_at, due + 1), at))
        elif not was_bad and self._is_bad(row.at):
            self.news.append(News(row.recorded_at, at))

    def _replace_missing(self, row: Row) -> bool:
        """Whether this run was missing until now."""
        if self._grid is None:
            return False
        slot = self._grid.slot_of(row.at)
        if slot is None:
            return False
        self._fulfilled.add(slot)
        absent = self._missing.pop(slot, None)
        if absent is None:
            return False
        self._count(slot, 0, -absent, -1)
        return True

    def _judge_arrival(self, run: _Run, row: Row) -> None:
        """Lateness is fixed by what came in first."""
        if run.came_in is not None and run.came_in <= row.recorded_at:
            return
        run.came_in = row.recorded_at
        due = None if self._grid is None else self._grid.due(row.at)
        is_late = self._late_is_bad and not row.is_backfill and due is not None and row.recorded_at > due
        if is_late != run.is_late:
            self._count(row.at, run.good if run.is_late else -run.good, 0, 0)
            run.is_late = is_late

    def _miss(self, slot: int, due: int) -> None:
        place = bisect_left(self._at, slot)
        weighed = weight([self._raw[at][1] for at in self._at[max(0, place - REMEMBERED) : place]])
        self._missing[slot] = weighed
        self._count(slot, 0, weighed, 1)
        self.news.append(News(due + 1, self._tally.run_at(slot)))

    def _add(self, at: int, good: Exact, total: Exact, count: int) -> None:
        """Change what was measured at an ``at``; late counts are judged good = 0."""
        run = self._measured[at]
        run.good, run.total, run.count = run.good + good, run.total + total, run.count + count
        self._count(at, 0 if run.is_late else good, total, count)
        if not run.count:
            del self._measured[at]

    def _count(self, at: int, good: Exact, total: Exact, count: int) -> None:
        """Change what a run or slice holds, and of how many measurements."""
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

    def _is_bad(self, at: int) -> bool:
        return bool(self._entries.get(self._tally.run_at(at), _NOTHING).bad)

    def _sum(self) -> None:
        for at in self._at[len(self._sums) - 1 :]:
            good, total, bad = self._sums[-1]
            entry = self._entries[at]
            self._sums.append((good + entry.good, total + entry.total, bad + entry.bad))

    def _between(self, low: int, high: int) -> Counts:
        before, after = self._sums[low], self._sums[high]
        unit = self._tally.unit()
        good, total = parts(after[0] - before[0], unit), parts(after[1] - before[1], unit)
        return Counts(good, total, after[2] - before[2], high - low)


def _replaces(row: Row, old: Row, rerun: str) -> bool:
    """Whether a rerun's counts take the place of those already there."""
    if old.is_missing:
        return True
    if rerun == "worst":
        new, kept = row.good * old.total, old.good * row.total
        return new < kept or (new == kept and row.total > old.total)
    return row.recorded_at >= old.recorded_at if rerun == "replace" else row.recorded_at < old.recorded_at
