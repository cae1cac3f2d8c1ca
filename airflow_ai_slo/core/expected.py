"""Expected runs: when a slot is settled, which are missing, what they weigh, and what is late."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from itertools import islice
from typing import Literal, NamedTuple

from airflow_ai_slo.core.cadence import Cadence
from airflow_ai_slo.core.instants import utc
from airflow_ai_slo.core.numbers import Exact, narrow
from airflow_ai_slo.core.windows import Bounds

REMEMBERED = 7
"""How many settled runs tell what a missing one weighs."""

_MICROSECOND = timedelta(microseconds=1)


class Pause(NamedTuple):
    """Slots in ``[start, end)`` are not expected; ``end`` None lasts."""

    start: datetime
    end: datetime | None = None


class Arrival(StrEnum):
    """How the first arrival of a run is judged; reruns keep the verdict."""

    IN_TIME = "in_time"
    LATE = "late"


def settled_at(due: datetime | None, recorded_at: datetime | None = None) -> datetime | None:
    """When a slot settles: once recorded, or just after its deadline, whichever comes first.

    :param due: the last instant in time; None never passes.
    :returns: None while neither is known.
    """
    instants = [] if due is None else [due + _MICROSECOND]
    if recorded_at is not None:
        instants.append(recorded_at)
    return min(instants, default=None)


def is_paused(slot: datetime, pauses: Iterable[tuple[datetime, datetime | None]]) -> bool:
    """Whether a slot lies in a pause. One that came before stays expected, even if its deadline falls into it."""
    return any(start <= slot and (end is None or slot < end) for start, end in pauses)


def missing(
    slots: Iterable[datetime],
    recorded: Collection[datetime],
    *,
    due: Callable[[datetime], datetime | None],
    now: datetime,
    pauses: Sequence[tuple[datetime, datetime | None]] = (),
    until: datetime | None = None,
) -> list[datetime]:
    """The slots that settled with nothing recorded: bad runs, cause ``missing_run``.

    :param slots: expected slots, :meth:`Cadence.slots`.
    :param recorded: slots that a recorded run fulfils (:meth:`Cadence.slot_of`).
    :param due: last instant in time of a slot, :meth:`Cadence.due`; None where it is never missing.
    :param until: the end date: the last slot that can be expected.
    """
    known = recorded if isinstance(recorded, set | frozenset) else frozenset(recorded)
    return [
        slot
        for slot in slots
        if slot not in known
        and (until is None or slot <= until)
        and _passed(due(slot), now)
        and not is_paused(slot, pauses)
    ]


def _passed(due: datetime | None, now: datetime) -> bool:
    return due is not None and now > due


def weight(totals: Sequence[Exact]) -> Exact:
    """What a missing run weighs: the median total of the last 7 settled runs, 1 where there is none.

    The median of an even number is the mean of the middle two. A median of 0 (runs in which nothing happened) makes 1
    as well: a missing run is a bad event, and nothing cannot be bad.

    :param totals: of settled runs, oldest first; missing ones count with their own weight.
    """
    last = sorted(totals[-REMEMBERED:])
    if not last:
        return 1
    middle = len(last) // 2
    median = last[middle] if len(last) % 2 else narrow(Fraction(last[middle - 1] + last[middle]) / 2)
    return median or 1


def weights(absent: Iterable[datetime], settled: Sequence[tuple[datetime, Exact]]) -> dict[datetime, Exact]:
    """The weight of each missing run, by the settled runs before its slot, earlier missing ones included.

    :param absent: missing slots.
    :param settled: ``(at, total)`` of recorded runs, ascending.
    """
    result: dict[datetime, Exact] = {}
    ats = [at for at, _ in settled]
    for slot in sorted(absent):
        here = bisect_left(ats, slot)
        recent = [*settled[max(0, here - REMEMBERED) : here], *islice(reversed(result.items()), REMEMBERED)]
        result[slot] = weight([total for _, total in sorted(recent)])
    return result


def judge_arrival(
    recorded_at: datetime,
    *,
    due: datetime | None,
    late: Literal["bad", "accept"] = "bad",
    is_backfill: bool = False,
) -> Arrival:
    """Judge the first arrival of a run: late counts are stored, and judged good = 0, cause ``late``.

    :param due: last instant in time, by the run's own ``at``; None where there is no deadline.
    :param late: ``accept`` takes late counts as they are.
    :param is_backfill: a backfill's clock says nothing about when the run was done first, so it is never late.
    """
    if late == "accept" or is_backfill or not _passed(due, recorded_at):
        return Arrival.IN_TIME
    return Arrival.LATE


def expected_runs(
    cadence: Cadence,
    bounds: Bounds,
    *,
    first: datetime | None,
    pauses: Sequence[tuple[datetime, datetime | None]] = (),
    until: datetime | None = None,
) -> int:
    """Expected runs of the full window, those before the first one or still to come included.

    :param first: the first recorded ``at``.
    :param until: the end date; later slots, like paused ones, are not expected.
    """
    end = bounds.end if until is None else min(bounds.end, utc(until))
    inside = cadence.count(bounds.start, max(end, bounds.start), first)
    for start, stop in _merged(pauses, bounds.start, end):
        inside -= cadence.count(start, stop, first)
    return inside


def _merged(
    pauses: Iterable[tuple[datetime, datetime | None]], start: datetime, end: datetime
) -> list[tuple[datetime, datetime]]:
    """Pauses as disjoint ``(from, to]`` of slots within ``(start, end]``; a pause is ``[from, to)``."""
    merged: list[tuple[datetime, datetime]] = []
    for low, high in sorted((low, end + _MICROSECOND if high is None else high) for low, high in pauses):
        begin, stop = max(utc(low) - _MICROSECOND, start), min(utc(high) - _MICROSECOND, end)
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(stop, merged[-1][1]))
        elif begin < stop:
            merged.append((begin, stop))
    return merged


def coverage(settled: int, expected: int) -> Fraction:
    """Share of a full window's expected runs that have settled, at most 1; all of it where none is expected.

    :param settled: settled slots of the window, without paused ones.
    :param expected: :func:`expected_runs` of the window.
    """
    return min(Fraction(settled, expected), Fraction(1)) if expected > 0 else Fraction(1)
