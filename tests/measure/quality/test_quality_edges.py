"""What happens at the edges: nothing, nulls, infinities, limits, wrong columns and wrong options."""

from __future__ import annotations

import math
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa
from quality_kit import Databases, Everywhere, judged

from airflow_ai_slo.core.errors import ConfigurationError, DataError
from airflow_ai_slo.measure.data import Source
from airflow_ai_slo.measure.quality import QualitySpec
from airflow_ai_slo.measure.quality.groups import Split
from airflow_ai_slo.measure.quality.measuring import measure_quality

EVERY = [
    {"metric": "accuracy", "label": "y", "prediction": "p"},
    {"metric": "precision", "label": "y", "prediction": "p"},
    {"metric": "f1", "label": "y", "prediction": "p", "average": "macro", "at_least": 0.5},
    {"metric": "auc_roc", "label": "y", "score": "s", "at_least": 0.5},
    {"metric": "mae", "label": "y", "prediction": "s", "at_most": 1},
    {"metric": "absolute_error", "label": "y", "prediction": "s", "at_most": 1},
    {"metric": "score", "score": "s", "at_least": 0.5},
]
NO_NUMBERS = "numbers are needed|double precision|Could not convert"
NAN, INF = float("nan"), float("inf")


def rows(y: list[Any], p: list[Any] | None = None, s: list[Any] | None = None) -> pd.DataFrame:
    p, s = p or [0] * len(y), s or [0.5] * len(y)
    frame = pd.DataFrame({"y": pd.Series(y, dtype="Int64"), "p": pd.Series(p, dtype="Int64")})
    return frame.assign(s=pd.Series(s, dtype="float64"))


@pytest.mark.parametrize("spec", EVERY, ids=lambda spec: spec["metric"])
def test_no_rows_say_looked_and_nothing_happened(everywhere: Everywhere, spec: dict[str, Any]) -> None:
    for name, source in everywhere(rows([])).items():
        found = judged(source, **spec)
        assert (found.good, found.total, found.value, found.cause) == (0, 0, None, None), name


@pytest.mark.parametrize("spec", EVERY[:-1], ids=lambda spec: spec["metric"])
def test_labels_yet_to_come_are_outside_and_reported(everywhere: Everywhere, spec: dict[str, Any]) -> None:
    for name, source in everywhere(rows([None, None], [1, None], [0.5, NAN])).items():
        found = judged(source, **spec)
        assert (found.good, found.total, found.counts["unlabelled"]) == (0, 0, 2), name
        assert found.detail.endswith("2 not labelled yet")


@pytest.mark.parametrize(
    ("spec", "bad", "outside"),
    [
        (EVERY[0], (1, 3), (1, 2)),
        ({"metric": "recall", "label": "y", "prediction": "p"}, (1, 2), (1, 1)),
        ({"metric": "f1", "label": "y", "prediction": "p"}, (2, 4), (2, 3)),
        ({"metric": "recall", "label": "y", "score": "s", "threshold": 0.5}, (1, 2), (1, 1)),
        (EVERY[1], (1, 2), (1, 2)),
        (EVERY[3] | {"at_least": 0}, (0, 1), (1, 1)),
        (EVERY[4] | {"at_most": 9}, (0, 1), (1, 1)),
        (EVERY[5] | {"at_most": 9}, (2, 3), (2, 2)),
        (EVERY[6] | {"at_least": 0}, (2, 3), (2, 2)),
    ],
)
def test_a_missing_prediction_is_bad_or_outside(
    everywhere: Everywhere, spec: dict[str, Any], bad: tuple[int, int], outside: tuple[int, int]
) -> None:
    frame = rows([1, 0, 1], [1, 1, None], [0.9, 0.8, NAN])
    for name, source in everywhere(frame).items():
        found = judged(source, **spec)
        assert (found.good, found.total) == bad, name
        found = judged(source, **spec, on_missing="outside")
        assert (found.good, found.total) == outside, name


def test_infinite_errors_are_bad_and_have_no_value(everywhere: Everywhere) -> None:
    frame = pd.DataFrame({"y": [1.0, INF, 1e308], "p": [1.0, INF, -1e308]})
    for name, source in everywhere(frame).items():
        found = judged(source, metric="rmse", label="y", prediction="p", at_most=1e9)
        assert (found.good, found.total, found.value, found.counts["infinite"]) == (0, 1, None, 2), name
        assert "rmse inf: 3 rows, 2 with an infinite error" in found.detail
        within = judged(source, metric="absolute_error", label="y", prediction="p", at_most=1e9)
        assert (within.good, within.total) == (1, 3), name


def test_infinite_scores_have_their_place(everywhere: Everywhere) -> None:
    frame = rows([1, 1, 0, 0], s=[INF, 0.5, 0.5, -INF])
    for source in everywhere(frame).values():
        assert judged(source, **EVERY[3]).value == 3.5 / 4
        above = judged(source, metric="score", score="s", at_least=0.5)
        assert (above.good, above.total) == (3, 4)


def test_exactly_on_the_limit_is_good(everywhere: Everywhere) -> None:
    frame = pd.DataFrame({"y": [1, 1, 1, 0], "s": [0.85, 0.84999, 0.9, 0.85], "z": [1.0, 2.0, 3.0, 4.0]})
    for source in everywhere(frame).values():
        assert judged(source, metric="score", score="s", at_least=0.85).good == 3
        assert judged(source, metric="score", score="s", at_least="0.85", at_most="0.85").good == 2
        assert judged(source, metric="precision", label="y", score="s", threshold=0.85).total == 3
        accuracy = judged(source, metric="accuracy", label="y", score="s", threshold=0.85, at_least=0.5)
        assert (accuracy.good, accuracy.total, accuracy.value) == (1, 1, 0.5)
        assert judged(source, metric="mae", label="y", prediction="z", at_most=1.75).good == 1
        assert judged(source, metric="absolute_error", label="y", prediction="z", at_most=2).good == 3
    thirds = rows([1, 1, 1, 0], s=[0.5, 0.1, 0.9, 0.3])
    assert judged(thirds, **EVERY[3] | {"at_least": Decimal(2) / 3}).good == 0  # 0.666…7 is above 2/3
    assert judged(thirds, **EVERY[3] | {"at_least": "0.666666"}).good == 1


def test_one_row(everywhere: Everywhere) -> None:
    for source in everywhere(rows([1], [1], [0.5])).values():
        assert [judged(source, **spec).total for spec in EVERY] == [1, 1, 1, 0, 1, 1, 1]


def test_booleans_texts_and_decimals_are_classes(everywhere: Everywhere) -> None:
    frame = pd.DataFrame({"y": [True, False, True], "p": [True, True, False], "t": ["late", "on time", "late"]})
    for name, source in everywhere(frame.assign(u=["late", "late", "Late"])).items():
        found = judged(source, metric="f1", label="y", prediction="p")
        assert (found.good, found.total) == (2, 4), name
        text = judged(source, metric="precision", label="t", prediction="u", positive="late")
        assert (text.good, text.total) == (1, 2)
        with pytest.raises(ConfigurationError, match="classes are 'Late', 'late', 'on time': say which one"):
            judged(source, metric="precision", label="t", prediction="u")
        with pytest.raises(DataError, match="labels and predictions must be of one type"):
            judged(source, metric="accuracy", label="y", prediction="u")
        with pytest.raises(ConfigurationError, match="positive=1 is a number, classes are 'Late', 'late'"):
            judged(source, metric="recall", label="t", prediction="u", positive=1)
    decimals = pd.DataFrame({"y": [Decimal("1"), Decimal("0")], "p": [1, 1]})
    assert judged(decimals, metric="precision", label="y", prediction="p").total == 2


def test_a_positive_that_nobody_is_shows_in_the_detail() -> None:
    frame = pd.DataFrame({"y": ["late", "on time"], "p": ["late", "late"]})
    found = judged(frame, metric="recall", label="y", prediction="p", positive="Late")
    assert (found.total, found.value) == (0, None)
    assert "no label is 'Late'; labels: 'late', 'on time'" in found.detail


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        ({"metric": "accuracy", "label": "no", "prediction": "p"}, "column 'no'"),
        (
            {"metric": "mae", "label": "y", "prediction": "t", "at_most": 1},
            NO_NUMBERS,
        ),
        ({"metric": "score", "score": "t", "at_least": 1}, NO_NUMBERS),
        ({"metric": "auc_roc", "label": "y", "score": "t", "at_least": 1}, NO_NUMBERS),
        ({"metric": "f1", "label": "y", "score": "t", "threshold": 1}, NO_NUMBERS),
    ],
)
def test_a_missing_column_and_texts_for_numbers_are_errors(
    everywhere: Everywhere, spec: dict[str, Any], problem: str
) -> None:
    frame = rows([1, 0]).assign(t=["x", "y"])
    for source in everywhere(frame).values():
        with pytest.raises(DataError, match=problem):
            judged(source, **spec)


def test_scores_are_no_classes(everywhere: Everywhere) -> None:
    frame = pd.DataFrame({"y": [0, 1] * 600, "p": [n / 1200 for n in range(1200)]})
    for source in everywhere(frame).values():
        with pytest.raises(DataError, match="'p' has over 1000 different values: are these scores"):
            judged(source, metric="accuracy", label="y", prediction="p")


def test_segments_are_few_and_rows_without_one_are_reported(everywhere: Everywhere) -> None:
    frame = pd.DataFrame({"y": [1, 0, 1, 1], "p": [1, 1, 1, 0], "g": ["DE", "fr", None, "DE"], "v": list("1223")})
    spec = QualitySpec(metric="accuracy", label="y", prediction="p")
    for source in everywhere(frame).values():
        found = measure_quality(source, spec, Split(segment="g", version="v"))
        assert [(p.segment, p.quality.good, p.quality.total, p.version) for p in found.parts] == [
            ("DE", 1, 2, None),
            ("fr", 0, 1, "2"),
        ]
        assert found.unsegmented == 1
        with pytest.raises(DataError, match="segment='g': has over 1 values"):
            measure_quality(source, spec, Split(segment="g", most_segments=1))


@pytest.mark.parametrize("metric", ["accuracy", "mae"])
def test_two_values_with_one_name_are_no_two_segments(tmp_path: Path, metric: str) -> None:
    frame = pd.DataFrame({"y": [1, 0], "p": [1, 1], "g": pd.Series([1, "1"], dtype=object)})
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'rows.db'}")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE rows (y, p, g)")
        connection.exec_driver_sql("INSERT INTO rows VALUES (1, 1, 1), (0, 1, '1')")
    limit = {"at_most": 1} if metric == "mae" else {}
    spec = QualitySpec(metric=metric, label="y", prediction="p", **limit)  # type: ignore[arg-type]
    for source in (Source(frame=frame), Source(engine=engine, table="rows")):
        with pytest.raises(DataError, match="segment='g': 1 and '1' have one name; write it one way"):
            measure_quality(source, spec, Split(segment="g"))


def test_a_query_and_a_postgresql_enumeration(databases: Databases) -> None:
    engine = databases.engines["postgresql"]
    with engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE IF EXISTS kinds; DROP TYPE IF EXISTS kind"))
        connection.execute(sa.text("CREATE TYPE kind AS ENUM ('spam', 'ham')"))
        connection.execute(sa.text("CREATE TABLE kinds (y kind, p kind, s numeric(4, 2), r real, b boolean)"))
        connection.execute(sa.text("INSERT INTO kinds VALUES ('spam','spam',.85,.5,true),('ham','spam','NaN',1,false)"))
    source = Source(engine=engine, sql="SELECT * FROM kinds WHERE p::text = 'spam';")
    assert judged(source, metric="precision", label="y", prediction="p", positive="spam").total == 2
    scored = judged(source, metric="score", score="s", at_least=0.85)
    assert (scored.good, scored.total, scored.counts["missing"]) == (1, 2, 1)
    assert judged(source, metric="auc_roc", label="b", score="r", at_least=0.5).value == 0
    assert judged(source, metric="mae", label="b", prediction="r", at_most=2).value == 0.75
    assert judged(source, metric="auc_roc", label="y", score="r", positive="ham", at_least=0.5).value == 1


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"metric": "acuracy"}, "metric='acuracy' is not one of accuracy"),
        ({"metric": "accuracy", "label": "y"}, "give label with prediction, or with score and threshold"),
        ({"metric": "accuracy", "label": "y", "prediction": "p", "threshold": 1}, "give label with prediction, or"),
        ({"metric": "accuracy", "label": "y", "score": "s"}, "give label with prediction, or"),
        ({"metric": "auc_roc", "label": "y", "prediction": "p", "at_least": 1}, "give label and score"),
        ({"metric": "auc_roc", "label": "y", "score": "s"}, "is no ratio of counts; give at_least or at_most"),
        ({"metric": "mae", "label": "y", "prediction": "p"}, "is no ratio of counts"),
        ({"metric": "score", "score": "s"}, "is no ratio of counts"),
        ({"metric": "score", "score": "s", "at_least": 1, "threshold": 1}, "has no threshold"),
        ({"metric": "score", "score": "s", "at_least": 2, "at_most": 1}, "nothing is in between"),
        ({"metric": "score", "score": "s", "at_least": NAN}, "at_least: nan is not finite"),
        ({"metric": "score", "score": "s", "at_least": "much"}, "at_least: 'much' is not a number"),
        ({"metric": "absolute_error", "label": "y", "prediction": "p", "at_least": 1}, "give at_most"),
        ({"metric": "accuracy", "label": "y", "prediction": "p", "average": "micro"}, "average is for precision"),
        ({"metric": "f1", "label": "y", "prediction": "p", "average": "macro"}, "macro average: is no ratio"),
        (
            {"metric": "f1", "label": "y", "prediction": "p", "average": "micro", "positive": 1},
            "leave out positive and score",
        ),
        ({"metric": "accuracy", "label": "y", "prediction": "p", "on_missing": "skip"}, "neither 'bad' nor 'outside'"),
    ],
)
def test_options_that_do_not_go_together_are_refused_in_one_line(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem) as raised:
        QualitySpec(**options)
    assert "\n" not in str(raised.value)


def test_a_thousand_rows_of_0_1_are_summed_as_in_the_textbook() -> None:
    frame = pd.DataFrame({"y": [0.0] * 1000, "p": [0.1] * 1000})
    found = judged(frame, metric="rmse", label="y", prediction="p", at_most=0.1000001)
    assert found.good == 1
    assert math.isclose(found.value or 0, 0.1, rel_tol=1e-12)
