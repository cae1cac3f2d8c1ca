"""One SLO's measurements in memory, as they come in: what a backtest and a replay ask instead of a store."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator
from datetime import datetime

from airflow_ai_slo.core.cadence import Cadence
from airflow_ai_slo.core.counts import Counts
from airflow_ai_slo.core.definition import SLO
from airflow_ai_slo.core.evaluation import Evaluation, Plan, Watched, budget_plan, evaluate, plan
from airflow_ai_slo.core.expected import REMEMBERED, Pauses, is_paused, weight
from airflow_ai_slo.core.grid import Grid, grid
from airflow_ai_slo.core.instants import from_micros, to_micros
from airflow_ai_slo.core.measured import Measured, Row
from airflow_ai_slo.core.numbers import Exact
from airflow_ai_slo.core.sums import RunSums
from airflow_ai_slo.core.tally import Tally

__all__ = ["Row", "Stream"]


class _Batch:
    """What rows that came in together have touched.

    :param before: by run, whether it was there and whether it was bad.
    :param settled_at: when runs settled that were not missing before.
    """

    __slots__ = ("before", "newest", "settled_at")

    def __init__(self, newest: int | None) -> None:
        self.before: dict[int, tuple[bool, bool]] = {}
        self.settled_at: dict[int, int] = {}
        self.newest = newest


class Stream:
    """Measurements of one SLO, those that came in so far.

    :param runs: what they make, missing runs included.
    :param anchor: ``at`` of what came in first.
    :param bad_seq: how many runs have turned bad.
    :param waiting: runs that came in behind the newest one, or turned bad later, by when that was; who looks at runs in
        order takes them out.
    :param spent: bad events of rows that came in on time, each as a new newest run; grows.
    :param stirred: whether anything else happened, or one of those was bad; who watches sets it back.
    """

    def __init__(self, slo: SLO) -> None:
        self.slo = slo
        self.pauses: Pauses = ()
        self.anchor: datetime | None = None
        self.bad_seq = 0
        self.waiting: dict[int, int] = {}
        self.spent: Exact = 0
        self.stirred = False
        self._tally = Tally.of(slo)
        self.runs = RunSums(self._tally)
        self._cadence = None if slo.schedule is None else Cadence.of(slo.schedule)
        self._grid: Grid | None = None if self._cadence is None else grid(self._cadence, None)
        self._next: int | None = None if self._grid is None else self._grid.after(None)
        self._known: dict[str, Row] = {}
        self._missing: dict[int, Exact] = {}
        self._watches_runs = slo.watches_runs
        self._measured: Measured | None = None
        # Of slices, every ``at`` that holds a measurement or a missing run, in order.
        self._sliced: list[int] | None = [] if self._tally.slice_micros else None
        if slo.schedule is not None or self._sliced is not None or slo.watches_runs:
            self._measured = Measured(late_is_bad=slo.schedule is not None and slo.schedule.late == "bad")

    def arrive(self, rows: Iterable[Row]) -> None:
        """Take in measurements that came in together, and after all that came before."""
        rows = list(rows)
        if rows and self.anchor is None:
            self._begin(min(row.at for row in rows if row.recorded_at == rows[0].recorded_at))
        if len(rows) == 1 and self._append(rows[0]):
            return
        batch = _Batch(self.runs.newest)
        for row in rows:
            self._arrive(row, batch)
        self._close(batch)

    def settle(self, now: int) -> int:
        """Let every slot whose deadline has passed with nothing recorded be a missing run; says how many are."""
        found, slots = 0, self._grid
        while self._next is not None and slots is not None:
            slot, due = self._next, slots.due(self._next)
            if due is None or due >= now:
                break
            self._next = slots.after(slot)
            if not self._is_fulfilled(slot) and not is_paused(from_micros(slot), self.pauses):
                self._miss(slot, due)
                found += 1
        return found

    def next_due(self) -> int | None:
        """The deadline of the next slot that nothing fulfils; None where nothing is expected."""
        slot, slots = self._next, self._grid
        if slots is None:
            return None
        while slot is not None and self._is_fulfilled(slot):
            slot = slots.after(slot)
        return None if slot is None else slots.due(slot)

    def evaluate(self, at: datetime) -> Evaluation:
        """The state of the SLO at an instant."""
        return self._evaluate(plan(self.slo, at), at)

    def evaluate_budget(self, at: datetime) -> Evaluation:
        """Its budget alone, without its rules."""
        return self._evaluate(budget_plan(self.slo, at), at)

    def counts(self, start: int, end: int) -> Counts:
        """What ``(start, end]`` holds."""
        return self.runs.counts(start, end)

    def settled_at(self, at: int) -> int:
        """When the run at an instant settled: as it came in, or as its deadline had passed."""
        due = self._due(at)
        came_in = None if self._measured is None else self._measured.came_in(at)
        if self._sliced is not None:
            came_in = at
        elif came_in is None:
            came_in = at if due is None else due + 1
        return came_in if due is None else min(came_in, due + 1)

    def states(self) -> Iterator[tuple[int, str]]:
        """Every run, oldest first: its ``at``, and ``good``, ``bad``, ``late``, ``missing`` or ``empty``."""
        run_at = self._tally.run_at
        late = set() if self._measured is None else {run_at(at) for at in self._measured.late()}
        missing = {run_at(at) for at in self._missing}
        for place, at in enumerate(self.runs.at):
            entry = self.runs.entry(place)
            if not entry.bad:
                yield at, "good" if entry.total else "empty"
            else:
                yield at, "missing" if at in missing else "late" if at in late else "bad"

    def first(self) -> datetime | None:
        """The earliest ``at`` that was measured, or was missing."""
        ats = self.runs.at if self._sliced is None else self._sliced
        return from_micros(ats[0]) if ats else None

    def _evaluate(self, needs: Plan, at: datetime) -> Evaluation:
        now = to_micros(at)
        self.settle(now)
        held = [self.runs.counts(to_micros(start), now) for start in needs.starts]
        held += [self.runs.last(count, now) for count in needs.run_spans]
        return evaluate(self.slo, needs, held, Watched(self.first(), self.anchor, self.pauses))

    def _begin(self, at: int) -> None:
        self.anchor = from_micros(at)
        if self._cadence is not None and self._grid is None:
            self._grid = grid(self._cadence, self.anchor)
            self._next = None if self._grid is None else self._grid.after(None)

    def _due(self, at: int) -> int | None:
        return None if self._grid is None else self._grid.due(at)

    def _append(self, row: Row) -> bool:
        """Take in a row that is on time and makes a new newest run; says whether it is one."""
        at, recorded_at, runs = row.at, row.recorded_at, self.runs
        if self._sliced is not None or row.is_missing or (runs.at and at <= runs.at[-1]) or row.key in self._known:
            return False
        due = None if self._grid is None else self._grid.due(at)
        if due is not None and recorded_at > due:
            return False
        if row.key is not None:
            self._known[row.key] = row
        if self._measured is not None:
            self._measured.add_first(row)
        self.spent += row.total - row.good
        if runs.append(at, row.good, row.total):
            self.bad_seq += 1
            self.stirred = True
        elif at > recorded_at:
            self.stirred = True
        return True

    def _arrive(self, row: Row, batch: _Batch) -> None:
        is_late = self._measured is not None and self._measured.is_late(row, self._due(row.at))
        old = None if row.key is None else self._known.get(row.key)
        if old is not None and not self._replaces(row, is_late, old):
            return
        if row.key is not None:
            self._known[row.key] = row
        if old is not None:
            self._change(old, -1, batch)
        if self._measured is not None:
            self._touch(row.at, self._measured.judge(row, is_late=is_late), 0, 0, batch)
        self._change(row, 1, batch)
        at = self._tally.run_at(row.at)
        batch.settled_at[at] = min(row.recorded_at, batch.settled_at.get(at, row.recorded_at))
        if not row.is_missing and self._replace_missing(row.at, batch):
            batch.settled_at.pop(at, None)

    def _close(self, batch: _Batch) -> None:
        """Tell what the rows did to the runs they touched."""
        self.stirred = True
        for at, (was_there, was_bad) in batch.before.items():
            there, bad = self.runs.state(at)
            self.bad_seq += bad > was_bad
            if not self._watches_runs or at not in batch.settled_at:
                continue
            if not was_there and there and batch.newest is not None and at < batch.newest:
                due, moment = self._due(at), batch.settled_at[at]
                self.waiting[at] = moment if due is None else min(moment, due + 1)
            elif was_there and bad > was_bad:
                self.waiting[at] = batch.settled_at[at]

    def _replaces(self, row: Row, is_late: bool, old: Row) -> bool:
        """Whether a rerun's counts take the place of those already there. Late ones count as good = 0."""
        if old.is_missing:
            return True
        if self.slo.rerun == "worst":
            was_late = self._measured is not None and self._measured.was_late(old.at)
            new, kept = (0 if is_late else row.good) * old.total, (0 if was_late else old.good) * row.total
            return new < kept or (new == kept and row.total > old.total)
        if self.slo.rerun == "replace":
            return row.recorded_at >= old.recorded_at
        return row.recorded_at < old.recorded_at

    def _change(self, row: Row, sign: int, batch: _Batch) -> None:
        """Add a row, or take it back."""
        self._mark(row.at)
        good = sign * row.good if self._measured is None else self._measured.change(row, sign)
        self._touch(row.at, good, sign * row.total, sign, batch)
        self._unmark(row.at)

    def _touch(self, at: int, good: Exact, total: Exact, count: int, batch: _Batch) -> None:
        if not (good or total or count):
            return
        at = self._tally.run_at(at)
        if at not in batch.before:
            batch.before[at] = self.runs.state(at)
        self.runs.change(at, good, total, count)

    def _replace_missing(self, at: int, batch: _Batch) -> bool:
        """Whether this run was missing until now."""
        slot = None if self._grid is None else self._grid.slot_of(at)
        absent = None if slot is None else self._missing.pop(slot, None)
        if slot is None or absent is None:
            return False
        self._touch(slot, 0, -absent, -1, batch)
        self._unmark(slot)
        return True

    def _miss(self, slot: int, due: int) -> None:
        weighed = weight(self.runs.raw_totals(slot, REMEMBERED))
        batch = _Batch(self.runs.newest)
        self._mark(slot)
        self._missing[slot] = weighed
        self._touch(slot, 0, weighed, 1, batch)
        batch.settled_at[self._tally.run_at(slot)] = due + 1
        self._close(batch)

    def _is_fulfilled(self, slot: int) -> bool:
        ats = self.runs.at if self._sliced is None else self._sliced
        place = bisect_right(ats, slot)
        return place > 0 and self._grid is not None and self._grid.slot_of(ats[place - 1]) == slot

    def _mark(self, at: int) -> None:
        if self._sliced is not None and at not in self._missing and at not in (self._measured or ()):
            insort(self._sliced, at)

    def _unmark(self, at: int) -> None:
        if self._sliced is not None and at not in self._missing and at not in (self._measured or ()):
            del self._sliced[bisect_left(self._sliced, at)]
