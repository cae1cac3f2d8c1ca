"""The five fields of a cron expression: names, bounds, and what each may say."""

from __future__ import annotations

import re
from typing import NamedTuple


class Field(NamedTuple):
    name: str
    low: int
    high: int
    words: tuple[str, ...] = ()


_MINUTE, _HOUR = Field("minute", 0, 59), Field("hour", 0, 23)
_DAY_OF_MONTH = Field("day of month", 1, 31)
_MONTH = Field("month", 1, 12, ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"))
_DAY_OF_WEEK = Field("day of week", 0, 7, ("sun", "mon", "tue", "wed", "thu", "fri", "sat"))
FIELDS = (_MINUTE, _HOUR, _DAY_OF_MONTH, _MONTH, _DAY_OF_WEEK)
_PART = re.compile(r"(?:(\*|\?)|([0-9]{1,2}|[a-z]{3})(?:-([0-9]{1,2}|[a-z]{3}))?)(?:/([0-9]{1,3}))?")
_SPECIAL = re.compile(r"l|[0-9]{1,2}w|w[0-9]{1,2}|.*#.*|l.*|.*[0-9]l")


def values_of(text: str, what: Field) -> frozenset[int]:
    """The values that a field stands for.

    :raises ValueError: what is wrong, and what would be right.
    """
    values: set[int] = set()
    for part in text.split(","):
        values.update(_part(part, what))
    return frozenset(values)


def _part(part: str, what: Field) -> range | list[int]:
    if what in (_DAY_OF_MONTH, _DAY_OF_WEEK) and _SPECIAL.fullmatch(part):
        raise ValueError(f"{part[:20]!r}: L, W and # are not supported; write plain days, such as 1-7 or mon")
    match = _PART.fullmatch(part)
    if match is None or (match[1] == "?" and (match[4] or what not in (_DAY_OF_MONTH, _DAY_OF_WEEK))):
        raise _wrong(part, what)
    star, first, last, step = match[1], match[2], match[3], int(match[4] or 1)
    # Sunday is 0; written as 7 it ends ranges only, or stands alone.
    highest = 6 if what is _DAY_OF_WEEK else what.high
    low = what.low if star else _value(first, what, part)
    high = highest if star or (match[4] and last is None) else _value(last, what, part) if last else low
    if step == 0:
        raise ValueError(f"{part!r} as {what.name}: a step is 1 or more")
    whole = low == what.low and high == what.high
    if (last and low % (highest + 1) == high % (highest + 1) and not whole) or (match[4] and low > highest):
        raise ValueError(f"{part!r} as {what.name} is no range; write {first}")
    if what is _DAY_OF_WEEK and high == 0 and low > 0:
        high = 7
    if low <= high:
        return range(low, high + 1, step)
    if step > 1:
        raise ValueError(f"{part!r} as {what.name}: a range with a step goes upwards; write a list")
    return [*range(low, highest + 1), *range(what.low, high + 1)]


def _value(word: str, what: Field, part: str) -> int:
    if word in what.words:
        return what.words.index(word) + what.low
    if not word.isdigit() or not what.low <= int(word) <= what.high:
        raise _wrong(part, what)
    return int(word)


def _wrong(part: str, what: Field) -> ValueError:
    words = f" or {what.words[0]} to {what.words[-1]}" if what.words else ""
    return ValueError(f"{part[:20]!r} is not a {what.name}; write {what.low} to {what.high}{words}, a range or a step")


def restricts_nothing(written: str, full: bool, other: str) -> bool:
    """Whether a day field restricts nothing, by Airflow's parser (croniter): a full one counts only beside a star."""
    return written in ("*", "?") or (full and "*" in other)
