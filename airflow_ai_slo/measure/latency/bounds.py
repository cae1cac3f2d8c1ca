"""Instants as a column's own stamps, so that rows are compared where they lie, in their own type."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from airflow_ai_slo.core.errors import DataError
from airflow_ai_slo.measure.watermark import instant_of, like

_MICROSECOND = timedelta(microseconds=1)


def bounds(name: str, sample: object, edges: Sequence[datetime], zone: ZoneInfo | None) -> list[object]:
    """Each instant as the least stamp of a column that is not before it.

    :param sample: a stamp of the column.
    :raises DataError: the column holds no stamps, or naive ones and no zone is declared.
    """
    try:
        instant_of(sample, zone=zone)
        naive = _is_naive(sample)
        return [like(sample, _told(edge, zone) if naive and zone else edge, zone=zone) for edge in edges]
    except DataError as error:
        raise DataError(f"time_column={name!r}: {error}") from None


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
