"""What is asked of a search: which metric of the first k results, and what an event is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.core.numbers import Exact, exact


class RankingMetric(StrEnum):
    """What is measured of each query."""

    RECALL = "recall"
    PRECISION = "precision"
    NDCG = "ndcg"
    MRR = "mrr"
    HIT_RATE = "hit_rate"


class RankingEvent(StrEnum):
    """What counts: each query, each document, or the run's mean."""

    QUERIES = "queries"
    DOCUMENTS = "documents"
    RUN = "run"


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingSpec:
    """One metric of the first ``k`` results of each query. Names are columns.

    :param query: of both the results and the golden set; so is
    :param document:
    :param rank: of the results, 1 being the best; or
    :param score: of the results, the highest being the best.
    :param relevance: of the golden set; by default every document of it has relevance 1.
    :param relevant_from: the relevance from which on a document counts as relevant.
    :param event: see :class:`RankingEvent`.
    :param at_least: what the metric of a query, or of the run, has to reach, equality included.
    :raises ConfigurationError: these do not go together.
    """

    metric: RankingMetric
    k: int = 10
    query: str = "query"
    document: str = "document"
    rank: str | None = None
    score: str | None = None
    relevance: str | None = None
    relevant_from: Exact = 1
    event: RankingEvent = RankingEvent.QUERIES
    at_least: Exact | None = None

    def __post_init__(self) -> None:
        for field, kind in (("metric", RankingMetric), ("event", RankingEvent)):
            try:
                object.__setattr__(self, field, kind(getattr(self, field)))
            except ValueError:
                raise ConfigurationError(f"{field}={getattr(self, field)!r} is not one of {', '.join(kind)}") from None
        if isinstance(self.k, bool) or not isinstance(self.k, int) or self.k < 1:
            raise ConfigurationError(f"k={self.k!r}: give how many results count, a whole number above 0")
        if (self.rank is None) == (self.score is None):
            raise ConfigurationError("give either rank or score, the column by which results are in order")
        if self.metric is RankingMetric.HIT_RATE and self.at_least is None and self.event is RankingEvent.QUERIES:
            object.__setattr__(self, "at_least", 1)
        for field in ("at_least", "relevant_from"):
            value = getattr(self, field)
            try:
                object.__setattr__(self, field, None if value is None else exact(value))
            except ValueError as error:
                raise ConfigurationError(f"{field}: {error}; give a number such as 0.85") from None
        self._check_event()

    def _check_event(self) -> None:
        if self.event is RankingEvent.DOCUMENTS:
            if self.metric not in (RankingMetric.RECALL, RankingMetric.PRECISION):
                raise ConfigurationError(f"event='documents' is for recall and precision, not for {self.metric}")
            if self.at_least is not None:
                raise ConfigurationError("event='documents' counts documents: leave out at_least")
        elif self.at_least is None:
            raise ConfigurationError(f"{self.metric}: give at_least, what each query (or the run's mean) has to reach")
        if self.relevant_from <= 0:
            raise ConfigurationError(f"relevant_from={self.relevant_from}: give a relevance above 0")

    @property
    def name(self) -> str:
        """The metric as people write it, ``recall@5``."""
        return f"{self.metric}@{self.k}"
