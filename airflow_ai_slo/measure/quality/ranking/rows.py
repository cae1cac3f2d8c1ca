"""The rows that ranking needs: the first k results of each query, and what the golden set says."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.core.errors import DataError
from airflow_ai_slo.measure.data import Source
from airflow_ai_slo.measure.data.names import lacks
from airflow_ai_slo.measure.data.sql import Family, column_types
from airflow_ai_slo.measure.quality.frames import numbers_of
from airflow_ai_slo.measure.quality.ranking.spec import RankingSpec
from airflow_ai_slo.measure.quality.tallies import text_of

if TYPE_CHECKING:
    import pandas as pd

_SORTS_NAN = ("postgresql", "duckdb", "redshift")
_BY_CODE_POINT = {"postgresql": "C", "sqlite": "BINARY"}


@dataclass(frozen=True, slots=True)
class Golden:
    """What should be found.

    :param relevance: by query and document, above 0.
    :param segments: of queries; empty without segments.
    :param empty: queries for which nothing is relevant.
    """

    relevance: Mapping[str, Mapping[str, float]]
    segments: Mapping[str, str] = field(default_factory=dict)
    empty: int = 0


def golden_of(source: Source, spec: RankingSpec, segment: str | None = None) -> Golden:
    """The golden set by query.

    :param segment: a column of it.
    :raises DataError: it is empty, or says two things of one document or query.
    """
    wanted = [spec.query, spec.document, *(name for name in (spec.relevance, segment) if name is not None)]
    frame = source.read(list(dict.fromkeys(wanted)))
    relevances = [1.0] * len(frame) if spec.relevance is None else numbers_of(frame, spec.relevance).tolist()
    groups = [""] * len(frame) if segment is None else [text_of(one) for one in frame[segment].tolist()]
    found: dict[str, dict[str, float]] = {}
    segments: dict[str, str] = {}
    rows = zip(frame[spec.query].tolist(), frame[spec.document].tolist(), relevances, groups, strict=True)
    for raw_query, raw_document, relevance, group in rows:
        query, document = text_of(raw_query), text_of(raw_document)
        if query is None:
            continue
        judged = found.setdefault(query, {})
        if group is not None and segments.setdefault(query, group) != group:
            raise DataError(f"golden set: query {query!r} is in segments {segments[query]!r} and {group!r}")
        if document is None or math.isnan(relevance):
            continue
        if math.isinf(relevance):
            raise DataError(f"golden set: query {query!r}, document {document!r}: relevance is infinite")
        if judged.setdefault(document, relevance) != relevance:
            raise DataError(f"golden set: query {query!r}, document {document!r} has two relevances")
    limit = float(spec.relevant_from)
    useful = {query: judged for query, judged in found.items() if max(judged.values(), default=0) >= limit}
    if not useful:
        raise DataError(f"golden set: {len(found)} queries, none with a relevant document: nothing can be found")
    return Golden(useful, segments, len(found) - len(useful))


def results_of(source: Source, spec: RankingSpec, golden: Source) -> Mapping[str, Sequence[str]]:
    """The first k documents of each query, best first. On a tie the document whose name sorts last comes first, as
    in trec_eval. Rows without a query, a document, or a rank or score are no results.
    """
    return _from_database(source, spec, golden) if source.engine is not None else _from_frame(source, spec)


def _from_frame(source: Source, spec: RankingSpec) -> Mapping[str, Sequence[str]]:
    order = spec.rank or spec.score or ""
    frame = source.read([spec.query, spec.document, order])
    import pandas as pd

    rows = pd.DataFrame(
        {
            "query": [text_of(one) for one in frame[spec.query].tolist()],
            "document": [text_of(one) for one in frame[spec.document].tolist()],
            "order": numbers_of(frame, order),
        }
    ).dropna()
    rows = rows.sort_values(["order", "document"], ascending=[spec.rank is not None, False], kind="stable")
    return _listed(rows.groupby("query", sort=False).head(spec.k))


def _listed(rows: pd.DataFrame) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for query, document in zip(rows["query"].tolist(), rows["document"].tolist(), strict=True):
        found.setdefault(query, []).append(document)
    return found


def _from_database(source: Source, spec: RankingSpec, golden: Source) -> Mapping[str, Sequence[str]]:
    """The database ranks, and hands over k rows a query; of a golden set beside them, of its queries only."""
    import sqlalchemy as sa

    order = spec.rank or spec.score or ""
    query: Any = sa.column(spec.query)
    document: Any = sa.column(spec.document)
    with source.connected() as connection:
        _check(connection, source, (spec.query, spec.document, order))
        dialect = connection.dialect.name
        place: Any = sa.cast(sa.column(order), sa.REAL if dialect == "sqlite" else sa.Double)
        text: Any = sa.cast(document, sa.Text)
        if dialect == "sqlite":
            _check_numbers(connection, source, order)
        if dialect in _BY_CODE_POINT:
            text = text.collate(_BY_CODE_POINT[dialect])
        wanted = [query.is_not(None), document.is_not(None), place.is_not(None)]
        if dialect in _SORTS_NAN:
            wanted.append(place != sa.cast(sa.literal("NaN", sa.Text), sa.Double))
        if golden.engine is source.engine and _compare(connection, source, golden, spec.query):
            wanted.append(query.in_(sa.select(sa.column(spec.query)).select_from(golden.rows)))
        best = place if spec.rank is not None else place.desc()
        number = sa.func.row_number().over(partition_by=query, order_by=(best, text.desc()))
        columns = (query.label("query"), document.label("document"), number.label("place"))
        inner = sa.select(*columns).select_from(source.rows).where(*wanted).subquery("ranked")
        kept = sa.select(inner).where(inner.c.place <= spec.k).order_by(inner.c.place)
        found: dict[str, list[str]] = {}
        for row in connection.execute(kept):
            name, listed = text_of(row.query), text_of(row.document)
            if name is not None and listed is not None:
                found.setdefault(name, []).append(listed)
        return found


def _compare(connection: Any, source: Source, golden: Source, name: str) -> bool:
    """Whether the database compares queries as we do, as text: PostgreSQL refuses 7 and '7', SQLite may differ them."""
    (mine, *_), (theirs, *_) = (column_types(connection, one.rows).get(name, (None,)) for one in (source, golden))
    if mine is None or theirs is None or mine.family is Family.DYNAMIC:
        return False
    numbers = (Family.NUMBER, Family.FLOAT)
    return mine == theirs or (mine.family in numbers and theirs.family in numbers)


def _check_numbers(connection: Any, source: Source, name: str) -> None:
    """SQLite takes a text for the number 0."""
    import sqlalchemy as sa

    column: Any = sa.column(name)
    text = sa.func.typeof(column).in_(("text", "blob"))
    found = connection.execute(sa.select(column).select_from(source.rows).where(text).limit(1)).scalar()
    if found is not None:
        raise DataError(f"{source}: {name!r} holds the text {found!r}; numbers are needed")


def _check(connection: Any, source: Source, names: Sequence[str]) -> None:
    """SQLite takes a quoted name that no column has for a text, so ask."""
    there = column_types(connection, source.rows)
    for name in names:
        if name not in there:
            raise DataError(lacks(source, name, there))
