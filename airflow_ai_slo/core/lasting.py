"""How long what is left of a budget surely says the same, so that nobody has to look in between."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction
from functools import lru_cache
from math import ceil, floor
from typing import NamedTuple

from airflow_ai_slo.core.cadence import Cadence
from airflow_ai_slo.core.counts import EMPTY, Counts
from airflow_ai_slo.core.evaluation import Evaluation
from airflow_ai_slo.core.expected import expected_coverage
from airflow_ai_slo.core.freeze import Streak
from airflow_ai_slo.core.freeze_policy import DEFAULT_GOOD_RUNS, FEW, Terms
from airflow_ai_slo.core.instants import from_micros, to_micros
from airflow_ai_slo.core.numbers import Exact
from airflow_ai_slo.core.stream import Stream
from airflow_ai_slo.core.windows import Bounds, CalendarWindow

ALWAYS = 2**62

_PARTS = (4, 16, 64, 256)
"""Of a window's length: how far to look ahead, the farthest first."""
_MICROSECOND = timedelta(microseconds=1)


class Lasting(NamedTuple):
    """How long something surely stays as it was seen, whatever comes in on time within these limits.

    :param until: in microseconds; before it time alone changes nothing.
    :param bad: so many bad events may come in; ``total`` and ``runs`` likewise.
    """

    until: int
    bad: Exact
    total: Exact
    runs: int


def lasting(seen: Evaluation, stream: Stream, terms: Terms, streak: Streak, *, spent: bool) -> Lasting:
    """For how long a budget that is not spent surely stays so, or one that keeps its service frozen keeps it.

    :param streak: good runs in a row by now.
    :param spent: which of the two. Where there is nothing to be sure of, every run that comes in matters.
    """
    bounds, runs = seen.needs.bounds, stream.runs
    now, start = to_micros(bounds.now), to_micros(bounds.start)
    is_calendar = isinstance(seen.slo.window, CalendarWindow)
    low, high = runs.up_to(start), runs.up_to(now)
    until = to_micros(bounds.end) + 1 if is_calendar else ALWAYS
    if high < len(runs.at):
        until = min(until, runs.at[high])
    for part in _PARTS if seen.budget.remaining is not None else ():
        ahead = _Ahead.of(seen, stream, part, low)
        found = ahead.stays_spent(seen, terms, streak) if spent else ahead.stays_unspent(seen)
        if found is not None:
            return found._replace(until=min(until, found.until))
    if not is_calendar and low < len(runs.at):
        until = min(until, runs.at[low] + bounds.length // _MICROSECOND)
    if seen.needs.cadence is None:
        changes = _by_the_clock(seen, stream, terms, now)
    else:
        changes = _by_runs(seen.needs.cadence, stream, start, now) if not is_calendar else iter(())
    return Lasting(min((until, *(at for at in changes if at > now))), 0, 0, 0)


class _Ahead(NamedTuple):
    """What a part of a window's length, from an instant on, can bring at most.

    :param part: the n-th one.
    :param until: where it ends, in microseconds.
    :param leaving: what leaves the window within it.
    :param runs: so many may come in.
    :param covered: the least coverage in it, and the most.
    """

    part: int
    until: int
    leaving: Counts
    runs: int
    covered: tuple[Fraction, Fraction]

    @classmethod
    def of(cls, seen: Evaluation, stream: Stream, part: int, low: int) -> _Ahead:
        """
        :param low: how many runs lie before the window.
        """
        bounds, runs = seen.needs.bounds, stream.runs
        length = bounds.length // part
        until, is_calendar = bounds.now + length, isinstance(seen.slo.window, CalendarWindow)
        leaving = EMPTY if is_calendar else runs.between(low, runs.up_to(to_micros(bounds.start + length)))
        coming = max(2 * seen.counts.runs // part, 1)
        cadence = seen.needs.cadence
        if cadence is None:
            covered = seen.coverage, min(seen.coverage + Fraction(1, part), Fraction(1))
        else:
            most = bounds if is_calendar else Bounds(bounds.start, until, until)
            fewest = bounds if is_calendar else Bounds(bounds.start + length, bounds.now, bounds.now)
            settled, (_, anchor, pauses) = seen.counts.runs, stream.watched(most)
            covered = (
                expected_coverage(cadence, most, settled - leaving.runs, anchor, pauses),
                expected_coverage(cadence, fewest, settled + coming, anchor, pauses),
            )
        return cls(part, to_micros(until), leaving, coming, covered)

    def stays_unspent(self, seen: Evaluation) -> Lasting | None:
        """How many bad events leave the budget unspent; None where not even half of what is left would be waited for,
        or none is left."""
        counts, spare = seen.counts, 1 - seen.slo.objective
        left = spare * (counts.total - self.leaving.total) / self.covered[1] - counts.bad
        is_little = 2 * left < spare * counts.total / seen.coverage - counts.bad
        if left <= 0 or (is_little and self.part != _PARTS[-1]):
            return None
        return Lasting(self.until, ceil(left) - 1, ALWAYS, self.runs)

    def stays_spent(self, seen: Evaluation, terms: Terms, streak: Streak) -> Lasting | None:
        """How much may come in while too little budget is left to thaw, and too few good runs came in a row."""
        counts, spare, (least, most) = seen.counts, 1 - seen.slo.objective, self.covered
        coming, runs = 2 * counts.total // self.part, self.runs
        if (counts.bad - self.leaving.bad) * least < (1 - terms.above) * spare * (counts.total + coming):
            return None
        few = spare * (counts.total - self.leaving.total) < FEW * most
        needed = DEFAULT_GOOD_RUNS if few and terms.good_runs is None else terms.good_runs
        if needed is not None:
            runs = min(runs, needed - streak.good_runs - 1)
        return Lasting(self.until, ALWAYS, coming, runs) if runs > 0 else None


def _by_the_clock(seen: Evaluation, stream: Stream, terms: Terms, now: int) -> Iterator[int]:
    """When growing coverage brings the budget to a limit: spent, thawed, few allowed."""
    first, bounds, counts = stream.first(), seen.needs.bounds, seen.counts
    if first is None or seen.coverage == 1:
        return
    begin = max(to_micros(first), to_micros(bounds.start))
    if begin >= now:
        yield begin + 1
    if seen.slo.confidence is not None:
        yield now + 1
    length = bounds.length // timedelta(microseconds=1)
    allowed = (1 - seen.slo.objective) * counts.total
    if counts.bad:
        yield begin + ceil(allowed / counts.bad * length)
        yield begin + ceil((1 - terms.above) * allowed / counts.bad * length)
    if terms.good_runs is None:
        yield begin + floor(allowed / FEW * length) + 1


def _by_runs(cadence: Cadence, stream: Stream, start: int, now: int) -> Iterator[int]:
    """When the number of expected runs in a rolling window may change: as a slot comes in, or leaves."""
    anchor = None if stream.anchor is None else to_micros(stream.anchor)
    entering, leaving = (_slot_after(cadence, anchor, at) for at in (now, start))
    if entering is not None and leaving is not None:
        yield from (entering, leaving - start + now)


@lru_cache(maxsize=4096)
def _slot_after(cadence: Cadence, anchor: int | None, at: int) -> int | None:
    if not isinstance(cadence.rhythm, timedelta):
        return at + cadence.step(from_micros(at)) // timedelta(microseconds=1)
    begin = anchor if cadence.start is None else to_micros(cadence.start)
    every = cadence.rhythm // timedelta(microseconds=1)
    return None if begin is None else begin + ((at - begin) // every + 1) * every
