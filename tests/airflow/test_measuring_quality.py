"""Model and ranking quality of real tables, measured in real DAG runs."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from airflow.sdk import DAG
from measuring_runs import Recorded, clear, new_store, run_as

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.operators.quality import ModelQualityOperator
from airflow_ai_slo.operators.ranking import RankingQualityOperator

DAY = datetime(2024, 5, 3, tzinfo=UTC)
SLOS = ("quality", "ranking", "accuracy-DE", "accuracy-FR", "recall-de")


@pytest.fixture
def recorded(airflow_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorded:
    return new_store(tmp_path, monkeypatch, *SLOS)


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> sqlite3.Connection:
    path = tmp_path / "warehouse.db"
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", f'{{"conn_type": "sqlite", "host": "{path}"}}')
    connection = sqlite3.connect(path)
    rows = [
        ("2024-05-01T08:00:00Z", "DE", 1, 1, 0.9, "7"),
        ("2024-05-01T09:00:00Z", "FR", 0, 1, 0.6, "7"),
        ("2024-05-02T08:00:00Z", "DE", None, 1, 0.8, "7"),
        ("2024-05-02T09:00:00Z", "DE", 0, 0, 0.2, "8"),
        ("2024-05-02T10:00:00Z", "US", 1, None, None, "8"),
    ]
    frame = pd.DataFrame(rows, columns=["made_at", "country", "late", "said", "score", "model"])
    frame.astype({"late": "Int64", "said": "Int64"}).to_sql("scored", connection, index=False)
    pd.DataFrame({"query": ["q1", "q1", "q2"], "document": ["a", "b", "c"], "language": ["de", "de", "fr"]}).to_sql(
        "golden", connection, index=False
    )
    pd.DataFrame({"query": ["q1", "q2"], "document": ["a", "x"], "score": [0.9, 0.5]}).to_sql(
        "found", connection, index=False
    )
    return connection


def quality(task_id: str, **options: Any) -> ModelQualityOperator:
    given = {"slo": "quality", "metric": "accuracy", "label": "late", "conn_id": "warehouse", "table": "scored"}
    given |= {} if "score" in options else {"prediction": "said"}
    return ModelQualityOperator(**({"task_id": task_id} | given | options))


def ranking(task_id: str, **options: Any) -> RankingQualityOperator:
    given = {"slo": "ranking", "metric": "recall", "k": 5, "at_least": 0.5, "conn_id": "warehouse", "table": "found"}
    return RankingQualityOperator(
        **({"task_id": task_id, "golden_table": "golden", "score": "score"} | given | options)
    )


def dag_of(name: str) -> DAG:
    return DAG(name, schedule="@daily", start_date=datetime(2024, 5, 1, tzinfo=UTC), catchup=False)


def test_every_kind_of_metric_is_recorded_with_its_counts(
    recorded: Recorded, warehouse: sqlite3.Connection, tmp_path: Path
) -> None:
    pd.read_sql("SELECT * FROM scored", warehouse).to_csv(tmp_path / "scored.csv", index=False)
    with dag_of("metrics") as dag:
        quality("accuracy")
        quality("f1", metric="f1", on_missing="outside")
        quality("auc", metric="auc_roc", score="score", at_least="{{ 0.5 + 0.1 }}", on_missing="outside")
        quality("requests", metric="score", label=None, score="score", at_least=0.85)
        quality("day", sql="SELECT * FROM scored WHERE made_at < '{{ ds }}'", table=None, model_version="model")
        quality("file", conn_id=None, table=None, path=str(tmp_path / "scored.csv"))
        quality("frame", conn_id=None, table=None, dataframe=lambda: pd.DataFrame({"late": [1], "said": [0]}))
        quality("nothing", sql="SELECT * FROM scored WHERE late > 5", table=None)
    ran = run_as(dag, logical_date=datetime(2024, 5, 2, tzinfo=UTC))
    assert ran.problems == {}
    seen = {one.key.split("/")[1]: one for one in recorded("quality")}
    assert {name: (one.good, one.total, one.value) for name, one in seen.items()} == {
        "accuracy": (2, 4, 0.5),
        "f1": (2, 3, pytest.approx(2 / 3)),
        "auc": (1, 1, 1.0),
        "requests": (1, 5, 0.2),
        "day": (1, 2, 0.5),
        "file": (2, 4, 0.5),
        "frame": (0, 1, 0.0),
        "nothing": (0, 0, None),
    }
    assert seen["accuracy"].cause == "model_quality"
    assert seen["auc"].cause is None
    assert seen["day"].attributes["model_version"] == "7"
    assert "model_version" not in seen["accuracy"].attributes
    assert {"tp": "1", "fp": "1", "fn": "0"}.items() <= seen["f1"].attributes.items()
    assert seen["f1"].attributes["detail"] == "f1 0.666667: tp 1, fp 1, fn 0, tn 1; 1 not labelled yet"
    assert ran.xcoms["accuracy"]["good"] == 2


def test_labels_that_come_in_late_replace_the_counts_of_the_day_of_their_prediction(
    recorded: Recorded, warehouse: sqlite3.Connection
) -> None:
    with dag_of("late_labels") as dag:
        quality("accuracy", at_column="made_at", lookback="7d")
    first = run_as(dag, logical_date=DAY)
    assert first.problems == {}
    before = [(f"{one.at:%m-%d}", one.good, one.total) for one in recorded("quality")]
    assert before == [("05-02", 1, 2), ("05-03", 1, 2)]
    assert recorded("quality")[0].key == "late_labels/accuracy/interval:2024-05-02T00:00:00Z"
    assert first.xcoms["accuracy"]["measured"] == 2
    assert [one["at"] for one in first.xcoms["accuracy"]["newest"]] == ["2024-05-03T00:00:00+00:00"]

    warehouse.execute("UPDATE scored SET late = 0 WHERE late IS NULL")
    warehouse.execute("INSERT INTO scored VALUES ('2024-05-03T08:00:00Z', 'DE', 1, 1, 1, '8')")
    warehouse.commit()
    run_as(dag, logical_date=DAY + timedelta(days=1))
    after = [(f"{one.at:%m-%d}", one.good, one.total) for one in recorded("quality")]
    assert after == [("05-02", 1, 2), ("05-03", 1, 3), ("05-04", 1, 1)]
    clear(dag, first, "accuracy")
    assert [(f"{one.at:%m-%d}", one.good, one.total) for one in recorded("quality")] == after


def test_each_segment_has_an_slo_and_those_without_one_are_named(
    recorded: Recorded, warehouse: sqlite3.Connection
) -> None:
    with dag_of("segments") as dag:
        quality("country", slo="accuracy-{segment}", segment="country")
        quality("nobody", slo="precision-{segment}", segment="country")
        quality("many", slo="accuracy-{segment}", segment="score", max_segments=2)
        ranking("language", slo="recall-{segment}", segment="language")
    ran = run_as(dag, logical_date=DAY)
    assert [(one.good, one.total) for one in recorded("accuracy-DE")] == [(2, 2)]
    assert [(one.good, one.total, one.cause) for one in recorded("accuracy-FR")] == [(0, 1, "model_quality")]
    assert recorded("accuracy-DE")[0].attributes["segment"] == "DE"
    assert ran.xcoms["country"]["unknown"] == ["accuracy-US"]
    assert (ran.xcoms["country"]["measured"], ran.xcoms["country"]["recorded"]) == (3, 2)
    assert ran.problems.keys() == {"nobody", "many"}
    assert "none of these SLOs is applied: precision-DE, precision-FR, precision-US" in ran.problems["nobody"]
    assert "segment='score': has over 2 values" in ran.problems["many"]
    assert [(one.good, one.total, one.value) for one in recorded("recall-de")] == [(1, 1, 0.5)]
    assert ran.xcoms["language"]["unknown"] == ["recall-fr"]


def test_the_store_being_away_fails_nothing_and_loses_nothing(
    recorded: Recorded, warehouse: sqlite3.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dag_of("store_away") as dag:
        quality("accuracy", at_column="made_at")
    away = tmp_path / "away"
    with monkeypatch.context() as patch:
        patch.setenv("AI_SLO_STORE_URL", f"sqlite:///{away / 'none' / 'ai_slo.db'}")
        ran = run_as(dag, logical_date=DAY)
    assert (ran.state, ran.xcoms["accuracy"]["recorded"], recorded("quality")) == ("success", 0, [])
    run_as(dag, logical_date=DAY + timedelta(days=1))
    assert [(f"{one.at:%m-%d}", one.total) for one in recorded("quality")] == [("05-02", 2), ("05-03", 2), ("05-04", 0)]


def test_fail_on_bad_looks_at_the_newest_interval_after_recording_all(
    recorded: Recorded, warehouse: sqlite3.Connection
) -> None:
    warehouse.execute("UPDATE scored SET said = late WHERE made_at LIKE '2024-05-02%'")
    warehouse.commit()
    with dag_of("strict_quality") as dag:
        quality("newest_is_good", at_column="made_at", fail_on_bad=True)
        quality("all", fail_on_bad=True)
        ranking("search", fail_on_bad=True)
    ran = run_as(dag, logical_date=DAY)
    assert ran.tasks == {"newest_is_good": "success", "all": "failed", "search": "failed"}
    assert len(recorded("quality")) == 3
    earlier = run_as(dag, logical_date=DAY - timedelta(days=1))
    assert earlier.tasks["newest_is_good"] == "failed"
    assert "1 good of 2, value 0.5, cause model_quality: bad" in earlier.problems["newest_is_good"]


def test_queries_of_a_golden_set_from_table_query_file_and_frame(
    recorded: Recorded, warehouse: sqlite3.Connection, tmp_path: Path
) -> None:
    golden = pd.read_sql("SELECT * FROM golden", warehouse)
    golden.to_csv(tmp_path / "golden.csv", index=False)
    none = {"golden_table": None}
    with dag_of("searching") as dag:
        ranking("table")
        ranking("query", **none, golden_sql="SELECT * FROM golden WHERE query = 'q1'")
        ranking("file", **none, golden_path=str(tmp_path / "golden.csv"), event="documents", at_least=None)
        ranking("frame", **none, golden_dataframe=lambda: golden, metric="mrr", event="run", at_least="{{ 0.6 }}")
    ran = run_as(dag, logical_date=DAY)
    assert ran.problems == {}
    seen = {one.key.split("/")[1]: one for one in recorded("ranking")}
    assert {name: (one.good, one.total, one.value) for name, one in seen.items()} == {
        "table": (1, 2, 0.25),
        "query": (1, 1, 0.5),
        "file": (1, 3, pytest.approx(1 / 3)),
        "frame": (0, 1, 0.5),
    }
    assert seen["table"].attributes["metric"] == "recall@5"
    assert seen["table"].cause == "model_quality"


def test_what_cannot_be_measured_fails_with_one_line_and_records_nothing(
    recorded: Recorded, warehouse: sqlite3.Connection
) -> None:
    with dag_of("unmeasurable") as dag:
        quality("no_table", table="nowhere")
        quality("no_column", prediction="guess")
        quality("limit", metric="score", label=None, score="score", at_least="{{ ds }}")
        quality("texts", metric="mae", prediction="country", at_most=1)
        quality("zone", at_column="made_at", timezone="Mars")
        ranking("no_golden", golden_table="silver")
    ran = run_as(dag, logical_date=DAY)
    expected = {
        "no_table": "no such table: nowhere",
        "no_column": "column 'guess' is missing; there is made_at, country, late",
        "limit": "at_least: '2024-05-03' is not a number",
        "texts": "'late' or 'country' holds texts in 5 row(s); numbers are needed",
        "zone": "timezone='Mars' is not an IANA time zone",
        "no_golden": "no such table: silver",
    }
    assert ran.problems.keys() == expected.keys()
    for name, problem in expected.items():
        assert problem in ran.problems[name], name
        assert "\n" not in ran.problems[name], name
    assert recorded("quality") == recorded("ranking") == []


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"metric": "auc"}, "metric='auc' is not one of"),
        ({"prediction": None}, "give label with prediction"),
        ({"segment": "country"}, "write where it goes, such as 'quality-{segment}'"),
        ({"slo": "quality-{segment}"}, "say which column it is"),
        ({"slo": "q-{segment}", "segment": "country", "max_segments": 0}, "max_segments=0"),
        ({"at_column": "made_at", "every": "day"}, "every='day' is not a duration"),
        ({"conn_id": None}, "table and sql need conn_id"),
    ],
)
def test_wrong_options_fail_when_the_dag_is_read(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        quality("wrong", **options)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"golden_table": None}, "give the golden set as one of"),
        ({"golden_sql": "SELECT 1"}, "give the golden set as one of"),
        ({"conn_id": None, "table": None, "path": "x.csv"}, "are in the database of conn_id, which is missing"),
        ({"k": 0}, "k=0"),
        ({"at_least": None}, "give at_least"),
    ],
)
def test_wrong_options_of_a_ranking(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        ranking("wrong", **options)
