"""Where the demo keeps things, and the environment its Airflow runs in."""

from __future__ import annotations

import json
import os
import secrets
import socket
import sqlite3
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parent.parent

SLACK_TOKEN = "xoxb-local-demo"


@dataclass(frozen=True, slots=True)
class Places:
    """Everything the demo writes lies under one folder."""

    root: Path

    @property
    def home(self) -> Path:
        return self.root / "airflow"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def feed(self) -> Path:
        return self.root / "feed"

    @property
    def warehouse(self) -> Path:
        return self.root / "warehouse.db"

    @property
    def store(self) -> Path:
        return self.root / "slo.db"

    @property
    def model(self) -> Path:
        return self.root / "model.json"

    @property
    def report(self) -> Path:
        return self.root / "report.html"

    @property
    def slack(self) -> Path:
        return self.root / "slack.jsonl"

    @property
    def processes(self) -> Path:
        return self.root / "processes.json"

    @property
    def metadata(self) -> Path:
        return self.home / "airflow.db"

    @property
    def written(self) -> tuple[Path, ...]:
        """What one run of the demo leaves behind, its environment apart."""
        databases = [
            Path(f"{path}{suffix}") for path in (self.warehouse, self.store) for suffix in ("", "-wal", "-shm")
        ]
        return (self.home, self.logs, self.feed, *databases, self.model, self.report, self.slack, self.processes)


PLACES = Places(Path(os.environ.get("DEMO_ROOT") or REPOSITORY / ".demo").absolute())

DAYS = int(os.environ.get("DEMO_DAYS") or 60)
"""How many days of runs are played back. Drift spends its budget in all sixty of them; fewer make a quick look."""


def free_port(wanted: int) -> int:
    """The wanted port of 127.0.0.1, or any other free one where it is taken."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port on 127.0.0.1")


def sqlite_connection(path: Path) -> str:
    """An Airflow connection to an SQLite file, as JSON."""
    return json.dumps({"conn_type": "sqlite", "host": str(path)})


def airflow_environment(places: Places, *, port: int, slack: str | None) -> dict[str, str]:
    """Environment of every Airflow process of the demo: settings only, nothing is written.

    :param port: of the API server.
    :param slack: base URL of a local server that speaks Slack's API; None where the user has a connection of their own.
    """
    # Airflow's own environment variables of a surrounding installation would lead these processes elsewhere.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW") or _is_slack(name)}
    secret = secrets.token_hex(32)
    no_proxy = ",".join(filter(None, [os.environ.get("NO_PROXY") or os.environ.get("no_proxy"), "127.0.0.1,localhost"]))
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    slack_connection = {
        "AIRFLOW_CONN_SLACK_DEFAULT": json.dumps(
            {"conn_type": "slack", "password": SLACK_TOKEN, "extra": {"base_url": slack}}
        )
    }
    return (
        kept
        | {
            "PATH": path,
            "NO_PROXY": no_proxy,
            "no_proxy": no_proxy,
            "PYTHONPATH": os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "dags")]),
            "AIRFLOW_HOME": str(places.home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(REPOSITORY / "dags"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__PARALLELISM": "4",
            "AIRFLOW__CORE__NUM_DAG_RUNS_TO_RETAIN_RENDERED_FIELDS": "0",
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "True",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(port),
            "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}/",
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__API__SECRET_KEY": secret,
            "AIRFLOW__API_AUTH__JWT_SECRET": secret,
            "AIRFLOW__CORE__FERNET_KEY": "",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{places.metadata}",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONNECT_ARGS": "demo.settings.CONNECT_ARGS",
            "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(places.home / "logs"),
            "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.3",
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
            "AIRFLOW_CONN_SLO_DEFAULT": sqlite_connection(places.store),
            "AIRFLOW_CONN_WAREHOUSE": sqlite_connection(places.warehouse),
            "AIRFLOW_VAR_FLIGHTS_FEED": str(places.feed),
            "AIRFLOW_VAR_FLIGHTS_MODEL": str(places.model),
            "AIRFLOW_VAR_SLO_REPORT": str(places.report),
        }
        | ({} if slack is None else slack_connection)
    )


class _Connection(sqlite3.Connection):
    """Airflow writes ahead (WAL), where NORMAL is safe and spares a sync of the disk at every commit."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.execute("PRAGMA synchronous=NORMAL")


CONNECT_ARGS = {"timeout": 60, "factory": _Connection}
"""How Airflow opens its SQLite file, which it looks up here by name. It waits for a lock for so many seconds."""


def _is_slack(name: str) -> bool:
    return name == "AIRFLOW_CONN_SLACK_DEFAULT"
