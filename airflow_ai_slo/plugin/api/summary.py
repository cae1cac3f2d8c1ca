"""``GET /summary`` and ``GET /me``: what a home page asks for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import APIRouter, Request, Response

from airflow_ai_slo import engine
from airflow_ai_slo.engine.choosing import count, most_urgent
from airflow_ai_slo.engine.listing import Listed
from airflow_ai_slo.plugin.api import shapes
from airflow_ai_slo.plugin.api.answers import NowDep, StoreDep, answer, polled
from airflow_ai_slo.plugin.api.rights import can_write
from airflow_ai_slo.plugin.api.schema import told
from airflow_ai_slo.plugin.api.service_models import Me, Summary

router = APIRouter(tags=["summary"])

_WORST = 5
_SEVERITIES = ("page", "ticket")


@router.get("/summary", responses=told(Summary, polled=True))
def get_summary(request: Request, store: StoreDep, now: NowDep) -> Response:
    """How many SLOs have each state, which services are frozen, open incidents, and the five that need care most."""
    seen = engine.latest(store, now=now)
    body = {
        "slos": len(seen.slos),
        "counts": shapes.counts(count(seen.slos)),
        "frozen": sorted(seen.frozen),
        "incidents": _incidents(seen.slos),
        "worst": shapes.rows(most_urgent(seen.slos, _WORST)),
        "empty": not seen.slos,
    }
    return polled(request, body, at=seen.at)


@router.get("/me", responses=told(Me))
def get_me(user: GetUserDep) -> Response:
    """Who asks, and whether they may change anything here."""
    return answer({"name": user.get_name(), "can_write": can_write(user)})


def _incidents(slos: Iterable[Listed]) -> dict[str, Any]:
    held = [one.incident.severity for one in slos if one.incident is not None]
    return {severity: held.count(severity) for severity in _SEVERITIES}
