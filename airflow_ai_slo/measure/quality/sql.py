"""Tallies of rows in a database, counted there: one grouped SELECT, two for ranks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.core.errors import DataError
from airflow_ai_slo.measure.data.sql import Family, SqlType, column_types
from airflow_ai_slo.measure.quality.classes import positive_of
from airflow_ai_slo.measure.quality.frames import too_many_classes
from airflow_ai_slo.measure.quality.groups import Split
from airflow_ai_slo.measure.quality.spec import COUNTED, Metric, QualitySpec
from airflow_ai_slo.measure.quality.stamps import slot_in
from airflow_ai_slo.measure.quality.tallies import (
    HUGE,
    MOST_CLASSES,
    Confusion,
    Errors,
    Group,
    Ranks,
    Scores,
    Tallied,
    Tally,
    plain_value,
    text_of,
)

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, FromClause, Subquery

_MOST_CELLS = 100_000
"""Rows that a grouped SELECT may hand over."""

_SORTS_NAN = ("postgresql", "duckdb", "redshift")
"""Databases in which NaN equals itself."""


def tally_sql(connection: Connection, rows: FromClause, spec: QualitySpec, split: Split) -> Mapping[Group, Tallied]:
    """What there is of each group; groups without rows are not there.

    :param rows: a table or a query.
    :raises DataError: a column is missing or of another type, or there are too many classes or segments.
    """
    query = _Query(connection, rows, spec, split, column_types(connection, rows))
    if spec.metric in COUNTED:
        return query.confusions()
    if spec.metric is Metric.AUC_ROC:
        return query.ranks()
    return query.sums()


@dataclass(frozen=True, slots=True)
class _Query:
    connection: Connection
    rows: FromClause
    spec: QualitySpec
    split: Split
    types: Mapping[str, tuple[SqlType, ...]]

    def confusions(self) -> Mapping[Group, Tallied]:
        """Rows by label and prediction; with a threshold, by label and whether the score reaches it."""
        import sqlalchemy as sa

        said: ColumnElement[Any] = sa.column(self.spec.prediction or "")
        if self.spec.by_score:
            score = self._number(self.spec.score)
            reached = score >= sa.literal(float(self.spec.threshold or 0), sa.Double)
            said = sa.case((~self._present(score), sa.null()), (reached, sa.literal_column("1")), else_=_zero())
        inner = self._inner(label=sa.column(self.spec.label or ""), said=said)
        cells: dict[Group, dict[tuple[Any, Any], int]] = {}
        versions = _Versions()
        for row in self._grouped(inner, "label", "said"):
            group = _group(row)
            prediction = plain_value(row.said)
            if self.spec.by_score and prediction is not None:
                prediction = bool(prediction)
            key = (plain_value(row.label), prediction)
            found = cells.setdefault(group, {})
            found[key] = found.get(key, 0) + row.count_
            versions.add(group, row)
        self._check_classes(cells)
        return {group: Tallied(Confusion(found), versions.of(group)) for group, found in cells.items()}

    def ranks(self) -> Mapping[Group, Tallied]:
        """First rows by label, then U from the scores of each class."""
        import sqlalchemy as sa

        score = self._number(self.spec.score)
        scored = sa.case((self._present(score), sa.literal_column("1")), else_=_zero())
        inner = self._inner(label=sa.column(self.spec.label or ""), scored=scored)
        first = list(self._grouped(inner, "label", "scored"))
        raw = {plain_value(row.label): row.label for row in first}
        raw.pop(None, None)
        if len(raw) > MOST_CLASSES:
            raise too_many_classes(self.spec.label or "")
        positive = positive_of(self.spec, raw)
        above = self._above(score, [value for label, value in raw.items() if label == positive], list(raw.values()))
        versions = _Versions()
        counts: dict[Group, list[int]] = {}
        seen: dict[Group, dict[Any, None]] = {}
        for row in first:
            group, label = _group(row), plain_value(row.label)
            found = counts.setdefault(group, [0, 0])
            found[0] += row.count_ if label is None else 0
            found[1] += row.count_ if label is not None and not row.scored else 0
            seen.setdefault(group, {})[label] = None
            versions.add(group, row)
        return {
            group: Tallied(
                Ranks(
                    *above.get(group, (0, 0, 0)),
                    unlabelled=unlabelled,
                    missing=missing,
                    classes=tuple(label for label in seen[group] if label is not None),
                ),
                versions.of(group),
            )
            for group, (unlabelled, missing) in counts.items()
        }

    def _above(self, score: Any, positives: list[Any], labels: list[Any]) -> dict[Group, tuple[int, int, int]]:
        """Positives, negatives and twice U by group: whole numbers, exact in every database."""
        import sqlalchemy as sa

        label: ColumnElement[Any] = sa.column(self.spec.label or "")
        if not labels:
            return {}
        yes = sa.case((label.in_(positives), sa.literal_column("1")), else_=_zero()) if positives else _zero()
        inner = self._inner(score=score, yes=yes, only=sa.and_(label.in_(labels), self._present(score)))
        keys = (inner.c.segment, inner.c.slot)
        ones = sa.func.sum(inner.c.yes)
        each = (
            sa.select(*keys, inner.c.score, ones.label("p"), (sa.func.count() - ones).label("n"))
            .group_by(*keys, inner.c.score)
            .cte("each_score")
        )
        upto = sa.func.sum(each.c.n).over(
            partition_by=(each.c.segment, each.c.slot), order_by=each.c.score, rows=(None, 0)
        )
        ranked = sa.select(each, upto.label("upto")).cte("ranked")
        by = (ranked.c.segment, ranked.c.slot)
        u = sa.func.sum(ranked.c.p * (2 * ranked.c.upto - ranked.c.n))
        result = self.connection.execute(
            sa.select(
                *by, sa.func.sum(ranked.c.p).label("p"), sa.func.sum(ranked.c.n).label("n"), u.label("u")
            ).group_by(*by)
        )
        return {_group(row): (int(row.p), int(row.n), int(row.u)) for row in result}

    def sums(self) -> Mapping[Group, Tallied]:
        """Sums over the rows: errors, or scores within the limits."""
        import sqlalchemy as sa

        scored = self.spec.metric is Metric.SCORE
        columns = [self.spec.score] if scored else [self.spec.label, self.spec.prediction]
        numbers = {f"x{place}": self._number(name) for place, name in enumerate(columns)}
        bad = [self._is_text(name) for name in columns]
        wrong = sa.case((sa.or_(*bad), sa.literal_column("1")), else_=_zero())
        inner = self._inner(wrong=wrong, **numbers)
        values = [inner.c[name] for name in numbers]
        parts = self._score_sums(*values) if scored else self._error_sums(*values)
        summed = [sa.func.coalesce(part, 0).label(name) for name, part in parts.items()]
        found: dict[Group, Tallied] = {}
        versions = _Versions()
        wrongs = sa.func.sum(inner.c.wrong).label("wrong")
        for row in self.connection.execute(self._by_group(inner, *summed, wrongs)):
            if row.wrong:
                raise DataError(
                    f"{' or '.join(map(repr, columns))} holds texts in {row.wrong} rows; numbers are needed"
                )
            group = _group(row)
            versions.add(group, row)
            figures: dict[str, Any] = {
                name: float(value) if name in ("absolute", "squared") else int(value)
                for name, value in ((name, getattr(row, name)) for name in parts)
            }
            tally: Tally = Scores(**figures) if scored else Errors(**figures)
            found[group] = Tallied(tally, versions.of(group))
        return found

    def _score_sums(self, score: Any) -> dict[str, Any]:
        import sqlalchemy as sa

        there = self._present(score)
        met = [there]
        if self.spec.at_least is not None:
            met.append(score >= sa.literal(float(self.spec.at_least), sa.Double))
        if self.spec.at_most is not None:
            met.append(score <= sa.literal(float(self.spec.at_most), sa.Double))
        good = sa.and_(*met)
        return {"met": _tally(good), "unmet": _tally(sa.and_(there, ~good)), "missing": _tally(~there)}

    def _error_sums(self, label: Any, said: Any) -> dict[str, Any]:
        import sqlalchemy as sa

        labelled, there = self._present(label), self._present(said)
        both = sa.and_(labelled, there)
        bound = sa.literal(HUGE, sa.Double)
        finite = sa.and_(label <= bound, label >= -bound, said <= bound, said >= -bound)
        plain = sa.and_(both, finite)
        error = sa.case((plain, said - label), else_=sa.null())  # no database computes what it must not
        within = plain
        if self.spec.at_most is not None:
            limit = sa.literal(float(self.spec.at_most), sa.Double)
            within = sa.and_(error <= limit, error >= -limit)
        return {
            "count": _tally(plain),
            "infinite": _tally(sa.and_(both, ~finite)),
            "unlabelled": _tally(~labelled),
            "missing": _tally(sa.and_(labelled, ~there)),
            "within": _tally(within),
            "absolute": sa.func.sum(sa.func.abs(error)),
            "squared": sa.func.sum(error * error),
        }

    def _inner(self, *, only: Any = None, **columns: Any) -> Subquery:
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
        named = {"segment": segment, "slot": slot, "version": sa.cast(version, sa.Text), **columns}
        chosen = [column.label(name) for name, column in named.items()]
        query = sa.select(*chosen).select_from(self.rows)
        for condition in (within, only):
            query = query if condition is None else query.where(condition)
        inner = query.subquery("looked_at")
        if split.segment is not None:
            distinct = self.connection.execute(sa.select(inner.c.segment).distinct().limit(split.most_segments + 2))
            if len({text_of(row.segment) for row in distinct} - {None}) > split.most_segments:
                raise split.too_many()
        return inner

    def _grouped(self, inner: Subquery, *names: str) -> Any:
        import sqlalchemy as sa

        by = [inner.c[name] for name in names]
        query = self._by_group(inner, *by, sa.func.count().label("count_"), by=by)
        found = self.connection.execute(query.limit(_MOST_CELLS + 1)).all()
        if len(found) > _MOST_CELLS:
            raise too_many_classes(self.spec.prediction or self.spec.label or "")
        return found

    def _by_group(self, inner: Subquery, *columns: Any, by: Any = ()) -> Any:
        import sqlalchemy as sa

        version = inner.c.version
        ends = [sa.func.min(version).label("first"), sa.func.max(version).label("last")]
        keys = (inner.c.segment, inner.c.slot)
        return sa.select(*keys, *columns, *ends).group_by(*keys, *by)

    def _check(self) -> None:
        """SQLite takes a quoted name that no column has for a text, so ask."""
        spec = self.spec
        for name in (spec.label, spec.prediction, spec.score, *self.split.columns):
            times = len(self.types.get(name, ())) if name is not None else 1
            if times != 1:
                there = ", ".join(list(self.types)[:10])
                problem = f"is there {times} times; rename all but one" if times else f"is missing; there is {there}"
                raise DataError(f"column {name!r} {problem}")

    def _number(self, name: str | None) -> ColumnElement[Any]:
        import sqlalchemy as sa

        cell: ColumnElement[Any] = sa.column(name or "")
        if self._family(name) is Family.BOOLEAN:
            cell = sa.cast(cell, sa.Integer)
        return sa.cast(cell, sa.REAL if self._family(name) is Family.DYNAMIC else sa.Double)

    def _is_text(self, name: str | None) -> ColumnElement[bool]:
        import sqlalchemy as sa

        if self._family(name) is not Family.DYNAMIC:
            return sa.false()
        return sa.func.typeof(sa.column(name or "")).in_(("text", "blob"))

    def _family(self, name: str | None) -> Family | None:
        found = self.types.get(name or "")
        return found[0].family if found else None

    def _present(self, number: Any) -> ColumnElement[bool]:
        import sqlalchemy as sa

        if self.connection.dialect.name in _SORTS_NAN:
            return sa.and_(number.is_not(None), number != sa.cast(sa.literal("NaN", sa.Text), sa.Double))
        return sa.and_(number.is_not(None), number == number)

    def _check_classes(self, cells: Mapping[Group, Mapping[tuple[Any, Any], int]]) -> None:
        for place, name in ((0, self.spec.label), (1, self.spec.prediction)):
            if len({key[place] for found in cells.values() for key in found}) > MOST_CLASSES + 1:
                raise too_many_classes(name or "")


class _Versions:
    """The model version of each group, while its rows come in."""

    def __init__(self) -> None:
        self._found: dict[Group, set[str]] = {}

    def add(self, group: Group, row: Any) -> None:
        ends = {end for end in (row.first, row.last) if end is not None}
        self._found.setdefault(group, set()).update(ends)

    def of(self, group: Group) -> str | None:
        found = self._found.get(group, set())
        return next(iter(found)) if len(found) == 1 else None


def _group(row: Any) -> Group:
    return Group(text_of(row.segment), None if row.slot is None else int(row.slot))


def _zero() -> Any:
    import sqlalchemy as sa

    return sa.literal_column("0")


def _tally(condition: Any) -> Any:
    import sqlalchemy as sa

    return sa.func.sum(sa.case((condition, sa.literal_column("1")), else_=_zero()))
