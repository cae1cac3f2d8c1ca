"""Measures a search by a golden set of queries and the documents that they should find."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.operators.segments import check_segment, slo_of
from airflow_ai_slo.operators.tabular import TabularOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_ai_slo.core.measurement import Measurement
    from airflow_ai_slo.measure.data import Source
    from airflow_ai_slo.measure.quality.ranking import RankingSpec
    from airflow_ai_slo.measure.quality.ranking.measuring import RankingQuality


class RankingQualityOperator(TabularOperator):
    """Holds the first ``k`` results of each query of a golden set against what it should find. Value: the mean.

    Each query is one event: good where its metric reaches ``at_least``, so that an objective of 0.99 says "for 99% of
    the queries". Or each relevant document is (``event="documents"``), or the run's mean (``event="run"``). A query
    without results counts 0.

    :param slo: name of the SLO; with ``segment``, a template of names, such as ``recall-{segment}``.
    :param metric: ``recall``, ``precision``, ``ndcg``, ``mrr`` or ``hit_rate``.
    :param k: how many results count.
    :param at_least: what a query, or the run's mean, has to reach; of ``hit_rate`` by default 1.
    :param event: ``queries``, ``documents`` (recall and precision) or ``run``.
    :param query: the column of the query, in the results and in the golden set; so is
    :param document: the column of the document.
    :param rank: the results' column of the place, 1 being the best; or
    :param score: the results' column of the score, the highest being the best.
    :param relevance: the golden set's column of relevance; by default all that it lists is relevant.
    :param relevant_from: the relevance from which on a document counts as relevant; nDCG takes every one above 0.
    :param golden_table: the golden set, in the database of ``conn_id``; or
    :param golden_sql: a SELECT there; or
    :param golden_path: a CSV file, or a Parquet file or folder; or
    :param golden_dataframe: a function without parameters that returns a pandas DataFrame.
    :param segment: a column of the golden set, each of whose values has an SLO of its own.
    :param max_segments: how many values of it there may be.
    :param fail_on_bad: whether a bad measurement fails this task, after it was recorded.

    Where the results are (``conn_id`` with ``table`` or ``sql``, ``path``, ``dataframe``), see the base class.
    """

    template_fields: Sequence[str] = (
        *TabularOperator.template_fields,
        "golden_table",
        "golden_sql",
        "golden_path",
        "at_least",
    )
    template_fields_renderers = {"sql": "sql", "golden_sql": "sql"}  # noqa: RUF012

    def __init__(
        self,
        *,
        metric: str,
        k: int = 10,
        at_least: float | str | None = None,
        event: Literal["queries", "documents", "run"] = "queries",
        query: str = "query",
        document: str = "document",
        rank: str | None = None,
        score: str | None = None,
        relevance: str | None = None,
        relevant_from: float = 1,
        golden_table: str | None = None,
        golden_sql: str | None = None,
        golden_path: str | None = None,
        golden_dataframe: Callable[[], Any] | None = None,
        segment: str | None = None,
        max_segments: int = 20,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_segment(self.slo, segment, max_segments)
        if sum(one is not None for one in (golden_table, golden_sql, golden_path, golden_dataframe)) != 1:
            raise ConfigurationError(
                "give the golden set as one of golden_table, golden_sql, golden_path or golden_dataframe"
            )
        if self.conn_id is None and (golden_table is not None or golden_sql is not None):
            raise ConfigurationError("golden_table and golden_sql are in the database of conn_id, which is missing")
        self.metric = metric
        self.k = k
        self.at_least = at_least
        self.event = event
        self.query = query
        self.document = document
        self.rank = rank
        self.score = score
        self.relevance = relevance
        self.relevant_from = relevant_from
        self.golden_table = golden_table
        self.golden_sql = golden_sql
        self.golden_path = golden_path
        self.golden_dataframe = golden_dataframe
        self.segment = segment
        self.max_segments = max_segments
        self._spec(0 if isinstance(at_least, str) else at_least)

    def measures(self, context: Context) -> list[Measurement] | None:
        """One measurement for each segment; None without segments."""
        if self.segment is None:
            return None
        return [self._measured(context, one) for one in self._found()]

    def measure(self, context: Context) -> Measurement:
        """All queries together."""
        (found,) = self._found()
        return self._measured(context, found)

    def _found(self) -> list[RankingQuality]:
        from airflow_ai_slo.measure.quality.ranking.measuring import measure_ranking

        results = self.source()
        found, empty = measure_ranking(results, self._golden(results), self._spec(self.at_least), segment=self.segment)
        if len(found) > self.max_segments:
            raise ConfigurationError(
                f"segment={self.segment!r}: has {len(found)} values; choose another column, or raise max_segments"
            )
        if empty:
            self.log.warning("%d golden queries have no relevant document and are left out", empty)
        for one in found:
            log = self.log.warning if one.unanswered else self.log.info
            log("Ranking quality%s: %s", one.segment and f" of {one.segment}", one.detail)
        return found

    def _golden(self, results: Source) -> Source:
        from airflow_ai_slo.measure.data import Source

        if self.golden_table is not None or self.golden_sql is not None:
            return Source(engine=results.engine, table=self.golden_table, sql=self.golden_sql)
        if self.golden_path is not None:
            return Source(path=self.located(self.golden_path))
        return Source(frame=self._called(self.golden_dataframe, "golden_dataframe"))

    def _measured(self, context: Context, found: RankingQuality) -> Measurement:
        attributes = {"detail": found.detail, "metric": f"{self.metric}@{self.k}", "queries": str(found.queries)}
        return self.measurement(
            context,
            good=found.good,
            total=found.total,
            value=found.value,
            cause=found.cause,
            attributes=attributes | ({"segment": found.segment} if found.segment else {}),
            slo=slo_of(self.slo, found.segment),
        )

    def _spec(self, at_least: Any) -> RankingSpec:
        from airflow_ai_slo.measure.quality.ranking import RankingSpec

        return RankingSpec(
            metric=self.metric,  # type: ignore[arg-type]
            k=self.k,
            query=self.query,
            document=self.document,
            rank=self.rank,
            score=self.score,
            relevance=self.relevance,
            relevant_from=self.relevant_from,  # type: ignore[arg-type]
            event=self.event,  # type: ignore[arg-type]
            at_least=at_least,
        )
