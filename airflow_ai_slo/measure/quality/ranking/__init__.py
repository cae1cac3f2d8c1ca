"""Quality of a search: ranked results of queries against a golden set."""

from __future__ import annotations

from airflow_ai_slo.measure.quality.ranking.spec import RankingEvent, RankingMetric, RankingSpec

__all__ = ["RankingEvent", "RankingMetric", "RankingSpec"]
