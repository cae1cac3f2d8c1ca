"""``GET /slo`` and ``GET /slo/measurements``: one SLO by a name that need not fit a path."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from airflow_ai_slo.plugin.api import measurements, slos
from airflow_ai_slo.plugin.api.answers import NowDep, StoreDep
from airflow_ai_slo.plugin.api.cursors import Cursor
from airflow_ai_slo.plugin.api.models import MeasurementPage, SLODetail
from airflow_ai_slo.plugin.api.schema import told

router = APIRouter(prefix="/slo", tags=["slos"])

Name = Annotated[str, Query(description="The SLO's name, whatever it holds.")]


@router.get("", responses=told(SLODetail, polled=True))
def get_slo_by_name(request: Request, store: StoreDep, now: NowDep, name: Name, period: slos.Period = None) -> Response:
    """The answer of ``GET /slos/{name}``."""
    return slos.get_slo(request, store, now, name, period)


@router.get("/measurements", responses=told(MeasurementPage))
def list_measurements_by_name(
    store: StoreDep,
    name: Name,
    start: measurements.Start = None,
    end: measurements.End = None,
    bad: measurements.Bad = False,
    limit: measurements.Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """The answer of ``GET /slos/{name}/measurements``."""
    return measurements.list_measurements(store, name, start, end, bad, limit, cursor)
