"""Two schedulers, two Celery workers and all else that docker-compose.yml names, as real processes that get killed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
from backing import postgres, redis, redis_server
from cluster import Cluster
from compose_file import REPOSITORY, env_file, services
from slo_kit import an_slo, daily
from sqlalchemy import text

from airflow_ai_slo import engine
from airflow_ai_slo.core.definition import SLO
from demo.processes import Processes, stop
from demo.slack_server import CHANNEL, TOKEN, SlackServer

pytestmark = [pytest.mark.airflow, pytest.mark.postgres]

TWICE = ("scheduler", "worker")
ONCE = ("api-server", "dag-processor", "triggerer")
WORKERS = ("worker-1", "worker-2")
SERVICE = "scoring"


@pytest.fixture(scope="module")
def slack() -> Iterator[SlackServer]:
    with SlackServer() as server:
        yield server


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, slack: SlackServer) -> Iterator[Cluster]:
    """The whole topology, healthy, with the repository's own evaluation DAG and those of these tests."""
    redis_server()
    folder = tmp_path_factory.mktemp("topology")
    here = folder / "volumes"
    shutil.copytree(REPOSITORY / "docker" / "dags", here / "dags")
    shutil.copy(Path(__file__).parent / "dags" / "pipelines.py", here / "dags")
    shutil.copytree(REPOSITORY / "docker" / "slos", here / "slos")
    known = services(variables(slack))
    processes = Processes(folder / "processes.json", folder / "logs")
    try:
        with postgres(folder / "postgres", known["postgres"].environment) as server:
            redis_port = redis(processes, folder / "redis", known["redis"].command)
            cluster = Cluster(here, known, server, processes, redis_port)
            cluster.run("init")
            for service in TWICE:
                for number in (1, 2):
                    cluster.start(service, f"{service}-{number}")
            for service in ONCE:
                cluster.start(service)
            cluster.until(lambda: not cluster.api.ill(), "every process is healthy")
            cluster.until(lambda: dags_known(cluster) >= {"scoring", "slo_evaluation"}, "the DAGs are known")
            try:
                yield cluster
            finally:
                stop(folder / "processes.json")
    finally:
        stop(folder / "processes.json")


def variables(slack: SlackServer) -> dict[str, str]:
    """A new ``.env``, as a newcomer makes it, and what may be set in it."""
    made = subprocess.run(["sh", "docker/new-env.sh"], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    connection = {
        "conn_type": "slack",
        "password": TOKEN,
        "extra": {"base_url": slack.base_url, "channel": CHANNEL},
    }
    return env_file(made.stdout) | {
        "AIRFLOW_AUTH_MANAGER": "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager",
        "API_WORKERS": "1",
        "WORKER_CONCURRENCY": "2",
        "SLACK_CONNECTION": json.dumps(connection),
    }


def dags_known(cluster: Cluster) -> set[str]:
    return {one["dag_id"] for one in cluster.api._call("GET", "/dags?limit=50")["dags"]}


def applied(cluster: Cluster, *slos: SLO) -> None:
    engine.apply(cluster.store(), slos, now=datetime.now(UTC))


def measured(cluster: Cluster, slo: str) -> list[dict[str, Any]]:
    """What the store holds of an SLO, oldest first."""
    query = text(
        "SELECT m.key, m.good_count, m.total_count, m.attributes FROM ai_slo_measurement m JOIN ai_slo_slo s "
        "ON s.id = m.slo_id WHERE s.name = :slo ORDER BY m.key"
    )
    with cluster.store().read() as connection:
        return [dict(row._mapping) for row in connection.execute(query, {"slo": slo})]


def test_every_service_of_the_compose_file_runs_and_is_healthy(cluster: Cluster) -> None:
    backing = {"postgres", "redis", "init", "admin"}
    assert set(cluster.services) - backing == {*TWICE, *ONCE}
    with cluster.postgres.connect("airflow") as airflow:
        query = "SELECT job_type, count(*) FROM job WHERE state = 'running' GROUP BY job_type"
        jobs = dict(airflow.execute(query).fetchall())
    assert jobs["SchedulerJob"] == 2
    assert {"DagProcessorJob", "TriggererJob"} <= set(jobs)
