"""``GET /dags/{dag_id}/slos`` and ``GET /tasks/{dag_id}/{task_id}/slos``: what a DAG's page shows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response

from airflow_ai_slo import engine
from airflow_ai_slo.engine.listing import Listed, Listing
from airflow_ai_slo.plugin.api import shapes
from airflow_ai_slo.plugin.api.answers import NowDep, StoreDep, named, polled
from airflow_ai_slo.plugin.api.models import SLORows
from airflow_ai_slo.plugin.api.schema import told
from airflow_ai_slo.plugin.api.slos import Trends
from airflow_ai_slo.reconcile.selecting import tags_of
from airflow_ai_slo.store import Store

router = APIRouter(tags=["dags"])


@router.get("/dags/{dag_id}/slos", responses=told(SLORows, polled=True))
def list_slos_of_dag(request: Request, store: StoreDep, now: NowDep, dag_id: str, trend: Trends = False) -> Response:
    """SLOs that a DAG feeds: it measured something of them, or their definitions select its runs."""
    named(dag_id, "DAG")
    seen = engine.latest(store, now=now)
    found = engine.fed_by(store, seen, dag_id, tags=tags_of(dag_id))
    return polled(request, _rows(store, seen, found, now, trend=trend), at=seen.at)


@router.get("/tasks/{dag_id}/{task_id}/slos", responses=told(SLORows, polled=True))
def list_slos_of_task(
    request: Request, store: StoreDep, now: NowDep, dag_id: str, task_id: str, trend: Trends = False
) -> Response:
    """SLOs that one task of a DAG feeds."""
    named(dag_id, "DAG"), named(task_id, "task")
    seen = engine.latest(store, now=now)
    found = engine.fed_by(store, seen, dag_id, task_id, tags=tags_of(dag_id))
    return polled(request, _rows(store, seen, found, now, trend=trend), at=seen.at)


def _rows(store: Store, seen: Listing, found: Sequence[Listed], now: datetime, *, trend: bool) -> dict[str, Any]:
    trends = engine.trends(store, found, at=seen.at, now=now) if trend else None
    return {"slos": shapes.rows(found, trends)}
