"""Gauges through Airflow's own metrics: a real StatsD client to a socket, real OpenTelemetry to a local collector."""

from __future__ import annotations

import gzip
import itertools
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import DAG
from airflow.sdk.observability import stats as airflow_stats
from slo_kit import an_slo, daily

from airflow_ai_slo import Service, engine
from airflow_ai_slo.compat.stats import Stats
from airflow_ai_slo.core.freeze_policy import FreezePolicy
from airflow_ai_slo.operators.evaluate import EvaluateSLOsOperator
from airflow_ai_slo.store import Store

numbers = itertools.count()


class StatsD:
    """A socket that takes what a StatsD server would."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.setblocking(False)
        self.port = self._socket.getsockname()[1]

    def gauges(self) -> dict[str, float]:
        """The last value of every gauge of ours, by name; a negative one is sent behind a 0."""
        found = {}
        with suppress(BlockingIOError):
            while True:
                for line in self._socket.recv(65_536).decode().splitlines():
                    name, _, value = line.rpartition(":")
                    if ".ai_slo." in name:
                        assert value.endswith("|g"), line
                        found[name.removeprefix("airflow.ai_slo.")] = float(value.removesuffix("|g"))
        return found

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def statsd() -> Iterator[StatsD]:
    server = StatsD()
    yield server
    server.close()


@pytest.fixture
def metrics(monkeypatch: pytest.MonkeyPatch, statsd: StatsD) -> Iterator[Callable[..., None]]:
    """Switches Airflow's metrics to that socket, as a task's process finds them."""

    def switch(**options: str) -> None:
        settings = {"STATSD_ON": "True", "STATSD_HOST": "127.0.0.1", "STATSD_PORT": str(statsd.port)} | options
        for name, value in settings.items():
            monkeypatch.setenv(f"AIRFLOW__METRICS__{name}", value)
        Stats.started()

    yield switch
    monkeypatch.undo()
    Stats.started()


@pytest.fixture
def spent(store: Store) -> float:
    """Two SLOs of a frozen service and one of another, and what remains of the first one's budget."""
    now = datetime.now(UTC)
    slos = [
        an_slo("done", window="28d"),
        an_slo("rows, all=yes", service="ranking.eu/1", window="28d", freeze=False, alerting="seed"),
        an_slo("idle", service="ranking.eu/1"),
    ]
    soft = Service(name="scoring", freeze=FreezePolicy(mode="soft"))
    engine.apply(store, slos, [soft], now=now)
    engine.record(store, daily("." * 26 + "xxxx", until=now, slo="done"), now=now)
    engine.record(store, daily("." * 30, until=now, slo="rows, all=yes"), now=now)
    return -(4 / 2.8 - 1)


def evaluation() -> DAG:
    with DAG(f"metered_{next(numbers)}", schedule=None) as dag:
        EvaluateSLOsOperator(task_id="evaluate")
    return dag


def test_plain_statsd_has_the_tags_in_the_names(
    metrics: Callable[..., None], statsd: StatsD, spent: float, run_dag: Callable[..., Any]
) -> None:
    metrics()
    assert run_dag(evaluation()).state == "success"
    found = statsd.gauges()
    assert found.pop("budget_remaining.scoring.done") == pytest.approx(spent, abs=0.01)
    assert found.pop("burn_rate.scoring.done.28d") > 1
    assert found == {
        "budget_remaining.ranking__eu_1.rows__all_yes": 1.0,
        "burn_rate.ranking__eu_1.rows__all_yes.28d": 0.0,
        "burn_rate.ranking__eu_1.rows__all_yes.1h": 0.0,
        "burn_rate.ranking__eu_1.rows__all_yes.6h": 0.0,
        "frozen.scoring.hard": 0.0,
        "frozen.scoring.soft": 1.0,
        "frozen.ranking__eu_1.hard": 0.0,
        "frozen.ranking__eu_1.soft": 0.0,
    }


def test_statsd_with_tags_has_tags(
    metrics: Callable[..., None], statsd: StatsD, spent: float, run_dag: Callable[..., Any]
) -> None:
    metrics(STATSD_INFLUXDB_ENABLED="True", METRICS_BLOCK_LIST="ai_slo.burn_rate")
    run_dag(evaluation())
    found = statsd.gauges()
    assert found.pop("budget_remaining,service=scoring,slo=done") == pytest.approx(spent, abs=0.01)
    assert found == {
        "budget_remaining,service=ranking.eu_1,slo=rows__all_yes": 1.0,
        "frozen,service=scoring,mode=hard": 0.0,
        "frozen,service=scoring,mode=soft": 1.0,
        "frozen,service=ranking.eu_1,mode=hard": 0.0,
        "frozen,service=ranking.eu_1,mode=soft": 0.0,
    }


def test_nothing_is_sent_where_airflow_sends_nothing(
    metrics: Callable[..., None], statsd: StatsD, spent: float, run_dag: Callable[..., Any]
) -> None:
    metrics(STATSD_ON="False")
    assert run_dag(evaluation()).state == "success"
    assert statsd.gauges() == {}


def test_names_too_long_for_statsd_are_left_out_and_counted(
    metrics: Callable[..., None], statsd: StatsD, store: Store, run_dag: Callable[..., Any]
) -> None:
    now = datetime.now(UTC)
    engine.apply(store, [an_slo("n" * 240), an_slo("done")], now=now)
    engine.record(store, daily("...", until=now, slo="n" * 240), now=now)
    metrics()
    ran = run_dag(evaluation())
    assert ran.state == "success"
    assert "2 SLO gauge(s) left out" in ran.log
    assert set(statsd.gauges()) == {"frozen.scoring.hard", "frozen.scoring.soft"}


def test_metrics_that_break_never_fail_the_task(
    metrics: Callable[..., None], spent: float, run_dag: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    metrics()

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("no such exporter")

    monkeypatch.setattr(airflow_stats.Stats, "gauge", broken)
    ran = run_dag(evaluation())
    assert (ran.state, ran.xcom("evaluate")["slos"]) == ("success", 3)
    assert "Airflow's metrics did not take SLO gauges: no such exporter" in ran.log


def test_the_command_sends_under_airflow_slo(
    airflow_home: Path, store: Store, spent: float, statsd: StatsD, tmp_path: Path
) -> None:
    on = {
        "AIRFLOW__METRICS__STATSD_ON": "True",
        "AIRFLOW__METRICS__STATSD_HOST": "127.0.0.1",
        "AIRFLOW__METRICS__STATSD_PORT": str(statsd.port),
    }
    done = command("airflow", "slo", "evaluate", **on)
    assert done.returncode == 0, done.stderr
    assert "10 gauges sent through Airflow's metrics" in done.stderr
    assert statsd.gauges()["budget_remaining.scoring.done"] == pytest.approx(spent, abs=0.01)
    url = store.engine.url.render_as_string(hide_password=False)
    assert command("airflow_ai_slo.cli", "evaluate", AI_SLO_STORE_URL=url, **on).returncode == 0
    assert statsd.gauges() == {}
    assert command("airflow_ai_slo.cli", "evaluate", "--stats", AI_SLO_STORE_URL=url, **on).returncode == 0
    assert "budget_remaining.scoring.done" in statsd.gauges()


def test_opentelemetry_has_tags_and_names_as_they_are(airflow_home: Path, store: Store, spent: float) -> None:
    with Collector() as collector:
        done = command(
            *("airflow", "slo", "evaluate"),
            AIRFLOW__METRICS__OTEL_ON="True",
            AIRFLOW__METRICS__OTEL_HOST="127.0.0.1",
            AIRFLOW__METRICS__OTEL_PORT=str(collector.port),
            OTEL_EXPORTER_OTLP_PROTOCOL="http/protobuf",
            NO_PROXY="127.0.0.1",
        )
        assert done.returncode == 0, done.stderr
        found = collector.wait_for("airflow.ai_slo.frozen")
    assert found["airflow.ai_slo.budget_remaining", ("scoring", "done")] == pytest.approx(spent, abs=0.01)
    assert found["airflow.ai_slo.budget_remaining", ("ranking.eu/1", "rows, all=yes")] == 1.0
    assert found["airflow.ai_slo.burn_rate", ("ranking.eu/1", "rows, all=yes", "6h")] == 0.0
    assert found["airflow.ai_slo.frozen", ("soft", "scoring")] == 1.0
    assert not any("idle" in labels for _, labels in found)


def command(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *words],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


class Collector:
    """Takes OTLP over HTTP."""

    def __init__(self) -> None:
        bodies: list[bytes] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                bodies.append(gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)
                self.send_response(200)
                self.send_header("Content-Type", "application/x-protobuf")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Log nothing."""

        self._bodies = bodies
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port

    def __enter__(self) -> Collector:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def wait_for(self, name: str) -> dict[tuple[str, tuple[str, ...]], float]:
        """Points of every gauge by its name and the values of its tags in the order of their names."""
        until = time.monotonic() + 20
        while time.monotonic() < until:
            found = {key: value for body in list(self._bodies) for key, value in points(body)}
            if any(key[0] == name for key in found):
                return found
            time.sleep(0.05)
        raise AssertionError(f"{name} did not come in")


def points(body: bytes) -> Iterator[tuple[tuple[str, tuple[str, ...]], float]]:
    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

    for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics:
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                for point in metric.gauge.data_points:
                    labels = {one.key: one.value.string_value for one in point.attributes}
                    kept = sorted(labels, key=["mode", "service", "slo", "window"].index)
                    yield (metric.name, tuple(labels[key] for key in kept)), point.as_double or float(point.as_int)
