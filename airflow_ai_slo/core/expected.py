"""Expected runs: when a slot is settled, which are missing, what they weigh, and what is late."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from fractions import Fraction

from airflow_ai_slo.core.cadence import Cadence
from airflow_ai_slo.core.instants import utc
from airflow_ai_slo.core.numbers import Exact, narrow
from airflow_ai_slo.core.windows import Bounds

REMEMBERED = 7
"""How many settled runs tell what a missing one weighs."""

_MICROSECOND = timedelta(microseconds=1)
_NONE, _ALL = Fraction(0), Fraction(1)


Pauses = Sequence[tuple[datetime, datetime | None]]
"""Slots in ``[start, end)`` are not expected; ``end`` None lasts."""


def is_paused(slot: datetime, pauses: Pauses) -> bool:
    """Whether a slot lies in a pause. One that came before stays expected, even if its deadline falls into it."""
    return any(start <= slot and (end is None or slot < end) for start, end in pauses)


def weight(totals: Iterable[Exact]) -> Exact:
    """What a missing run weighs: the median total of the last 7 settled runs, 1 where there is none.

    The median of an even number is the mean of the middle two. A median of 0 (runs in which nothing happened) makes 1
    as well: a missing run is a bad event, and nothing cannot be bad.

    :param totals: of settled runs, oldest first; missing ones count with their own weight.
    """
    last = sorted(deque(totals, REMEMBERED))
    if not last:
        return 1
    middle = len(last) // 2
    median = last[middle] if len(last) % 2 else narrow(Fraction(last[middle - 1] + last[middle]) / 2)
    return median or 1


def expected_runs(cadence: Cadence, bounds: Bounds, *, anchor: datetime | None, pauses: Pauses = ()) -> int:
    """Expected runs of the full window, those before the first one or still to come included, but for paused ones.

    :param anchor: ``at`` of the measurement that came in first.
    """
    inside = cadence.count(bounds.start, bounds.end, anchor)
    for start, stop in _merged(pauses, bounds.start, bounds.end) if pauses else ():
        inside -= cadence.count(start, stop, anchor)
    return inside


def expected_coverage(
    cadence: Cadence, bounds: Bounds, settled: int, anchor: datetime | None, pauses: Pauses = ()
) -> Fraction:
    """Share of a full window's expected runs that have settled, at most 1; all of it where none is expected.

    Nothing of it where nobody knows yet when runs are expected.

    :param settled: settled runs that the window holds.
    """
    if cadence.start is None and anchor is None and not settled:
        return _NONE
    expected = expected_runs(cadence, bounds, anchor=anchor, pauses=pauses)
    return _ALL if expected <= settled else Fraction(settled, expected)


def _merged(pauses: Pauses, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """Pauses as disjoint ``(from, to]`` of slots within ``(start, end]``; a pause is ``[from, to)``."""
    merged: list[tuple[datetime, datetime]] = []
    for low, high in sorted((low, end + _MICROSECOND if high is None else high) for low, high in pauses):
        begin, stop = max(utc(low) - _MICROSECOND, start), min(utc(high) - _MICROSECOND, end)
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(stop, merged[-1][1]))
        elif begin < stop:
            merged.append((begin, stop))
    return merged
