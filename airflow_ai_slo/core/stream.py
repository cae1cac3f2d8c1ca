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
from airflow_ai_slo.core.numbers import Exact, count
from airflow_ai_slo.core.sums import Sums
from airflow_ai_slo.core.tally import Tally


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
        self._sums = Sums(self._tally)
        self._cadence = None if slo.schedule is None else Cadence.of(slo.schedule)
        self._late_is_bad = slo.schedule is not None and slo.schedule.late == "bad"
        self._grid: Grid | None = None if self._cadence is None else grid(self._cadence, None)
        self._next: int | None = None if self._grid is None else self._grid.after(None)
        self._anchor: datetime | None = None
        self._begun_at: int | None = None
        self._known: dict[str, Row] = {}
        self._measured: dict[int, _Run] = {}
        self._missing: dict[int, Exact] = {}
        self._run_at: list[int] = []

    def arrive(self, rows: Iterable[Row], now: int | None = None) -> None:
        """Take in measurements, in the order in which they came.

        Runs that were due before one comes in are looked at before it: what a missing run weighs does not depend on
        when somebody evaluates.

        :param now: when they are taken in; None: when each says that it was recorded.
        """
        rows = list(rows)
        if rows and self._anchor is None:
            self._begin(min(rows, key=lambda row: (row.recorded_at, row.at)), now)
        for row in rows:
            moment = row.recorded_at if now is None else now
            if self._begun_at is None or moment > self._begun_at:
                self.settle(moment)
            self._take(row)

    def settle(self, now: int) -> None:
        """Let every slot whose deadline has passed with nothing recorded be a missing run."""
        while self._next is not None and self._grid is not None:
            slot, due = self._next, self._grid.due(self._next)
            if due is None or due >= now:
                return
            if not self._is_fulfilled(slot) and not is_paused(from_micros(slot), self.pauses):
                self._miss(slot, due)
            self._next = self._grid.after(slot)

    def evaluate(self, at: datetime) -> Evaluation:
        """The state of the SLO at an instant."""
        micros = to_micros(at)
        self.settle(micros)
        needs = plan(self.slo, at)
        watched = Watched(self._first(), self._anchor, self.pauses)
        return evaluate(self.slo, needs, self._held(needs, micros), watched)

    def counts(self, start: int, end: int) -> Counts:
        """What ``(start, end]`` holds."""
        return self._sums.counts(start, end)

    def last_runs(self, count: int, end: int) -> Counts:
        """What the last ``count`` settled runs up to an instant hold."""
        return self._sums.last_runs(count, end)

    def _first(self) -> datetime | None:
        """The earliest ``at`` that was measured."""
        return from_micros(self._run_at[0]) if self._run_at else None

    def _held(self, needs: Plan, now: int) -> list[Counts]:
        held = [self.counts(to_micros(start), now) for start in needs.starts]
        return held + [self.last_runs(count, now) for count in needs.run_spans]

    def _begin(self, row: Row, now: int | None) -> None:
        """Without a start, nothing was waited for before this one came in."""
        self._anchor = from_micros(row.at)
        if self._cadence is not None and self._grid is None:
            self._begun_at = row.recorded_at if now is None else now
            self._grid = grid(self._cadence, self._anchor)
            self._next = None if self._grid is None else self._grid.after(None)

    def _take(self, row: Row) -> None:
        old = None if row.key is None else self._known.get(row.key)
        is_kept = old is not None and not _replaces(row, old, self.slo.rerun)
        if is_kept and old is not None and old.at != row.at:
            return
        run = self._run(row.at)
        was_bad, is_first = self._sums.is_bad(row.at), run.count == 0
        if not row.is_missing:
            self._judge_arrival(run, row)
        if is_kept:
            return
        if row.key is not None:
            self._known[row.key] = row
        replaced = self._replace_missing(row)
        self._add(row.at, row.good, row.total, 1)
        if old is not None:
            self._add(old.at, -old.good, -old.total, -1)
        if not replaced and not row.is_missing and (is_first or (self._sums.is_bad(row.at) and not was_bad)):
            due = None if self._grid is None or not is_first else self._grid.due(row.at)
            settled_at = row.recorded_at if due is None else min(row.recorded_at, due + 1)
            self.news.append(News(settled_at, self._tally.run_at(row.at)))

    def _run(self, at: int) -> _Run:
        found = self._measured.get(at)
        if found is None:
            found = self._measured[at] = _Run()
            if at not in self._missing:
                insort(self._run_at, at)
        return found

    def _is_fulfilled(self, slot: int) -> bool:
        """Whether a run lies after the last slot, and no later than this one."""
        place = bisect_right(self._run_at, slot)
        if not place:
            return False
        at = self._run_at[place - 1]
        return at == slot or (self._grid is not None and self._grid.slot_of(at) == slot)

    def _replace_missing(self, row: Row) -> bool:
        """Whether this run was missing until now."""
        slot = None if self._grid is None or not self._missing else self._grid.slot_of(row.at)
        absent = None if slot is None else self._missing.pop(slot, None)
        if slot is None or absent is None:
            return False
        self._sums.change(slot, 0, -absent, -1)
        if slot != row.at:
            self._forget(slot)
        return True

    def _judge_arrival(self, run: _Run, row: Row) -> None:
        """Lateness is fixed by what came in first."""
        if self._grid is None or (run.came_in is not None and run.came_in <= row.recorded_at):
            return
        run.came_in = row.recorded_at
        is_late = self._late_is_bad and not row.is_backfill and self._is_overdue(row.at, row.recorded_at)
        if is_late != run.is_late and run.count:
            self._sums.change(row.at, -run.good if is_late else run.good, 0, 0)
        run.is_late = is_late

    def _is_overdue(self, at: int, recorded_at: int) -> bool:
        """Whether a run came in after its deadline; one that was not expected has none."""
        assert self._grid is not None, "asked for only with a cadence"  # noqa: S101
        due = self._grid.due(at)
        if due is None or recorded_at <= due:
            return False
        slot = self._grid.slot_of(at)
        return slot is not None and not is_paused(from_micros(slot), self.pauses)

    def _miss(self, slot: int, due: int) -> None:
        place = bisect_left(self._run_at, slot)
        before = [self._total(at) for at in self._run_at[max(0, place - REMEMBERED) : place]]
        weighed = self._missing[slot] = count(weight(before))
        insort(self._run_at, slot)
        self._sums.change(slot, 0, weighed, 1)
        self.news.append(News(due + 1, self._tally.run_at(slot)))

    def _forget(self, at: int) -> None:
        del self._run_at[bisect_left(self._run_at, at)]

    def _total(self, at: int) -> Exact:
        run = self._measured.get(at)
        return self._missing[at] if run is None else run.total

    def _add(self, at: int, good: Exact, total: Exact, count: int) -> None:
        """Change what was measured at an ``at``; late counts are judged good = 0."""
        run = self._measured[at]
        run.good, run.total, run.count = run.good + good, run.total + total, run.count + count
        self._sums.change(at, 0 if run.is_late else good, total, count)
        if not run.count:
            del self._measured[at]
            self._forget(at)


def _replaces(row: Row, old: Row, rerun: str) -> bool:
    """Whether a rerun's counts take the place of those already there."""
    if old.is_missing:
        return True
    if rerun == "worst":
        new, kept = row.good * old.total, old.good * row.total
        return new < kept or (new == kept and row.total > old.total)
    return row.recorded_at >= old.recorded_at if rerun == "replace" else row.recorded_at < old.recorded_at
