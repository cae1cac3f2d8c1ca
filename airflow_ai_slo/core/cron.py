"""Cron expressions of five fields, as Airflow reads them, and the instants they stand for in a time zone."""

from __future__ import annotations

from bisect import bisect_right
from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from fractions import Fraction
from functools import lru_cache
from typing import Literal

from airflow_ai_slo.core.cron_fields import FIELDS, restricts_nothing, values_of
from airflow_ai_slo.core.instants import utc

MACROS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@quarterly": "0 0 1 */3 *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_DAY = timedelta(days=1)
_MOST_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_CYCLE = range(2001, 2029)
"""28 years hold every weekday on every date equally often."""


@dataclass(frozen=True, slots=True)
class Cron:
    """One expression, read.

    :param times: times of day, as the time since local midnight, ascending.
    :param hourly: whether every hour of the day has its runs; such schedules go by real time.
    :param days: days of the month; None where any will do. Where ``weekdays`` restrict too, either is enough.
    :param weekdays: 0 is Sunday; None where any will do.
    """

    expression: str
    times: tuple[timedelta, ...] = field(repr=False)
    hourly: bool
    days: frozenset[int] | None
    months: frozenset[int]
    weekdays: frozenset[int] | None

    @classmethod
    def parse(cls, text: str) -> Cron:
        """Read ``0 6 * * 1-5`` or ``@daily``.

        :raises ValueError: what is wrong, and what would be right.
        """
        expression = " ".join(text.split()) if isinstance(text, str) else ""
        written = MACROS.get(expression.lower(), expression)
        if written.startswith("@"):
            raise ValueError(f"{expression[:40]!r} is not a schedule that repeats; known are {', '.join(MACROS)}")
        parts = written.lower().split(" ")
        if len(parts) != len(FIELDS):
            raise ValueError(
                f"{text!r:.60} is not a cron expression: write five fields (minute, hour, day of month, month, "
                "day of week), such as 0 6 * * *"
            )
        minutes, hours, days, months, weekdays = map(values_of, parts, FIELDS)
        weekdays = frozenset(day % 7 for day in weekdays)
        parsed = cls(
            expression,
            tuple(timedelta(hours=hour, minutes=minute) for hour in sorted(hours) for minute in sorted(minutes)),
            len(hours) == 24,
            None if restricts_nothing(parts[2], len(days) == 31, parts[4]) else days,
            months,
            None if restricts_nothing(parts[4], len(weekdays) == 7, parts[2]) else weekdays,
        )
        parsed._check()
        return parsed

    def _check(self) -> None:
        if self.weekdays is None and self.days is not None:
            earliest = min(self.days)
            if all(earliest > _MOST_DAYS[month - 1] for month in self.months):
                raise ValueError(
                    f"{self.expression!r} never runs: no such month has a day {earliest}; "
                    "write a date that exists, such as 0 6 28 2 *"
                )

    @property
    def per_day(self) -> Fraction:
        """Runs a day, on average over the years; days are of 24 hours, since clocks go back as often as forward."""
        return len(self.times) * _share_of_days(self.days, self.months, self.weekdays)

    def instants(self, start: datetime, end: datetime, zone: tzinfo, *, fold: Literal[0, 1] = 0) -> Iterator[datetime]:
        """Every instant in ``(start, end]``, UTC, ascending.

        A local time that a clock change leaves out moves on by the gap (of several, the first). One in a repeated hour
        happens once, except that a schedule with runs in every hour has them in both.

        :param fold: which of the two a time in a repeated hour is, 0 the earlier. Airflow takes the later one.
        """
        start, end = utc(start), utc(end)
        for base, offsets in self._days(start, end, zone, fold):
            for offset in offsets[bisect_right(offsets, start - base) :]:
                if base + offset > end:
                    return
                yield base + offset

    def count(self, start: datetime, end: datetime, zone: tzinfo, *, fold: Literal[0, 1] = 0) -> int:
        """How many instants ``(start, end]`` holds; whole days are not walked through."""
        start, end = utc(start), utc(end)
        return sum(
            max(0, bisect_right(offsets, end - base) - bisect_right(offsets, start - base))
            for base, offsets in self._days(start, end, zone, fold)
        )

    def _days(
        self, start: datetime, end: datetime, zone: tzinfo, fold: Literal[0, 1]
    ) -> Iterator[tuple[datetime, Sequence[timedelta]]]:
        """Each matching day near ``(start, end]`` as an instant, and the time of each of its runs since then."""
        # Times moved on by a gap may come after the next day's first: they wait for it.
        waiting: set[datetime] = set()
        for day in self._dates(start.date() - _around(start, -1), end.date() + _around(end, 1)):
            midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
            offset = _steady_offset(midnight)
            if offset is not None and not waiting:
                yield (midnight.replace(tzinfo=None) - offset).replace(tzinfo=UTC), self.times
                continue
            waiting.update(self._on_a_changing_day(midnight, fold))
            later = min(_instants_of(midnight.replace(tzinfo=None) + _DAY, zone))
            ready = sorted(instant for instant in waiting if instant < later)
            waiting.difference_update(ready)
            if ready:
                yield ready[0], [instant - ready[0] for instant in ready]
        if waiting:
            yield min(waiting), [instant - min(waiting) for instant in sorted(waiting)]

    def _on_a_changing_day(self, midnight: datetime, fold: Literal[0, 1]) -> Iterator[datetime]:
        moved = False
        for time in self.times:
            early, late = _instants_of(midnight.replace(tzinfo=None) + time, midnight.tzinfo)
            if early > late:
                # Airflow goes on from the moved time and so passes over the others in the same gap.
                if not moved:
                    yield early
                moved = True
            elif early == late:
                yield early
            elif self.hourly:
                yield from (early, late)
            else:
                yield late if fold else early

    def _dates(self, first: date, last: date) -> Iterator[date]:
        year, month = first.year, first.month
        while (year, month) <= (last.year, last.month):
            if month in self.months:
                for day in _matching(year, month, self.days, self.weekdays):
                    found = date(year, month, day)
                    if first <= found <= last:
                        yield found
            year, month = (year, month + 1) if month < 12 else (year + 1, 1)


def _around(instant: datetime, days: int) -> timedelta:
    """A day's room, since a local date is at most one day off the UTC one; none at the ends of the calendar."""
    return timedelta(0) if instant.year in (1, 9999) else _DAY * abs(days)


def _steady_offset(midnight: datetime) -> timedelta | None:
    """The UTC offset of a local day on which no clock change happens; None on the others."""
    ends = midnight, midnight + _DAY
    offsets = {end.replace(fold=fold).utcoffset() for end in ends for fold in (0, 1)}
    return offsets.pop() if len(offsets) == 1 else None


def _instants_of(wall: datetime, zone: tzinfo | None) -> tuple[datetime, datetime]:
    """A naive local time at fold 0 and 1: equal, or the second later (repeated) or earlier (in a gap)."""
    there = wall.replace(tzinfo=zone)
    return there.astimezone(UTC), there.replace(fold=1).astimezone(UTC)


def _matching(year: int, month: int, days: frozenset[int] | None, weekdays: frozenset[int] | None) -> list[int]:
    first_weekday, length = monthrange(year, month)
    sunday_is_0 = first_weekday + 1
    return [
        day
        for day in range(1, length + 1)
        if (days is None and weekdays is None)
        or (days is not None and day in days)
        or (weekdays is not None and (sunday_is_0 + day - 1) % 7 in weekdays)
    ]


@lru_cache(maxsize=256)
def _share_of_days(days: frozenset[int] | None, months: frozenset[int], weekdays: frozenset[int] | None) -> Fraction:
    every = ((year, month) for year in _CYCLE for month in range(1, 13))
    matching = sum(len(_matching(year, month, days, weekdays)) for year, month in every if month in months)
    return Fraction(matching, (date(_CYCLE.stop, 1, 1) - date(_CYCLE.start, 1, 1)).days)
