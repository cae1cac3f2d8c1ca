"""``POST`` and ``GET /import-history``: budgets from past runs, by a button."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Response
from pydantic import Field

from airflow_ai_slo.plugin.api.answers import NowDep, StoreDep, answer
from airflow_ai_slo.plugin.api.bodies import Body, WriterDep, body, described
from airflow_ai_slo.plugin.api.models import Answer
from airflow_ai_slo.plugin.api.schema import WRITE_PROBLEMS, told
from airflow_ai_slo.reconcile.importing import last_import, start_import

router = APIRouter(prefix="/import-history", tags=["import"])

_ACCEPTED = 202
_MOST_DAYS = 36525


class Past(Body):
    """How far back to look."""

    days: Annotated[int, Field(ge=1, le=_MOST_DAYS)] = 90


class ImportStarted(Answer):
    """The import that goes on now."""

    job: str


class ImportProgress(Answer):
    """How far the import has come, or what came of the last one. ``done`` and ``total`` count runs."""

    state: Literal["idle", "running", "done", "failed"]
    done: int
    total: int
    detail: str
    job: str | None
    started_at: datetime | None


@router.post(
    "",
    status_code=_ACCEPTED,
    openapi_extra=described(Past),
    responses=told(ImportStarted, _ACCEPTED) | WRITE_PROBLEMS,
)
def start_history_import(store: StoreDep, writer: WriterDep, past: Annotated[Past, Depends(body(Past))]) -> Response:
    """Measure past runs for the SLOs that Airflow's record measures, in the background.

    One import at a time: while one goes on, the answer names it.
    """
    return answer({"job": start_import(store, back=timedelta(days=past.days)).token}, _ACCEPTED)


@router.get("", responses=told(ImportProgress))
def history_import(store: StoreDep, now: NowDep) -> Response:
    """How far the import has come: ``idle`` where there was none, ``running``, ``done``, or ``failed`` with the reason.

    ``done`` and ``total`` count runs of Airflow's record.
    """
    found = last_import(store)
    if found is None:
        return answer({"state": "idle", "done": 0, "total": 0, "detail": "", "job": None, "started_at": None})
    state, detail = found.state, found.detail
    if state == "running" and not found.is_running(now):
        state, detail = "failed", "the API server that imported is no more; start it again, nothing is counted twice"
    return answer(
        {
            "state": state,
            "done": found.done,
            "total": found.total,
            "detail": detail,
            "job": found.token,
            "started_at": found.started_at.isoformat(),
        }
    )
