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

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction

from airflow_ai_slo.core.cadence import Cadence
from airflow_ai_slo.core.counts import Counts
from airflow_ai_slo.core.course import Course, Pace
from airflow_ai_slo.core.definition import Severity
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.evaluation import Evaluation
from airflow_ai_slo.core.freeze_policy import THAW_ABOVE
from airflow_ai_slo.core.windows import RollingWindow

SLICES = 28
ENOUGH = 7
FEWEST = 4

_MOST_DAYS = 35
_FEWEST_DAYS = 14
_MICROSECOND = timedelta(microseconds=1)
_DAY = timedelta(days=1)
_NONE = Fraction(0)


class Outlook(StrEnum):
    """What a forecast says. ``lasts``: not at this pace."""

    RUNS_OUT = "runs_out"
    LASTS = "lasts"
    SPENT = "spent"
    UNKNOWN = "unknown"


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
    course = Course(seen, held, pace)
    if outlook is Outlook.SPENT:
        at_best = Course(seen, held, Pace(pace.length, 0, pace.total, pace.runs))
        return Forecast(
            outlook,
            pace,
            thaw_above,
            recovers_at=_recovery(course, thaw_above),
            recovers_at_best=_recovery(at_best, thaw_above),
        )
    offset = course.first(lambda moment: moment.margin(_NONE) <= 0, _NONE)
    if offset is None:
        return Forecast(outlook, pace, thaw_above)
    return Forecast(Outlook.RUNS_OUT, pace, thaw_above, runs_out_at=seen.at + offset * _MICROSECOND)


def _recovery(course: Course, level: Fraction) -> datetime | None:
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
