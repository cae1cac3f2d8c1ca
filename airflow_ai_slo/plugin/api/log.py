"""``GET /audit`` and ``GET /incidents``: what was decided, and what happened."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime

from airflow_ai_slo import engine
from airflow_ai_slo.core.names import LONGEST_NAME
from airflow_ai_slo.engine.looking_back import Opened
from airflow_ai_slo.plugin.api.answers import StoreDep, answer, known_text
from airflow_ai_slo.plugin.api.cursors import Cursor, read_cursor, written
from airflow_ai_slo.plugin.api.schema import told
from airflow_ai_slo.plugin.api.service_models import AuditPage, IncidentPage
from airflow_ai_slo.plugin.api.services import entry_json
from airflow_ai_slo.reports.shapes import moment

router = APIRouter(tags=["log"])

MOST = 1000
Limit = Annotated[int, Query(ge=1, le=MOST)]
Service = Annotated[str | None, Query(max_length=LONGEST_NAME, description="Only of this service.")]


@router.get("/audit", responses=told(AuditPage))
def list_audit(
    store: StoreDep,
    service: Service = None,
    since: Annotated[AwareDatetime | None, Query(description="After this instant.")] = None,
    until: Annotated[AwareDatetime | None, Query(description="Up to and including this instant.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """Decisions about freezes and corrections, the newest first: gates passed and stopped, overrides, releases."""
    before = read_cursor(cursor, int, int)
    found = engine.audit_page(
        store, known_text(service, "service"), since=since, until=until, limit=limit + 1, before=before
    )
    page = found[:limit]
    return answer(
        {
            "audit": [entry_json(entry) for _, entry in page],
            "next_cursor": written(*page[-1][0]) if len(found) > limit else None,
        }
    )


@router.get("/incidents", responses=told(IncidentPage))
def list_incidents(
    store: StoreDep,
    service: Service = None,
    is_open: Annotated[
        bool | None, Query(alias="open", description="Only those that are open, or only those that are not.")
    ] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """Incidents of all SLOs, the one that opened last first."""
    before = read_cursor(cursor, int, int)
    found = engine.incidents(store, known_text(service, "service"), is_open=is_open, limit=limit + 1, before=before)
    page = found[:limit]
    return answer(
        {
            "incidents": [_incident(one) for one in page],
            "next_cursor": written(*page[-1].place) if len(found) > limit else None,
        }
    )


def _incident(one: Opened) -> dict[str, Any]:
    return {
        "id": one.incident.id,
        "slo": one.slo,
        "title": one.title,
        "service": one.service,
        "opened_at": one.incident.opened_at.isoformat(),
        "resolved_at": moment(one.incident.resolved_at),
        "severity": one.incident.severity.label,
        "reason": one.reason,
    }
