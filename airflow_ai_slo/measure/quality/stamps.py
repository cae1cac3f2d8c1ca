"""Which interval a row belongs to, by the time of its prediction: in a frame, and inside a database."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from enum import Enum
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.core.errors import ConfigurationError, DataError
from airflow_ai_slo.core.instants import EPOCH, to_micros
from airflow_ai_slo.measure.data.sqlite_stamps import sqlite_micros
from airflow_ai_slo.measure.quality.slots import Slots, micros_of_wall, wall
from airflow_ai_slo.measure.watermark import instant_of

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from sqlalchemy import ColumnElement, Connection, FromClause

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_OFFSET = re.compile(r"(Z|[+-]\d{2}(:?\d{2})?)$", re.IGNORECASE)
_UTC_NAMES = ("UTC", "Etc/UTC", "GMT", "Etc/GMT")


class Clock(Enum):
    """What a column's stamps say: an instant, what a local clock showed, or a day."""

    UTC = "utc"
    LOCAL = "local"
    DATE = "date"


def slots_of(series: pd.Series[Any], slots: Slots) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Number of each row's interval (-1 outside all of them), and which rows have no time.

    :param series: timestamps, dates, ISO 8601 texts, or seconds since 1970.
    :raises DataError: something else, or stamps without an offset and no declared zone.
    """
    import numpy as np

    micros, missing, clock = _micros(series)
    bounds = _bounds(str(series.name), slots, clock)
    number = np.searchsorted(np.array(bounds), micros, side="right") - 1
    number[(number >= len(slots)) | missing] = -1
    return number, missing


def _bounds(name: str, slots: Slots, clock: Clock) -> list[int]:
    if clock is Clock.UTC:
        return [to_micros(bound) for bound in slots.bounds]
    return [micros_of_wall(shown) for shown in _walls(name, slots, clock)]


def _walls(name: str, slots: Slots, clock: Clock) -> list[datetime]:
    """Bounds as a clock in the zone shows them, for dates and for stamps without an offset."""
    if clock is Clock.DATE:
        if not slots.by_day:
            raise ConfigurationError(f"every='{slots.every}': {name!r} holds dates; give intervals of days")
    elif not slots.declared:
        raise DataError(
            f"{name!r} has no time zone: say in which one it was written, by timezone='Europe/Berlin' or 'UTC'"
        )
    elif not slots.by_day and slots.zone.key not in _UTC_NAMES:
        raise ConfigurationError(
            f"every='{slots.every}': {name!r} has no offset, and clock changes repeat hours: give stamps with an "
            "offset, or intervals of days"
        )
    shown = [wall(bound, slots.zone) for bound in slots.bounds]
    # Where a clock change leaves midnight out, a day's first instant shows 01:00; its date stands for all of it.
    return [datetime.combine(one, time()) for one in shown] if clock is Clock.DATE else shown


def _micros(series: pd.Series[Any]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], Clock]:
    """Microseconds since 1970, which are missing, and by which clock."""
    import numpy as np
    import pandas as pd
    from pandas.api import types

    missing = series.isna().to_numpy(dtype=bool)
    if missing.all():
        return np.zeros(len(series), dtype="int64"), missing, Clock.UTC
    dates = False
    if not types.is_datetime64_any_dtype(series.dtype):
        if types.is_numeric_dtype(series.dtype) and not types.is_bool_dtype(series.dtype):
            return _from_seconds(series, missing), missing, Clock.UTC
        dates = _is_date(series.dropna().iloc[0])
        series = _parsed(series)
    index = pd.DatetimeIndex(series)
    naive = index.tz is None
    micros = (index if naive else index.tz_convert(UTC).tz_localize(None)).as_unit("us").asi8
    clock = Clock.DATE if dates else Clock.LOCAL if naive else Clock.UTC
    return np.where(missing, 0, micros), missing, clock


def _from_seconds(series: pd.Series[Any], missing: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    import numpy as np

    seconds = series.to_numpy(dtype="float64", na_value=np.nan)
    for extreme in (np.nanmin(seconds), np.nanmax(seconds)):
        instant_of(float(extreme))  # refuses milliseconds and counts
    return np.round(np.where(missing, 0.0, seconds) * 1e6).astype("int64")


def _parsed(series: pd.Series[Any]) -> pd.Series[Any]:
    import pandas as pd

    sample = series.dropna().iloc[0]
    if not isinstance(sample, str | date):
        raise DataError(f"{series.name!r} holds {sample!r}: give timestamps, dates, ISO 8601 texts or seconds")
    try:
        if isinstance(sample, str):
            aware = series.dropna().astype(str).str.contains(r"(?:Z|[+-]\d{2}:?\d{2})$", regex=True)
            if aware.nunique() > 1:
                raise DataError(
                    f"{series.name!r} holds some stamps with an offset and some without; write all in one way"
                )
            return pd.to_datetime(series, format="ISO8601", utc=bool(aware.iloc[0]))
        return pd.to_datetime(series, utc=isinstance(sample, datetime) and sample.tzinfo is not None)
    except (ValueError, TypeError, OverflowError) as error:
        raise DataError(f"{series.name!r} cannot be read as times: {str(error).splitlines()[0]}") from None


def slot_in(connection: Connection, rows: FromClause, name: str, slots: Slots) -> tuple[Any, Any]:
    """An SQL expression for the number of a row's interval (NULL where it has no time), and the condition for rows
    to look at: those within the intervals, and those without a time.

    :raises DataError: the column holds no times, or stamps without an offset and no declared zone.
    """
    import sqlalchemy as sa

    cell: ColumnElement[Any] = sa.column(name)
    sample = connection.execute(sa.select(cell).select_from(rows).where(cell.is_not(None)).limit(1)).scalar()
    if sample is None:
        return sa.null(), sa.true()
    axis, literal, bounds = _axis(connection, cell, sample, name, slots)
    if isinstance(sample, str):
        _check_read(connection, rows, cell, name)
    number = sa.case((axis.is_(None), sa.null()), else_=_branch(axis, literal, bounds, 0, len(slots)))
    within = sa.or_(sa.and_(axis >= literal(bounds[0]), axis < literal(bounds[-1])), axis.is_(None))
    return number, within


def _branch(axis: Any, literal: Callable[[Any], Any], bounds: list[Any], low: int, high: int) -> ColumnElement[Any]:
    """A binary search, so that 400 intervals cost nine comparisons a row."""
    import sqlalchemy as sa

    if high - low == 1:
        return sa.literal_column(str(low))
    middle = (low + high) // 2
    below = _branch(axis, literal, bounds, low, middle)
    return sa.case((axis < literal(bounds[middle]), below), else_=_branch(axis, literal, bounds, middle, high))


def _axis(
    connection: Connection, cell: ColumnElement[Any], sample: Any, name: str, slots: Slots
) -> tuple[ColumnElement[Any], Callable[[Any], Any], list[Any]]:
    """What of a column can be compared, how a bound of it is written, and the bounds."""
    import sqlalchemy as sa

    if isinstance(sample, str):
        if connection.dialect.name != "sqlite":
            raise ConfigurationError(f"{name!r} is text; cast it to a timestamp, in sql=…")
        _check_text(sample, slots.zone)
        clock = Clock.DATE if _is_date(sample) else Clock.UTC if _has_offset(sample) else Clock.LOCAL
        return sqlite_micros(cell), lambda micros: sa.literal(micros, sa.BigInteger), _bounds(name, slots, clock)
    if isinstance(sample, datetime):
        zoned = sample.tzinfo is not None
        kind = sa.DateTime(timezone=zoned)
        stamps = list(slots.bounds) if zoned else _walls(name, slots, Clock.LOCAL)
        return cell, lambda stamp: sa.literal(stamp, kind), stamps
    if isinstance(sample, date):
        days = [shown.date() for shown in _walls(name, slots, Clock.DATE)]
        return cell, lambda day: sa.literal(day, sa.Date), days
    instant_of(sample)
    return cell, lambda seconds: sa.literal(seconds, sa.Double), [(b - EPOCH).total_seconds() for b in slots.bounds]


def _check_text(sample: str, zone: Any) -> None:
    instant_of(sample, zone=zone)
    if not _DATE.match(sample):
        raise DataError(f"{sample!r} is not a time stamp: write ISO 8601, such as 2024-01-31T06:00:00+00:00")


def _check_read(connection: Connection, rows: FromClause, cell: ColumnElement[Any], name: str) -> None:
    """SQLite reads fewer forms than ISO 8601 has, and takes the others for missing."""
    import sqlalchemy as sa

    unread = sa.and_(sa.func.trim(cell) != "", sqlite_micros(cell).is_(None))
    found = connection.execute(sa.select(cell).select_from(rows).where(unread).limit(1)).scalar()
    if found is not None:
        raise DataError(f"{name!r} holds {found!r}, which SQLite does not read; write 2024-01-31T06:00:00+00:00")


def _is_date(sample: Any) -> bool:
    if isinstance(sample, str):
        return bool(_DATE.fullmatch(sample.strip()))
    return isinstance(sample, date) and not isinstance(sample, datetime)


def _has_offset(text: str) -> bool:
    return bool(_OFFSET.search(text.strip(), len("2024-01-31")))
