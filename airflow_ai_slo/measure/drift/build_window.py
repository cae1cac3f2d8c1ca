"""The rows of a window of time: ``(start, end]`` by a column of stamps, where the rows lie."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from airflow_ai_slo.core.errors import DataError
from airflow_ai_slo.measure.data import Source
from airflow_ai_slo.measure.data.names import lacks
from airflow_ai_slo.measure.data.sql import column_types, query_text, table_parts
from airflow_ai_slo.measure.watermark import instant_of, like

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy import Engine


def window_of(
    source: Source,
    column: str,
    start: datetime,
    end: datetime,
    *,
    zone: ZoneInfo | None = None,
    only: Collection[str] | None = None,
) -> Source:
    """The rows whose stamp is after ``start`` and not after ``end``: a query of the same database, or a frame.

    :param zone: of stamps that carry none.
    :param only: the columns that are needed, as far as they are there.
    :raises DataError: there is no such column, or it holds no stamps, or such without a zone and none is declared.
    """
    if source.engine is not None:
        return _selected(source, source.engine, column, (start, end), zone, only)
    frame = source.read(only=None if only is None else [*only, column])
    if column not in frame.columns:
        raise DataError(lacks(source, column, frame.columns))
    rows = frame[_mask(frame[column], column, (start, end), zone)]
    return Source(frame=rows if only is None else rows[[name for name in only if name in rows.columns]])


def _selected(
    source: Source,
    engine: Engine,
    column: str,
    window: tuple[datetime, datetime],
    zone: ZoneInfo | None,
    only: Collection[str] | None,
) -> Source:
    import sqlalchemy as sa

    stamp: sa.ColumnElement[Any] = sa.column(sa.sql.quoted_name(column, quote=True))
    with source.connected() as connection:
        there = list(column_types(connection, source.rows))
        if column not in there:
            source.check_columns(connection, [column])
        query = sa.select(stamp).select_from(source.rows).where(stamp.is_not(None)).limit(1)
        sample = connection.execute(query).scalar()
    quote = _quoting(engine)
    if source.table is not None:
        rows = ".".join(quote(part) for part in table_parts(source.table))
    else:
        rows = f"({query_text(source.sql or '')}) AS rows_of_window".replace(r"\:", ":")
    names = "*" if only is None else ", ".join(quote(name) for name in there if name in only) or "NULL"
    within = "1 = 0"
    if sample is not None:
        start, end = (_written(limit) for limit in _limits(column, sample, window, zone))
        within = f"{quote(column)} > {start} AND {quote(column)} <= {end}"
    return Source(engine=engine, sql=f"SELECT {names} FROM {rows} WHERE {within}")  # noqa: S608


def _quoting(engine: Engine) -> Callable[[str], str]:
    """How names are quoted in a text: SQLAlchemy's own way also doubles percent signs, which it does again in texts."""
    marks = engine.dialect.identifier_preparer
    escape = marks.escape_quote
    return lambda name: f"{marks.initial_quote}{name.replace(escape, escape * 2)}{marks.final_quote}"


def _mask(stamps: pd.Series[Any], column: str, window: tuple[datetime, datetime], zone: ZoneInfo | None) -> Any:
    import numpy as np
    import pandas as pd

    known = stamps.notna().to_numpy()
    within = np.zeros(len(stamps), dtype=bool)
    if known.any():
        there = stamps[known]
        sample = there.iloc[0]
        sample = sample.to_pydatetime() if hasattr(sample, "to_pydatetime") else sample
        start, end = _limits(column, sample, window, zone)
        if isinstance(start, datetime):
            start, end = pd.Timestamp(start), pd.Timestamp(end)  # type: ignore[arg-type]
        try:
            within[known] = ((there > start) & (there <= end)).to_numpy(dtype=bool)
        except (TypeError, ValueError) as error:
            raise DataError(f"time_column={column!r} mixes stamps of several kinds: {error}") from None
    return within


def _limits(column: str, sample: object, window: tuple[datetime, datetime], zone: ZoneInfo | None) -> list[object]:
    """Both ends in the column's own type and spelling; a stamp is at most one of them where its instant is."""
    try:
        instant_of(sample, zone=zone)
        return [like(sample, instant, zone=zone) for instant in window]
    except DataError as error:
        raise DataError(f"time_column={column!r}: {error}") from None


def _written(limit: object) -> str:
    """A limit as SQL: every database reads an ISO stamp in quotes as the type that it is compared with."""
    if isinstance(limit, datetime):
        return f"'{limit.isoformat(sep=' ')}'"
    if isinstance(limit, date):
        return f"'{limit.isoformat()}'"
    return "'{}'".format(limit.replace("'", "''")) if isinstance(limit, str) else str(limit)
