"""Freshness of feature views, by a real Feast where one is installed beside Airflow (``pip install feast``)."""

from __future__ import annotations

import importlib.util
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from airflow.sdk import DAG
from measuring_runs import Recorded, new_store, run_as

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.operators.freshness import FeastFreshnessOperator
from airflow_ai_slo.sensors.freshness import FeastFreshnessSensor

DAY = datetime(2024, 5, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
INSTALLED = importlib.util.find_spec("feast") is not None
with_feast = pytest.mark.skipif(not INSTALLED, reason="Feast is not installed")
without_feast = pytest.mark.skipif(INSTALLED, reason="Feast is installed")


@pytest.fixture
def recorded(airflow_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorded:
    return new_store(tmp_path, monkeypatch, "freshness")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a Parquet file and SQLite online: one view materialised up to noon, one up to 9, one never."""
    feast = pytest.importorskip("feast")
    from feast.types import Float32

    folder = tmp_path / "feature_repo"
    (folder / "data").mkdir(parents=True)
    (folder / "feature_store.yaml").write_text(
        "project: flights\nprovider: local\nregistry: data/registry.db\nentity_key_serialization_version: 3\n"
        "online_store:\n  type: sqlite\n  path: data/online.db\noffline_store:\n  type: file\n"
    )
    stamps = [DAY + hour * HOUR for hour in range(12)]
    frame = pd.DataFrame({"carrier": ["AA", "UA"] * 6, "delay": [0.5] * 12, "event_timestamp": stamps})
    frame.to_parquet(folder / "data" / "delays.parquet")
    source = feast.FileSource(path=str(folder / "data" / "delays.parquet"), timestamp_field="event_timestamp")
    carrier = feast.Entity(name="carrier", join_keys=["carrier"])
    names = ("until_noon", "until_nine", "never")
    schema = [feast.Field(name="delay", dtype=Float32)]
    ttl = timedelta(days=10_000)
    views = [feast.FeatureView(name=one, entities=[carrier], schema=schema, source=source, ttl=ttl) for one in names]
    store = feast.FeatureStore(repo_path=str(folder))
    store.apply([carrier, *views])
    store.materialize(DAY, DAY + 12 * HOUR, feature_views=["until_noon"])
    store.materialize(DAY + 3 * HOUR, DAY + 9 * HOUR, feature_views=["until_nine"])
    store.materialize(DAY, DAY + 6 * HOUR, feature_views=["until_nine"])
    return folder


def check(task_id: str, repository: Path, feature_view: Any, **options: Any) -> FeastFreshnessOperator:
    defaults = {"slo": "freshness", "max_age": HOUR, "as_of": "2024-05-01T13:00:00Z"}
    return FeastFreshnessOperator(
        task_id=task_id, feature_view=feature_view, feast_repo=str(repository), **(defaults | options)
    )


@with_feast
def test_a_feature_view_is_as_fresh_as_feast_materialised_it(recorded: Recorded, repository: Path) -> None:
    with DAG("feast", schedule="@daily", start_date=DAY, params={"view": "until_nine"}) as dag:
        check("fresh", repository, "until_noon")
        check("file", repository / "feature_store.yaml", "until_noon")
        check("stale", repository, "{{ params.view }}")
        check("never", repository, "never")
        check("several", repository, ["until_noon", "until_nine", "never"])
        check("unknown", repository, "arrivals")
        check("no_repository", repository / "data", "until_noon")
    ran = run_as(dag, logical_date=DAY)
    seen = {one.key.split("/")[1]: one for one in recorded("freshness")}
    assert {name: (one.good, one.total, one.value, one.attributes["method"]) for name, one in seen.items()} == {
        "fresh": (1, 1, 3600.0, "check"),
        "file": (1, 1, 3600.0, "check"),
        "stale": (0, 1, 4 * 3600.0, "check"),
        "never": (0, 0, None, "check"),
        "several": (1, 3, 4 * 3600.0, "keys"),
    }
    assert "not fresh: until_nine, never; 1 without a watermark" in seen["several"].attributes["detail"]
    assert seen["fresh"].attributes["watermark"] == "2024-05-01T12:00:00+00:00"
    known = "never, until_nine, until_noon"
    assert ran.problems["unknown"] == f"feature_view='arrivals': Feast's registry holds no such view; it holds {known}"
    assert ran.problems["no_repository"].endswith("/feature_repo/data': there is no feature_store.yaml")


@with_feast
def test_a_sensor_waits_for_feature_views(repository: Path, run_dag: Any) -> None:
    with DAG("feast_waits", schedule=None) as dag:
        options: dict[str, Any] = {"feast_repo": str(repository), "deferrable": True}
        aged = timedelta(days=10_000)
        FeastFreshnessSensor(task_id="fresh", feature_view="until_nine", max_age=aged, **options)
        FeastFreshnessSensor(task_id="stale", feature_view="until_nine", max_age=HOUR, timeout=0, **options)
        FeastFreshnessSensor(task_id="never", feature_view=["until_nine", "never"], max_age=aged, timeout=0, **options)
    assert run_dag(dag).states == {"fresh": "success", "stale": "failed", "never": "failed"}


@without_feast
def test_without_feast_the_task_says_what_to_install(recorded: Recorded, tmp_path: Path) -> None:
    with DAG("no_feast", schedule="@daily", start_date=DAY) as dag:
        check("ask", tmp_path, "until_noon")
    problem = "Feast is not installed where this task runs: pip install feast"
    assert run_as(dag, logical_date=DAY).problems == {"ask": problem}
    assert recorded("freshness") == []


@pytest.mark.parametrize(
    ("options", "problem"),
    [({"over": HOUR}, "not when that became so"), ({"feature_view": []}, "feature_view is empty")],
)
def test_options_that_do_not_fit_fail_when_the_dag_is_read(
    options: dict[str, Any], problem: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        check("wrong", tmp_path, **({"feature_view": "until_noon"} | options))
