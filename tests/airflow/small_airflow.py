"""A small Airflow as people run it: API server, scheduler and DAG processor, with a home of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from api_server import ApiServer, api_server

COMPONENTS = {"scheduler": ["scheduler", "--skip-serve-logs"], "dag-processor": ["dag-processor"]}


@dataclass
class SmallAirflow:
    """What runs, and what environment it runs in.

    :param pids: of its processes, by name.
    """

    server: ApiServer
    env: dict[str, str]
    folder: Path
    pids: dict[str, int] = field(default_factory=dict)

    def admin(self, path: str, body: Any = None, method: str | None = None) -> Any:
        """The JSON of an answer to the admin."""
        answer = self.server.call(f"/api/v2{path}", token=self.server.token("bob"), body=body, method=method)
        assert answer.status < 300, answer
        return answer.body

    def start(self, name: str, code: str) -> subprocess.Popen[bytes]:
        """A Python process in this environment, its output in ``<name>.log``."""
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen([sys.executable, "-c", code], env=self.env, stdout=log, stderr=subprocess.STDOUT)

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")


@contextmanager
def small_airflow(folder: Path, dags: dict[str, str], **environment: str) -> Iterator[SmallAirflow]:
    """Start it, wait until it knows its DAGs, and stop it in the end.

    :param dags: text of each DAG file by its name.
    """
    home = folder / "home"
    (home / "dags").mkdir(parents=True)
    for name, text in dags.items():
        (home / "dags" / name).write_text(text)
    env = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "2",
        # Beside other tests an answer may take longer than Airflow waits for one by default.
        "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "120",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.3",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "PYTHONPATH": os.pathsep.join(sys.path),
    } | environment
    airflow = [sys.executable, "-m", "airflow"]
    subprocess.run([*airflow, "db", "migrate"], env=os.environ | env, check=True, capture_output=True)
    with api_server(folder, **env) as server:
        everything = {**os.environ, **env, "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{server.origin}/execution/"}
        running = SmallAirflow(server, everything, folder)
        processes = []
        for name, command in COMPONENTS.items():
            with (folder / f"{name}.log").open("wb") as log:
                processes.append(
                    subprocess.Popen(
                        [*airflow, *command], env=everything, stdout=log, stderr=log, start_new_session=True
                    )
                )
            running.pids[name] = processes[-1].pid
        try:
            until(lambda: len(running.admin("/dags")["dags"]) >= len(dags), 120)
            yield running
        finally:
            for process in processes:
                _end(process)


def until(is_so: Callable[[], bool], seconds: float) -> float:
    """Wait until something is so; how long it took."""
    began = time.monotonic()
    while not is_so():
        assert time.monotonic() - began < seconds, "it did not become so"
        time.sleep(0.2)
    return time.monotonic() - began


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and all it started: it leads a session of its own."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(timeout=120)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue
