"""One SLO's measurements in memory, as they come in: what a backtest and a replay ask instead of a store."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from itertools import groupby
from operator import attrgetter

from airflow_ai_slo.core.corrections import Stretch
from airflow_ai_slo.core.counts import Counts
from airflow_ai_slo.core.definition import SLO
from airflow_ai_slo.core.dropped import Dropped
from airflow_ai_slo.core.evaluation import Evaluation, Plan, Watched, budget_plan, evaluate, plan
from airflow_ai_slo.core.expected import Pauses, is_paused
from airflow_ai_slo.core.instants import from_micros, to_micros
from airflow_ai_slo.core.measured import Measured, Row
from airflow_ai_slo.core.numbers import Exact, count
from airflow_ai_slo.core.outstanding import Outstanding
from airflow_ai_slo.core.reruns import Reruns
from airflow_ai_slo.core.run_sums import RunSums
from airflow_ai_slo.core.tally import Tally
from airflow_ai_slo.core.touched import Touched
from airflow_ai_slo.core.windows import Bounds

__all__ = ["Row", "Stream"]


class Stream:
    """Measurements of one SLO, those that came in so far.

    :param runs: what they make, missing runs included, and without what corrections drop.
    :param dropped: what those that are known by now drop.
    :param anchor: ``at`` of what came in first.
    :param bad_seq: how many runs have turned bad.
    :param waiting: runs that came in behind the newest one, or turned bad later, by when that was; who looks at runs in
        order takes them out.
    :param stirred: whether anything else happened, one of those was bad, or it was the first; who watches sets it back.
    """

    def __init__(self, slo: SLO) -> None:
        self.slo = slo
        self.pauses: Pauses = ()
        self.anchor: datetime | None = None
        self.bad_seq = 0
        self.waiting: dict[int, int] = {}
        self.stirred = False
        self.dropped = Dropped()
        self._tally = Tally.of(slo)
        self.runs = RunSums(self._tally)
        self._is_sliced = bool(self._tally.slice_micros)
        # Every ``at`` that holds a measurement or a missing run, in order, those that are dropped included.
        self._at: list[int] = []
        self._slots = Outstanding(slo.schedule, self._at, self._at if self._is_sliced else self.runs.at)
        self._begun_at: int | None = None
        self._measured = Measured()
        self._known = Reruns(slo.rerun, self._measured)
        self._missing: dict[int, Exact] = {}
        self._watches_runs = slo.watches_runs

    def arrive(self, rows: Iterable[Row], now: int | None = None) -> None:
        """Take in measurements, in the order in which they came.

        Runs that were due before one comes in are looked at before it: what a missing run weighs does not depend on
        when somebody evaluates.

        :param now: when they are taken in, together; None: when each says that it was recorded.
        """
        if now is not None:
            self._take(list(rows), now)
            return
        for moment, together in groupby(rows, key=attrgetter("recorded_at")):
            self._take(list(together), moment)

    def settle(self, now: int, coming: Collection[int] = ()) -> None:
        """Let every slot whose deadline has passed with nothing recorded be a missing run.

        :param coming: ``at`` of runs that are about to come in: theirs are not.
        """
        found = self._slots.passed(now, self._is_expected, self._total, coming)
        if not found:
            return
        batch = Touched(self.runs)
        for slot, due, total in found:
            self._mark(slot)
            self._missing[slot] = count(total)
            self._touch(slot, 0, self._missing[slot], 1, batch)
            batch.settled_at[self._tally.run_at(slot)] = due + 1
        self._close(batch)

    def correct(self, stretches: Iterable[Stretch], now: int) -> None:
        """Drop what lies in some stretches, good and bad alike, from an instant on. Runs that were due are missing."""
        self.settle(now)
        for start, end in self.dropped.add(stretches):
            if not self._is_sliced:
                self.runs.drop(start, end)
                continue
            for at in self._at[bisect_right(self._at, start) : bisect_right(self._at, end)]:
                good, total, rows = self._measured.held(at)
                if at in self._missing:
                    total, rows = total + self._missing[at], rows + 1
                self.runs.change(self._tally.run_at(at), -good, -total, -rows)
        self.stirred = True

    def next_due(self) -> int | None:
        """The deadline of the next slot that nothing fulfils; None where nothing is expected."""
        return self._slots.next_due()

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
        due = self._slots.due(at)
        came_in = self._measured.came_in(at)
        if self._is_sliced:
            came_in = at
        elif came_in is None:
            came_in = at if due is None else due + 1
        return came_in if due is None else min(came_in, due + 1)

    def states(self) -> Iterator[tuple[int, str]]:
        """Every run, oldest first: its ``at``, and ``good``, ``bad``, ``late``, ``missing`` or ``empty``."""
        run_at = self._tally.run_at
        late = {run_at(at) for at in self._measured.late()}
        missing = {run_at(at) for at in self._missing}
        for place, at in enumerate(self.runs.at):
            entry = self.runs.entry(place)
            if not entry.bad:
                yield at, "good" if entry.total else "empty"
            else:
                yield at, "missing" if at in missing else "late" if at in late else "bad"

    def first(self) -> datetime | None:
        """The earliest ``at`` that was measured, or was missing."""
        return from_micros(self._at[0]) if self._at else None

    def watched(self, bounds: Bounds) -> Watched:
        """Since when it is watched, and what pauses there are in a window."""
        pauses = self.pauses
        if self.dropped.stretches:
            pauses = [*pauses, *self.dropped.pauses_within(bounds.start, bounds.end)]
        return Watched(self.first(), self.anchor, pauses)

    def _evaluate(self, needs: Plan, at: datetime) -> Evaluation:
        now = to_micros(at)
        self.settle(now)
        held = [self.runs.counts(to_micros(start), now) for start in needs.starts]
        held += [self.runs.last(runs, now) for runs in needs.run_spans]
        return evaluate(self.slo, needs, held, self.watched(needs.bounds))

    def _begin(self, row: Row, now: int) -> None:
        """Without a start, nothing was waited for before this one came in."""
        self.anchor, self.stirred = from_micros(row.at), True
        if self._slots.begin(self.anchor):
            self._begun_at = now

    def _take(self, rows: list[Row], now: int) -> None:
        """Take in measurements that came in together."""
        if self.anchor is None and rows:
            self._begin(min(rows, key=lambda row: (row.recorded_at, row.at)), now)
        if len(rows) == 1 and self._append(rows[0], now):
            return
        self._look_before(rows, now)
        batch = Touched(self.runs)
        for row in rows:
            self._arrive(row, batch)
        self._close(batch)

    def _append(self, row: Row, now: int) -> bool:
        """Take in a row that is on time and makes a new newest run; says whether it is one."""
        at, moment, runs = row.at, max(now, row.recorded_at), self.runs
        if self._is_sliced or row.is_missing or (self._at and at <= self._at[-1]) or row.key in self._known:
            return False
        if self.dropped.holds(at):
            return False
        due = self._slots.due(at)
        if due is not None and moment > due:
            return False
        self._at.append(at)
        self._known.put(row)
        self._measured.add_first(row)
        if runs.append(at, row.good, row.total):
            self.bad_seq += 1
            self.stirred = True
        elif at > moment:
            self.stirred = True
        return True

    def _look_before(self, rows: Iterable[Row], now: int) -> None:
        """Settle what was due before late rows come in."""
        if self._begun_at is not None and now <= self._begun_at:
            return
        overdue = set()
        for row in rows:
            due = self._slots.due(row.at)
            if due is not None and due < max(now, row.recorded_at) and not row.is_missing:
                overdue.add(row.at)
        if overdue:
            self.settle(now, overdue)

    def _arrive(self, row: Row, batch: Touched) -> None:
        old, is_late = self._known.get(row.key), self._is_late(row)
        is_kept = old is not None and not self._known.replaces(row, old, is_late=is_late)
        if is_kept and old is not None and old.at != row.at:
            return
        self._mark(row.at)
        self._touch(row.at, self._measured.judge(row, is_late=is_late), 0, 0, batch)
        if is_kept:
            return
        self._known.put(row)
        self._change(row, 1, batch)
        if old is not None:
            self._change(old, -1, batch)
            self._unmark(old.at)
        if old is None or (old.at, old.good, old.total) != (row.at, row.good, row.total) or old.is_missing:
            batch.settle(self._tally.run_at(row.at), row.recorded_at)
        self._replace_missing(row.at, batch)

    def _close(self, batch: Touched) -> None:
        """Tell what the rows did to the runs they touched."""
        self.stirred = True
        self.bad_seq += batch.turned_bad()
        if self._watches_runs:
            batch.tell(self.waiting, lambda at: None if self._is_sliced else self._slots.due(at))

    def _is_late(self, row: Row) -> bool:
        overdue = not row.is_backfill and self._slots.is_late(row.at, row.recorded_at, self.pauses)
        return self._measured.is_late(row, overdue=overdue)

    def _is_expected(self, slot: int) -> bool:
        is_off = self.pauses and is_paused(from_micros(slot), self.pauses)
        return not is_off and not self.dropped.holds(slot)

    def _change(self, row: Row, sign: int, batch: Touched) -> None:
        """Add a row, or take it back."""
        good = self._measured.change(row, sign)
        self._touch(row.at, good, sign * row.total, sign, batch)

    def _touch(self, at: int, good: Exact, total: Exact, rows: int, batch: Touched) -> None:
        if (good or total or rows) and not self.dropped.holds(at):
            batch.change(self._tally.run_at(at), good, total, rows)

    def _replace_missing(self, at: int, batch: Touched) -> None:
        """The run may have been missing until now."""
        slot = self._slots.slot_of(at) if self._missing else None
        absent = None if slot is None else self._missing.pop(slot, None)
        if slot is None or absent is None:
            return
        self._touch(slot, 0, -absent, -1, batch)
        self._unmark(slot)
        if slot != at and not self._is_sliced and not self.dropped.holds(slot):
            batch.moved[at] = slot

    def _total(self, at: int) -> Exact:
        """What was counted at an ``at``."""
        if not self._is_sliced:
            return self.runs.raw_total(at)
        return self._missing.get(at, 0) + self._measured.held(at)[1]

    def _mark(self, at: int) -> None:
        if at not in self._missing and at not in self._measured:
            insort(self._at, at)

    def _unmark(self, at: int) -> None:
        if at not in self._missing and at not in self._measured:
            del self._at[bisect_left(self._at, at)]
