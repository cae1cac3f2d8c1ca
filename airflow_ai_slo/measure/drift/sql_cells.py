"""Count columns into a profile's cells inside the database: one text per column, all columns in one SELECT.

Each text is a JSON document. Every expression aggregates, so that the SELECT gives one row; that is also what Great
Expectations needs to bundle many of them.
"""

from __future__ import annotations

import json
from datetime import UTC, timedelta
from fractions import Fraction
from math import ulp
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.core.errors import DataError
from airflow_ai_slo.core.instants import EPOCH
from airflow_ai_slo.measure.data.sql import Family, SqlType
from airflow_ai_slo.measure.drift.cells import ColumnCounts
from airflow_ai_slo.measure.drift.profile import TOP, ColumnProfile, Kind

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, FromClause

_MICRO = 10**6
_DAYS = 2_932_896  # from 1970 to the last day of the year 9999
_SUITS = {
    Kind.NUMERIC: (Family.FLOAT, Family.NUMBER),
    Kind.BOOLEAN: (Family.BOOLEAN, Family.FLOAT, Family.NUMBER),
    Kind.CATEGORICAL: (Family.TEXT,),
    Kind.DATETIME: (Family.DATE, Family.TIMESTAMP, Family.ZONED),
}


def counted(profile: ColumnProfile, column: str, type_: SqlType, source: FromClause) -> ColumnElement[str]:
    """One aggregate that counts a column into the profile's cells, for :func:`counts_from`.

    :param column: its name in the source.
    :param type_: its type there.
    """
    import sqlalchemy as sa

    cell: ColumnElement[Any] = sa.column(column)
    dynamic = type_.family is Family.DYNAMIC
    if not profile.count or not (dynamic or type_.family in _SUITS[profile.kind]):
        return _document(dynamic, type=type_.name, rows=sa.func.count(), count=sa.func.count(cell))
    if profile.kind is Kind.CATEGORICAL:
        return _categories(profile, cell, source, dynamic)
    counts = {
        Kind.NUMERIC: _numbers,
        Kind.DATETIME: _times,
        Kind.BOOLEAN: _booleans,
    }[profile.kind](profile, cell, type_)
    return _document(dynamic, rows=sa.func.count(), **counts)


def counts_from(text: str, profile: ColumnProfile) -> ColumnCounts:
    """Read back what :func:`counted` counted.

    :raises DataError: the column is of another type.
    """
    document = json.loads(text)
    rows, count = document["rows"], document["count"]
    if not count or not profile.count:
        return ColumnCounts(rows=rows, count=count)
    if "type" in document:
        raise DataError(f"is {document['type']}; the reference is {profile.kind}")
    if document["bad"]:
        raise DataError(f"holds {document['bad']} values that are not {profile.kind}, as the reference is")
    if profile.kind is Kind.CATEGORICAL:
        return _read_categories(document, profile)
    if profile.kind is Kind.BOOLEAN:
        found = {name: n for name, n in zip(("False", "True"), document["cells"], strict=True) if n}
        unseen = sum(n for name, n in found.items() if name not in profile.categories)
        return ColumnCounts(rows=rows, count=count, categories=found, unseen=unseen)
    upto = document["cells"]
    steps = zip([0, *upto], [*upto, count], strict=True)
    return ColumnCounts(rows=rows, count=count, bins=tuple(high - low for low, high in steps))


def _numbers(profile: ColumnProfile, cell: ColumnElement[Any], type_: SqlType) -> dict[str, Any]:
    import sqlalchemy as sa

    value: ColumnElement[Any]
    present: ColumnElement[int]
    bad: ColumnElement[int]
    if type_.family is Family.DYNAMIC:
        value = sa.cast(cell, sa.REAL)
        present, bad = sa.func.count(cell), _tally(sa.func.typeof(cell).in_(("text", "blob")))
    else:
        value = cell if type_.family is Family.FLOAT else sa.cast(cell, sa.Double)
        # PostgreSQL sorts NaN above every number, infinity included; it is missing to us.
        present, bad = _tally(value != sa.cast(sa.literal("NaN"), sa.Double)), sa.literal_column("0")
    upto = [_tally(value <= sa.literal(edge, sa.Double)) for edge in profile.edges]
    return {"count": present, "bad": bad, "cells": upto}


def _times(profile: ColumnProfile, cell: ColumnElement[Any], type_: SqlType) -> dict[str, Any]:
    import sqlalchemy as sa

    limits = [_last_micro(edge) for edge in profile.edges]
    if type_.family is Family.DYNAMIC:
        micros = _sqlite_micros(cell)
        bad = _tally(sa.and_(cell.is_not(None), sa.or_(sa.func.typeof(cell) != "text", micros.is_(None))))
        upto = [_tally(micros <= limit) for limit in limits]
        return {"count": sa.func.count(cell), "bad": bad, "cells": upto}
    zoned = type_.family is Family.ZONED
    stamp = sa.DateTime(timezone=zoned)
    instants = [EPOCH + timedelta(microseconds=limit) for limit in limits]
    upto = [_tally(cell <= sa.literal(i.astimezone(UTC) if zoned else i.replace(tzinfo=None), stamp)) for i in instants]
    return {"count": sa.func.count(cell), "bad": sa.literal_column("0"), "cells": upto}


def _last_micro(edge: float) -> int:
    """The last whole microsecond whose float in seconds is not above the edge; kept within what a datetime holds."""
    day = 86_400 * _MICRO
    if not -(10**11) < edge < 10**12:
        return _DAYS * day if edge > 0 else -719_162 * day
    micros = int((Fraction(edge) + Fraction(ulp(edge))) * _MICRO) + 2
    while micros / _MICRO > edge:
        micros -= 1
    return min(max(micros, -719_162 * day), _DAYS * day)


def _sqlite_micros(cell: ColumnElement[Any]) -> ColumnElement[Any]:
    """Microseconds since 1970 of ISO 8601 text, as an integer; text without an offset is UTC."""
    import sqlalchemy as sa

    fraction = sa.func.substr(cell, 20)
    micros = sa.cast(sa.func.round(sa.cast(fraction, sa.REAL) * sa.literal_column("1e6")), sa.Integer)
    rest = sa.case((sa.func.substr(cell, 20, 1) == ".", micros), else_=sa.literal_column("0"))
    # %s is given as text, and SQLAlchemy would double the sign in a literal: it is bound.
    return sa.cast(sa.func.strftime(sa.literal("%s"), cell), sa.BigInteger) * sa.literal_column("1000000") + rest


def _booleans(profile: ColumnProfile, cell: ColumnElement[Any], type_: SqlType) -> dict[str, Any]:
    import sqlalchemy as sa

    if type_.family is Family.BOOLEAN:
        cells = [_tally(cell.is_(sa.false())), _tally(cell.is_(sa.true()))]
        return {"count": sa.func.count(cell), "bad": sa.literal_column("0"), "cells": cells}
    cells = [_tally(cell == sa.literal_column(value)) for value in ("0", "1")]
    bad = _tally(cell.not_in([sa.literal_column("0"), sa.literal_column("1")]))
    return {"count": sa.func.count(cell), "bad": bad, "cells": cells}


def _categories(
    profile: ColumnProfile, cell: ColumnElement[Any], source: FromClause, dynamic: bool
) -> ColumnElement[str]:
    """Groups are counted once, beside the main scan; what leaves the database is at most some hundred of them."""
    import sqlalchemy as sa

    # Names that are the same in the database's collation may still be different strings.
    text = sa.cast(cell, sa.Text).collate("BINARY" if dynamic else "C")
    groups = (
        sa.select(text.label("v"), sa.func.count().label("n"))
        .select_from(source)
        .where(cell.is_not(None))
        .group_by(text)
        .cte()
    )
    kept = sa.select(groups.c.v, groups.c.n).where(_among(groups.c.v, profile.categories, dynamic))
    new = sa.select(groups.c.v, groups.c.n).where(~_among(groups.c.v, profile.categories, dynamic))
    room = 0 if profile.other else TOP + 1 - len(profile.categories)
    rare = sa.select(sa.func.coalesce(sa.func.sum(groups.c.n), 0))
    rare = rare.where(_among(groups.c.v, profile.rare or (), dynamic))
    bad = _tally(sa.func.typeof(cell) != "text") - _tally(cell.is_(None)) if dynamic else sa.literal_column("0")
    return _document(
        dynamic,
        rows=sa.func.count(),
        count=sa.func.count(cell),
        bad=bad,
        kept=_pairs(kept, dynamic),
        new=_pairs(new.limit(room), dynamic),
        rare=sa.cast(rare.scalar_subquery(), sa.BigInteger),
    )


def _read_categories(document: dict[str, Any], profile: ColumnProfile) -> ColumnCounts:
    kept, new = dict(document["kept"] or ()), dict(document["new"] or ())
    unseen = None
    if profile.rare is not None:
        unseen = document["count"] - sum(kept.values()) - document["rare"]
    return ColumnCounts(rows=document["rows"], count=document["count"], categories=kept | new, unseen=unseen)


def _among(value: ColumnElement[Any], names: tuple[str, ...], dynamic: bool) -> ColumnElement[bool]:
    """Whether a value is one of many: a single parameter, however many there are."""
    import sqlalchemy as sa
    from sqlalchemy.dialects.postgresql import ARRAY

    if dynamic:
        each = sa.func.json_each(sa.literal(json.dumps(names))).table_valued("value")
        return value.in_(sa.select(each.c.value))
    return value == sa.any_(sa.literal(list(names), ARRAY(sa.Text)))


def _pairs(select: Any, dynamic: bool) -> ColumnElement[Any]:
    import sqlalchemy as sa

    rows = select.subquery()
    if dynamic:
        listed = sa.select(sa.func.json_group_array(sa.func.json_array(rows.c.v, rows.c.n))).scalar_subquery()
        return sa.func.json(listed)
    return sa.select(sa.func.json_agg(sa.func.json_build_array(rows.c.v, rows.c.n))).scalar_subquery()


def _tally(condition: ColumnElement[bool]) -> ColumnElement[int]:
    import sqlalchemy as sa

    return sa.func.count().filter(condition)


def _document(dynamic: bool, **values: Any) -> ColumnElement[str]:
    import sqlalchemy as sa

    build, build_list = ("json_object", "json_array") if dynamic else ("json_build_object", "json_build_array")
    arguments: list[Any] = []
    for name, value in values.items():
        arguments.append(sa.literal_column(f"'{name}'"))
        if isinstance(value, list):
            value = getattr(sa.func, build_list)(*value)
        elif isinstance(value, str):
            value = sa.cast(sa.literal(value), sa.Text)
        arguments.append(value)
    return sa.cast(getattr(sa.func, build)(*arguments), sa.Text)
