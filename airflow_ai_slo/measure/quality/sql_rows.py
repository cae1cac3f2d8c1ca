"""The rows of a database that are looked at: by segment and interval, numbers as numbers, missing ones known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.core.errors import DataError
from airflow_ai_slo.measure.data.names import not_one
from airflow_ai_slo.measure.data.sql import Family, SqlType
from airflow_ai_slo.measure.quality.frames import too_many_classes
from airflow_ai_slo.measure.quality.groups import Split
from airflow_ai_slo.measure.quality.spec import NUMERIC, QualitySpec
from airflow_ai_slo.measure.quality.stamps import slot_in
from airflow_ai_slo.measure.quality.tallies import Group, text_of

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, FromClause, Subquery

_MOST_CELLS = 100_000
"""Rows that a grouped SELECT may hand over."""

_SORTS_NAN = ("postgresql", "duckdb", "redshift")
"""Databases in which NaN equals itself."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a table or a query, and what is asked of them."""

    connection: Connection
    rows: FromClause
    spec: QualitySpec
    split: Split
    types: Mapping[str, tuple[SqlType, ...]]

    def looked_at(self, *, only: Any = None, **columns: Any) -> Subquery:
        """The rows to look at with their segment, interval and model version, computed once."""
        import sqlalchemy as sa

        self._check()
        split = self.split
        slot: Any = sa.literal_column("0")
        within: Any = None
        if split.at_column is not None and split.slots is not None:
            slot, within = slot_in(self.connection, self.rows, split.at_column, split.slots)
        segment: Any = sa.literal_column("''") if split.segment is None else sa.column(split.segment)
        version: Any = sa.null() if split.version is None else sa.column(split.version)
        named = {"segment": segment, "slot": slot, "version": sa.cast(version, sa.Text), "wrong": self._wrong()}
        chosen = [column.label(name) for name, column in (named | columns).items()]
        query = sa.select(*chosen).select_from(self.rows)
        for condition in (within, only):
            query = query if condition is None else query.where(condition)
        inner = query.subquery("looked_at")
        if split.segment is not None:
            distinct = self.connection.execute(sa.select(inner.c.segment).distinct().limit(split.most_segments + 2))
            split.named(row.segment for row in distinct)
        return inner

    def grouped(self, inner: Subquery, *names: str) -> Any:
        import sqlalchemy as sa

        by = [inner.c[name] for name in names]
        query = self.by_group(inner, *by, sa.func.count().label("count_"), by=by)
        found = self.fetched(query.limit(_MOST_CELLS + 1))
        if len(found) > _MOST_CELLS:
            raise too_many_classes(self.spec.prediction or self.spec.label or "")
        return found

    def fetched(self, query: Any) -> list[Any]:
        """Rows of a query made by :meth:`by_group`.

        :raises DataError: texts where numbers are needed.
        """
        found = list(self.connection.execute(query))
        wrong = sum(row.wrong for row in found)
        if wrong:
            names = (self.spec.label, self.spec.prediction, self.spec.score)
            columns = " or ".join(repr(name) for name in names if name is not None)
            raise DataError(f"{columns} holds texts in {wrong} row(s); numbers are needed")
        return found

    def by_group(self, inner: Subquery, *columns: Any, by: Any = ()) -> Any:
        import sqlalchemy as sa

        version = inner.c.version
        ends = [sa.func.min(version).label("first"), sa.func.max(version).label("last")]
        ends.append(sa.func.sum(inner.c.wrong).label("wrong"))
        keys = (inner.c.segment, inner.c.slot)
        return sa.select(*keys, *columns, *ends).group_by(*keys, *by)

    def _check(self) -> None:
        """SQLite takes a quoted name that no column has for a text, so ask."""
        spec = self.spec
        for name in filter(None, (spec.label, spec.prediction, spec.score, *self.split.columns)):
            times = len(self.types.get(name, ()))
            if times != 1:
                raise DataError(not_one(name, times, self.types))

    def number(self, name: str | None) -> ColumnElement[Any]:
        import sqlalchemy as sa

        cell: ColumnElement[Any] = sa.column(name or "")
        if self._family(name) is Family.BOOLEAN:
            cell = sa.cast(cell, sa.Integer)
        return sa.cast(cell, sa.REAL if self._family(name) is Family.DYNAMIC else sa.Double)

    def _wrong(self) -> ColumnElement[Any]:
        """1 for rows whose numbers are texts, which only SQLite takes, and would read as 0."""
        import sqlalchemy as sa

        spec = self.spec
        numeric = (spec.score, *((spec.label, spec.prediction) if spec.metric in NUMERIC else ()))
        dynamic = [name for name in numeric if name is not None and self._family(name) is Family.DYNAMIC]
        texts = [sa.func.typeof(sa.column(name)).in_(("text", "blob")) for name in dynamic]
        return sa.case((sa.or_(*texts), sa.literal_column("1")), else_=zero()) if texts else zero()

    def _family(self, name: str | None) -> Family | None:
        found = self.types.get(name or "")
        return found[0].family if found else None

    def present(self, number: Any) -> ColumnElement[bool]:
        import sqlalchemy as sa

        if self.connection.dialect.name in _SORTS_NAN:
            return sa.and_(number.is_not(None), number != sa.cast(sa.literal("NaN", sa.Text), sa.Double))
        return sa.and_(number.is_not(None), number == number)


class Versions:
    """The model version of each group, while its rows come in."""

    def __init__(self) -> None:
        self._found: dict[Group, set[str]] = {}

    def add(self, group: Group, row: Any) -> None:
        ends = {end for end in (row.first, row.last) if end is not None}
        self._found.setdefault(group, set()).update(ends)

    def of(self, group: Group) -> str | None:
        found = self._found.get(group, set())
        return next(iter(found)) if len(found) == 1 else None


def group_of(row: Any) -> Group:
    return Group(text_of(row.segment), None if row.slot is None else int(row.slot))


def zero() -> Any:
    import sqlalchemy as sa

    return sa.literal_column("0")


def tally_of(condition: Any) -> Any:
    import sqlalchemy as sa

    return sa.func.sum(sa.case((condition, sa.literal_column("1")), else_=zero()))
