"""Instants as whole microseconds since 1970, UTC: what stores keep and compare."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
DAY = 86_400_000_000


def to_micros(instant: datetime) -> int:
    """Exact microseconds since the epoch of an aware datetime."""
    return (instant - EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """The UTC datetime of microseconds since the epoch."""
    return EPOCH + timedelta(microseconds=micros)


def day_of(micros: int) -> int:
    """Number of the UTC day ``(start, end]`` that holds an instant; midnight belongs to the day before it."""
    return (micros - 1) // DAY
