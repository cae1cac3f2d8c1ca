"""Tallies of rows in a database, counted there: one grouped SELECT, two for ranks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.measure.data.sql import column_types
from airflow_ai_slo.measure.quality.classes import positive_of
from airflow_ai_slo.measure.quality.frames import too_many_classes
from airflow_ai_slo.measure.quality.groups import Split
from airflow_ai_slo.measure.quality.spec import COUNTED, Metric, QualitySpec
from airflow_ai_slo.measure.quality.sql_rows import Rows, Versions, group_of, tally_of, zero
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
)

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, FromClause


def tally_sql(connection: Connection, rows: FromClause, spec: QualitySpec, split: Split) -> Mapping[Group, Tallied]:
    """What there is of each group; groups without rows are not there.

    :param rows: a table or a query.
    :raises DataError: a column is missing or of another type, or there are too many classes or segments.
    """
    query = _Tallies(connection, rows, spec, split, column_types(connection, rows))
    if spec.metric in COUNTED:
        return query.confusions()
    if spec.metric is Metric.AUC_ROC:
        return query.ranks()
    return query.sums()


class _Tallies(Rows):
    """Rows, counted by what is asked of them."""

    def confusions(self) -> Mapping[Group, Tallied]:
        """Rows by label and prediction; with a threshold, by label and whether the score reaches it."""
        import sqlalchemy as sa

        said: ColumnElement[Any] = sa.column(self.spec.prediction or "")
        if self.spec.by_score:
            score = self.number(self.spec.score)
            reached = score >= sa.literal(float(self.spec.threshold or 0), sa.Double)
            said = sa.case((~self.present(score), sa.null()), (reached, sa.literal_column("1")), else_=zero())
        inner = self.looked_at(label=sa.column(self.spec.label or ""), said=said)
        cells: dict[Group, dict[tuple[Any, Any], int]] = {}
        versions = Versions()
        for row in self.grouped(inner, "label", "said"):
            group = group_of(row)
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

        score = self.number(self.spec.score)
        scored = sa.case((self.present(score), sa.literal_column("1")), else_=zero())
        inner = self.looked_at(label=sa.column(self.spec.label or ""), scored=scored)
        first = list(self.grouped(inner, "label", "scored"))
        raw = {plain_value(row.label): row.label for row in first}
        raw.pop(None, None)
        if len(raw) > MOST_CLASSES:
            raise too_many_classes(self.spec.label or "")
        positive = positive_of(self.spec, raw)
        above = self._above(score, [value for label, value in raw.items() if label == positive], list(raw.values()))
        versions = Versions()
        counts: dict[Group, list[int]] = {}
        seen: dict[Group, dict[Any, None]] = {}
        for row in first:
            group, label = group_of(row), plain_value(row.label)
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
        if any(isinstance(one, str) for one in labels):
            label = sa.cast(label, sa.Text)  # PostgreSQL compares an enumeration with no text
        yes = sa.case((label.in_(positives), sa.literal_column("1")), else_=zero()) if positives else zero()
        inner = self.looked_at(score=score, yes=yes, only=sa.and_(label.in_(labels), self.present(score)))
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
        return {group_of(row): (int(row.p), int(row.n), int(row.u)) for row in result}

    def sums(self) -> Mapping[Group, Tallied]:
        """Sums over the rows: errors, or scores within the limits."""
        import sqlalchemy as sa

        scored = self.spec.metric is Metric.SCORE
        columns = [self.spec.score] if scored else [self.spec.label, self.spec.prediction]
        numbers = {f"x{place}": self.number(name) for place, name in enumerate(columns)}
        inner = self.looked_at(**numbers)
        values = [inner.c[name] for name in numbers]
        parts = self._score_sums(*values) if scored else self._error_sums(*values)
        summed = [sa.func.coalesce(part, 0).label(name) for name, part in parts.items()]
        found: dict[Group, Tallied] = {}
        versions = Versions()
        for row in self.fetched(self.by_group(inner, *summed)):
            group = group_of(row)
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

        there = self.present(score)
        met = [there]
        if self.spec.at_least is not None:
            met.append(score >= sa.literal(float(self.spec.at_least), sa.Double))
        if self.spec.at_most is not None:
            met.append(score <= sa.literal(float(self.spec.at_most), sa.Double))
        good = sa.and_(*met)
        return {"met": tally_of(good), "unmet": tally_of(sa.and_(there, ~good)), "missing": tally_of(~there)}

    def _error_sums(self, label: Any, said: Any) -> dict[str, Any]:
        import sqlalchemy as sa

        labelled, there = self.present(label), self.present(said)
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
            "count": tally_of(plain),
            "infinite": tally_of(sa.and_(both, ~finite)),
            "unlabelled": tally_of(~labelled),
            "missing": tally_of(sa.and_(labelled, ~there)),
            "within": tally_of(within),
            "absolute": sa.func.sum(sa.func.abs(error)),
            "squared": sa.func.sum(error * error),
        }

    def _check_classes(self, cells: Mapping[Group, Mapping[tuple[Any, Any], int]]) -> None:
        for place, name in ((0, self.spec.label), (1, self.spec.prediction)):
            if len({key[place] for found in cells.values() for key in found}) > MOST_CLASSES + 1:
                raise too_many_classes(name or "")
