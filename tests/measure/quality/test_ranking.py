"""Ranked results against ir-measures (trec_eval) and scikit-learn, and the same in every engine."""

from __future__ import annotations

from typing import Any

import ir_measures
import pandas as pd
import pytest
import sklearn.metrics as sk
from hypothesis import given, settings
from hypothesis import strategies as st
from quality_kit import Everywhere

from airflow_ai_slo.core.errors import ConfigurationError, DataError
from airflow_ai_slo.measure.data import Source
from airflow_ai_slo.measure.quality.ranking import RankingSpec
from airflow_ai_slo.measure.quality.ranking.measuring import RankingQuality, measure_ranking

CLOSE = {"rel": 1e-9, "abs": 1e-9}
GOLDEN = pd.DataFrame(
    [("q1", "a", 2), ("q1", "b", 1), ("q1", "z", 0), ("q2", "c", 1), ("q3", "a", 1)],
    columns=["query", "document", "relevance"],
)
RESULTS = pd.DataFrame(
    [("q1", "b", 0.9), ("q1", "x", 0.8), ("q1", "a", 0.7), ("q2", "c", 0.1), ("q9", "c", 1.0)],
    columns=["query", "document", "score"],
)
PAIRS = st.tuples(st.sampled_from(["1", "2", "3"]), st.sampled_from(["a", "b", "B", "ä", "c", "10", "9"]))
JUDGED = st.dictionaries(PAIRS, st.sampled_from([0, 1, 2, 3]), min_size=1, max_size=15)
SCORED = st.dictionaries(PAIRS, st.sampled_from([0.0, 0.25, 0.5, 1.0, -1.0]), max_size=20)


def table(pairs: dict[tuple[str, str], Any], name: str) -> pd.DataFrame:
    rows = [(query, document, value) for (query, document), value in pairs.items()]
    return pd.DataFrame(rows, columns=["query", "document", name])


def ranked(results: Any = RESULTS, golden: Any = GOLDEN, *, segment: str | None = None, **spec: Any) -> RankingQuality:
    sources = [one if isinstance(one, Source) else Source(frame=one) for one in (results, golden)]
    options = {"score": "score", "relevance": "relevance", "at_least": 0.5} | spec
    found, _ = measure_ranking(*sources, RankingSpec(**options), segment=segment)
    (one,) = found
    return one


@settings(max_examples=40)
@given(golden=JUDGED, results=SCORED, k=st.integers(1, 6))
def test_every_metric_is_that_of_trec_eval(
    golden: dict[tuple[str, str], int], results: dict[tuple[str, str], float], k: int
) -> None:
    useful = {query for (query, _), relevance in golden.items() if relevance}
    if not useful:
        return
    qrels: dict[str, dict[str, int]] = {}
    for (query, document), relevance in golden.items():
        if query in useful:
            qrels.setdefault(query, {})[document] = relevance
    run: dict[str, dict[str, float]] = {}
    for (query, document), score in results.items():
        run.setdefault(query, {})[document] = score
    theirs = {
        "recall": ir_measures.R @ k,
        "precision": ir_measures.P @ k,
        "ndcg": ir_measures.nDCG @ k,
        "mrr": ir_measures.RR,  # with a cutoff it comes from another program, which breaks ties the other way
        "hit_rate": ir_measures.Success @ k,
    }
    by_query: dict[str, dict[str, float]] = {name: {} for name in theirs}
    for one in ir_measures.iter_calc(list(theirs.values()), qrels, run):
        name = next(name for name, measure in theirs.items() if measure == one.measure)
        by_query[name][one.query_id] = one.value if name != "mrr" or one.value * k >= 1 - 1e-9 else 0.0
    for name, expected in by_query.items():
        found = ranked(table(results, "score"), table(golden, "relevance"), metric=name, k=k)
        values = [expected.get(query, 0.0) for query in useful]
        assert found.value == pytest.approx(sum(values) / len(useful), **CLOSE), name
        assert (found.good, found.total) == (sum(value >= 0.5 for value in values), len(useful)), name


@settings(max_examples=25)
@given(golden=JUDGED, results=SCORED, k=st.integers(1, 4), event=st.sampled_from(["queries", "run", "documents"]))
def test_every_engine_ranks_alike(
    everywhere: Everywhere,
    golden: dict[tuple[str, str], int],
    results: dict[tuple[str, str], float],
    k: int,
    event: str,
) -> None:
    if not any(golden.values()):
        return
    spec = {"metric": "recall", "k": k, "event": event, "at_least": None if event == "documents" else 0.5}
    frames = table(results, "score"), table(golden, "relevance").astype({"relevance": "int64"})
    expected = ranked(*frames, **spec)
    results_of, golden_of = everywhere(frames[0], "results"), everywhere(frames[1], "golden")
    for name, source in results_of.items():
        assert ranked(source, golden_of[name], **spec) == expected, name
        assert ranked(source, frames[1], **spec) == expected, name


def test_ndcg_is_scikit_learns_where_there_are_no_ties() -> None:
    documents = [f"d{n}" for n in range(12)]
    relevance = [3, 0, 2, 1, 0, 0, 1, 3, 0, 2, 1, 1]
    scores = [n * 7 % 12 / 12 for n in range(12)]
    golden = pd.DataFrame({"query": "q", "document": documents, "relevance": relevance})
    results = pd.DataFrame({"query": "q", "document": documents, "score": scores})
    for k in (1, 3, 5, 12, 20):
        expected = sk.ndcg_score([relevance], [scores], k=k)
        assert ranked(results, golden, metric="ndcg", k=k).value == pytest.approx(expected, **CLOSE)


def test_a_query_counts_where_it_reaches_the_limit_and_without_results_it_counts_0() -> None:
    found = ranked(metric="recall", k=2, at_least=0.5)
    assert (found.good, found.total, found.queries, found.unanswered) == (2, 3, 3, 1)
    assert found.value == pytest.approx((0.5 + 1 + 0) / 3)
    assert found.cause == "model_quality"
    assert found.detail == ("recall@2 0.5 over 3 queries: 2 of 3 queries reach 0.5; below it: q3; 1 without results")
    assert ranked(metric="recall", k=3, at_least=1).good == 2
    assert ranked(metric="hit_rate", k=1, at_least=None).good == 2
    third = ranked(RESULTS[:3], GOLDEN[:1], metric="mrr", k=3, at_least="0.3333333334")
    assert (third.good, third.value) == (0, pytest.approx(1 / 3))


def test_documents_and_the_run_are_events_too() -> None:
    recall = ranked(metric="recall", k=2, event="documents", at_least=None)
    assert (recall.good, recall.total, recall.value) == (2, 4, 0.5)
    precision = ranked(metric="precision", k=2, event="documents", at_least=None)
    assert (precision.good, precision.total) == (2, 6)
    run = ranked(metric="recall", k=2, event="run", at_least=0.5)
    assert (run.good, run.total, run.value, run.cause) == (1, 1, 0.5, None)


def test_names_compare_as_texts_and_a_document_counts_once() -> None:
    golden = pd.DataFrame({"query": [1, 1], "document": [10.0, None], "grade": [1.0, 2.0]})
    results = pd.DataFrame({"query": ["1"] * 4, "document": ["10", "10", "7", None], "place": [2, 1, 3, 0]})
    found = ranked(results, golden, metric="precision", k=3, score=None, rank="place", relevance="grade", at_least=0.3)
    assert (found.good, found.value) == (1, pytest.approx(1 / 3))
    assert ranked(results, golden, metric="ndcg", k=3, score=None, rank="place", relevance=None).value == 1


def test_segments_of_queries() -> None:
    golden = GOLDEN.assign(language=["de", "de", "de", "fr", None])
    sources = Source(frame=RESULTS), Source(frame=golden)
    found, empty = measure_ranking(
        *sources, RankingSpec(metric="recall", k=1, score="score", at_least=1), segment="language"
    )
    assert [(one.segment, one.good, one.total) for one in found] == [("de", 0, 1), ("fr", 1, 1)]
    assert empty == 0
    with pytest.raises(DataError, match="query 'q1' is in segments 'de' and 'fr'"):
        ranked(golden=golden.assign(language=["de", "fr", "de", "fr", "fr"]), metric="recall", segment="language")


def test_what_is_wrong_with_a_golden_set_is_said_in_one_line() -> None:
    for golden, problem in (
        (GOLDEN[:0], "golden set: 0 queries, none with a relevant document"),
        (GOLDEN.assign(relevance=0), "golden set: 3 queries, none with a relevant document"),
        (pd.concat([GOLDEN, GOLDEN.assign(relevance=3)]), "query 'q1', document 'a' has two relevances"),
        (GOLDEN.assign(relevance=float("inf")), "relevance is infinite"),
        (GOLDEN.rename(columns={"document": "doc"}), "the frame: has no column 'document'"),
        (GOLDEN.assign(relevance="high"), "'relevance' is categorical"),
    ):
        with pytest.raises(DataError, match=problem):
            ranked(golden=golden, metric="recall")
    only = ranked(golden=GOLDEN.assign(relevance=[2, 1, 0, 0, 0]), metric="recall", k=1)
    assert only.queries == 1


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"metric": "map"}, "metric='map' is not one of recall, precision"),
        ({"metric": "recall", "k": 0}, "k=0: give how many results count"),
        ({"metric": "recall", "rank": "place"}, "give either rank or score"),
        ({"metric": "recall", "at_least": None}, "give at_least, what each query"),
        ({"metric": "ndcg", "event": "documents", "at_least": None}, "is for recall and precision, not for ndcg"),
        ({"metric": "recall", "event": "documents"}, "leave out at_least"),
        ({"metric": "recall", "event": "query"}, "event='query' is not one of queries"),
        ({"metric": "recall", "relevant_from": 0}, "give a relevance above 0"),
        ({"metric": "recall", "at_least": "all"}, "at_least: 'all' is not a number"),
    ],
)
def test_wrong_options(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        RankingSpec(**({"score": "score", "at_least": 0.5} | options))


def test_queries_of_two_types_compare_as_texts_in_every_database(everywhere: Everywhere) -> None:
    frames = RESULTS.replace({"query": {"q1": "1", "q2": "2", "q9": "9"}}), GOLDEN[:4].replace({"q1": 1, "q2": 2})
    golden = frames[1].astype({"query": "float64", "relevance": "int64"})
    expected = ranked(frames[0], golden, metric="recall", k=2)
    assert (expected.good, expected.total) == (2, 2)
    places = everywhere(golden, "golden")
    for name, source in everywhere(frames[0], "results").items():
        assert ranked(source, places[name], metric="recall", k=2) == expected, name
        if source.engine is not None:
            by_sql = Source(engine=source.engine, sql="SELECT query || '' AS query, document, score FROM results")
            assert ranked(by_sql, places[name], metric="recall", k=2) == expected, name


def test_a_text_is_no_score_in_sqlite_either(everywhere: Everywhere) -> None:
    texts = everywhere(RESULTS.astype({"score": "str"}), "results")
    for name in ("frame", "sqlite"):
        with pytest.raises(DataError, match="numbers are needed"):
            ranked(texts[name], metric="recall")
