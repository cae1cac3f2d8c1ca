"""Profile columns with an order inside the database: deciles, bins and moments."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.measure.data.sql import Family, SqlType
from airflow_ai_slo.measure.drift.build import decile_ranks, edges_at
from airflow_ai_slo.measure.drift.build_sql_kinds import AT_ONCE, tally
from airflow_ai_slo.measure.drift.profile import ColumnProfile, Kind
from airflow_ai_slo.measure.drift.sql_times import seconds_of

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, FromClause

_LARGEST = sys.float_info.max
_SUMMED = 1e150
"""Numbers up to here have squares; PostgreSQL refuses sums that overflow."""

_TENTHS = "ARRAY[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]::float8[]"
"""Each times a count rounds up to the decile's exact rank: no tenth as a float is as far off as half a unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """A column of numbers, of times (POSIX seconds), or of texts' lengths."""

    name: str
    kind: Kind
    type: SqlType
    rows: int


@dataclass(frozen=True, slots=True)
class _Reach:
    """Values that are not missing, and of the finite ones how many, from where to where, and about what mean."""

    count: int
    finite: int
    low: float
    high: float
    center: float

    @property
    def scale(self) -> float:
        return max(self.high - self.center, self.center - self.low)


def ordered_columns(
    connection: Connection, source: FromClause, columns: Mapping[str, Numbers]
) -> dict[str, ColumnProfile | None]:
    """Profiles by column; None of those whose numbers are too large to be summed."""
    found: dict[str, ColumnProfile | None] = {}
    asked = list(columns.values())
    for start in range(0, len(asked), AT_ONCE):
        chunk = asked[start : start + AT_ONCE]
        reaches = _reaches(connection, source, chunk)
        for one, reach in zip(chunk, reaches, strict=True):
            if reach.finite and max(abs(reach.low), abs(reach.high)) > _SUMMED:
                found[one.name] = None
        kept = [pair for pair in zip(chunk, reaches, strict=True) if pair[0].name not in found]
        if kept:
            found |= _filled(connection, source, [one for one, _ in kept], [reach for _, reach in kept])
    return found


def truth_counts(connection: Connection, source: FromClause, name: str, type_: SqlType) -> tuple[int, int]:
    """Values that are false, and that are true."""
    import sqlalchemy as sa

    cell: ColumnElement[Any] = sa.column(sa.sql.quoted_name(name, quote=True))
    named = (sa.false(), sa.true()) if type_.family is Family.BOOLEAN else (sa.literal(0), sa.literal(1))
    no, yes = connection.execute(sa.select(*(tally(cell == value) for value in named)).select_from(source)).one()
    return int(no or 0), int(yes or 0)


def _reaches(connection: Connection, source: FromClause, columns: Sequence[Numbers]) -> list[_Reach]:
    import sqlalchemy as sa

    cells = _values(connection, source, columns)
    asked: list[ColumnElement[Any]] = []
    for value in cells.c:
        finite = sa.case((value.between(_double(-_LARGEST), _double(_LARGEST)), value))
        summed = sa.case((value.between(_double(-_SUMMED), _double(_SUMMED)), value))
        asked += [sa.func.count(value), sa.func.count(finite), sa.func.min(finite), sa.func.max(finite)]
        asked.append(sa.func.sum(summed))
    values = iter(connection.execute(sa.select(*asked)).one())
    found = []
    for _ in columns:
        count, finite, low, high, total = (next(values) for _ in range(5))
        low, high = float(low or 0.0), float(high or 0.0)
        center = min(max(float(total or 0.0) / max(finite, 1), low), high)
        found.append(_Reach(int(count), int(finite), low, high, center))
    return found


def _filled(
    connection: Connection, source: FromClause, columns: Sequence[Numbers], reaches: Sequence[_Reach]
) -> dict[str, ColumnProfile | None]:
    import sqlalchemy as sa

    edges = [edges_at(_floats(one)) if one else () for one in _deciles(connection, source, columns, reaches)]
    cells = _values(connection, source, columns)
    asked: list[ColumnElement[Any]] = []
    for value, own, reach in zip(cells.c, edges, reaches, strict=True):
        asked += [tally(value <= _double(edge)) for edge in own]
        asked += _moments(value, reach)
    values = iter(connection.execute(sa.select(*asked)).one())
    found: dict[str, ColumnProfile | None] = {}
    for one, own, reach in zip(columns, edges, reaches, strict=True):
        upto = [0, *(int(next(values) or 0) for _ in own), reach.count]
        mean, std = _mean_and_std(float(next(values) or 0.0), float(next(values) or 0.0), reach)
        found[one.name] = ColumnProfile(
            name=one.name,
            kind=one.kind,
            rows=one.rows,
            count=reach.count,
            edges=own,
            counts=tuple(high - low for low, high in pairwise(upto)),
            mean=mean,
            std=std,
            low=reach.low + 0.0 if reach.finite else None,
            high=reach.high + 0.0 if reach.finite else None,
        )
    return found


def _deciles(
    connection: Connection, source: FromClause, columns: Sequence[Numbers], reaches: Sequence[_Reach]
) -> Iterator[Sequence[Any]]:
    """The nine deciles of each column; nothing of one without values."""
    import sqlalchemy as sa

    cells = _values(connection, source, columns)
    if connection.dialect.name == "postgresql":
        tenths: ColumnElement[Any] = sa.literal_column(_TENTHS)
        asked = [sa.func.percentile_disc(tenths).within_group(value) for value in cells.c]
        yield from (one or () for one in connection.execute(sa.select(*asked)).one())
        return
    for value, reach in zip(cells.c, reaches, strict=True):
        ranks = decile_ranks(reach.count)
        place = sa.func.row_number().over(order_by=value).label("place")
        numbered = sa.select(value.label("value"), place).where(value.is_not(None)).subquery()
        query = sa.select(numbered.c.place, numbered.c.value).where(numbered.c.place.in_(sorted(set(ranks))))
        at = {int(rank): found for rank, found in connection.execute(query)} if reach.count else {}
        yield [at[rank] for rank in ranks] if at else ()


def _values(connection: Connection, source: FromClause, columns: Sequence[Numbers]) -> FromClause:
    """Each column as floats, missing ones as null."""
    import sqlalchemy as sa

    dialect = connection.dialect.name
    values = [_value(one, dialect).label(f"v{place}") for place, one in enumerate(columns)]
    return sa.select(*values).select_from(source).subquery()


def _value(column: Numbers, dialect: str) -> ColumnElement[Any]:
    import sqlalchemy as sa

    cell: ColumnElement[Any] = sa.column(sa.sql.quoted_name(column.name, quote=True))
    if column.kind is Kind.TEXT_LENGTH:
        length = sa.func.length(cell) if dialect == "sqlite" else sa.func.char_length(sa.cast(cell, sa.Text))
        return sa.cast(length, sa.REAL if dialect == "sqlite" else sa.Double)
    if column.kind is Kind.DATETIME:
        return seconds_of(cell, column.type, dialect)
    if dialect == "sqlite":
        return sa.cast(cell, sa.REAL)
    return sa.func.nullif(sa.cast(cell, sa.Double), sa.cast(sa.literal("NaN"), sa.Double))


def _moments(value: ColumnElement[Any], reach: _Reach) -> list[ColumnElement[Any]]:
    """Sums of distances from about the mean, and of their squares, in units of the farthest: nothing overflows, and
    what would underflow (which PostgreSQL refuses) is left at zero."""
    import sqlalchemy as sa

    if not reach.scale:
        return [sa.literal_column("0"), sa.literal_column("0")]
    away = value - _double(reach.center)
    counts = sa.and_(
        value.between(_double(reach.low), _double(reach.high)), sa.func.abs(away) > _double(reach.scale * 1e-100)
    )
    away = away / _double(reach.scale)
    return [sa.func.sum(sa.case((counts, away))), sa.func.sum(sa.case((counts, away * away)))]


def _mean_and_std(total: float, squares: float, reach: _Reach) -> tuple[float | None, float | None]:
    """Mean and population standard deviation, to 12 digits: the order in which a database adds up shows beyond."""
    if not reach.finite:
        return None, None
    shift = total / reach.finite
    variance = max(squares / reach.finite - shift * shift, 0.0)
    return _rounded(reach.center + reach.scale * shift), _rounded(reach.scale * variance**0.5)


def _rounded(number: float) -> float:
    return float(f"{number:.12g}") + 0.0


def _double(number: float) -> ColumnElement[Any]:
    import sqlalchemy as sa

    return sa.literal(number, sa.Double)


def _floats(numbers: Sequence[Any]) -> Any:
    import numpy as np

    return np.array(numbers, dtype="float64")
