"""The demo's client of Airflow's REST API on a machine too busy to answer."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from demo import api as client


class Server(ThreadingHTTPServer):
    """Keeps silent on the first request of each method, and answers from then on."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str] = []
        self.over = threading.Event()


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        body = json.dumps({"access_token": "t", "state": "success", "dag_run_id": "one"}).encode()
        if not self.path.startswith("/auth"):
            self.server.asked.append(self.command)
            if self.server.asked.count(self.command) == 1:
                self.server.over.wait(20)
                return
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def slow(monkeypatch):
    monkeypatch.setattr(client, "_ANSWER_SECONDS", 0.3)
    server = Server()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.over.set()
    server.shutdown()
    server.server_close()


def test_what_only_reads_is_asked_again_when_the_answer_is_late(slow):
    api = client.AirflowApi(f"http://127.0.0.1:{slow.server_port}")
    assert api.wait("d", "one", patience=5) == "success"
    assert slow.asked == ["GET", "GET"]


def test_what_may_have_been_done_is_not_asked_again(slow):
    api = client.AirflowApi(f"http://127.0.0.1:{slow.server_port}")
    with pytest.raises(client.AirflowError, match="timed out"):
        api.trigger("d")
    assert slow.asked == ["POST"]
