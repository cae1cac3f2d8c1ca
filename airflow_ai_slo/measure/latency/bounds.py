"""Instants as a column's own stamps, so that rows are compared where they lie, in their own type."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from airflow_ai_slo.core.errors import DataError
from airflow_ai_slo.measure.watermark import instant_of, like

_MICROSECOND = timedelta(microseconds=1)
_STEPS = (
    *(timedelta(microseconds=10**places) for places in range(7)),
    *(timedelta(minutes=1), timedelta(hours=1), timedelta(days=1), timedelta(days=2)),
)
"""What stamps are written to; a day in a zone may be longer than a day."""


def bounds(name: str, sample: object, edges: Sequence[datetime], zone: ZoneInfo | None) -> list[object]:
    """Each instant as the least stamp of a column that is not before it.

    :param sample: a stamp of the column.
    :raises DataError: the column holds no stamps, or naive ones and no zone is declared.
    """
    try:
        instant_of(sample, zone=zone)
        naive = _is_naive(sample)
        return [_least(sample, _told(edge, zone) if naive and zone else edge, zone) for edge in edges]
    except DataError as error:
        raise DataError(f"time_column={name!r}: {error}") from None


def _least(sample: object, edge: datetime, zone: ZoneInfo | None) -> object:
    """Stamps are as coarse as they are written (a day, a second), and an edge may lie between two: the next one on."""
    found = like(sample, edge, zone=zone)
    for step in _STEPS:
        there = instant_of(found, zone=zone)
        if there is None or there >= edge:
            break
        found = like(sample, edge + step, zone=zone)
    return found


def _is_naive(sample: object) -> bool:
    try:
        instant_of(sample)
    except DataError:
        return True
    return False


def _told(edge: datetime, zone: ZoneInfo) -> datetime:
    """The first instant from an edge on that a naive stamp can mean: in a repeated hour it means the first of the two,
    so the second belongs to nobody."""
    if not edge.astimezone(zone).fold:
        return edge
    low, high = edge, edge + timedelta(hours=3)
    while high - low > _MICROSECOND:
        middle = low + (high - low) / 2
        low, high = (middle, high) if middle.astimezone(zone).fold else (low, middle)
    return high
