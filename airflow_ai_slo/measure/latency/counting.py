"""Requests counted where they lie: in the database, or with NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from airflow_ai_slo.measure.latency.requests import RequestRules, Requests

if TYPE_CHECKING:
    from airflow_ai_slo.measure.data import Source


def count_requests(source: Source, rules: RequestRules, edges: Sequence[datetime]) -> list[Requests]:
    """Requests of the intervals between instants, each from one (inclusive) to the next (exclusive).

    In a database this is one statement with one GROUP BY, which returns some hundred rows for each interval.

    :param edges: at least two, ascending. Without a time column there is one interval, which holds every row.
    :raises DataError: a column is missing, or holds something else.
    """
    if source.engine is not None:
        from airflow_ai_slo.measure.latency.sql import count_in_database

        return count_in_database(source, rules, edges)
    from airflow_ai_slo.measure.latency.frames import count_in_frame

    return count_in_frame(source, rules, edges)
