"""Count columns into a profile's cells inside the database: one text per column, all columns in one SELECT.

Each text is a JSON document. Every expression aggregates, so that the SELECT gives one row; that is also what Great
Expectations needs to bundle many of them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.core.errors import DataError
from airflow_ai_slo.measure.data.sql import Family, SqlType
from airflow_ai_slo.measure.data.sqlite_stamps import sqlite_micros
from airflow_ai_slo.measure.drift.cells import ColumnCounts
from airflow_ai_slo.measure.drift.profile import ColumnProfile, Kind
from airflow_ai_slo.measure.drift.sql_categories import categories, read_categories
from airflow_ai_slo.measure.drift.sql_json import document, tally
from airflow_ai_slo.measure.drift.sql_times import last_micro, up_to

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, FromClause

SUITS = {
    Kind.NUMERIC: (Family.FLOAT, Family.NUMBER),
    Kind.BOOLEAN: (Family.BOOLEAN, Family.FLOAT, Family.NUMBER),
    Kind.CATEGORICAL: (Family.TEXT,),
    Kind.TEXT_LENGTH: (Family.TEXT,),
    Kind.DATETIME: (Family.DATE, Family.TIMESTAMP, Family.ZONED),
}


def counted(profile: ColumnProfile, column: str, type_: SqlType, source: FromClause) -> ColumnElement[str]:
    """One aggregate that counts a column into the profile's cells, for :func:`counts_from`.

    :param column: its name in the source.
    :param type_: its type there.
    """
    import sqlalchemy as sa

    cell: ColumnElement[Any] = sa.column(sa.sql.quoted_name(column, quote=True))
    dynamic = type_.family is Family.DYNAMIC
    if not profile.count or not (dynamic or type_.family in SUITS[profile.kind]):
        return document(dynamic, type=type_.name, rows=sa.func.count(), count=sa.func.count(cell))
    if profile.kind is Kind.CATEGORICAL:
        return document(dynamic, rows=sa.func.count(), **categories(profile, cell, source, dynamic))
    counts = {
        Kind.NUMERIC: _numbers,
        Kind.TEXT_LENGTH: _lengths,
        Kind.DATETIME: _times,
        Kind.BOOLEAN: _booleans,
    }[profile.kind](profile, cell, type_)
    return document(dynamic, rows=sa.func.count(), **counts)


def counts_from(text: str, profile: ColumnProfile) -> ColumnCounts:
    """Read back what :func:`counted` counted.

    :raises DataError: the column is of another type.
    """
    found = json.loads(text)
    rows, count = found["rows"], found["count"]
    if not count or not profile.count:
        return ColumnCounts(rows=rows, count=count)
    if "type" in found:
        raise DataError(f"is {found['type']}; the reference is {profile.kind}")
    if found["bad"]:
        raise DataError(f"holds {found['bad']} values that are not {profile.kind}, as the reference is")
    if profile.kind is Kind.CATEGORICAL:
        return read_categories(found, profile)
    if profile.kind is Kind.BOOLEAN:
        truths = {name: n for name, n in zip(("False", "True"), found["cells"], strict=True) if n}
        unseen = sum(n for name, n in truths.items() if name not in profile.categories)
        return ColumnCounts(rows=rows, count=count, categories=truths, unseen=unseen)
    upto = found["cells"]
    steps = zip([0, *upto], [*upto, count], strict=True)
    return ColumnCounts(rows=rows, count=count, bins=tuple(high - low for low, high in steps))


def _numbers(profile: ColumnProfile, cell: ColumnElement[Any], type_: SqlType) -> dict[str, Any]:
    import sqlalchemy as sa

    value: ColumnElement[Any]
    present: ColumnElement[int]
    bad: ColumnElement[int]
    if type_.family is Family.DYNAMIC:
        value = sa.cast(cell, sa.REAL)
        present, bad = sa.func.count(cell), tally(sa.func.typeof(cell).in_(("text", "blob")))
    else:
        value = cell if type_.family is Family.FLOAT else sa.cast(cell, sa.Double)
        # PostgreSQL sorts NaN above every number, infinity included; it is missing to us.
        present, bad = tally(value != sa.cast(sa.literal("NaN"), sa.Double)), sa.literal_column("0")
    upto = [tally(value <= sa.literal(edge, sa.Double)) for edge in profile.edges]
    return {"count": present, "bad": bad, "cells": upto}


def _lengths(profile: ColumnProfile, cell: ColumnElement[Any], type_: SqlType) -> dict[str, Any]:
    import sqlalchemy as sa

    dynamic = type_.family is Family.DYNAMIC
    length = sa.func.length(cell) if dynamic else sa.func.char_length(sa.cast(cell, sa.Text))
    bad = tally(sa.func.typeof(cell) != "text") - tally(cell.is_(None)) if dynamic else sa.literal_column("0")
    upto = [tally(length <= sa.literal(edge, sa.Double)) for edge in profile.edges]
    return {"count": sa.func.count(cell), "bad": bad, "cells": upto}


def _times(profile: ColumnProfile, cell: ColumnElement[Any], type_: SqlType) -> dict[str, Any]:
    import sqlalchemy as sa

    if type_.family is Family.DYNAMIC:
        micros = sqlite_micros(cell)
        bad = tally(sa.and_(cell.is_not(None), sa.or_(sa.func.typeof(cell) != "text", micros.is_(None))))
        upto = [tally(micros <= last_micro(edge)) for edge in profile.edges]
        return {"count": sa.func.count(cell), "bad": bad, "cells": upto}
    upto = [tally(up_to(cell, edge, type_, "postgresql")) for edge in profile.edges]
    return {"count": sa.func.count(cell), "bad": sa.literal_column("0"), "cells": upto}


def _booleans(profile: ColumnProfile, cell: ColumnElement[Any], type_: SqlType) -> dict[str, Any]:
    import sqlalchemy as sa

    if type_.family is Family.BOOLEAN:
        cells = [tally(cell.is_(sa.false())), tally(cell.is_(sa.true()))]
        return {"count": sa.func.count(cell), "bad": sa.literal_column("0"), "cells": cells}
    cells = [tally(cell == sa.literal_column(value)) for value in ("0", "1")]
    bad = tally(cell.not_in([sa.literal_column("0"), sa.literal_column("1")]))
    if type_.family is Family.DYNAMIC:  # SQLite finds a text equal to a number
        number = sa.func.typeof(cell).in_(("integer", "real"))
        bad = tally(sa.and_(cell.is_not(None), sa.or_(~number, cell.not_in((0, 1)))))
    return {"count": sa.func.count(cell), "bad": bad, "cells": cells}
