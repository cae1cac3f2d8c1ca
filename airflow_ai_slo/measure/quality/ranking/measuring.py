"""Metrics of ranked results, query by query; a query without results counts 0."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from airflow_ai_slo.core.measurement import Cause
from airflow_ai_slo.core.numbers import Exact
from airflow_ai_slo.measure.data import Source
from airflow_ai_slo.measure.quality.ranking.rows import golden_of, results_of
from airflow_ai_slo.measure.quality.ranking.spec import RankingEvent, RankingMetric, RankingSpec

_NAMED = 5


@dataclass(frozen=True, slots=True)
class RankingQuality:
    """A metric of one segment's queries.

    :param value: mean of the metric over the queries; with ``event='documents'``, good / total.
    :param queries: how many there are.
    :param unanswered: those without any result.
    """

    segment: str
    good: int
    total: int
    value: float
    cause: Cause | None
    detail: str
    queries: int
    unanswered: int


@dataclass(frozen=True, slots=True)
class Found:
    """What a query's first k results hold.

    :param figure: its metric.
    :param hits: relevant documents among them.
    :param relevant: relevant documents that there are.
    """

    figure: Exact | float
    hits: int
    relevant: int
    answered: bool


def measure_ranking(
    results: Source, golden: Source, spec: RankingSpec, *, segment: str | None = None
) -> tuple[list[RankingQuality], int]:
    """Judge the results of every query of the golden set, by segment.

    Queries of the results that the golden set does not know are left out.

    :param segment: a column of the golden set.
    :returns: one figure for each segment, and how many golden queries have no relevant document and are left out.
    :raises DataError: the rows cannot be read, or the golden set holds nothing to be found.
    """
    wanted = golden_of(golden, spec, segment)
    listed = results_of(results, spec, golden)
    by_segment: dict[str, dict[str, Found]] = {}
    for query, judged in wanted.relevance.items():
        of_segment = wanted.segments.get(query, "") if segment is not None else ""
        if segment is None or of_segment:
            by_segment.setdefault(of_segment, {})[query] = found_in(listed.get(query, ()), judged, spec)
    return [_judged(name, found, spec) for name, found in sorted(by_segment.items())], wanted.empty


def found_in(documents: Sequence[str], judged: Mapping[str, float], spec: RankingSpec) -> Found:
    """One query. A document that is listed twice counts where it is listed first.

    nDCG: sum of relevance / log2(place + 1) over the first k, divided by what the best order would give.
    MRR: 1 / place of the first relevant document, 0 where there is none among the first k.

    :param documents: best first.
    :param judged: relevance by document; documents that are not judged have none.
    """
    limit = float(spec.relevant_from)
    relevant = sum(relevance >= limit for relevance in judged.values())
    first = documents[: spec.k]
    new = [place for place, document in enumerate(first) if document not in first[:place]]
    gains = [(place, judged.get(first[place], 0.0)) for place in new]
    places = [place for place, gain in gains if gain >= limit]
    figure: Exact | float
    if spec.metric is RankingMetric.NDCG:
        ideal = sorted(judged.values(), reverse=True)[: spec.k]
        figure = _dcg(gains) / _dcg(enumerate(ideal))
    elif spec.metric is RankingMetric.MRR:
        figure = Fraction(1, places[0] + 1) if places else 0
    elif spec.metric is RankingMetric.HIT_RATE:
        figure = int(bool(places))
    else:
        figure = Fraction(len(places), relevant if spec.metric is RankingMetric.RECALL else spec.k)
    return Found(figure, len(places), relevant, bool(documents))


def _dcg(gains: Iterable[tuple[int, float]]) -> float:
    return sum(gain / math.log2(place + 2) for place, gain in gains if gain > 0)


def _judged(segment: str, found: Mapping[str, Found], spec: RankingSpec) -> RankingQuality:
    mean = _mean([one.figure for one in found.values()])
    if spec.event is RankingEvent.DOCUMENTS:
        good = sum(one.hits for one in found.values())
        ways = sum(one.relevant for one in found.values())
        total = ways if spec.metric is RankingMetric.RECALL else spec.k * len(found)
        mean = Fraction(good, total)
        words = f"{good} of {total} {'relevant documents found' if spec.metric is RankingMetric.RECALL else 'results'}"
    elif spec.event is RankingEvent.RUN:
        good, total = int(_meets(mean, spec)), 1
        words = f"at least {float(spec.at_least or 0):g} asked"
    else:
        short = [query for query, one in found.items() if not _meets(one.figure, spec)]
        good, total = len(found) - len(short), len(found)
        words = f"{good} of {total} queries reach {float(spec.at_least or 0):g}" + _named(short, found)
    unanswered = sum(not one.answered for one in found.values())
    detail = f"{spec.name} {float(mean):.6g} over {len(found)} queries: {words}"
    detail += f"; {unanswered} without results" if unanswered else ""
    cause = Cause.MODEL_QUALITY if good < total else None
    return RankingQuality(segment, good, total, float(mean), cause, detail, len(found), unanswered)


def _mean(figures: Sequence[Exact | float]) -> Exact | float:
    exact = [figure for figure in figures if not isinstance(figure, float)]
    if len(exact) < len(figures):
        return math.fsum(figures) / len(figures)
    return sum(exact, Fraction(0)) / len(exact)


def _meets(figure: Exact | float, spec: RankingSpec) -> bool:
    limit = spec.at_least or 0
    return figure >= (float(limit) if isinstance(figure, float) else limit)


def _named(short: Sequence[str], found: Mapping[str, Found]) -> str:
    """The worst queries by name, for people."""
    worst = sorted(short, key=lambda query: (found[query].figure, query))[:_NAMED]
    more = f" and {len(short) - len(worst)} more" if len(short) > len(worst) else ""
    return f"; below it: {', '.join(worst)}{more}" if worst else ""
