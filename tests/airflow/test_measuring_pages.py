"""The pages of the measuring operators: their first example runs as it is written."""

from __future__ import annotations

import re
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from airflow.sdk import DAG
from measuring_runs import Recorded, new_store, run_as

from airflow_ai_slo.measure.drift import build_profile, save_profile

PAGES = Path(__file__).parents[2] / "docs" / "operators"


@pytest.fixture
def recorded(airflow_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorded:
    now = datetime.now(UTC)
    warehouse = tmp_path / "warehouse.db"
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", f'{{"conn_type": "sqlite", "host": "{warehouse}"}}')
    monkeypatch.setenv("AI_SLO_PROFILES", str(tmp_path))
    flights = pd.DataFrame({"temp": range(100), "dep_delay": range(100), "carrier": ["AA", "B6"] * 50})
    save_profile(build_profile(flights, name="january", now=now), tmp_path / "january.json")
    current = flights.assign(
        day=f"{now:%Y-%m-%d}",
        updated_at=(now - timedelta(hours=26)).isoformat(),
        loaded_at=(now - timedelta(hours=25)).isoformat(),
    )
    current.to_sql("features", sqlite3.connect(warehouse), index=False)
    log = pd.DataFrame({"at": [(now - timedelta(minutes=n)).isoformat() for n in (1, 2)], "duration_ms": [90, 250]})
    log.assign(status=[200, 503]).to_sql("requests", sqlite3.connect(warehouse), index=False)
    scored = pd.DataFrame({"late": [True] * 3 + [False], "probability": [0.9, 0.8, 0.2, 0.75]})
    scored["predicted_at"] = (now - timedelta(days=1)).replace(hour=12).isoformat()
    scored.to_sql("scored", sqlite3.connect(warehouse), index=False)
    found = pd.DataFrame({"query": ["a", "b"], "document": ["x", "y"], "score": [0.9, 0.8]})
    found.to_sql("search_results", sqlite3.connect(warehouse), index=False)
    found.assign(document="x").to_sql("golden", sqlite3.connect(warehouse), index=False)
    timed = ("inference-latency", "inference-available", "feature-reads", "search-recall", "late-flights-precision")
    slos = ("scores-completion", "scores-throughput", "features-fresh", "features-like-january")
    return new_store(tmp_path, monkeypatch, *slos, *timed)


def examples(page: str) -> list[DAG]:
    """The DAG of each example, in order."""
    dags = []
    for code in re.findall(r"```python\n(.*?)```", (PAGES / page).read_text(encoding="utf-8"), re.DOTALL):
        names: dict[str, Any] = {}
        exec(compile(code, str(PAGES / page), "exec"), names)
        dags.append(names["dag"])
    assert dags
    return dags


@pytest.mark.parametrize(
    ("page", "slo", "counts"),
    [
        ("completion.md", "scores-completion", (1, 1)),
        ("throughput.md", "scores-throughput", (1, 1)),
        ("freshness.md", "features-fresh", (1, 1)),
        ("drift.md", "features-like-january", (3, 3)),
        ("latency.md", "inference-latency", (1, 2)),
        ("latency.md", "inference-available", (1, 2)),
        ("probe.md", "feature-reads", (20, 20)),
        ("probe.md", "search-recall", (10, 10)),
        ("model-quality.md", "late-flights-precision", (2, 3)),
        ("ranking-quality.md", "search-recall", (1, 2)),
    ],
)
def test_the_first_example_of_a_page_runs(recorded: Recorded, page: str, slo: str, counts: tuple[int, int]) -> None:
    ran = run_as(examples(page)[0], logical_date=datetime.now(UTC))
    assert ran.state == "success", ran.problems
    assert [(seen.good, seen.total) for seen in recorded(slo)] == [counts]


@pytest.mark.parametrize(
    ("page", "number", "slo", "counts"),
    [
        ("throughput.md", 1, "scores-throughput", (0, 1)),
        ("freshness.md", 1, "features-fresh", (2, 2)),
        ("freshness.md", 2, "features-fresh", (3600, 3600)),
        ("freshness.md", 3, "features-fresh", (1, 1)),
        ("freshness.md", 4, "features-fresh", (0, 0)),
    ],
)
def test_the_other_examples_of_a_page_run(
    recorded: Recorded, page: str, number: int, slo: str, counts: tuple[int, int]
) -> None:
    import fsspec

    today = f"/lake/features/day={datetime.now(UTC):%Y-%m-%d}/part.parquet"
    fsspec.filesystem("memory").pipe(today, b"features")
    ran = run_as(examples(page)[number], logical_date=datetime.now(UTC))
    assert ran.state == "success", ran.problems
    assert [(seen.good, seen.total) for seen in recorded(slo)] == [counts]


def test_every_example_of_the_sensors_page_is_a_dag() -> None:
    code = re.findall(r"```python\n(.*?)```", (PAGES.parent / "sensors" / "freshness.md").read_text(), re.DOTALL)
    assert len(code) == 2
    for one in code:
        exec(compile(one, "freshness.md", "exec"), {})
