"""Definitions applied by real DAG runs."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import DAG

from airflow_ai_slo import SLO, engine
from airflow_ai_slo.operators.definitions import ApplySLOsOperator
from airflow_ai_slo.store import Store

numbers = itertools.count()
PAGE = Path(__file__).parents[2] / "docs" / "operators" / "apply.md"


def applying(definitions: Any) -> DAG:
    with DAG(f"applying_{next(numbers)}", schedule=None) as dag:
        ApplySLOsOperator(task_id="definitions", definitions=definitions, retries=2)
    return dag


def test_definitions_are_applied_and_what_is_there_stays(run_dag: Callable[..., Any], store: Store) -> None:
    slo = SLO(name="done", service="scores", objective=0.9, window="28d")
    assert run_dag(applying([slo])).xcom("definitions") == {"done": "created"}
    assert run_dag(applying([slo])).xcom("definitions") == {"done": "unchanged"}


def test_a_wrong_one_fails_at_once_and_in_one_line(run_dag: Callable[..., Any], store: Store, tmp_path: Path) -> None:
    (tmp_path / "slo.yaml").write_text("apiVersion: openslo/v1\nkind: SLO\nmetadata: {name: done}\nspec: {}\n")
    ran = run_dag(applying(str(tmp_path)))
    assert (ran.states["definitions"], ran.tries("definitions")) == ("failed", 1)
    assert "slo.yaml" in ran.log
    ran = run_dag(applying([42]))
    assert "definitions: give OpenSLO files or folders, SLO, Service and Target objects" in ran.log


def test_a_store_that_is_away_fails_nothing(
    run_dag: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "folder").mkdir()
    monkeypatch.setenv("AIRFLOW_CONN_SLO_DEFAULT", f"sqlite:///{tmp_path / 'folder'}")
    ran = run_dag(applying([SLO(name="done", service="scores", objective=0.9)]))
    assert ran.states["definitions"] == "success"
    assert "Not applied: the SLO store: " in ran.log


def test_the_example_of_the_page_runs(run_dag: Callable[..., Any], store: Store) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(example, str(PAGE), "exec"), names)
    assert set(run_dag(names["dag"]).states.values()) == {"success"}
    assert [one.slo.name for one in engine.status(store, at=datetime.now(UTC))] == ["scores-completion"]
