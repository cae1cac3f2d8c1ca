"""The whole of ``make demo`` on three days: a running Airflow, its live runs, and an end that leaves nothing behind."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

pytestmark = pytest.mark.airflow

REPOSITORY = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def env(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    root = tmp_path_factory.mktemp("live") / "demo"
    path = os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "dags")])
    return os.environ | {"DEMO_ROOT": str(root), "DEMO_DAYS": "3", "PYTHONPATH": path}


def _demo(what: str, env: Mapping[str, str]) -> str:
    ran = subprocess.run(
        [sys.executable, "-m", f"demo.{what}"], env=env, cwd=REPOSITORY, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, check=False, timeout=400,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-2000:]
    return ran.stdout


@pytest.fixture(scope="module")
def shown(env: Mapping[str, str]) -> Iterator[str]:
    try:
        yield _demo("run", env)
    finally:
        _demo("stop", env)


@pytest.fixture(scope="module")
def origin(shown: str) -> str:
    found = re.search(r"Airflow runs at (http://127\.0\.0\.1:\d+)", shown)
    assert found, shown
    return found[1]


def test_every_live_run_is_told_and_the_table_names_every_slo(shown: str, env: Mapping[str, str]) -> None:
    for said in ("3 days of real DAG runs", "today's run scored", "slo_evaluation:", "slo_report:", "deploy_model:"):
        assert said in shown
    for slo in ("completion", "throughput", "freshness", "drift"):
        assert re.search(rf"^flight-delays-{slo} .* \d+%", shown, re.MULTILINE), shown
    assert (Path(env["DEMO_ROOT"]) / "report.html").stat().st_size > 10_000


def test_airflow_stays_up_with_its_dags_unpaused(origin: str) -> None:
    with urllib.request.urlopen(f"{origin}/auth/token") as answer:
        token = json.load(answer)["access_token"]
    request = urllib.request.Request(f"{origin}/api/v2/dags", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request) as answer:
        dags = json.load(answer)["dags"]

    assert {dag["dag_id"]: dag["is_paused"] for dag in dags} == dict.fromkeys(
        ("deploy_model", "flights_delay", "slo_evaluation", "slo_report"), False
    )


def test_nothing_listens_beyond_this_machine(env: Mapping[str, str], shown: str) -> None:
    started = {one["pid"] for one in json.loads((Path(env["DEMO_ROOT"]) / "processes.json").read_text())}

    assert {host for host, _ in _listening(_members(started))} == {"127.0.0.1"}


def test_stopping_ends_every_process_and_stopping_again_says_so(env: Mapping[str, str], shown: str) -> None:
    started = {one["pid"] for one in json.loads((Path(env["DEMO_ROOT"]) / "processes.json").read_text())}
    assert len(_members(started)) >= 5

    assert "processes ended" in _demo("stop", env)

    assert _members(started) == set()
    assert "No demo is running" in _demo("stop", env)


def _members(sessions: set[int]) -> set[int]:
    from demo.processes import members_of

    return members_of(sessions)


def _listening(pids: set[int]) -> set[tuple[str, int]]:
    import psutil

    found: set[tuple[str, int]] = set()
    for pid in pids:
        with contextlib.suppress(psutil.NoSuchProcess):
            open_now = psutil.Process(pid).net_connections()
            found |= {(one.laddr.ip, one.laddr.port) for one in open_now if one.status == psutil.CONN_LISTEN}
    return found
