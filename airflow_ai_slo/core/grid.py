"""The slots of a cadence in whole microseconds, found fast and in any order."""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Protocol

from airflow_ai_slo.core.cadence import Cadence
from airflow_ai_slo.core.instants import DAY, from_micros, to_micros

_MICROSECOND = timedelta(microseconds=1)
_BLOCK = 32 * DAY
_MOST_BLOCKS = 1000
_FIRST, _LAST = to_micros(datetime(2, 1, 1, tzinfo=UTC)), to_micros(datetime(9900, 1, 1, tzinfo=UTC))
"""The calendar ends not far beyond; nothing is expected there."""


class Grid(Protocol):
    """Slots from where expectation begins."""

    def slot_of(self, at: int) -> int | None:
        """The slot that a run with this ``at`` fulfils; None where none is expected."""

    def after(self, slot: int | None) -> int | None:
        """The slot after another one, or the first; None behind the last."""

    def due(self, at: int) -> int | None:
        """The last instant at which a run with this ``at`` comes in time; None where nothing is expected."""


def grid(cadence: Cadence, anchor: datetime | None) -> Grid | None:
    """The slots of a cadence.

    :param anchor: ``at`` of the measurement that came in first.
    :returns: None while nobody knows where expectation begins.
    """
    if cadence.start is None and anchor is None:
        return None
    if isinstance(cadence.rhythm, timedelta):
        return _Interval(cadence, cadence.rhythm, anchor)
    return _shared(cadence, None if cadence.start is not None else anchor)


class _Interval:
    def __init__(self, cadence: Cadence, every: timedelta, anchor: datetime | None) -> None:
        self._every = every // _MICROSECOND
        first = cadence.start + every if cadence.start is not None else anchor
        assert first is not None, "asked for only where expectation has begun"  # noqa: S101
        self._first = to_micros(first)
        self._end = None if cadence.end is None else to_micros(cadence.end)
        deadline = every if cadence.deadline == "cadence" else cadence.deadline
        self._deadline = None if deadline is None else deadline // _MICROSECOND
        self._begin = self._first - (self._every if cadence.start is not None else 1)

    def slot_of(self, at: int) -> int | None:
        if at <= self._begin:
            return None
        return self._within(self._first + -(-(at - self._first) // self._every) * self._every)

    def after(self, slot: int | None) -> int | None:
        if slot is None or slot < self._first:
            return self._within(self._first)
        # A slot of another cadence, from before it was edited, need not be one of this.
        return self._within(self._first + ((slot - self._first) // self._every + 1) * self._every)

    def due(self, at: int) -> int | None:
        return None if self._deadline is None else at + self._deadline

    def _within(self, slot: int) -> int | None:
        return slot if self._end is None or slot <= self._end else None


class _Cron:
    """Slots made in blocks as they are asked for; many SLOs share one."""

    def __init__(self, cadence: Cadence, anchor: datetime | None) -> None:
        self._cadence = cadence
        self._anchor = anchor
        first = cadence.start or anchor
        assert first is not None, "asked for only where expectation has begun"  # noqa: S101
        self._begin = to_micros(first) - (anchor is not None)
        self._last = _LAST if cadence.end is None else min(to_micros(cadence.end), _LAST)
        self._blocks: dict[int, list[int]] = {}
        deadline = cadence.deadline
        self._deadline = deadline // _MICROSECOND if isinstance(deadline, timedelta) else None

    def slot_of(self, at: int) -> int | None:
        return None if at <= self._begin else self._from(at)

    def after(self, slot: int | None) -> int | None:
        return self._from(self._begin + 1 if slot is None else max(slot, self._begin) + 1)

    def due(self, at: int) -> int | None:
        if self._cadence.deadline is None:
            return None
        if self._deadline is not None:
            return at + self._deadline
        if not _FIRST < at < _LAST:
            return None
        slot = self.slot_of(at)
        following = None if slot is None else self.after(slot)
        if slot is None or following is None:
            due = self._cadence.due(from_micros(at))
            return None if due is None else to_micros(due)
        return at + following - slot

    def _from(self, at: int) -> int | None:
        """The first slot at or after an instant; None where no more come."""
        number = at // _BLOCK
        while number * _BLOCK <= self._last:
            slots = self._block(number)
            place = bisect_left(slots, at)
            if place < len(slots):
                return slots[place]
            number += 1
        return None

    def _block(self, number: int) -> list[int]:
        found = self._blocks.get(number)
        if found is None:
            if len(self._blocks) >= _MOST_BLOCKS:
                self._blocks.clear()
            start = number * _BLOCK - 1
            until = min(start + _BLOCK, self._last)
            slots = self._cadence.slots(from_micros(start), from_micros(until), self._anchor) if start < until else ()
            found = self._blocks[number] = [to_micros(slot) for slot in slots]
        return found


@lru_cache(maxsize=1024)
def _shared(cadence: Cadence, anchor: datetime | None) -> _Cron:
    return _Cron(cadence, anchor)
