"""``GET /metrics``: where every SLO stands, for Prometheus."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Header, HTTPException, Query, Response

from airflow_ai_slo.core.errors import AiSloError, ConfigurationError
from airflow_ai_slo.hooks.store import SLOHook

router = APIRouter(prefix="/metrics", tags=["metrics"])

_MOST = 1_000_000
_NOT_INSTALLED = 501
_UNAVAILABLE = 503

MaxSeries = Annotated[
    int | None, Query(ge=0, le=_MOST, description="So many series of SLOs at most; 100,000 unless told.")
]


@router.get("", response_class=Response)
def scrape(accept: Annotated[str, Header()] = "", max_series: MaxSeries = None) -> Response:
    """OpenMetrics or Prometheus' text format, as the ``Accept`` header asks; the figures of ``ai-slo status`` now.

    501 where Prometheus' client is not installed, 503 where the store cannot be used, so that ``up`` turns 0.
    """
    from airflow_ai_slo import engine

    try:
        content_type = engine.negotiated(accept)
    except ConfigurationError as error:
        raise HTTPException(_NOT_INSTALLED, str(error)) from None
    hook = SLOHook()
    try:
        seen = engine.snapshot(hook.get_store(), at=datetime.now(UTC), spool_path=hook.spool)
    except AiSloError as error:
        raise HTTPException(_UNAVAILABLE, str(error)) from None
    shown = engine.families(seen, most=engine.MOST_SERIES if max_series is None else max_series)
    text = engine.exposition(shown, openmetrics=engine.is_openmetrics(content_type))
    return Response(text.encode(), headers={"Content-Type": content_type, "Cache-Control": "no-store"})
