"""The gate policy as people install it: its wheel beside Airflow, found by its entry point, in other processes."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
import textwrap
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from airflow_ai_slo.store import Store
from demo.api import AirflowApi
from demo.processes import Processes, stop, tail
from demo.settings import REPOSITORY, Places, airflow_environment, free_port

SOURCE = REPOSITORY / "distributions" / "gate-policy"
GATE = "freeze_gate_recommender"

DAGS = """
from airflow.sdk import DAG, task

def deployment(dag_id, tags):
    with DAG(dag_id, schedule=None, tags=tags, is_paused_upon_creation=False) as dag:
        @task
        def build():
            print("build ran")

        @task(retries=2)
        def deploy():
            print("deploy ran")

        @task(trigger_rule="all_done")
        def always():
            print("always ran")

        build() >> deploy()
        always()
    return dag

tagged = deployment("tagged", ["deploys:recommender"])
untagged = deployment("untagged", ["recommender"])
"""

PARSE = """
import json, sys
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(sys.argv[1])
print(json.dumps({"dags": {name: sorted(dag.task_ids) for name, dag in bag.dags.items()}, "errors": bag.import_errors}))
"""

START = """
import sys
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(sys.argv[1])
print("parsed", sorted(bag.dags), bag.import_errors)
assert bag.dags["untagged"].get_task(sys.argv[2])._pre_execute_hook is None
task = bag.dags["tagged"].get_task(sys.argv[2])
try:
    task._pre_execute_hook({"task": task, "ti": None})
except Exception as error:
    print(f"{type(error).__name__}: {error}")
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The distribution's wheel, built from its source."""
    folder = tmp_path_factory.mktemp("wheel")
    source = shutil.copytree(SOURCE, folder / "source", ignore=shutil.ignore_patterns("__pycache__", ".*_cache"))
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=source, check=True, capture_output=True, text=True)
    return next(folder.glob("*.whl"))


@pytest.fixture
def site(wheel: Path, tmp_path: Path) -> Path:
    """A folder that holds the installed distribution; active for processes that have it on PYTHONPATH, no others."""
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(tmp_path / "site")
    return tmp_path / "site"


@pytest.fixture
def dags(tmp_path: Path) -> Path:
    folder = tmp_path / "dags"
    folder.mkdir()
    (folder / "deployments.py").write_text(DAGS)
    return folder


def environment(home: Path, site: Path | None, dags: Path, store_url: str, *, port: int = 8080) -> dict[str, str]:
    """An Airflow of its own, the policy installed where ``site`` is given."""
    found = airflow_environment(Places(home), port=port, slack=None)
    path = [str(folder) for folder in (site, REPOSITORY) if folder is not None]
    return found | {
        "PYTHONPATH": os.pathsep.join(path),
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "AIRFLOW_CONN_SLO_DEFAULT": store_url,
    }


def python(code: str, env: Mapping[str, str], *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *args], env=dict(env), capture_output=True, text=True, timeout=120, check=False
    )


def parsed(env: Mapping[str, str], dags: Path) -> Any:
    ran = python(PARSE, env, str(dags))
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout.splitlines()[-1])


def test_the_wheel_holds_the_policy_alone_and_names_it_to_airflow(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
        points = next(name for name in names if name.endswith("entry_points.txt"))
        assert packed.read(points).decode().split() == [
            "[airflow.policy]",
            "ai_slo_gate",
            "=",
            "airflow_ai_slo_gate.policy",
        ]
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"airflow_ai_slo_gate"}


def test_importing_the_policy_loads_the_standard_library_and_pluggy_only(site: Path) -> None:
    code = textwrap.dedent(
        """
        import sys
        import pluggy
        before = set(sys.modules)
        import airflow_ai_slo_gate.policy
        print({name for name in set(sys.modules) - before if name.partition(".")[0] not in sys.stdlib_module_names})
        """
    )
    ran = python(code, {"PYTHONPATH": str(site), "PATH": os.environ["PATH"]})
    assert ast.literal_eval(ran.stdout) == {"airflow_ai_slo_gate", "airflow_ai_slo_gate.policy"}, ran.stderr


def test_a_tagged_dag_gets_its_gate_where_the_policy_is_installed_and_nowhere_else(
    site: Path, dags: Path, tmp_path: Path
) -> None:
    plain = ["always", "build", "deploy"]
    found = parsed(environment(tmp_path, site, dags, "sqlite://"), dags)
    assert found == {"dags": {"tagged": [*plain[:2], "deploy", GATE], "untagged": plain}, "errors": {}}
    found = parsed(environment(tmp_path, None, dags, "sqlite://"), dags)
    assert found == {"dags": {"tagged": plain, "untagged": plain}, "errors": {}}


@pytest.mark.parametrize("broken", ["placing.py", "gates.py"])
def test_a_broken_policy_breaks_neither_airflow_nor_other_dags_and_keeps_tagged_ones_closed(
    broken: str, site: Path, dags: Path, tmp_path: Path, recommender: Callable[..., None], store: Store
) -> None:
    recommender(bad=1)
    (site / "airflow_ai_slo_gate" / broken).write_text("def broken(:\n")
    env = environment(tmp_path, site, dags, str(store.engine.url))
    started = python(START, env, str(dags), "always")
    assert "parsed ['tagged', 'untagged'] {}" in started.stdout
    assert (
        "AirflowFailException: Stopped: DAG tagged, tagged deploys:recommender, has no working freeze" in started.stdout
    )
    assert "SyntaxError" in started.stdout


def test_where_the_main_package_lacks_the_gate_airflow_works_and_tagged_dags_stay_closed(
    site: Path, dags: Path, tmp_path: Path
) -> None:
    env = environment(tmp_path, site, dags, "sqlite://")
    hidden = "import sys; sys.modules['airflow_ai_slo.operators.gate'] = None\n"
    ran = python(hidden + START, env, str(dags), "always")
    assert "AirflowFailException: Stopped: DAG tagged" in ran.stdout, ran.stderr
    assert "ModuleNotFoundError" in ran.stdout


def test_a_policy_that_is_broken_to_the_core_keeps_tagged_dags_out(site: Path, dags: Path, tmp_path: Path) -> None:
    for name in ("placing.py", "starts.py"):
        (site / "airflow_ai_slo_gate" / name).unlink()
    found = parsed(environment(tmp_path, site, dags, "sqlite://"), dags)
    assert set(found["dags"]) == {"untagged"}
    assert "AirflowClusterPolicyError" in str(found["errors"])


@pytest.fixture
def airflow(site: Path, dags: Path, tmp_path: Path, store: Store) -> Iterator[AirflowApi]:
    """An API server, a scheduler with LocalExecutor and a DAG processor, all with the policy installed."""
    port = free_port(0)
    env = environment(tmp_path, site, dags, str(store.engine.url), port=port)
    migrated = subprocess.run(
        [sys.executable, "-m", "airflow", "db", "migrate"], env=env, capture_output=True, text=True, check=False
    )
    assert migrated.returncode == 0, migrated.stderr
    processes = Processes(tmp_path / "processes.json", tmp_path / "logs")
    try:
        for name in ("dag-processor", "scheduler", "api-server"):
            processes.start(name, [sys.executable, "-m", "airflow", name], env)
        api = AirflowApi(f"http://127.0.0.1:{port}")
        _until(lambda: set(api.ill()) <= {"triggerer"}, processes)
        yield api
    finally:
        stop(tmp_path / "processes.json")


def _until(done: Callable[[], bool], processes: Processes, patience: float = 120) -> None:
    deadline = time.monotonic() + patience
    while not done():
        dead = processes.dead()
        assert dead is None, tail(Path(dead.log)) if dead else ""
        assert time.monotonic() < deadline, "Airflow is not up in time"
        time.sleep(0.5)


def test_a_real_scheduler_and_its_workers_hold_to_the_gate(
    airflow: AirflowApi, recommender: Callable[..., None]
) -> None:
    def states(dag_id: str, run_id: str) -> dict[str, str]:
        found = airflow._call("GET", f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances")["task_instances"]
        return {one["task_id"]: one["state"] for one in found}

    def run(dag_id: str, conf: Mapping[str, Any] | None = None) -> tuple[str, dict[str, str]]:
        run_id = airflow.trigger(dag_id, conf)
        airflow.wait(dag_id, run_id, patience=90)
        return run_id, states(dag_id, run_id)

    recommender(bad=1)
    passed, seen = run("tagged")
    assert seen == {GATE: "success", "build": "success", "deploy": "success", "always": "success"}

    recommender(bad=8)
    stopped, seen = run("tagged")
    assert seen == {GATE: "failed", "build": "upstream_failed", "deploy": "upstream_failed", "always": "failed"}
    for task_id in (GATE, "always"):
        log = "\n".join(airflow.log("tagged", stopped, task_id))
        for words in (
            "service recommender are frozen",
            "SLO recommender-runs",
            "of its error budget left",
            "since",
            "thaws when",
        ):
            assert words in log
        assert "always ran" not in log

    airflow._call(
        "POST",
        "/dags/tagged/clearTaskInstances",
        {"dry_run": False, "dag_run_id": passed, "task_ids": ["deploy"], "only_failed": False},
    )
    assert airflow.wait("tagged", passed, patience=90) == "failed"
    assert states("tagged", passed) == {GATE: "success", "build": "success", "deploy": "failed", "always": "success"}
    log = "\n".join(airflow.log("tagged", passed, "deploy", attempt=2))
    assert "service recommender are frozen" in log
    assert "deploy ran" not in log

    assert set(run("tagged", {"labels": ["security"]})[1].values()) == {"success"}
    assert run("untagged")[1] == {"build": "success", "deploy": "success", "always": "success"}
