"""Count categories inside the database.

PostgreSQL counts each category of the profile beside all other columns, in the one scan of the table; only where some
value is none of them does it look again, for the names of the new ones. SQLite groups each column once, beside the
scan.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.measure.drift.cells import ColumnCounts
from airflow_ai_slo.measure.drift.profile import TOP, ColumnProfile
from airflow_ai_slo.measure.drift.sql_json import tally

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, FromClause


def categories(
    profile: ColumnProfile, cell: ColumnElement[Any], source: FromClause, dynamic: bool
) -> dict[str, ColumnElement[Any] | list[ColumnElement[Any]]]:
    """Aggregates for :func:`read_categories`, by name.

    :param dynamic: for SQLite, else for PostgreSQL.
    """
    return _grouped(profile, cell, source) if dynamic else _filtered(profile, cell, source)


def read_categories(document: dict[str, Any], profile: ColumnProfile) -> ColumnCounts:
    """Read back what :func:`categories` counted."""
    kept, new = document["kept"] or (), dict(document["new"] or ())
    if kept and isinstance(kept[0], int):
        kept = zip(profile.categories, kept, strict=True)
    found = {category: count for category, count in kept if count}
    unseen = None
    if profile.rare is not None:
        unseen = document["count"] - sum(found.values()) - document["rare"]
    return ColumnCounts(rows=document["rows"], count=document["count"], categories=found | new, unseen=unseen)


def room(profile: ColumnProfile) -> int:
    """How many new categories have to be known by name: beyond that, all share one cell with the rare ones."""
    return 0 if profile.other else TOP + 1 - len(profile.categories)


def _filtered(
    profile: ColumnProfile, cell: ColumnElement[Any], source: FromClause
) -> dict[str, ColumnElement[Any] | list[ColumnElement[Any]]]:
    import sqlalchemy as sa

    # Names that are the same in the database's collation may still be different strings.
    text = sa.cast(cell, sa.Text).collate("C")
    known = _among(text, profile.categories)
    rare = tally(_among(text, profile.rare)) if profile.rare else sa.literal_column("0")
    counts: dict[str, ColumnElement[Any] | list[ColumnElement[Any]]] = {
        "count": sa.func.count(cell),
        "bad": sa.literal_column("0"),
        "kept": [tally(text == sa.literal(category, sa.Text)) for category in profile.categories],
        "new": sa.null(),
        "rare": rare,
    }
    if room(profile):
        groups = sa.select(text.label("v"), sa.func.count().label("n")).select_from(source)
        rows = groups.where(cell.is_not(None), ~known).group_by(text).limit(room(profile)).subquery()
        listed = sa.select(sa.func.json_agg(sa.func.json_build_array(rows.c.v, rows.c.n))).scalar_subquery()
        # PostgreSQL runs a subquery that depends on nothing when its value is first asked for, and not before.
        counts["new"] = sa.case((sa.func.count(cell) > tally(known), listed))
    return counts


def _among(value: ColumnElement[Any], names: tuple[str, ...]) -> ColumnElement[bool]:
    """Whether a value is one of many: a single parameter, however many there are."""
    import sqlalchemy as sa
    from sqlalchemy.dialects.postgresql import ARRAY

    return value == sa.any_(sa.literal(list(names), ARRAY(sa.Text)))


def _grouped(
    profile: ColumnProfile, cell: ColumnElement[Any], source: FromClause
) -> dict[str, ColumnElement[Any] | list[ColumnElement[Any]]]:
    import sqlalchemy as sa

    text = sa.cast(cell, sa.Text).collate("BINARY")
    groups = sa.select(text.label("v"), sa.func.count().label("n")).select_from(source)
    groups_ = groups.where(cell.is_not(None)).group_by(text).cte()
    pairs = sa.select(groups_.c.v, groups_.c.n)
    known = _listed(groups_.c.v, profile.categories)
    rare = sa.select(sa.func.coalesce(sa.func.sum(groups_.c.n), 0)).where(_listed(groups_.c.v, profile.rare or ()))
    return {
        "count": sa.func.count(cell),
        "bad": tally(sa.func.typeof(cell) != "text") - tally(cell.is_(None)),
        "kept": _pairs(pairs.where(known)),
        "new": _pairs(pairs.where(~known).limit(room(profile))),
        "rare": sa.cast(rare.scalar_subquery(), sa.BigInteger),
    }


def _listed(value: ColumnElement[Any], names: tuple[str, ...]) -> ColumnElement[bool]:
    import sqlalchemy as sa

    each = sa.func.json_each(sa.literal(json.dumps(names))).table_valued("value")
    return value.in_(sa.select(each.c.value))


def _pairs(select: Any) -> ColumnElement[Any]:
    import sqlalchemy as sa

    rows = select.subquery()
    listed = sa.select(sa.func.json_group_array(sa.func.json_array(rows.c.v, rows.c.n))).scalar_subquery()
    return sa.func.json(listed)
