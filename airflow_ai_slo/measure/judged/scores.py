"""Quality from score columns that are there already: rows whose scores are good enough, of those that have scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.core.errors import DataError
from airflow_ai_slo.core.measurement import Cause
from airflow_ai_slo.measure.data import Source
from airflow_ai_slo.measure.data.sql import DIALECTS, Family
from airflow_ai_slo.measure.judged.columns import types_of
from airflow_ai_slo.measure.judged.criteria import Criterion

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy import ColumnElement, Connection


@dataclass(frozen=True, slots=True)
class Scored:
    """Rows judged by their scores.

    :param good: rows all of whose scores are good.
    :param total: rows that could be judged: every score is there, or one that is there is not good.
    :param value: the share of good rows.
    :param unscored: rows that could not be judged.
    """

    good: int
    total: int
    value: float | None
    cause: Cause | None
    detail: str
    unscored: int


def scored(source: Source, groups: Sequence[Sequence[Criterion]]) -> list[Scored]:
    """Judge rows by one or more groups of criteria, within a group all must hold; in a database, in one SELECT.

    Null and NaN are no scores. A row is bad as soon as one of its scores is, whatever the others; otherwise a missing
    score leaves it unjudged.

    :raises DataError: a column is not there, or holds something else than numbers and booleans.
    """
    if source.engine is not None and source.engine.dialect.name in DIALECTS:
        with source.connected() as connection:
            rows, counts = _in_database(connection, source, groups)
    else:
        rows, counts = _in_frame(source, groups)
    return [_judged(group, rows, *pair) for group, pair in zip(groups, counts, strict=True)]


def _judged(group: Sequence[Criterion], rows: int, good: int, bad: int) -> Scored:
    total, unscored = good + bad, rows - good - bad
    words = f"{good:,} of {total:,} rows with {', '.join(map(str, group))}" if total else "no row with scores"
    words += f"; {unscored:,} without scores" if unscored else ""
    cause = Cause.MODEL_QUALITY if bad else None
    return Scored(good, total, good / total if total else None, cause, words, unscored)


def _in_database(
    connection: Connection, source: Source, groups: Sequence[Sequence[Criterion]]
) -> tuple[int, list[tuple[int, int]]]:
    import sqlalchemy as sa

    names = list(dict.fromkeys(one.column for group in groups for one in group))
    families = {name: kind.family for name, kind in types_of(connection, source, names).items()}
    texts = [sa.func.sum(sa.case((_is_text(name), 1), else_=0)) for name in names if families[name] is Family.DYNAMIC]
    figures: list[ColumnElement[Any]] = [sa.func.count(), *texts]
    for group in groups:
        tests = [_tests(one, families[one.column]) for one in group]
        bad = sa.or_(*(sa.and_(there, sa.not_(good)) for there, good in tests))
        good = sa.and_(*(sa.and_(there, good) for there, good in tests))
        figures += [sa.func.sum(sa.case((test, 1), else_=0)) for test in (good, bad)]
    row = [int(one or 0) for one in connection.execute(sa.select(*figures).select_from(source.rows)).one()]
    for name, many in zip([name for name in names if families[name] is Family.DYNAMIC], row[1:], strict=False):
        if many:
            raise DataError(f"{source}: column {name!r} holds text in {many} rows; scores are numbers or booleans")
    counts = row[1 + len(texts) :]
    return row[0], list(zip(counts[::2], counts[1::2], strict=True))


def _is_text(name: str) -> ColumnElement[bool]:
    import sqlalchemy as sa

    return sa.func.typeof(sa.column(name)).in_(("text", "blob"))


def _tests(one: Criterion, family: Family) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Whether there is a score, and whether it is good; NaN compares as the largest number on PostgreSQL."""
    import sqlalchemy as sa

    column: ColumnElement[Any] = sa.column(one.column)
    if family is Family.BOOLEAN:
        column = sa.cast(column, sa.Integer)
    elif family not in (Family.FLOAT, Family.NUMBER, Family.DYNAMIC):
        raise DataError(f"column {one.column!r} is of type {family}; scores are numbers or booleans")
    there: ColumnElement[bool] = column.is_not(None)
    if family in (Family.FLOAT, Family.NUMBER):
        column = sa.cast(column, sa.Double)
        there = sa.and_(there, column != sa.cast(sa.literal("NaN"), sa.Double))
    limits = []
    if one.at_least is not None:
        limits.append(column >= sa.literal(one.at_least, sa.Double))
    if one.at_most is not None:
        limits.append(column <= sa.literal(one.at_most, sa.Double))
    return there, sa.and_(*limits)


def _in_frame(source: Source, groups: Sequence[Sequence[Criterion]]) -> tuple[int, list[tuple[int, int]]]:
    names = list(dict.fromkeys(one.column for group in groups for one in group))
    frame = source.read(names)
    scores = {name: _numbers(source, name, frame.iloc[:, place]) for place, name in enumerate(names)}
    counts = []
    for group in groups:
        good = reduce(and_, (_holds(one, scores[one.column]) for one in group))
        bad = reduce(or_, (~_holds(one, scores[one.column]) & scores[one.column].notna() for one in group))
        counts.append((int(good.sum()), int(bad.sum())))
    return len(frame), counts


def _holds(one: Criterion, scores: pd.Series[Any]) -> pd.Series[Any]:
    found = scores.notna()
    if one.at_least is not None:
        found &= scores >= one.at_least
    if one.at_most is not None:
        found &= scores <= one.at_most
    return found


def _numbers(source: Source, name: str, column: pd.Series[Any]) -> pd.Series[Any]:
    from decimal import Decimal
    from numbers import Real

    from pandas.api import types

    if not types.is_numeric_dtype(column.dtype):
        for value in column.dropna().unique():
            if not isinstance(value, Real | Decimal):
                raise DataError(f"{source}: column {name!r} holds {value!r}; scores are numbers or booleans")
        column = column.map(_float, na_action="ignore").where(column.notna(), None)
    return (
        column.astype("Float64").astype("float64") if types.is_extension_array_dtype(column) else column.astype(float)
    )


def _float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")
