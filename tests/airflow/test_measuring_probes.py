"""Probes of a real HTTP server that is slow, drops and fails, of databases, and of functions."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from airflow.sdk import DAG, task
from measuring_runs import Ran, Recorded, new_store, run_as

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.decorators import slo_probe
from airflow_ai_slo.operators.probe import ProbeOperator

DAY = datetime(2024, 5, 1, tzinfo=UTC)
MS = timedelta(milliseconds=1)
INDEX = {"red shoes": ["7", "9", "1"], "hat": ["3"]}
GOLDEN = [{"query": "red shoes", "expected": ["7", "9"]}, {"query": "hat", "expected": ["4"]}]


class _Server(BaseHTTPRequestHandler):
    """/ok, /slow, /hang, /drip, /500, /drop, /secret and /search."""

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path == "/slow":
            time.sleep(0.3)
        if url.path == "/hang":
            time.sleep(3)
        if url.path == "/drop":
            self.connection.close()
            return
        if url.path == "/drip":
            self.send_response(200)
            self.end_headers()
            for _ in range(40):
                try:
                    self.wfile.write(b" ")
                    self.wfile.flush()
                except OSError:
                    return
                time.sleep(0.1)
            return
        status = 500 if url.path == "/500" else 200
        if url.path == "/secret" and self.headers.get("Authorization") != "Bearer token":
            status = 401
        self._answer(status, INDEX.get(parse_qs(url.query).get("query", [""])[0], []))

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._answer(200, {"hits": [{"id": one} for one in INDEX.get(asked["text"], [])][: asked["top"]]})

    def _answer(self, status: int, body: Any) -> None:
        payload = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Server)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = {"conn_type": "http", "host": "127.0.0.1", "port": server.server_port}
    monkeypatch.setenv("AIRFLOW_CONN_API", json.dumps(address | {"password": "token"}))
    monkeypatch.setenv("AIRFLOW_CONN_NOBODY", json.dumps(address | {"port": 9}))
    yield
    server.shutdown()
    server.server_close()


@pytest.fixture
def recorded(airflow_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorded:
    return new_store(tmp_path, monkeypatch, "probe")


@pytest.fixture
def run(recorded: Recorded) -> Callable[..., dict[str, Any]]:
    """Probes in one run each; measurements by task."""

    def once(dag: DAG) -> dict[str, Any]:
        ran = run_as(dag, logical_date=DAY)
        assert ran.problems == {}
        return {one.key.split("/")[1]: one for one in recorded("probe")}

    return once


def a_dag(name: str) -> DAG:
    return DAG(name, schedule="@daily", start_date=DAY)


def a_probe(task_id: str, **options: Any) -> ProbeOperator:
    usual: dict[str, Any] = {"slo": "probe", "at_most": 200 * MS, "timeout": 600 * MS, "calls": 2}
    return ProbeOperator(task_id=task_id, **{**usual, **options})


def test_a_service_is_judged_by_what_it_answers_and_when(run: Callable[..., Any], service: None) -> None:
    with a_dag("http") as dag:
        for path in ("ok", "slow", "hang", "drip", "500", "drop", "secret"):
            a_probe(path, http_conn_id="api", endpoint=path, at_most=250 * MS, warm_up=int(path == "ok"))
        a_probe("nobody", http_conn_id="nobody")
        a_probe("probing_wrong", http_conn_id="api", right=lambda answer: answer.json() == "something else")
    started = time.monotonic()
    seen = run(dag)
    assert time.monotonic() - started < 60
    assert {name: (one.good, one.total, one.cause) for name, one in seen.items()} == {
        "ok": (2, 2, None),
        "slow": (0, 2, "latency"),
        "hang": (0, 2, "dependency"),
        "drip": (0, 2, "dependency"),
        "500": (0, 2, "dependency"),
        "drop": (0, 2, "dependency"),
        "secret": (2, 2, None),
        "nobody": (0, 2, "dependency"),
        "probing_wrong": (0, 2, "model_quality"),
    }
    assert seen["hang"].value == pytest.approx(600, rel=0.02)
    assert seen["nobody"].value is None
    assert "HTTP 500" in seen["500"].attributes["detail"]
    assert 300 <= seen["slow"].value < 600


def test_recall_is_judged_on_a_golden_set_wherever_the_index_is(
    run: Callable[..., Any], service: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_INDEX", f'{{"conn_type": "sqlite", "host": "{tmp_path / "index.db"}"}}')
    index = sqlite3.connect(tmp_path / "index.db")
    index.execute("CREATE TABLE item (id TEXT, query TEXT)")
    index.executemany("INSERT INTO item VALUES (?, ?)", [(i, query) for query, ids in INDEX.items() for i in ids])
    index.commit()
    (tmp_path / "golden.csv").write_text("query,expected\nred shoes,7|9\nhat,4\n")
    with a_dag("recall") as dag:
        a_probe("get", http_conn_id="api", endpoint="search", golden=GOLDEN)
        a_probe(
            "post",
            http_conn_id="api",
            endpoint="search",
            method="POST",
            json={"top": 5},
            query_field="text",
            golden=GOLDEN,
            ids=lambda answer: [hit["id"] for hit in answer.json()["hits"]],
        )
        a_probe("sql", conn_id="index", sql="SELECT id FROM item WHERE query = ?", golden=GOLDEN)
        a_probe("callable", python_callable=lambda query: INDEX[query], golden=str(tmp_path / "golden.csv"))
        a_probe("first", python_callable=lambda query: INDEX[query], golden=GOLDEN[:1], k=1, recall_at_least=0.5)
        a_probe("less", python_callable=lambda query: INDEX[query], golden=GOLDEN[:1], k=1)
    seen = run(dag)
    for name in ("get", "post", "sql", "callable"):
        assert (seen[name].good, seen[name].total, seen[name].cause) == (1, 2, "model_quality"), name
        assert seen[name].attributes["recall_at_5"] == "0.5"
        assert "recall@5 0 for 'hat', at least 1 asked" in seen[name].attributes["detail"]
    assert (seen["first"].good, seen["less"].good) == (2, 0)


def test_reads_of_a_database_are_timed(
    run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres_server: str
) -> None:
    from sqlalchemy import make_url

    url = make_url(postgres_server)
    monkeypatch.setenv("PGHOST", str(url.query["host"]))  # a folder of sockets, which only libpq takes for a host
    connection = {"conn_type": "postgres", "login": url.username, "schema": url.database}
    monkeypatch.setenv("AIRFLOW_CONN_PG", json.dumps(connection))
    with a_dag("reads") as dag:
        a_probe("read", conn_id="pg", sql="SELECT %s::int", parameters=[42], right=lambda rows: rows[0][0] == 42)
        a_probe("sleeps", conn_id="pg", sql="SELECT pg_sleep(0.3)", warm_up=1)
        a_probe("hangs", conn_id="pg", sql="SELECT pg_sleep(2)")
        a_probe("fails", conn_id="pg", sql="SELECT * FROM nowhere")
    seen = run(dag)
    assert {name: (one.good, one.total, one.cause) for name, one in seen.items()} == {
        "read": (2, 2, None),
        "sleeps": (0, 2, "latency"),
        "hangs": (0, 2, "dependency"),
        "fails": (0, 2, "dependency"),
    }


def test_a_decorated_function_is_probed_with_its_arguments_its_context_and_its_golden_set(
    run: Callable[..., Any], recorded: Recorded
) -> None:
    with a_dag("decorated") as dag:

        @task.slo_probe(slo="probe", at_most=200 * MS, calls=3, right=lambda answer: answer == "b-decorated")
        def plain(what: str, run_id: str | None = None, dag: Any = None) -> str:
            assert run_id
            return f"{what}-{dag.dag_id}"

        @slo_probe(slo="probe", at_most=200 * MS, calls=2, golden=GOLDEN)
        def search(query: str, shard: int = 0) -> list[str]:
            return INDEX[query]

        @task.slo_probe(slo="probe", at_most=200 * MS, timeout=300 * MS, calls=1)
        def hangs() -> None:
            time.sleep(3)

        @task
        def letter() -> str:
            return "b"

        plain(letter())
        search()
        hangs()
    seen = run(dag)
    assert {name: (one.good, one.total, one.cause) for name, one in seen.items()} == {
        "plain": (3, 3, None),
        "search": (1, 2, "model_quality"),
        "hangs": (0, 1, "dependency"),
    }


def test_what_cannot_be_probed_is_one_line_and_too_bad_a_probe_fails_once_it_is_recorded(recorded: Recorded) -> None:
    with a_dag("probing_wrong") as dag:
        a_probe("nowhere", http_conn_id="nowhere")
        a_probe("golden", python_callable=lambda query: [], golden="nowhere.json")
        a_probe("bad", python_callable=lambda: 1 / 0, fail_on_bad=True)
    ran: Ran = run_as(dag, logical_date=DAY)
    assert "http_conn_id='nowhere': no such Airflow connection" in ran.problems["nowhere"]
    assert "nowhere.json: cannot be read" in ran.problems["golden"]
    assert "0 good of 2, cause dependency" in ran.problems["bad"]
    assert [(one.good, one.total) for one in recorded("probe")] == [(0, 2)]
    assert "ZeroDivisionError" in recorded("probe")[0].attributes["detail"]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({}, "one of python_callable, http_conn_id"),
        ({"python_callable": print, "http_conn_id": "api"}, "one of python_callable, http_conn_id"),
        ({"sql": "SELECT 1"}, "conn_id and sql"),
        ({"python_callable": print, "at_most": 5}, "at_most=5: give a timedelta"),
        ({"python_callable": print, "calls": 0}, "calls=0"),
        ({"python_callable": print, "timeout": MS}, "is below at_most"),
        ({"python_callable": print, "ids": list}, "give golden"),
        ({"python_callable": print, "k": 0}, "k=0"),
        ({"python_callable": print, "recall_at_least": 2}, "recall_at_least=2"),
        ({"python_callable": print, "json": {"q": 1}}, "json does nothing without http_conn_id"),
        ({"python_callable": print, "method": "POST"}, "method does nothing without http_conn_id"),
        ({"http_conn_id": "api", "parameters": [1]}, "parameters does nothing without sql"),
        ({"http_conn_id": "api", "op_args": [1]}, "op_args does nothing without python_callable"),
        ({"python_callable": print, "k": 3}, "k does nothing without golden"),
    ],
)
def test_wrong_options_fail_when_the_dag_is_read(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        a_probe("probing_wrong", **options)


def test_a_header_that_cannot_be_sent_stays_secret(run: Callable[..., Any], service: None) -> None:
    with a_dag("header") as dag:
        a_probe("broken", http_conn_id="api", headers={"X-Key": "hun\nter2"})
    detail = run(dag)["broken"].attributes["detail"]
    assert "ter2" not in detail
    assert "a header cannot be sent" in detail


def test_calls_side_by_side_wait_for_no_connection_of_another(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, postgres_server: str
) -> None:
    from sqlalchemy import make_url

    url = make_url(postgres_server)
    monkeypatch.setenv("PGHOST", str(url.query["host"]))
    connection = {"conn_type": "postgres", "login": url.username, "schema": url.database}
    monkeypatch.setenv("AIRFLOW_CONN_PG", json.dumps(connection))
    with a_dag("many") as dag:
        many = {"calls": 40, "concurrency": 40, "at_most": 2500 * MS, "timeout": 4000 * MS}
        a_probe("many", conn_id="pg", sql="SELECT pg_sleep(1)", **many)
    assert run(dag)["many"].good == 40
