"""Instants as whole microseconds since 1970, UTC: what stores keep and compare."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow_ai_slo.core.errors import ConfigurationError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
DAY = 86_400_000_000

CLOCKS_DIFFER = timedelta(minutes=5)
"""Clocks of two machines may differ by this much; what lies further ahead is yet to come."""

MAX_AGE = timedelta(hours=26)
"""An evaluation older than this is no answer to a gate: a day, and two hours of grace for daily evaluations."""


def utc(instant: datetime) -> datetime:
    """The same instant as a plain UTC datetime: in other zones, and in pendulum, differences are not what they seem.

    :raises ConfigurationError: not a datetime with a zone.
    """
    if type(instant) is datetime and instant.tzinfo is UTC:
        return instant
    if not isinstance(instant, datetime) or instant.tzinfo is None or instant.utcoffset() is None:
        raise ConfigurationError(f"{instant!r} has no time zone; give an aware datetime")
    try:
        there = instant.astimezone(UTC)
    except OverflowError:
        raise ConfigurationError(f"{instant.isoformat()} is outside the years 1 to 9999 in UTC") from None
    date = (there.year, there.month, there.day)
    return datetime(*date, there.hour, there.minute, there.second, there.microsecond, tzinfo=UTC)


def to_micros(instant: datetime) -> int:
    """Exact microseconds since the epoch of an aware datetime."""
    return (instant - EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """The UTC datetime of microseconds since the epoch."""
    return EPOCH + timedelta(microseconds=micros)


def day_of(micros: int) -> int:
    """Number of the UTC day ``(start, end]`` that holds an instant; midnight belongs to the day before it."""
    return (micros - 1) // DAY
