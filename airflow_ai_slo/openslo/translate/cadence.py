"""Cadences: whether one can be read, and how many runs it makes."""

from __future__ import annotations

import re
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache

from airflow_ai_slo.core.durations import Duration

_MACROS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@quarterly": "0 0 1 */3 *",
    "@yearly": "0 0 1 1 *",
}
_FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day of month", 1, 31), ("month", 1, 12), ("day of week", 0, 7))
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_WORDS = {
    "month": {word: index for index, word in enumerate(_MONTHS, 1)},
    "day of week": {word: index for index, word in enumerate(_WEEKDAYS)},
}
_PART = re.compile(r"(?:(\*)|(\w{1,3})(?:-(\w{1,3}))?)(?:/([0-9]{1,3}))?")
_YEARS = (date(2001, 1, 1), date(2029, 1, 1))
"""28 years hold every weekday on every date equally often."""
_EXAMPLES = "write a duration such as 1d, or a cron expression such as 0 6 * * *"


def runs_per_day(cadence: str) -> Fraction:
    """How many runs a cadence makes a day, on average over the years.

    :raises ValueError: neither a duration in m, h, d or w nor a cron expression of five fields.
    """
    written = cadence.strip()
    if not written.startswith("@") and len(written.split()) == 1:
        return Fraction(timedelta(days=1) // timedelta(seconds=1), _seconds(written))
    minutes, hours, days, months, weekdays = _cron(_MACROS.get(written, written))
    runs = Fraction(len(minutes) * len(hours) * _matching_days(days, months, weekdays), (_YEARS[1] - _YEARS[0]).days)
    if not runs:
        raise ValueError(f"{cadence[:60]!r} never runs; {_EXAMPLES}")
    return runs


def _seconds(written: str) -> int:
    try:
        duration = Duration.parse(written)
    except ValueError:
        raise ValueError(f"{written[:60]!r} is not a cadence; {_EXAMPLES}") from None
    if duration.is_calendar:
        raise ValueError(f"{written[:60]!r}: a cadence is in m, h, d or w; for months write a cron expression")
    return duration.length // timedelta(seconds=1)


def _cron(expression: str) -> tuple[frozenset[int], ...]:
    parts = expression.split()
    if len(parts) != len(_FIELDS):
        raise ValueError(f"{expression[:60]!r} is not a cadence; {_EXAMPLES}")
    return tuple(_field(part, *field) for part, field in zip(parts, _FIELDS, strict=True))


def _field(text: str, name: str, low: int, high: int) -> frozenset[int]:
    values: set[int] = set()
    for part in text.split(","):
        match = _PART.fullmatch(part)
        if match is None:
            raise ValueError(f"{text[:40]!r} is not a {name} of a cron expression; {_EXAMPLES}")
        star, first, last, step = match.groups()
        start = low if star else _value(first, name)
        end = high if star or (step and last is None) else _value(last, name) if last else start
        if not low <= start <= end <= high or step == "0":
            raise ValueError(f"{text[:40]!r} is not a {name}: {low} to {high}; {_EXAMPLES}")
        values.update(range(start, end + 1, int(step or 1)))
    return frozenset(values)


def _value(word: str, name: str) -> int:
    known = _WORDS.get(name, {})
    if word.casefold() in known:
        return known[word.casefold()]
    return int(word) if word.isascii() and word.isdigit() else -1


@lru_cache(maxsize=256)
def _matching_days(days: frozenset[int], months: frozenset[int], weekdays: frozenset[int]) -> int:
    """Days of 28 years on which a cron expression runs; cron takes either day field where both are restricted."""
    weekdays = frozenset(day % 7 for day in weekdays)
    any_day, any_weekday = len(days) == 31, len(weekdays) == 7
    count, day = 0, _YEARS[0]
    while day < _YEARS[1]:
        on_day, on_weekday = day.day in days, day.isoweekday() % 7 in weekdays
        both = on_day and on_weekday if any_day or any_weekday else on_day or on_weekday
        count += both and day.month in months
        day += timedelta(days=1)
    return count
