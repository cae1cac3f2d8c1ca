"""The pages of gates, sensors, evaluation and reports: their first example runs as it is written."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import DAG

PAGES = Path(__file__).parents[2] / "docs"


def example(page: str) -> DAG:
    found = re.search(r"```python\n(.*?)```", (PAGES / page).read_text(encoding="utf-8"), re.DOTALL)
    assert found
    names: dict[str, Any] = {}
    exec(compile(found[1], str(PAGES / page), "exec"), names)
    dag: DAG = names["dag"]
    return dag


@pytest.fixture(autouse=True)
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "warehouse.db"
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", json.dumps({"conn_type": "sqlite", "host": str(path)}))
    monkeypatch.setenv("AIRFLOW_VAR_SLO_REPORT", str(tmp_path / "slo.html"))
    monkeypatch.setenv("AIRFLOW_VAR_SLO_REPORTS", str(tmp_path / "reports"))
    loaded = (datetime.now(UTC) - timedelta(hours=3)).isoformat()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE features (updated_at TEXT)")
        connection.execute("INSERT INTO features VALUES (?)", (loaded,))


@pytest.mark.parametrize(
    "page",
    [
        "operators/gate.md",
        "operators/evaluate.md",
        "operators/report.md",
        "sensors/gate.md",
        "sensors/freshness.md",
        "decorators/freeze-gate.md",
    ],
)
def test_the_example_of_a_page_runs(page: str, recommender: Callable[..., None], run_dag: Callable[..., Any]) -> None:
    recommender(bad=1)
    assert set(run_dag(example(page)).states.values()) == {"success"}


@pytest.mark.parametrize("page", ["operators/gate.md", "decorators/freeze-gate.md"])
def test_the_example_of_a_gate_stops_while_frozen(
    page: str, recommender: Callable[..., None], run_dag: Callable[..., Any]
) -> None:
    recommender(bad=4)
    assert set(run_dag(example(page)).states.values()) <= {"failed", "upstream_failed"}
