"""Four simulated days through a real Airflow: a good one, a failing one, one without a run, a late one."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.slack_server import SlackServer

pytestmark = pytest.mark.airflow

GOOD, FAILS, MISSING, LATE = (f"2026-11-{day}" for day in (20, 21, 22, 23))


@pytest.fixture(scope="module")
def slack() -> Iterator[SlackServer]:
    with SlackServer() as server:
        yield server


@pytest.fixture(scope="module")
def played(slack: SlackServer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    script = Path(__file__).with_name("four_days.py")
    folder = tmp_path_factory.mktemp("demo") / "state"
    ran = subprocess.run(
        [sys.executable, str(script), str(folder), slack.base_url],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr[-4000:]
    result: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return result


def _bad(played: dict[str, Any], slo: str) -> list[tuple[str, str]]:
    return sorted((at[:10], cause) for at, cause in played["measured"][f"flight-delays-{slo}"]["bad"])


def test_each_day_is_told_and_the_report_is_written(played: dict[str, Any]) -> None:
    assert played["told"] == ["stored", "day", "day", "day", "day", "played", "reported"]
    assert played["report"] > 10_000


def test_completion_sees_the_failed_run_the_missing_and_the_late_one(played: dict[str, Any]) -> None:
    assert _bad(played, "completion") == [
        (FAILS, "pipeline_failure"),
        (MISSING, "missing_run"),
        (LATE, "late"),
    ]


def test_throughput_sees_that_the_late_run_was_slow(played: dict[str, Any]) -> None:
    assert _bad(played, "throughput") == [(LATE, "latency")]


def test_freshness_sees_every_day_without_a_load_also_the_one_on_which_nothing_ran(played: dict[str, Any]) -> None:
    assert _bad(played, "freshness") == [(FAILS, "stale_features"), (MISSING, "stale_features")]


def test_drift_is_measured_on_the_days_that_have_features(played: dict[str, Any]) -> None:
    assert played["measured"]["flight-delays-drift"]["total"] == 2 * 6


def test_airflow_keeps_the_runs_with_their_simulated_times(played: dict[str, Any]) -> None:
    pipeline = {
        logical_date[:10]: (state, start, end)
        for dag, logical_date, state, start, end in played["runs"]
        if dag == "flights_delay"
    }

    assert {day: state for day, (state, _, _) in pipeline.items()} == {
        GOOD: "success", FAILS: "failed", LATE: "success"
    }  # fmt: skip
    assert pipeline[GOOD][1][:16] == f"{GOOD} 06:00"
    assert pipeline[LATE][2][:15] == f"{LATE} 11:1"


def test_slack_is_told_of_incidents_and_three_bad_runs_of_four_freeze(
    played: dict[str, Any], slack: SlackServer
) -> None:
    said = [message["text"].splitlines()[0] for message in slack.messages]

    assert any(line.endswith(": Features are of yesterday") for line in said)
    assert any(line.endswith(": Scores are complete by 10:00 UTC") for line in said)
    assert played["measured"]["frozen"] == ["flight-delays-completion"]
