"""Measuring in the API server's background: it begins and ends with serving, and the server serves whatever happens."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from airflow_ai_slo.plugin import background
from airflow_ai_slo.store import Store

NAME = "ai-slo-reconcile"


def server() -> Starlette:
    """An application as Airflow's, with what the plugin puts around it."""
    around = [Middleware(one["middleware"], *one["args"], **one["kwargs"]) for one in background.middlewares()]
    return Starlette(routes=[Route("/", lambda _: PlainTextResponse("served"))], middleware=around)


def threads() -> list[str]:
    return [one.name for one in threading.enumerate() if one.name == NAME]


def until(is_so: Callable[[], Any]) -> None:
    began = time.monotonic()
    while not is_so():
        assert time.monotonic() - began < 60
        time.sleep(0.05)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, airflow_home: Path) -> None:
    monkeypatch.setenv("AIRFLOW__AI_SLO__RECONCILE_EVERY", "300")
    monkeypatch.setenv("AIRFLOW__AI_SLO__LISTENER_SPOOL", str(tmp_path / "events.jsonl"))


def test_it_begins_when_serving_begins_and_ends_with_it(
    asked: None, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    app = server()
    assert threads() == []
    with TestClient(app) as client:
        assert threads() == [NAME]
        until(lambda: "AI SLO: pass: 0 SLOs" in caplog.text)
        assert client.get("/").text == "served"
        assert threads() == [NAME]
    assert threads() == []


def test_nothing_begins_unless_it_is_asked_for(store: Store, airflow_home: Path) -> None:
    assert background.middlewares() == []
    with TestClient(server()) as client:
        assert client.get("/").text == "served"
        assert threads() == []


def test_the_server_serves_though_the_store_cannot_be_opened(
    asked: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SLO_DEFAULT", "mysql://nobody/slo")
    caplog.set_level(logging.INFO)
    with TestClient(server()) as client:
        until(lambda: "The pass failed and is tried again" in caplog.text)
        assert "type 'mysql' cannot hold the SLO store" in caplog.text
        assert client.get("/").text == "served"
    assert threads() == []


def test_the_server_serves_though_the_thread_cannot_begin_or_breaks(
    asked: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def no_thread(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(background.threading.Thread, "start", no_thread)
        background.start(timedelta(minutes=5))()
    assert "AI SLO measures nothing in this API server: can't start new thread" in caplog.text

    def broken() -> Path:
        raise ZeroDivisionError

    monkeypatch.setattr(background, "events_spool", broken)
    background.start(timedelta(minutes=5))()
    assert "AI SLO measures nothing more in this API server" in caplog.text
    assert threads() == []
