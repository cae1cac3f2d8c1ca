"""The slots of a cadence, found the slow way: by looking at every minute of a day, or by adding one step at a time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import cache
from zoneinfo import ZoneInfo


def field_values(text: str, low: int, high: int) -> frozenset[int]:
    """The values of one cron field."""
    values: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        if span == "*":
            first, last = low, high
        elif "-" in span:
            first, last = (int(one) for one in span.split("-"))
        else:
            first = int(span)
            last = high if step else first
        values.update(range(first, last + 1, int(step or 1)))
    return frozenset(values)


def has_runs(cron: str, day: date) -> bool:
    """Whether a cron line names a date."""
    _, _, of_month, month, of_week = cron.split()
    by_month = day.day in field_values(of_month, 1, 31)
    by_week = day.isoweekday() % 7 in {one % 7 for one in field_values(of_week, 0, 7)}
    either = of_month != "*" and of_week != "*"
    return day.month in field_values(month, 1, 12) and ((by_month or by_week) if either else (by_month and by_week))


@cache
def times(cron: str) -> tuple[timedelta, ...]:
    """The times of day that a cron line names, by looking at every minute."""
    minutes, hours = (field_values(text, 0, most) for text, most in zip(cron.split(), (59, 23), strict=False))
    every = (timedelta(minutes=number) for number in range(24 * 60))
    return tuple(one for one in every if one.seconds // 60 % 60 in minutes and one.seconds // 3600 in hours)


def wall_minutes(cron: str, day: date) -> list[datetime]:
    """The local times of a day that a cron line names."""
    return [datetime(day.year, day.month, day.day) + time for time in times(cron)] if has_runs(cron, day) else []


@cache
def day_slots(cron: str, zone: str, day: date) -> tuple[datetime, ...]:
    """The instants of one local day.

    A time in a repeated hour is its second pass, except for schedules that run in every hour of a day, which run in
    both. A time in a gap moves on by the gap; of several in one gap there is the first.
    """
    every_hour = field_values(cron.split()[1], 0, 23) == frozenset(range(24))
    info, moved, found = ZoneInfo(zone), False, set[datetime]()
    for wall in wall_minutes(cron, day):
        passes = [wall.replace(tzinfo=info, fold=fold).astimezone(UTC) for fold in (0, 1)]
        shown = [one for one in passes if one.astimezone(info).replace(tzinfo=None) == wall]
        if shown:
            found.update(shown if every_hour else shown[-1:])
        elif not moved:
            found.add(passes[0])
            moved = True
    return tuple(sorted(found))


def cron_slots(cron: str, zone: str, low: datetime, high: datetime) -> list[datetime]:
    """All slots in ``(low, high]``."""
    day, slots = low.date() - timedelta(days=2), set[datetime]()
    while day <= high.date() + timedelta(days=2):
        slots.update(one for one in day_slots(cron, zone, day) if low < one <= high)
        day += timedelta(days=1)
    return sorted(slots)


def interval_slots(step: timedelta, anchor: datetime, low: datetime, high: datetime) -> list[datetime]:
    """All ``anchor + k * step`` in ``(low, high]``, k any whole number."""
    slots, one = [], anchor + (low - anchor) // step * step
    while one <= high:
        if one > low:
            slots.append(one)
        one += step
    return slots


@cache
def cron_runs_a_day(cron: str) -> Fraction:
    """On average over 28 years, which hold every weekday on every date."""
    first, last = date(2001, 1, 1), date(2029, 1, 1)
    days = (last - first).days
    return Fraction(
        len(times(cron)) * sum(has_runs(cron, first + timedelta(days=number)) for number in range(days)), days
    )
