"""Expected runs of one SLO in memory: which slots have passed with nothing recorded, and what a missing run weighs."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from airflow_ai_slo.core.cadence import Cadence
from airflow_ai_slo.core.definition import Schedule
from airflow_ai_slo.core.expected import REMEMBERED, Pauses, is_paused, weight
from airflow_ai_slo.core.grid import Grid, grid
from airflow_ai_slo.core.instants import from_micros
from airflow_ai_slo.core.numbers import Exact


class Missing(NamedTuple):
    """A slot that passed with nothing recorded; instants in microseconds."""

    slot: int
    due: int
    total: Exact


class Outstanding:
    """The slots of one SLO that are yet to be looked at.

    :param at: every ``at`` that holds a measurement or a missing run, in order; others keep it.
    :param weighed: those that tell what a missing run weighs, kept likewise.
    """

    def __init__(self, schedule: Schedule | None, at: Sequence[int], weighed: Sequence[int]) -> None:
        self._cadence = None if schedule is None else Cadence.of(schedule)
        self._late_is_bad = schedule is not None and schedule.late == "bad"
        self._grid: Grid | None = None if self._cadence is None else grid(self._cadence, None)
        self._next = None if self._grid is None else self._grid.after(None)
        self._at = at
        self._counted = weighed

    def begin(self, anchor: datetime) -> bool:
        """Runs are expected from what came in first, unless they were before; says whether they are from now on."""
        if self._cadence is None or self._grid is not None:
            return False
        self._grid = grid(self._cadence, anchor)
        self._next = None if self._grid is None else self._grid.after(None)
        return True

    def due(self, at: int) -> int | None:
        """The last instant at which a run with this ``at`` comes in time."""
        return None if self._grid is None else self._grid.due(at)

    def slot_of(self, at: int) -> int | None:
        """The slot that a run with this ``at`` fulfils."""
        return None if self._grid is None else self._grid.slot_of(at)

    def is_late(self, at: int, recorded_at: int, pauses: Pauses) -> bool:
        """Whether a run that came in first then is late; one that was not expected is not."""
        due = self.due(at)
        if not self._late_is_bad or due is None or recorded_at <= due:
            return False
        slot = self.slot_of(at)
        return slot is not None and not is_paused(from_micros(slot), pauses)

    def next_due(self) -> int | None:
        """The deadline of the next slot that nothing fulfils; None where nothing is expected."""
        slot, slots = self._next, self._grid
        if slots is None:
            return None
        while slot is not None and self._is_fulfilled(slot):
            slot = slots.after(slot)
        return None if slot is None else slots.due(slot)

    def passed(
        self,
        now: int,
        is_expected: Callable[[int], bool],
        total: Callable[[int], Exact],
        coming: Collection[int] = (),
    ) -> list[Missing]:
        """Slots whose deadline has passed with nothing recorded; none of them is looked at again.

        :param is_expected: whether a slot is, neither paused nor corrected.
        :param total: what was counted at an ``at``.
        :param coming: ``at`` of runs that are about to come in: theirs are left out, though they weigh what they did.
        """
        absent: list[tuple[int, int]] = []
        while self._next is not None and self._grid is not None:
            slot, due = self._next, self._grid.due(self._next)
            if due is None or due >= now:
                break
            self._next = self._grid.after(slot)
            if not self._is_fulfilled(slot) and is_expected(slot):
                absent.append((slot, due))
        if not absent:
            return []
        arriving = {self.slot_of(at) for at in coming}
        return [one for one in self._weighed(absent, total) if one.slot not in arriving]

    def _weighed(self, absent: Sequence[tuple[int, int]], total: Callable[[int], Exact]) -> list[Missing]:
        runs = self._counted
        place = bisect_left(runs, absent[0][0])
        before = deque((total(at) for at in runs[max(0, place - REMEMBERED) : place]), REMEMBERED)
        found = []
        for slot, due in absent:
            reached = bisect_left(runs, slot)
            before.extend(total(at) for at in runs[place:reached])
            place = reached
            before.append(weight(list(before)))
            found.append(Missing(slot, due, before[-1]))
        return found

    def _is_fulfilled(self, slot: int) -> bool:
        """Whether a run lies after the slot before, and no later than this one."""
        place = bisect_right(self._at, slot)
        if not place or self._grid is None:
            return False
        at = self._at[place - 1]
        return at == slot or self._grid.slot_of(at) == slot
