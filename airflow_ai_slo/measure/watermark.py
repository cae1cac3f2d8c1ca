"""Watermarks: how far data reaches, read from what databases, files and templates hold."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction
from numbers import Integral, Real
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from airflow_ai_slo.core.errors import ConfigurationError, DataError
from airflow_ai_slo.core.instants import CLOCKS_DIFFER, EPOCH, from_micros, to_micros
from airflow_ai_slo.measure.spelling import Select, spellings

SKEW = CLOCKS_DIFFER
"""How far in the future a watermark may lie and still count, as "now": clocks differ."""

_MISSING = frozenset({"", "none", "null", "nan", "nat"})
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_OFFSET = re.compile(r"(Z|[+-]\d{2}(:?\d{2})?)$", re.IGNORECASE)
_EARLIEST, _LATEST = 10**8, 10**11
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a table reaches.

    :param watermark: the largest stamp that is not more than :data:`SKEW` in the future, UTC; None where there is none.
    :param future: stamps left out for being further in the future.
    """

    watermark: datetime | None
    future: int = 0


def zone_of(name: str | None) -> ZoneInfo | None:
    """The IANA zone by name; None stays None.

    :raises ConfigurationError: there is no such zone.
    """
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigurationError(f"timezone={name!r} is not an IANA time zone, such as Europe/Berlin") from None


def instant_of(value: object, *, zone: ZoneInfo | None = None) -> datetime | None:
    """Read one stamp as an instant in UTC.

    - None, NaN, NaT, and the texts that templates make of them: None, nothing was seen;
    - a datetime, or its ISO 8601 text, with an offset: that instant;
    - without one: local time in ``zone``, the earlier of the two in a repeated hour; a time that a clock change left
      out moves on by what was left out;
    - a date: its first instant in ``zone`` (the whole day may not have arrived);
    - a number, or text of one: seconds since 1970, UTC. Other units are refused rather than guessed.

    :raises DataError: it is no stamp, or it has no offset and no zone is given.
    """
    if isinstance(value, str):
        value = _from_text(value.strip())
    if _is_missing(value):
        return None
    if isinstance(value, datetime):
        return _utc(value, zone)
    if isinstance(value, date):
        return _utc(datetime.combine(value, time()), zone)
    if isinstance(value, bool) or not isinstance(value, Real | Decimal):
        raise DataError(
            f"{value!r} ({type(value).__name__}) is not a time stamp: give a timestamp, a date, ISO 8601 text, "
            "or seconds since 1970"
        )
    return _from_number(value)


def table_reach(
    select: Select,
    *,
    table: str,
    column: str,
    placeholder: str,
    now: datetime,
    zone: ZoneInfo | None = None,
    where: str = "",
    bound: Sequence[Any] = (),
) -> Reach:
    """How far a table's stamps reach, asked in one aggregate; in two where some lie in the future.

    Texts take one aggregate more for each way in which they are spelled, for each is compared by itself.

    :param table: quoted already, as is ``column``.
    :param placeholder: how the driver writes a bound parameter, ``?`` or ``%s``.
    :param where: a condition on the rows, with ``bound`` for its placeholders.
    :raises DataError: the column holds no stamps.
    """
    rows = f"{table} WHERE ({where or '1 = 1'})"
    latest = (select(f"SELECT MAX({column}) FROM {rows}", bound) or (None,))[0]  # noqa: S608
    asked = {"column": column, "placeholder": placeholder}
    found = [
        _reach(
            select,
            rows=f"{rows} AND {one.condition or '1 = 1'}",
            latest=one.latest,
            now=now,
            zone=zone,
            bound=(*bound, *one.bound),
            **asked,
        )
        for one in spellings(select, rows=rows, latest=latest, bound=bound, **asked)
    ]
    watermark = max((one.watermark for one in found if one.watermark is not None), default=None)
    return Reach(watermark, sum(one.future for one in found))


def _reach(
    select: Select,
    *,
    rows: str,
    column: str,
    placeholder: str,
    latest: object,
    now: datetime,
    zone: ZoneInfo | None,
    bound: Sequence[Any],
) -> Reach:
    """The same of rows whose stamps are spelled alike, the largest of which is known."""
    watermark = instant_of(latest, zone=zone)
    if watermark is None or watermark <= now + SKEW:
        return Reach(watermark)
    limit = like(latest, now + SKEW, zone=zone)
    sql = (
        f"SELECT MAX(CASE WHEN {column} <= {placeholder} THEN {column} END), "  # noqa: S608
        f"SUM(CASE WHEN {column} > {placeholder} THEN 1 ELSE 0 END) FROM {rows}"
    )
    below, future = select(sql, (limit, limit, *bound)) or (None, 0)
    return Reach(instant_of(below, zone=zone), int(future or 0))


def like(sample: object, instant: datetime, *, zone: ZoneInfo | None) -> object:
    """An instant in the type and spelling of a stamp from the same column, so that the database can compare the two.

    A stamp of the column is at most this value exactly where :func:`instant_of` reads it as at most ``instant``; only
    local times that a clock change left out, which no clock ever showed, may stand on the wrong side.

    :param sample: a stamp that :func:`instant_of` reads.
    """
    if isinstance(sample, str):
        return _like_text(sample.strip(), instant, zone)
    if isinstance(sample, datetime):
        if sample.tzinfo is not None:
            return instant.astimezone(sample.tzinfo)
        return _local(instant, zone)
    if isinstance(sample, date):
        return instant.astimezone(zone).date()
    return type(sample)((instant - EPOCH).total_seconds())  # type: ignore[call-arg]


def _like_text(sample: str, instant: datetime, zone: ZoneInfo | None) -> str:
    parsed = _from_text(sample)
    if isinstance(parsed, Decimal):
        places = max(-int(parsed.as_tuple().exponent), 0)
        return f"{Decimal(to_micros(instant)).scaleb(-6).quantize(Decimal(1).scaleb(-places), ROUND_FLOOR)}"
    if not _DATE.match(sample):
        raise DataError(f"{sample!r}: text in this form does not sort by time; write 2024-01-31T06:00:00+00:00")
    if not isinstance(parsed, datetime):
        return instant.astimezone(zone).date().isoformat()
    offset = _OFFSET.search(sample, len("2024-01-31"))
    suffix = offset[0] if offset else ""
    local = _local(instant, zone) if parsed.tzinfo is None else instant.astimezone(parsed.tzinfo).replace(tzinfo=None)
    return local.isoformat(sep=sample[10], timespec="microseconds")[: len(sample) - len(suffix)] + suffix


def _local(instant: datetime, zone: ZoneInfo | None) -> datetime:
    """The latest local time that is read as at most ``instant``.

    Local times of a repeated hour are read as its first pass, so in the second all of them lie behind.
    """
    local = instant.astimezone(zone)
    naive = local.replace(tzinfo=None, fold=0)
    if not local.fold or zone is None:
        return naive
    low, high = 0, (_offset(naive, zone, 0) - _offset(naive, zone, 1)) // _MICROSECOND
    while high - low > 1:
        middle = (low + high) // 2
        later = naive + middle * _MICROSECOND
        repeats = _offset(later, zone, 0) != _offset(later, zone, 1)
        low, high = (middle, high) if repeats else (low, middle)
    return naive + low * _MICROSECOND


def _offset(naive: datetime, zone: ZoneInfo, fold: int) -> timedelta:
    return naive.replace(tzinfo=zone, fold=fold).utcoffset() or timedelta(0)


def _is_missing(value: object) -> bool:
    try:
        return value is None or bool(value != value)  # NaN and NaT alone differ from themselves
    except (TypeError, ValueError):
        return type(value).__name__ == "NAType"


def _from_text(text: str) -> object:
    if text.lower() in _MISSING:
        return None
    if _NUMBER.fullmatch(text):
        return Decimal(text)
    try:
        return date.fromisoformat(text) if _DATE.fullmatch(text) else datetime.fromisoformat(text)
    except ValueError:
        raise DataError(f"{text!r} is not a time stamp: write ISO 8601, such as 2024-01-31T06:00:00+00:00") from None


def _from_number(value: Real | Decimal) -> datetime:
    if not math.isfinite(value):
        raise DataError(f"{value} is not a time stamp: seconds since 1970 are finite")
    if isinstance(value, Integral):
        seconds = Fraction(int(value))  # NumPy's integers overflow
    else:
        seconds = Fraction(value if isinstance(value, Decimal) else float(value))
    if not _EARLIEST <= seconds < _LATEST:
        raise DataError(
            f"{value} is not a time in seconds since 1970: those lie between 1e8 and 1e11; divide milliseconds by 1000"
        )
    return from_micros(round(seconds * 1_000_000))


def _utc(stamp: datetime, zone: ZoneInfo | None) -> datetime:
    # Built anew: pandas and pendulum hand out subclasses with arithmetic of their own.
    plain = datetime(
        stamp.year, stamp.month, stamp.day, stamp.hour, stamp.minute, stamp.second, stamp.microsecond, stamp.tzinfo
    )
    if stamp.tzinfo is not None:
        plain = plain.replace(fold=stamp.fold)
    elif zone is None:
        raise DataError(f"{plain} has no time zone: say in which one it was written, by timezone='Europe/Berlin'")
    else:
        plain = plain.replace(tzinfo=zone, fold=0)
    try:
        return plain.astimezone(UTC)
    except OverflowError:  # a sentinel such as 9999-12-31, west of Greenwich
        return datetime.max.replace(tzinfo=UTC) if plain.year > 1 else datetime.min.replace(tzinfo=UTC)
