"""Times in a database as POSIX seconds, and which of them are up to an edge.

Python's datetimes hold the years 1 to 9999; PostgreSQL and DuckDB hold others too, and ``infinity``, which is a value.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from math import ulp
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.core.instants import EPOCH
from airflow_ai_slo.measure.data.sql import Family, SqlType
from airflow_ai_slo.measure.data.sqlite_stamps import sqlite_micros

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

_MICRO = 10**6
_DAY = 86_400 * _MICRO
_FIRST = -719_162 * _DAY  # where the year 1 begins
_LAST = 2_932_897 * _DAY - 1  # the last microsecond of the year 9999


def last_micro(edge: float) -> int:
    """The last whole microsecond whose float in seconds is not above the edge; just beyond what a datetime holds, where
    the edge is."""
    if not -(10**11) < edge < 10**12:
        return _LAST + 1 if edge > 0 else _FIRST - 1
    micros = int((Fraction(edge) + Fraction(ulp(edge))) * _MICRO) + 2
    while micros / _MICRO > edge:
        micros -= 1
    return min(max(micros, _FIRST - 1), _LAST + 1)


def seconds_of(cell: ColumnElement[Any], type_: SqlType, dialect: str) -> ColumnElement[Any]:
    """POSIX seconds, the nearest float to the microsecond, in PostgreSQL, SQLite and DuckDB."""
    import sqlalchemy as sa

    million: ColumnElement[Any] = sa.literal_column("1e6")
    if dialect == "sqlite":
        return sa.cast(sqlite_micros(cell), sa.REAL) / million
    if dialect == "duckdb":
        stamp = cell if type_.family is Family.ZONED else sa.cast(cell, sa.TIMESTAMP)
        finite = sa.cast(sa.func.epoch_us(stamp), sa.Double) / million
        endless = sa.case((cell > _literal(EPOCH, type_), _double("Infinity")), else_=_double("-Infinity"))
        return sa.case((sa.func.isinf(stamp), endless), else_=finite)
    return sa.cast(sa.extract("epoch", cell), sa.Double)


def up_to(cell: ColumnElement[Any], edge: float, type_: SqlType, dialect: str) -> ColumnElement[bool]:
    """Whether a time is not after an edge, which is in seconds: compared as the time that it is, where there is one."""
    import sqlalchemy as sa

    instant = last_instant(edge)
    if isinstance(instant, datetime):
        return cell <= _literal(instant, type_)
    if dialect in ("postgresql", "duckdb"):
        return seconds_of(cell, type_, dialect) <= sa.literal(edge, sa.Double)
    return cell.is_not(None) if instant else sa.false()


def last_instant(edge: float) -> datetime | bool:
    """The last instant that is not above the edge; where no datetime holds it, whether it lies after them all."""
    micro = last_micro(edge)
    return EPOCH + timedelta(microseconds=micro) if _FIRST <= micro <= _LAST else micro > _LAST


def _literal(instant: datetime, type_: SqlType) -> ColumnElement[Any]:
    import sqlalchemy as sa

    zoned = type_.family is Family.ZONED
    plain = instant.astimezone(UTC) if zoned else instant.replace(tzinfo=None)
    return sa.literal(plain, sa.DateTime(timezone=zoned))


def _double(text: str) -> ColumnElement[Any]:
    import sqlalchemy as sa

    return sa.cast(sa.literal(text), sa.Double)
