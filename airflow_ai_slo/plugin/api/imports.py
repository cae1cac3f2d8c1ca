"""``POST`` and ``GET /import-history``: budgets from past runs, by a button."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import APIRouter, Depends, Header, HTTPException
from pydantic import BaseModel, Field

from airflow_ai_slo.core.errors import AiSloError, StoreError
from airflow_ai_slo.hooks.store import SLOHook
from airflow_ai_slo.reconcile.importing import last_import, start_import

router = APIRouter(prefix="/import-history", tags=["import"])

_ACCEPTED, _FORBIDDEN, _WRONG, _UNAVAILABLE = 202, 403, 422, 503
_MOST_DAYS = 36525


class Past(BaseModel):
    """How far back to look."""

    days: Annotated[int, Field(ge=1, le=_MOST_DAYS)] = 90


def _writer(user: GetUserDep, x_ai_slo: Annotated[str | None, Header()] = None) -> None:
    """Refuse those who may not edit Airflow's variables, and what another site's page could have sent."""
    if not get_auth_manager().is_authorized_variable(method="PUT", user=user):
        raise HTTPException(_FORBIDDEN, "importing history needs the right to edit variables")
    if x_ai_slo is None:
        raise HTTPException(_FORBIDDEN, "the header X-AI-SLO: 1 is missing")


@router.post("", status_code=_ACCEPTED, dependencies=[Depends(_writer)])
def start(past: Past) -> dict[str, Any]:
    """Measure past runs for the SLOs that Airflow's record measures, in the background.

    One import at a time: while one goes on, the answer names it.
    """
    try:
        return {"job": start_import(SLOHook().open(), back=timedelta(days=past.days)).token}
    except AiSloError as error:
        raise HTTPException(_UNAVAILABLE if isinstance(error, StoreError) else _WRONG, str(error)) from None


@router.get("")
def progress() -> dict[str, Any]:
    """How far the import has come: ``idle`` where there was none, ``running``, ``done``, or ``failed`` with the reason.

    ``done`` and ``total`` count runs of Airflow's record.
    """
    try:
        found = last_import(SLOHook().open())
    except AiSloError as error:
        raise HTTPException(_UNAVAILABLE, str(error)) from None
    if found is None:
        return {"state": "idle", "done": 0, "total": 0, "detail": "", "job": None, "started_at": None}
    state, detail = found.state, found.detail
    if state == "running" and not found.is_running(datetime.now(UTC)):
        state, detail = "failed", "the API server that imported is no more; start it again, nothing is counted twice"
    return {
        "state": state,
        "done": found.done,
        "total": found.total,
        "detail": detail,
        "job": found.token,
        "started_at": found.started_at.isoformat(),
    }
