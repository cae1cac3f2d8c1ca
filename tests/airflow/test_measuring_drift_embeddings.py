"""Embedding drift in real DAG runs, and the examples on the pages of drift and of data quality."""

from __future__ import annotations

import json
import re
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from airflow.sdk import DAG
from measuring_runs import Recorded, new_store, run_as

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.measure.drift.vectors import VectorProfile, save_vectors
from airflow_ai_slo.operators.embedding_drift import EmbeddingDriftOperator

DAY = datetime(2024, 5, 1, tzinfo=UTC)
PAGES = Path(__file__).parents[2] / "docs" / "operators"


def drawn(rows: int, seed: int, shift: float = 0.0) -> Any:
    return np.random.default_rng(seed).normal(shift, 1, (rows, 8))


@pytest.fixture
def recorded(airflow_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorded:
    warehouse = tmp_path / "warehouse.db"
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", f'{{"conn_type": "sqlite", "host": "{warehouse}"}}')
    monkeypatch.setenv("AI_SLO_PROFILES", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    with sqlite3.connect(warehouse) as connection:
        texts = pd.DataFrame({"embedding": [json.dumps(row.tolist()) for row in drawn(300, 2)]})
        texts.to_sql("query_embeddings", connection, index=False)
        rows = pd.DataFrame({"temp": [1.0, None, 3.0], "day": f"{datetime.now(UTC):%Y-%m-%d}"})
        rows.to_sql("features", connection, index=False)
    sample = VectorProfile(name="queries", created_at=DAY, source="a test", sample=drawn(300, 1))
    save_vectors(sample, tmp_path / "queries.npz")
    return new_store(tmp_path, monkeypatch, "vectors", "queries-like-january", "features-whole")


def test_samples_that_can_be_told_apart_are_bad(recorded: Recorded) -> None:
    frames = {
        "calm": drawn(300, 3),
        "moved": drawn(300, 4, shift=1),
        "few": drawn(5, 5),
        "other": drawn(300, 6)[:, :3],
    }

    with DAG("vectors", schedule="@daily", start_date=DAY) as dag:
        for name, vectors in frames.items():
            frame = pd.DataFrame({"v": list(vectors)})
            EmbeddingDriftOperator(
                task_id=name, slo="vectors", reference="queries", column="v", dataframe=lambda frame=frame: frame
            )
        EmbeddingDriftOperator(task_id="unknown", slo="vectors", reference="answers", column="v", path="x.csv")
    ran = run_as(dag, logical_date=DAY)
    seen = {one.key.split("/")[1]: one for one in recorded("vectors")}
    assert {name: (one.good, one.total) for name, one in seen.items()} == {
        "calm": (1, 1),
        "moved": (0, 1),
        "few": (0, 0),
    }
    assert (seen["moved"].cause, seen["moved"].value > 0.9) == ("data_drift", True)
    assert re.fullmatch("queries@[0-9a-f]{8}", seen["moved"].attributes["reference"])
    assert ran.xcoms["few"]["verdict"] == "insufficient"
    assert ran.problems["other"] == "column 'v': vectors have 3 numbers; the reference's have 8"
    assert "answers.npz" in ran.problems["unknown"]


def test_samples_of_no_size_are_refused_when_the_dag_is_read() -> None:
    with pytest.raises(ConfigurationError, match="sample=0"):
        EmbeddingDriftOperator(task_id="e", slo="vectors", reference="queries", column="v", path="x.csv", sample=0)


@pytest.mark.parametrize(
    ("page", "number", "slo", "counts"),
    [("drift.md", 3, "queries-like-january", (1, 1)), ("data-quality.md", 0, "features-whole", (2, 3))],
)
def test_the_examples_of_the_pages_run(
    recorded: Recorded, tmp_path: Path, page: str, number: int, slo: str, counts: tuple[int, int]
) -> None:
    (tmp_path / "expectations").mkdir()
    suite = {
        "name": "features",
        "expectations": [{"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "temp"}}],
    }
    (tmp_path / "expectations" / "features.json").write_text(json.dumps(suite))
    code = re.findall(r"```python\n(.*?)```", (PAGES / page).read_text(encoding="utf-8"), re.DOTALL)[number]
    names: dict[str, Any] = {}
    exec(compile(code, str(PAGES / page), "exec"), names)
    ran = run_as(names["dag"], logical_date=datetime.now(UTC))
    assert ran.state == "success", ran.problems
    assert [(seen.good, seen.total) for seen in recorded(slo)] == [counts]
