"""The demo answers requests to Airflow's task API in the thread that asks: the same answers, without the detours."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Annotated

import httpx
import pytest
from fastapi import Depends, FastAPI, HTTPException
from fastapi.dependencies import utils

from demo.same_thread import SameThread

THERE = "http://in-process"


def _who() -> str:
    return "nobody"


def _session() -> Iterator[int]:
    yield threading.get_ident()


def _app(told: list[str]) -> FastAPI:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        told.append("begun")
        yield

    app = FastAPI(lifespan=lifespan)

    @app.post("/runs/{run}")
    def answer(
        run: int, body: dict[str, int], who: Annotated[str, Depends(_who)], session: Annotated[int, Depends(_session)]
    ) -> dict[str, object]:
        if run == 0:
            raise HTTPException(404, "no such run")
        return {"run": run, "body": body, "who": who, "threads": [threading.get_ident(), session]}

    app.dependency_overrides[_who] = lambda: "a task"
    return app


def test_it_answers_in_the_thread_that_asks() -> None:
    told: list[str] = []
    client = httpx.Client(transport=SameThread(_app(told)), base_url=THERE)
    assert told == ["begun"]
    here = threading.get_ident()
    for run in (1, 2):
        answer = client.post(f"/runs/{run}", json={"n": run})
        assert answer.json() == {"run": run, "body": {"n": run}, "who": "a task", "threads": [here, here]}
    assert client.post("/runs/0", json={}).status_code == 404
    assert client.post("/runs/none", json={}).status_code == 422


def test_dependencies_are_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    client = httpx.Client(transport=SameThread(_app([])), base_url=THERE)
    looked_at: list[object] = []
    real = utils.get_dependant

    def counted(**options: object) -> object:
        looked_at.append(options["call"])
        return real(**options)  # type: ignore[arg-type]

    monkeypatch.setattr(utils, "get_dependant", counted)
    for run in (1, 2, 3):
        assert client.post(f"/runs/{run}", json={}).is_success
    assert len(looked_at) == 2
    assert utils.get_dependant is counted
