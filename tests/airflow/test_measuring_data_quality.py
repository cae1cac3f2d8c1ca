"""Data quality measured in real DAG runs, by suites and by a user's own Great Expectations project."""

from __future__ import annotations

import json
import re
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from airflow.sdk import DAG
from measuring_runs import Recorded, new_store, run_as

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.operators.data_quality import DataQualityOperator

DAY = datetime(2024, 5, 1, tzinfo=UTC)
FLIGHTS = pd.DataFrame(
    {"carrier": ["AA", "UA", None, "ZZ", "AA", "UA"], "delay": [1.0, 900.0, 3.0, None, 5.0, 6.0]}, index=[7] * 6
)
IN_SET = {"type": "expect_column_values_to_be_in_set", "kwargs": {"column": "carrier", "value_set": ["AA", "UA"]}}
BETWEEN = {"type": "expect_column_values_to_be_between", "kwargs": {"column": "delay", "max_value": 600, "mostly": 0.7}}
NOT_NULL = {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "carrier"}}
ROWS = {"type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 1}}
GONE = {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "gone"}}
SUITE = {"name": "flights", "expectations": [IN_SET, BETWEEN, NOT_NULL, ROWS]}


@pytest.fixture
def recorded(airflow_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorded:
    return new_store(tmp_path, monkeypatch, "quality")


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "warehouse.db"
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", f'{{"conn_type": "sqlite", "host": "{path}"}}')
    with sqlite3.connect(path) as connection:
        FLIGHTS.to_sql("flights", connection, index=False)
        FLIGHTS.head(0).to_sql("tomorrow", connection, index=False)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    import great_expectations as gx

    root = tmp_path / "project"
    root.mkdir()
    FLIGHTS.to_csv(root / "flights.csv", index=False)
    context = gx.get_context(mode="file", project_root_dir=str(root))
    files = context.data_sources.add_pandas_filesystem("files", base_directory=str(root))
    whole = files.add_csv_asset("flights").add_batch_definition_path("whole", path="flights.csv")
    frames = context.data_sources.add_pandas("frames").add_dataframe_asset("frame")
    suite = context.suites.add(gx.ExpectationSuite(**SUITE))
    for name, data in (("files", whole), ("frames", frames.add_batch_definition_whole_dataframe("whole"))):
        definition = gx.ValidationDefinition(name=name, data=data, suite=suite)
        context.validation_definitions.add(definition)
        context.checkpoints.add(gx.Checkpoint(name=name, validation_definitions=[definition]))
    return root


def by_task(recorded: Recorded) -> dict[str, tuple[float, float]]:
    return {seen.key.split("/")[1]: (seen.good, seen.total) for seen in recorded("quality")}


def test_expectations_or_rows_that_are_met_are_counted_wherever_the_rows_are(
    recorded: Recorded, warehouse: None, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "flights.json").write_text(json.dumps(SUITE))
    FLIGHTS.to_csv(tmp_path / "flights.csv", index=False)

    def quality(task_id: str, **options: Any) -> None:
        DataQualityOperator(**{"task_id": task_id, "slo": "quality", "suite": SUITE} | options)

    with DAG("quality", schedule="@daily", start_date=DAY) as dag:
        quality("table", conn_id="warehouse", table="flights")
        quality("table_rows", conn_id="warehouse", table="flights", event="rows")
        quality("query_rows", conn_id="warehouse", sql="SELECT * FROM flights WHERE delay < 700", event="rows")
        quality("file", suite=str(tmp_path / "flights.json"), path=str(tmp_path / "flights.csv"))
        quality("frame_rows", dataframe=lambda: FLIGHTS, event="rows", data_docs=f"{tmp_path}/{{{{ ds }}}}.html")
        nothing = {"name": "flights", "expectations": [NOT_NULL]}
        quality("empty_rows", conn_id="warehouse", table="tomorrow", event="rows", suite=nothing)
    ran = run_as(dag, logical_date=DAY)
    assert ran.problems == {}
    assert by_task(recorded) == {
        "table": (2, 4),
        "table_rows": (3, 6),
        "query_rows": (3, 4),
        "file": (2, 4),
        "frame_rows": (3, 6),
        "empty_rows": (0, 0),
    }
    assert recorded("quality")[0].attributes["suite"] == "flights"
    xcom = ran.xcoms["frame_rows"]
    assert (xcom["met"], xcom["judged"], xcom["value"], xcom["cause"]) == (2, 4, 0.5, "other")
    assert xcom["unmet"] == [f"{one['type']}(carrier)" for one in (IN_SET, NOT_NULL)]
    assert "values must belong to this set" in Path(xcom["data_docs"]).read_text()
    assert Path(xcom["data_docs"]) == tmp_path / "2024-05-01.html"
    assert "3 of 6 rows meet all 3 that look at rows" in capfd.readouterr().out


def test_a_checkpoint_of_a_project_runs_as_it_is(recorded: Recorded, project: Path) -> None:
    options: dict[str, Any] = {"slo": "quality", "project": str(project)}
    with DAG("checkpoints", schedule="@daily", start_date=DAY) as dag:
        DataQualityOperator(task_id="files", checkpoint="files", event="rows", data_docs=True, **options)
        DataQualityOperator(task_id="frames", checkpoint="frames", dataframe=lambda: FLIGHTS.head(2), **options)
        DataQualityOperator(task_id="unknown", checkpoint="nightly", **options)
        DataQualityOperator(task_id="no_data", checkpoint="frames", **options)
    ran = run_as(dag, logical_date=DAY)
    assert by_task(recorded) == {"files": (3, 6), "frames": (3, 4)}
    assert set(ran.problems) == {"unknown", "no_data"}
    assert "there are: files, frames" in ran.problems["unknown"]
    assert "dataframe" in ran.problems["no_data"]
    assert list((project / "gx" / "uncommitted" / "validations").rglob("*.json")), "the project keeps its own results"
    assert Path(ran.xcoms["files"]["data_docs"].removeprefix("file://")).is_file()


def test_a_project_that_is_none_is_refused_and_none_is_made(recorded: Recorded, tmp_path: Path) -> None:
    with DAG("nowhere", schedule="@daily", start_date=DAY) as dag:
        DataQualityOperator(task_id="none", slo="quality", project=str(tmp_path), checkpoint="files")
    assert "gx/great_expectations.yml" in run_as(dag, logical_date=DAY).problems["none"]
    assert not (tmp_path / "gx").exists()


def test_an_expectation_that_a_project_lost_is_an_error(recorded: Recorded, project: Path) -> None:
    path = project / "gx" / "expectations" / "flights.json"
    document = json.loads(path.read_text())
    lost = {"id": "8a1b6b5e-5f9b-4a63-a0a6-0d4b9c7d1e11", "type": "expect_column_to_be_calm", "kwargs": {"column": "x"}}
    path.write_text(json.dumps(document | {"expectations": [*document["expectations"], lost]}))
    with DAG("lost", schedule="@daily", start_date=DAY) as dag:
        DataQualityOperator(task_id="lost", slo="quality", project=str(project), checkpoint="files")
    problem = run_as(dag, logical_date=DAY).problems["lost"]
    assert re.search("expect_column_to_be_calm", problem)
    assert recorded("quality") == []


def test_expectations_that_raise_fail_the_task_once_the_rest_is_recorded(recorded: Recorded) -> None:
    suite = {"name": "flights", "expectations": [NOT_NULL, GONE]}
    with DAG("raising", schedule="@daily", start_date=DAY) as dag:
        options: dict[str, Any] = {"slo": "quality", "suite": suite, "dataframe": lambda: FLIGHTS}
        DataQualityOperator(task_id="fails", event="rows", **options)
        DataQualityOperator(task_id="warns", on_error="warn", **options)
        DataQualityOperator(task_id="stops", on_error="warn", fail_on_bad=True, **options)
    ran = run_as(dag, logical_date=DAY)
    assert ran.tasks == {"fails": "failed", "warns": "success", "stops": "failed"}
    assert "gone" in ran.problems["fails"]
    assert by_task(recorded) == {"fails": (5, 6), "warns": (0, 1), "stops": (0, 1)}
    assert ran.xcoms["fails"]["errors"] == ["expect_column_values_to_not_be_null(gone)"]


def test_fail_on_bad_stops_data_below_the_objective(recorded: Recorded) -> None:
    with DAG("strict_suite", schedule="@daily", start_date=DAY) as dag:
        options: dict[str, Any] = {"slo": "quality", "dataframe": lambda: FLIGHTS, "fail_on_bad": True}
        DataQualityOperator(task_id="bad", suite=SUITE, **options)
        DataQualityOperator(task_id="good", suite={**SUITE, "expectations": [BETWEEN, ROWS]}, **options)
    assert run_as(dag, logical_date=DAY).tasks == {"bad": "failed", "good": "success"}


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"suite": None}, "a suite, or a project"),
        ({"project": "p", "checkpoint": "c"}, "a suite, or a project"),
        ({"suite": None, "project": "p"}, "a suite, or a project"),
        ({"path": None}, "one of table, sql, path or dataframe"),
        ({"suite": None, "project": "p", "checkpoint": "c"}, "has its own data"),
        ({"batch_parameters": {"year": "2024"}}, "belong to a checkpoint"),
        ({"data_docs": True}, "the HTML file to write"),
        ({"event": "cells"}, "neither 'expectations' nor 'rows'"),
        ({"on_error": "ignore"}, "neither 'fail' nor 'warn'"),
    ],
)
def test_wrong_options_fail_when_the_dag_is_read(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        DataQualityOperator(**{"task_id": "q", "slo": "quality", "suite": SUITE, "path": "x.csv"} | options)
