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
from airflow_ai_slo.core.definition import SLO, Indicator
from demo.processes import Processes, stop
from demo.slack_server import CHANNEL, TOKEN, SlackServer

pytestmark = [pytest.mark.airflow, pytest.mark.postgres]

TWICE = ("scheduler", "worker")
ONCE = ("api-server", "dag-processor", "triggerer", "reconciler")
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


def rows(cluster: Cluster, query: str, **values: Any) -> list[dict[str, Any]]:
    """What the SLO store holds."""
    with cluster.store().read() as connection:
        return [dict(row._mapping) for row in connection.execute(text(query), values)]


def workers_of(cluster: Cluster, slo: str, run_id: str = "") -> list[str]:
    """Where each measurement of an SLO was made, those of one run or all."""
    query = "SELECT key, attributes FROM ai_slo_measurement JOIN ai_slo_slo ON id = slo_id WHERE name = :slo"
    return [json.loads(one["attributes"])["worker"] for one in rows(cluster, query, slo=slo) if run_id in one["key"]]


def counted(cluster: Cluster, slo: str) -> tuple[Any, Any]:
    """Good and total events of an SLO's window."""
    (seen,) = engine.status(cluster.store(), at=datetime.now(UTC), slos=[slo])
    return seen.counts.good, seen.counts.total


def gate(cluster: Cluster) -> tuple[str, str]:
    """How a deployment ended, and what its gate had heard."""
    run_id = cluster.trigger("deployment")
    return cluster.finished("deployment", run_id), cluster.xcom("deployment", run_id, "gate")["outcome"]


def evaluate(cluster: Cluster) -> None:
    assert cluster.finished("evaluators", cluster.trigger("evaluators")) == "success"


def test_every_service_of_the_compose_file_runs_and_is_healthy(cluster: Cluster) -> None:
    backing = {"postgres", "redis", "init", "admin"}
    assert set(cluster.services) - backing == {*TWICE, *ONCE}
    with cluster.postgres.connect("airflow") as airflow:
        query = "SELECT job_type, count(*) FROM job WHERE state = 'running' GROUP BY job_type"
        jobs = dict(airflow.execute(query).fetchall())
    assert jobs["SchedulerJob"] == 2
    assert {"DagProcessorJob", "TriggererJob"} <= set(jobs)


def test_both_workers_measure_and_spool_while_the_store_is_away_and_gates_hold(cluster: Cluster) -> None:
    applied(cluster, an_slo("scores", service=SERVICE))
    first = cluster.trigger("scoring")
    assert cluster.finished("scoring", first) == "success"
    assert Counter(workers_of(cluster, "scores", first)) == dict.fromkeys(WORKERS, 2)
    evaluate(cluster)
    assert gate(cluster) == ("success", "allowed")

    with cluster.without_store():
        second = cluster.trigger("scoring")
        assert cluster.finished("scoring", second) == "success"
        waiting = {worker: cluster.spool(worker).read_text().splitlines() for worker in WORKERS}
        assert {worker: len(lines) for worker, lines in waiting.items()} == dict.fromkeys(WORKERS, 2)
        assert gate(cluster) == ("failed", "unknown")

    third = cluster.trigger("scoring")
    assert cluster.finished("scoring", third) == "success"
    assert [cluster.spool(worker).read_text() for worker in WORKERS] == ["", ""]
    for run_id in (first, second, third):
        assert Counter(workers_of(cluster, "scores", run_id)) == dict.fromkeys(WORKERS, 2)
    assert counted(cluster, "scores") == (12, 12)
    assert gate(cluster) == ("success", "allowed")


def test_the_reconciler_measures_runs_that_no_line_in_a_dag_measures(cluster: Cluster) -> None:
    """A scheduler's listener writes down that the run ended, and the reconciler beside it looks it up at once."""
    applied(
        cluster,
        an_slo("untouched", service="untouched", indicator=Indicator(source="airflow", spec={"dag_id": "untouched"})),
    )
    run_id = cluster.trigger("untouched")
    assert cluster.finished("untouched", run_id) == "success"
    cluster.until(lambda: counted(cluster, "untouched") == (1, 1), "the run is measured")


def test_a_task_tried_again_after_its_worker_was_killed_counts_once(cluster: Cluster) -> None:
    applied(cluster, an_slo("held", service="holding"))
    run_id = cluster.trigger("holding")
    (killed,) = cluster.until(lambda: workers_of(cluster, "held"), "the task has recorded")
    cluster.kill(killed)
    (cluster.folder / "go").touch()
    assert cluster.finished("holding", run_id) == "success"
    (task,) = cluster.tasks("holding", run_id)
    assert task["try_number"] > 1
    (survivor,) = set(WORKERS) - {killed}
    assert workers_of(cluster, "held") == [survivor]
    assert counted(cluster, "held") == (1, 1)
    cluster.start("worker", killed)


def test_of_two_evaluators_one_is_killed_midway_and_everything_happens_once(
    cluster: Cluster, slack: SlackServer
) -> None:
    now = datetime.now(UTC)
    applied(cluster, an_slo("spent", service=SERVICE, alerting="seed"))
    runs = daily("." * 20, until=now - timedelta(days=1), slo="spent")
    runs += daily("xxxx", until=now, step=timedelta(minutes=5), slo="spent")
    engine.record(cluster.store(), runs, now=now)

    with cluster.postgres.connect("ai_slo") as store:
        with store.transaction():
            store.execute("LOCK TABLE ai_slo_outbox IN SHARE MODE")
            started = [cluster.trigger("evaluators") for _ in range(2)]
            cluster.until(lambda: len(evaluators(cluster)) >= 2, "two evaluators have begun")
            midway = cluster.until(
                lambda: [port for port, waits_for in evaluators(cluster) if waits_for == "relation"],
                "one of them has something to tell",
            )
            assert rows(cluster, "SELECT * FROM ai_slo_freeze WHERE service = :service", service=SERVICE) == []
            os.kill(process_of(midway[0], cluster.postgres.port), signal.SIGKILL)
        assert [cluster.finished("evaluators", run_id) for run_id in started] == ["success", "success"]
    tries = [task["try_number"] for run_id in started for task in cluster.tasks("evaluators", run_id)]
    assert max(tries) > 1
    evaluate(cluster)

    incidents = "SELECT * FROM ai_slo_incident i JOIN ai_slo_slo s ON s.id = i.slo_id WHERE s.name = 'spent'"
    assert len(rows(cluster, incidents)) == 1
    assert len(rows(cluster, "SELECT * FROM ai_slo_freeze WHERE service = :service", service=SERVICE)) == 1
    told = rows(cluster, "SELECT state, message FROM ai_slo_outbox")
    assert {one["state"] for one in told} == {"sent"}
    assert len(slack.messages) == len(told) >= 2


def evaluators(cluster: Cluster) -> list[tuple[int, str]]:
    """Whoever waits for a lock of the store: port of the connection, and what kind of lock."""
    query = "SELECT client_port, wait_event FROM pg_stat_activity WHERE datname = 'ai_slo' AND wait_event_type = 'Lock'"
    with cluster.postgres.connect("postgres") as admin:
        return [(int(port), str(kind)) for port, kind in admin.execute(query).fetchall()]


def process_of(port: int, server: int) -> int:
    """The process at the other end of a connection."""
    for one in psutil.net_connections("tcp"):
        if one.laddr and one.raddr and (one.laddr.port, one.raddr.port) == (port, server) and one.pid:
            return int(one.pid)
    raise AssertionError(f"nobody holds port {port}")


def test_a_frozen_service_is_waited_for_in_the_triggerer_until_somebody_overrides(cluster: Cluster) -> None:
    assert gate(cluster) == ("failed", "frozen")
    patient = cluster.trigger("patient_deployment")

    def states() -> dict[str, str]:
        return {task["task_id"]: task["state"] for task in cluster.tasks("patient_deployment", patient)}

    cluster.until(lambda: states()["gate"] == "deferred", "the sensor waits in the triggerer")
    until = datetime.now(UTC) + timedelta(hours=1)
    engine.override(cluster.store(), SERVICE, author="ann", reason="a fix", until=until, now=datetime.now(UTC))
    assert cluster.finished("patient_deployment", patient) == "success"
    assert states() == {"gate": "success", "deploy": "success"}
    assert gate(cluster) == ("success", "allowed")
    asked = rows(
        cluster, "SELECT actor, action FROM ai_slo_audit WHERE service = :service ORDER BY id", service=SERVICE
    )
    assert any(one["actor"].startswith("deployment/gate ") for one in asked)
