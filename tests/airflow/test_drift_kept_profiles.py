"""Drift of real flights against reference profiles that the SLO store keeps."""

from __future__ import annotations

import shutil
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from airflow.sdk import DAG
from measuring_runs import Recorded, new_store, run_as

REPOSITORY = Path(__file__).parent.parent.parent
if str(REPOSITORY / "dags") not in sys.path:
    sys.path.insert(0, str(REPOSITORY / "dags"))

from flights.warehouse import FEATURES  # noqa: E402

from airflow_ai_slo.expectations import register_profile  # noqa: E402
from airflow_ai_slo.expectations.profiles import _registered  # noqa: E402
from airflow_ai_slo.hooks.store import SLOHook  # noqa: E402
from airflow_ai_slo.measure.drift import build_profile, load_profile, save_profile  # noqa: E402
from airflow_ai_slo.operators.drift import DataDriftOperator  # noqa: E402
from demo.lay import flights_2013, laid  # noqa: E402

DAY = datetime(2024, 7, 15, tzinfo=UTC)
NOW = datetime(2024, 7, 1, tzinfo=UTC)
JULY = [date(2013, 7, 8) + timedelta(days=number) for number in range(7)]
COLUMNS = ["dep_delay", "hour", "distance", "origin"]


@pytest.fixture(scope="module")
def july() -> pd.DataFrame:
    """A week's flights out of New York, as the delay model sees them."""
    flights = [flight for day, rows in flights_2013(JULY).items() for flight in laid(rows, day)]
    rows = [{name: getattr(one, name) for name in FEATURES} for one in flights if one.dep_delay is not None]
    return pd.DataFrame(rows)


@pytest.fixture
def recorded(
    airflow_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Recorded:
    """A store with two versions of the profile ``features``: January 2013, and then the week of July."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("AIRFLOW_CONN_SLO_DEFAULT", raising=False)
    seen = new_store(tmp_path, monkeypatch, "drift")
    january = load_profile(REPOSITORY / "expectations" / "profiles" / "flights-january.json")
    assert SLOHook().save_profile(january, now=NOW, name="features") == 1
    summer = build_profile(request.getfixturevalue("july"), name="features", now=NOW, source="a week of July 2013")
    assert SLOHook().save_profile(summer, now=NOW) == 2
    return seen


def drift(july: pd.DataFrame, task_id: str, **options: Any) -> DataDriftOperator:
    return DataDriftOperator(task_id=task_id, slo="drift", **({"dataframe": lambda: july} | options))


def test_the_store_s_newest_version_is_the_reference_unless_another_is_asked_for(
    recorded: Recorded, july: pd.DataFrame
) -> None:
    suite = {
        "name": "features",
        "expectations": [
            {"type": "expect_column_psi_to_be_less_than", "kwargs": {"column": name, "profile": "features@1"}}
            for name in COLUMNS
        ],
    }
    with DAG("kept_profiles", schedule="@daily", start_date=DAY) as dag:
        drift(july, "newest", reference="features", columns=COLUMNS)
        drift(july, "first", reference="features@{{ params.version }}", columns=COLUMNS, params={"version": 1})
        drift(july, "suite", suite=suite)
    ran = run_as(dag, logical_date=DAY)
    assert ran.problems == {}
    seen = {one.key.split("/")[1]: one for one in recorded("drift")}
    # A summer week is what it is itself, and not what January was: departures slip.
    assert {name: (one.good, one.total) for name, one in seen.items()} == {
        "newest": (4, 4),
        "first": (3, 4),
        "suite": (3, 4),
    }
    assert {name: one.attributes.get("reference") for name, one in seen.items()} == {
        "newest": "features@2",
        "first": "features@1",
        "suite": "features",
    }
    assert ran.xcoms["first"]["drifted"] == ran.xcoms["suite"]["drifted"] == ["dep_delay"]


def test_registered_comes_before_files_and_files_before_the_store(
    recorded: Recorded, july: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = drift(july, "one", reference="features", columns=["origin"])
    assert one.compare().profile == "features@2"
    (tmp_path / "expectations" / "profiles").mkdir(parents=True)
    save_profile(
        build_profile(july, name="in a file", now=NOW), tmp_path / "expectations" / "profiles" / "features.json"
    )
    assert one.compare().profile == "in a file"
    monkeypatch.setattr("airflow_ai_slo.expectations.profiles._registered", dict(_registered))
    register_profile(build_profile(july, name="features", now=NOW))
    assert one.compare().profile == "features"
    # A version is only ever in the store.
    assert drift(july, "two", reference="features@1", columns=["origin"]).compare().profile == "features@1"


def test_a_profile_that_is_nowhere_fails_without_retries_and_names_every_place(
    recorded: Recorded, july: pd.DataFrame
) -> None:
    with DAG("no_profile", schedule="@daily", start_date=DAY, default_args={"retries": 2, "retry_delay": 0}) as dag:
        drift(july, "unknown", reference="winter")
        drift(july, "too_new", reference="features@3")
    ran = run_as(dag, logical_date=DAY)
    assert set(ran.tries.values()) == {1}
    for part in ("profile='winter' is not registered", "winter.json in", "the store holds no profile 'winter'"):
        assert part in ran.problems["unknown"]
    assert "'features' has versions 1 to 2" in ran.problems["too_new"]
    assert recorded("drift") == []


def test_a_store_that_is_down_fails_only_the_task_that_is_to_stop_bad_data(
    recorded: Recorded, july: pd.DataFrame, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    suite = {
        "name": "features",
        "expectations": [
            {"type": "expect_column_psi_to_be_less_than", "kwargs": {"column": "hour", "profile": "features"}}
        ],
    }
    with DAG("store_down", schedule="@daily", start_date=DAY, default_args={"retries": 1, "retry_delay": 0}) as dag:
        drift(july, "watching", reference="features")
        drift(july, "suite", suite=suite)
        drift(july, "stopping", reference="features", fail_on_bad=True)
    monkeypatch.setenv("AIRFLOW_CONN_SLO_DEFAULT", "postgres://nobody@127.0.0.1:9/slo")
    ran = run_as(dag, logical_date=DAY)
    assert ran.tasks == {"watching": "success", "suite": "success", "stopping": "failed"}
    assert ran.tries["stopping"] == 2
    assert "127.0.0.1" in ran.problems["stopping"]
    for name in ("watching", "suite"):
        assert ran.xcoms[name]["recorded"] is False
        assert "127.0.0.1" in ran.xcoms[name]["problem"]
    assert "Not measured: the reference profile is in the SLO store" in capfd.readouterr().out


def test_a_profile_in_a_file_needs_no_store(
    recorded: Recorded, july: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(REPOSITORY / "expectations", tmp_path / "expectations")
    monkeypatch.setenv("AIRFLOW_CONN_SLO_DEFAULT", "postgres://nobody@127.0.0.1:9/slo")
    found = drift(july, "file", reference="flights-january", columns=COLUMNS).compare()
    assert [column.column for column in found.drifted] == ["dep_delay"]
