"""The compose file's services as plain processes on this machine, two of some."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil
from backing import LOCAL, Postgres
from compose_file import REPOSITORY, Service

from airflow_ai_slo.store import Store, open_store
from demo.api import AirflowApi
from demo.processes import Processes, members_of, tail
from demo.settings import free_port

PATIENCE = 240.0
"""Seconds after which something that should come does not; many times what a quiet machine takes."""

ONE_MACHINE = {
    "AIRFLOW__API__HOST": LOCAL,
    "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.3",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "20",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "2",
    "AIRFLOW__CELERY__OPERATION_TIMEOUT": "30",
}
"""What differs from the compose file: no login, and quicker to find out that a worker is dead."""

PORTS = (
    "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT",
    "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT",
    "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT",
)
"""Ports that every container has to itself, and processes on one machine have not."""


class Cluster:
    """Starts services of the compose file, watches them and kills them.

    :param folder: stands for the volumes and for each container's own disk.
    :param services: of the compose file, variables filled in.
    """

    def __init__(
        self, folder: Path, services: Mapping[str, Service], postgres: Postgres, processes: Processes, redis_port: int
    ) -> None:
        self.folder, self.services, self.postgres, self.processes = folder, services, postgres, processes
        self._pids: dict[str, int] = {}
        self._api_port = free_port(0)
        self._redis_port = redis_port
        self.api = AirflowApi(f"http://{LOCAL}:{self._api_port}")

    def environment(self, service: str, name: str) -> dict[str, str]:
        """The service's environment, where addresses and folders are this machine's."""
        home = self.folder / "homes" / name
        home.mkdir(parents=True, exist_ok=True)
        kept = {key: os.environ[key] for key in ("HOME", "LANG", "TMPDIR", "UV_CACHE_DIR") if key in os.environ}
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        told = {key: self._here(value, name) for key, value in self.services[service].environment.items()}
        return (
            kept
            | {"PATH": path, "PYTHONPATH": str(REPOSITORY), "AIRFLOW_HOME": str(home), "no_proxy": "*"}
            | told
            | ONE_MACHINE
            | {port: str(free_port(0)) for port in PORTS}
            | {"AIRFLOW__API__PORT": str(self._api_port)}
            | {"TOPOLOGY_FOLDER": str(self.folder), "TOPOLOGY_PROCESS": name}
        )

    def _here(self, value: str, name: str) -> str:
        for there, here in (
            ("@postgres:5432", f"@{LOCAL}:{self.postgres.port}"),
            ("@redis:6379", f"@{LOCAL}:{self._redis_port}"),
            ("//api-server:8080", f"//{LOCAL}:{self._api_port}"),
            ("/opt/airflow/spool/events.jsonl", str(self.folder / "events.jsonl")),
            ("/opt/airflow/spool", str(self.spool(name).parent)),
            ("/opt/airflow", str(self.folder)),
        ):
            value = value.replace(there, here)
        return value

    def spool(self, name: str) -> Path:
        """Where a process' measurements wait: each worker stands for a machine with a volume of its own."""
        return self.folder / f"spool-{name}" / "measurements.jsonl"

    def run(self, service: str) -> None:
        """Run a service that ends."""
        ran = subprocess.run(
            self.services[service].command,
            env=self.environment(service, service),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-4000:]

    def start(self, service: str, name: str | None = None) -> None:
        """Start a service, under another name where there are several of it."""
        name = name or service
        command = list(self.services[service].command)
        if service == "worker":  # by default it goes by the machine's name, which containers do not share
            command += ["--celery-hostname", f"{name}@localhost"]
        self._pids[name] = self.processes.start(name, command, self.environment(service, name)).pid

    def kill(self, name: str) -> None:
        """End a process and all it started, as a machine that loses its power does."""
        pid = self._pids[name]
        with contextlib.suppress(psutil.NoSuchProcess):
            theirs = {child.pid for child in psutil.Process(pid).children(recursive=True)} | members_of({pid}) | {pid}
        for one in theirs:
            with contextlib.suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)
        self.processes.forget(name)

    def until(self, done: Callable[[], Any], what: str) -> Any:
        """Wait for something that is true, and return it."""
        deadline = time.monotonic() + PATIENCE
        while True:
            if found := done():
                return found
            dead = self.processes.dead()
            assert dead is None, f"{dead.name} ended: {tail(Path(dead.log), 40)}" if dead else ""
            assert time.monotonic() < deadline, f"not in {PATIENCE:g} s: {what}"
            time.sleep(0.2)

    def store(self) -> Store:
        """The SLO store, as its own user."""
        return open_store(self._here(self.services["worker"].environment["AI_SLO_STORE_URL"], "tests"))

    @contextlib.contextmanager
    def without_store(self) -> Iterator[None]:
        """While the SLO store's database takes nobody; Airflow's own, on the same server, does."""
        with self.postgres.away("ai_slo"):
            yield
        self.store().close()

    def trigger(self, dag_id: str, **conf: Any) -> str:
        """Start a run, once the DAG is there; returns its id."""
        return self.api.trigger(dag_id, conf)

    def finished(self, dag_id: str, run_id: str) -> str:
        """The state in which a run ends."""
        return self.api.wait(dag_id, run_id, patience=PATIENCE)

    def tasks(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """The run's task instances."""
        found: list[dict[str, Any]] = self.api._call("GET", f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances")[
            "task_instances"
        ]
        return found

    def xcom(self, dag_id: str, run_id: str, task_id: str) -> Any:
        """What a task returned."""
        value = self.api._call(
            "GET", f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/xcomEntries/return_value"
        )
        return json.loads(value["value"]) if isinstance(value["value"], str) else value["value"]
