"""How long what is left of a budget surely says the same, so that nobody has to look in between."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction
from functools import lru_cache
from math import ceil, floor
from typing import NamedTuple

from airflow_ai_slo.core.cadence import Cadence
from airflow_ai_slo.core.evaluation import Evaluation
from airflow_ai_slo.core.freeze_policy import FEW, Terms
from airflow_ai_slo.core.instants import from_micros, to_micros
from airflow_ai_slo.core.numbers import Exact
from airflow_ai_slo.core.stream import Stream
from airflow_ai_slo.core.windows import CalendarWindow

ALWAYS = 2**62


class Lasting(NamedTuple):
    """Instants in microseconds.

    :param until: before it nothing changes but by what comes in.
    :param spare: while fewer bad events come in, on time, the budget is not spent either; None where everything that
        comes in matters.
    """

    until: int
    spare: Exact | None


def lasting(seen: Evaluation, stream: Stream, terms: Terms, *, closely: bool) -> Lasting:
    """For how long a budget stays as it was seen.

    :param closely: whether everything about it matters, as it does while its service is frozen; otherwise only whether
        it is spent.
    """
    bounds, runs = seen.needs.bounds, stream.runs
    now, start, length = to_micros(bounds.now), to_micros(bounds.start), bounds.length // timedelta(microseconds=1)
    is_calendar = isinstance(seen.slo.window, CalendarWindow)
    low, high = runs.up_to(start), runs.up_to(now)
    until = to_micros(bounds.end) + 1 if is_calendar else ALWAYS
    if high < len(runs.at):
        until = min(until, runs.at[high])
    (good, total, *_), (all_good, all_total, *_) = runs.sum(low), runs.sum(high)
    good, total = all_good - good, all_total - total
    objective = seen.slo.objective
    share = objective.denominator - objective.numerator
    slack = share * total - (total - good) * objective.denominator
    if not closely and slack > 0:
        # Half of what is left may come in as bad events, and half may leave the window as total.
        if not is_calendar:
            place = runs.first_beyond(low, slack / Fraction(2 * share))
            until = until if place is None else min(until, runs.at[place - 1] + length)
        return Lasting(until, slack // (2 * objective.denominator))
    if not is_calendar and low < len(runs.at):
        until = min(until, runs.at[low] + length)
    if seen.needs.cadence is None:
        changes = _by_the_clock(seen, stream, terms, now)
    else:
        changes = _by_runs(seen.needs.cadence, stream, start, now) if not is_calendar else iter(())
    return Lasting(min((until, *(at for at in changes if at > now))), None)


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
