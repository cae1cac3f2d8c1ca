"""When data arrived and how far it then reached: the pairs from which the share of time fresh is exact."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from airflow_ai_slo.core.errors import DataError
from airflow_ai_slo.measure.freshness import Load
from airflow_ai_slo.measure.spelling import Select
from airflow_ai_slo.measure.watermark import SKEW, instant_of, like

Rows = Callable[[str, Sequence[Any]], Iterable[Sequence[Any]]]
"""Runs one statement with bound parameters and gives its rows."""


@dataclass(frozen=True, slots=True)
class Loads:
    """What arrived when.

    :param pairs: (available at, watermark), UTC, in any order.
    :param future: stamps left out for being more than five minutes beyond their own arrival.
    """

    pairs: Sequence[Load]
    future: int = 0


def loads_of(rows: Iterable[object], *, zone: ZoneInfo | None = None) -> Loads:
    """Read rows of (available at, watermark), each a stamp that :func:`~.watermark.instant_of` reads.

    A row that never became available (no first stamp) says nothing.

    :raises DataError: a row is no pair, or holds no stamp.
    """
    pairs: list[Load] = []
    for row in rows:
        pair = tuple(row) if isinstance(row, Iterable) and not isinstance(row, str | bytes) else ()
        if len(pair) != 2:
            raise DataError(f"{row!r} is no pair of (available at, watermark)")
        arrival = instant_of(pair[0], zone=zone)
        if arrival is not None:
            pairs.append((arrival, instant_of(pair[1], zone=zone)))
    return Loads(pairs)


def table_loads(
    rows: Rows,
    select: Select,
    *,
    table: str,
    column: str,
    arrived: str,
    placeholder: str,
    until: datetime,
    zone: ZoneInfo | None = None,
    where: str = "",
    bound: Sequence[Any] = (),
) -> Loads:
    """A table's loads before an instant, one for each ingestion stamp: how far its rows reach.

    One GROUP BY; one small query more for each load that holds stamps beyond its own arrival.

    :param column: the rows' event times, quoted already, as are ``table`` and
    :param arrived: the ingestion stamps.
    :raises DataError: a column holds no stamps.
    """
    condition = f" WHERE {where}" if where else ""
    sql = f"SELECT {arrived}, MAX({column}) FROM {table}{condition} GROUP BY {arrived}"  # noqa: S608
    again = (
        f"SELECT MAX(CASE WHEN {column} <= {placeholder} THEN {column} END), "  # noqa: S608
        f"SUM(CASE WHEN {column} > {placeholder} THEN 1 ELSE 0 END) FROM {table}"
        f" WHERE {f'({where}) AND ' if where else ''}{arrived} = {placeholder}"
    )
    pairs: list[Load] = []
    future = 0
    for available_at, reached in rows(sql, bound):
        arrival = instant_of(available_at, zone=zone)
        if arrival is None or arrival >= until:
            continue
        watermark = instant_of(reached, zone=zone)
        if watermark is not None and watermark > arrival + SKEW:
            limit = like(reached, arrival + SKEW, zone=zone)
            below, beyond = select(again, (limit, limit, *bound, available_at)) or (None, 0)
            watermark, future = instant_of(below, zone=zone), future + int(beyond or 0)
        pairs.append((arrival, watermark))
    return Loads(pairs, future)
