"""When the budget of an SLO will be spent, and when a spent one comes back, if things go on as they went lately.

The definitions of :mod:`budget` and :mod:`evaluation` carried forward, nothing fitted. From an evaluation at T on,

- what comes in later comes evenly, at the recent pace of bad, of total and of runs;
- a rolling window loses its oldest part as it moves. What it holds is known at the edges of :data:`SLICES` slices (of
  days, where it has about that many) and is taken as spread evenly within each. A calendar window loses nothing until
  its period ends;
- coverage below 1 grows with the clock; with a cadence it follows the runs that the window holds.

Remaining is 1 - B c / ((1 - o) T), so it reaches a level a where B c = (1 - a) (1 - o) T. Between two edges B, T and c
are straight lines: that is a quadratic with one turn, and the first crossing is found exactly, to the microsecond. A
rolling window holds nothing but the pace once it has moved by its length, so what does not happen by then never does.

**Recent** is the last quarter of the window, and no less than the longest window of a ticket rule: a ticket and a
forecast speak of the same runs, and a quarter of 28 days holds each weekday once. Where it holds fewer than
:data:`ENOUGH` runs (a week of a daily pipeline) the last half counts, then a whole length; with fewer than
:data:`FEWEST` (the least that a ticket of the ``pipeline`` preset looks at) there is no forecast. Before the first
measurement there is no pace: a younger SLO is measured over its own age.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from airflow_ai_slo.core.cadence import Cadence
from airflow_ai_slo.core.counts import Counts
from airflow_ai_slo.core.definition import Severity
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.evaluation import Evaluation
from airflow_ai_slo.core.freeze_policy import THAW_ABOVE
from airflow_ai_slo.core.numbers import Exact
from airflow_ai_slo.core.windows import RollingWindow

SLICES = 28
ENOUGH = 7
FEWEST = 4

_MOST_DAYS = 35
_FEWEST_DAYS = 14
_MICROSECOND = timedelta(microseconds=1)
_DAY = timedelta(days=1)
_ONE = Fraction(1)


class Outlook(StrEnum):
    """What a forecast says. ``lasts``: not at this pace."""

    RUNS_OUT = "runs_out"
    LASTS = "lasts"
    SPENT = "spent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Pace:
    """What came in over the recent stretch, in the unit of the counts."""

    length: timedelta
    bad: Exact
    total: Exact
    runs: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """Where a budget is heading.

    :param pace: what it goes by; None where there is too little to go by.
    :param runs_out_at: when remaining first is 0 or less; None unless it runs out.
    :param recovers_at: of a spent one, when remaining first is above ``thaw_above`` at this pace; None for never.
    :param recovers_at_best: the same with no further bad event; None only where no pace is known.
    :param why: why nothing is known.
    """

    outlook: Outlook
    pace: Pace | None
    thaw_above: Fraction = THAW_ABOVE
    runs_out_at: datetime | None = None
    recovers_at: datetime | None = None
    recovers_at_best: datetime | None = None
    why: str = ""


def asked(seen: Evaluation) -> tuple[datetime, ...]:
    """The instants up to which :func:`forecast` wants to know what was recorded; about thirty at most."""
    return tuple(sorted({*_edges(seen), *_recent(seen)}))


def forecast(
    seen: Evaluation, upto: Mapping[datetime, Counts], first: datetime | None, *, thaw_above: Fraction = THAW_ABOVE
) -> Forecast:
    """When remaining reaches 0; of a budget already spent, when it is above ``thaw_above`` again.

    :param upto: for each of :func:`asked`, what was recorded up to and including it since ever.
    :param first: ``at`` of the first measurement; None where there is none.
    """
    remaining = seen.budget.remaining
    if remaining is None or first is None:
        why = "it was first measured just now" if seen.counts.total else f"nothing measured in {seen.slo.window}"
        return Forecast(Outlook.UNKNOWN, None, thaw_above, why=why)
    pace, why = _pace(seen, upto, first)
    outlook = Outlook.SPENT if remaining <= 0 else Outlook.LASTS
    if pace is None:
        known = Outlook.SPENT if outlook is Outlook.SPENT else Outlook.UNKNOWN
        return Forecast(known, None, thaw_above, why=why)
    held = [upto[edge] for edge in _edges(seen)]
    course = _Course(seen, held, pace)
    if outlook is Outlook.SPENT:
        at_best = _Course(seen, held, Pace(pace.length, 0, pace.total, pace.runs))
        return Forecast(
            outlook,
            pace,
            thaw_above,
            recovers_at=_recovery(course, thaw_above),
            recovers_at_best=_recovery(at_best, thaw_above),
        )
    offset = course.first(lambda moment: moment.margin(Fraction(0)) <= 0, Fraction(0))
    if offset is None:
        return Forecast(outlook, pace, thaw_above)
    return Forecast(Outlook.RUNS_OUT, pace, thaw_above, runs_out_at=seen.at + offset * _MICROSECOND)


def _recovery(course: _Course, level: Fraction) -> datetime | None:
    """When remaining is above a level; a calendar window begins anew with its next period."""
    offset = course.first(lambda moment: moment.margin(level) > 0, level)
    if offset is not None:
        return course.seen.at + offset * _MICROSECOND
    return None if course.is_rolling else course.seen.needs.bounds.end


def _edges(seen: Evaluation) -> list[datetime]:
    """Edges of the slices of a window up to now, oldest first."""
    bounds = seen.needs.bounds
    if not isinstance(seen.slo.window, RollingWindow):
        return [bounds.start, bounds.now]
    days, rest = divmod(bounds.length, _DAY)
    slices = days if not rest and _FEWEST_DAYS <= days <= _MOST_DAYS else SLICES
    return [bounds.start + bounds.length * number // slices for number in range(slices + 1)]


def _recent(seen: Evaluation) -> list[datetime]:
    """Where stretches begin that may count as recent, the shortest first."""
    bounds = seen.needs.bounds
    least = _longest_ticket_window(seen)
    return [seen.at - min(max(bounds.length // part, least), bounds.length) for part in (4, 2, 1)]


def _longest_ticket_window(seen: Evaluation) -> timedelta:
    longest, schedule = timedelta(0), seen.slo.schedule
    for rule in seen.needs.rules:
        if rule.severity is not Severity.TICKET:
            continue
        if isinstance(rule.long, Duration):
            longest = max(longest, rule.long.length)
        elif schedule is not None:
            micros = rule.long.count * (_DAY // _MICROSECOND) / Cadence.of(schedule).per_day
            longest = max(longest, timedelta(microseconds=int(micros)))
    return longest


def _pace(seen: Evaluation, upto: Mapping[datetime, Counts], first: datetime) -> tuple[Pace | None, str]:
    """What came in lately, or why that says nothing."""
    now = upto[seen.at]
    for start in _recent(seen):
        before = upto[start]
        length = seen.at - max(start, first)
        pace = Pace(length, now.bad - before.bad, now.total - before.total, now.runs - before.runs)
        if pace.runs >= ENOUGH:
            break
    if pace.runs < FEWEST or not length:
        runs = f"{pace.runs} run{'' if pace.runs == 1 else 's'}"
        return None, f"{runs} in the last {seen.slo.window}, fewer than the {FEWEST} that tell a pace"
    if not pace.total:
        return None, "nothing happened in its recent runs"
    return pace, ""


class _Moment(NamedTuple):
    """A window at one moment to come: bad, total, and coverage before it is capped at 1.

    :param allowed: share of bad that the objective allows.
    """

    bad: Fraction
    total: Fraction
    cover: Fraction
    allowed: Fraction

    def margin(self, level: Fraction) -> Fraction:
        """Above 0 where remaining is above a level."""
        return (1 - level) * self.allowed * self.total - self.bad * min(self.cover, _ONE)


class _Course:
    """A window as it goes on, by microseconds from now.

    :param held: what was recorded up to each of its edges.
    """

    def __init__(self, seen: Evaluation, held: list[Counts], pace: Pace) -> None:
        self.seen = seen
        self.is_rolling = isinstance(seen.slo.window, RollingWindow)
        bounds = seen.needs.bounds
        self._length = bounds.length // _MICROSECOND
        self._horizon = self._length if self.is_rolling else (bounds.end - bounds.now) // _MICROSECOND
        self._allowed = 1 - seen.slo.objective
        self._bad = [Fraction(one.bad) - held[0].bad for one in held]
        self._total = [Fraction(one.total) - held[0].total for one in held]
        self._runs = [Fraction(one.runs - held[0].runs) for one in held]
        micros = pace.length // _MICROSECOND
        self._pace = Fraction(pace.bad) / micros, Fraction(pace.total) / micros, Fraction(pace.runs, micros)

    def first(self, holds: Callable[[_Moment], bool], level: Fraction) -> int | None:
        """The first microsecond after now at which something holds that does not hold now; None for never.

        :param holds: whether remaining stands on the other side of ``level``.
        """
        low = 0
        for high in self._turns(level):
            if holds(self._at(high)):
                while high - low > 1:
                    middle = (low + high) // 2
                    low, high = (low, middle) if holds(self._at(middle)) else (middle, high)
                return high
            low = high
        return None

    def _turns(self, level: Fraction) -> Iterator[int]:
        """Moments between which remaining crosses a level at most once, in order."""
        edges = self._knots()
        for low, high in itertools.pairwise(edges):
            start, end = self._at(low), self._at(high)
            step = high - low
            bad = (end.bad - start.bad) / step
            cover = (min(end.cover, _ONE) - min(start.cover, _ONE)) / step
            bend = 2 * bad * cover
            if bend:
                slope = (1 - level) * self._allowed * (end.total - start.total) / step
                turn = (slope - start.bad * cover - bad * min(start.cover, _ONE)) / bend
                if 0 < turn < step:
                    yield from (one for one in (low + int(turn), low + int(turn) + 1) if low < one < high)
            yield high

    def _knots(self) -> list[int]:
        """Moments between which bad, total and coverage are straight lines."""
        slices = len(self._bad) - 1
        edges = [self._horizon * number // slices for number in range(slices + 1)]
        knots = edges[:1]
        for low, high in itertools.pairwise(edges):
            start, end = self._at(low).cover - 1, self._at(high).cover - 1
            if start * end < 0:
                full = low + int((high - low) * start / (start - end))
                knots += [one for one in (full, full + 1) if low < one < high]
            knots.append(high)
        return knots

    def _at(self, offset: int) -> _Moment:
        bad, total, runs = self._pace
        runs_then = self._held(self._runs, offset) + runs * offset
        return _Moment(
            self._held(self._bad, offset) + bad * offset,
            self._held(self._total, offset) + total * offset,
            self._cover(offset, runs_then),
            self._allowed,
        )

    def _held(self, sums: list[Fraction], offset: int) -> Fraction:
        """What is still in the window of what it holds now."""
        if not self.is_rolling:
            return sums[-1]
        slices = len(sums) - 1
        number, within = divmod(offset * slices, self._length)
        if number >= slices:
            return Fraction(0)
        return sums[-1] - sums[number] - (sums[number + 1] - sums[number]) * Fraction(within, self._length)

    def _cover(self, offset: int, runs: Fraction) -> Fraction:
        covered = self.seen.coverage
        if covered >= 1:
            return _ONE
        if self.seen.needs.cadence is None:
            return covered + Fraction(offset, self._length)
        return covered * runs / self._runs[-1]
