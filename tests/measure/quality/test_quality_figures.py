"""Every metric against scikit-learn to 1e-9, on drawn rows, on its own data sets, and on real flights."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sklearn.metrics as sk
from hypothesis import given, settings
from hypothesis import strategies as st
from quality_kit import Everywhere, flights, judged

from airflow_ai_slo.measure.data import Source
from airflow_ai_slo.measure.quality import QualitySpec

CLOSE = {"rel": 1e-9, "abs": 1e-9}
TWO = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1), st.sampled_from([0.1, 0.2, 0.5, 0.9])), min_size=1)
MANY = st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("abcde")), min_size=1)
REALS = st.floats(-1e6, 1e6)


def theirs(metric: str, y: Any, p: Any, **options: Any) -> float:
    call = {"precision": sk.precision_score, "recall": sk.recall_score, "f1": sk.f1_score}[metric]
    return float(call(y, p, zero_division=np.nan, **options))


@settings(max_examples=30)
@given(rows=TWO)
def test_two_classes(rows: list[tuple[int, int, float]]) -> None:
    frame = pd.DataFrame(rows, columns=["y", "p", "s"])
    found = judged(frame, metric="accuracy", label="y", prediction="p")
    assert found.value == pytest.approx(sk.accuracy_score(frame.y, frame.p), **CLOSE)
    assert (found.good, found.total) == (int((frame.y == frame.p).sum()), len(frame))
    for metric in ("precision", "recall", "f1"):
        found = judged(frame, metric=metric, label="y", prediction="p")
        expected = theirs(metric, frame.y, frame.p)
        assert (
            (found.value, found.total) == (None, 0)
            if math.isnan(expected)
            else found.value == pytest.approx(expected, **CLOSE)
        )
        by_score = judged(frame, metric=metric, label="y", score="s", threshold=0.5)
        expected = theirs(metric, frame.y, frame.s >= 0.5)
        assert by_score.value == (None if math.isnan(expected) else pytest.approx(expected, **CLOSE))


@settings(max_examples=30)
@given(rows=TWO)
def test_auc_roc_counts_ties_by_half(rows: list[tuple[int, int, float]]) -> None:
    frame = pd.DataFrame(rows, columns=["y", "p", "s"])
    found = judged(frame, metric="auc_roc", label="y", score="s", at_least=0.5)
    if frame.y.nunique() < 2:
        assert (found.value, found.good, found.total) == (None, 0, 0)
    else:
        assert found.value == pytest.approx(sk.roc_auc_score(frame.y, frame.s), **CLOSE)
        assert found.total == 1


@settings(max_examples=30)
@given(rows=MANY)
def test_many_classes(rows: list[tuple[str, str]]) -> None:
    frame = pd.DataFrame(rows, columns=["y", "p"])
    for metric in ("precision", "recall", "f1"):
        micro = judged(frame, metric=metric, label="y", prediction="p", average="micro")
        assert micro.value == pytest.approx(theirs(metric, frame.y, frame.p, average="micro"), **CLOSE)
        macro = judged(frame, metric=metric, label="y", prediction="p", average="macro", at_least=0.5)
        call = {"precision": sk.precision_score, "recall": sk.recall_score, "f1": sk.f1_score}[metric]
        expected = call(frame.y, frame.p, average="macro", zero_division=0)
        assert macro.value == pytest.approx(expected, **CLOSE)
        assert macro.total == 1
        for one in set(frame.y):
            of_one = judged(frame, metric=metric, label="y", prediction="p", positive=one)
            expected = theirs(metric, frame.y == one, frame.p == one)
            assert of_one.value == (None if math.isnan(expected) else pytest.approx(expected, **CLOSE))


@settings(max_examples=30)
@given(rows=st.lists(st.tuples(REALS, REALS), min_size=1))
def test_errors(rows: list[tuple[float, float]]) -> None:
    frame = pd.DataFrame(rows, columns=["y", "p"])
    mae = judged(frame, metric="mae", label="y", prediction="p", at_most=1)
    rmse = judged(frame, metric="rmse", label="y", prediction="p", at_most=1)
    assert mae.value == pytest.approx(sk.mean_absolute_error(frame.y, frame.p), **CLOSE)
    assert rmse.value == pytest.approx(sk.root_mean_squared_error(frame.y, frame.p), **CLOSE)
    assert (mae.good, mae.total) == (int(mae.value <= 1), 1)
    within = judged(frame, metric="absolute_error", label="y", prediction="p", at_most=1)
    assert (within.good, within.total) == (int(((frame.y - frame.p).abs() <= 1).sum()), len(frame))


def test_real_flights_everywhere(everywhere: Everywhere) -> None:
    """4,000 flights of January 2013, late or not, by a model of scikit-learn's."""
    scored = flights(20_000).iloc[::5]
    said = scored.probability >= 0.2
    expected = {
        "accuracy": sk.accuracy_score(scored.late, said),
        "precision": sk.precision_score(scored.late, said),
        "recall": sk.recall_score(scored.late, said),
        "f1": sk.f1_score(scored.late, said),
        "auc_roc": sk.roc_auc_score(scored.late, scored.probability),
    }
    assert 0.55 < expected["auc_roc"] < 0.95
    for name, source in everywhere(scored).items():
        for metric, value in expected.items():
            options = {"at_least": 0.5} if metric == "auc_roc" else {"threshold": 0.2}
            found = judged(source, metric=metric, label="late", score="probability", **options)
            assert found.value == pytest.approx(value, **CLOSE), (name, metric)
        for metric, value in (
            ("mae", sk.mean_absolute_error(scored.delay, scored.guess)),
            ("rmse", sk.root_mean_squared_error(scored.delay, scored.guess)),
        ):
            found = judged(source, metric=metric, label="delay", prediction="guess", at_most=30)
            assert found.value == pytest.approx(value, **CLOSE), (name, metric)


def test_scikit_learns_own_data(everywhere: Everywhere) -> None:
    from sklearn.datasets import load_digits
    from sklearn.model_selection import cross_val_predict
    from sklearn.naive_bayes import GaussianNB

    digits, target = load_digits(return_X_y=True)
    frame = pd.DataFrame({"y": target.astype("int64"), "p": cross_val_predict(GaussianNB(), digits, target)})
    expected = sk.f1_score(frame.y, frame.p, average="macro")
    for source in everywhere(frame).values():
        found = judged(source, metric="f1", label="y", prediction="p", average="macro", at_least=str(expected - 1e-6))
        assert found.value == pytest.approx(expected, **CLOSE)
        assert (found.good, found.total, found.cause) == (1, 1, None)
        accuracy = judged(source, metric="accuracy", label="y", prediction="p")
        assert (accuracy.good, accuracy.total) == (int((frame.y == frame.p).sum()), 1797)


@settings(max_examples=30)
@given(rows=TWO, seed=st.integers(0, 100))
def test_the_order_of_rows_and_labels_yet_to_come_change_nothing(rows: list[tuple[int, int, float]], seed: int) -> None:
    frame = pd.DataFrame(rows, columns=["y", "p", "s"]).astype({"y": "Int64"})
    waiting = pd.concat([frame, frame.assign(y=pd.NA).astype({"y": "Int64"})]).sample(frac=1, random_state=seed)
    for spec in (
        {"metric": "f1", "label": "y", "prediction": "p"},
        {"metric": "auc_roc", "label": "y", "score": "s", "at_least": 0.5},
        {"metric": "rmse", "label": "y", "prediction": "s", "at_most": 0.5},
    ):
        one, other = judged(frame, **spec), judged(waiting, **spec)
        assert (one.good, one.total) == (other.good, other.total)
        assert other.value == (None if one.value is None else pytest.approx(one.value, **CLOSE))
        assert other.counts["unlabelled"] == len(frame)


@settings(max_examples=30)
@given(rows=TWO)
def test_auc_roc_depends_on_the_order_of_scores_alone(rows: list[tuple[int, int, float]]) -> None:
    frame = pd.DataFrame(rows, columns=["y", "p", "s"])
    spec = {"metric": "auc_roc", "label": "y", "score": "s", "at_least": 0.5}
    straight = judged(frame, **spec).value
    assert judged(frame.assign(s=np.exp(frame.s)), **spec).value == straight
    turned = judged(frame.assign(s=-frame.s), **spec).value
    assert turned == (None if straight is None else pytest.approx(1 - straight, **CLOSE))


@settings(max_examples=30)
@given(rows=TWO, places=st.lists(st.sampled_from("abc"), min_size=1))
def test_counts_of_segments_add_up_to_those_of_all(rows: list[tuple[int, int, float]], places: list[str]) -> None:
    from airflow_ai_slo.measure.quality.groups import Split
    from airflow_ai_slo.measure.quality.measuring import measure_quality

    frame = pd.DataFrame(rows, columns=["y", "p", "s"])
    frame["g"] = [places[n % len(places)] for n in range(len(frame))]
    spec = QualitySpec(metric="precision", label="y", prediction="p")
    whole = judged(frame, metric="precision", label="y", prediction="p")
    parts = measure_quality(Source(frame=frame), spec, Split(segment="g")).parts
    assert sum(part.quality.good for part in parts) == whole.good
    assert sum(part.quality.total for part in parts) == whole.total
