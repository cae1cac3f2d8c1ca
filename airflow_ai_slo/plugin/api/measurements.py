"""``GET /slos/{name}/measurements``."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime

from airflow_ai_slo import engine
from airflow_ai_slo.core.numbers import plain
from airflow_ai_slo.engine.browsing import Seen
from airflow_ai_slo.plugin.api.answers import StoreDep, answer, named
from airflow_ai_slo.plugin.api.cursors import Cursor, read_cursor, written
from airflow_ai_slo.plugin.api.models import MeasurementPage
from airflow_ai_slo.plugin.api.schema import told
from airflow_ai_slo.reports.shapes import moment

router = APIRouter(tags=["measurements"])

MOST = 1000
Start = Annotated[AwareDatetime | None, Query(description="After this instant.")]
End = Annotated[AwareDatetime | None, Query(description="Up to and including this instant.")]
Bad = Annotated[bool, Query(description="Only those whose good / total is below the objective.")]
Limit = Annotated[int, Query(ge=1, le=MOST)]


@router.get("/slos/{name:path}/measurements", responses=told(MeasurementPage))
def list_measurements(
    store: StoreDep,
    name: str,
    start: Start = None,
    end: End = None,
    bad: Bad = False,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """Measurements of an SLO, the newest first, a page at a time; ``next_cursor`` leads to the next."""
    before = read_cursor(cursor, int, str)
    found = engine.measurements(store, named(name), start=start, end=end, bad=bad, limit=limit + 1, before=before)
    page = found[:limit]
    more = len(found) > limit
    return answer(
        {
            "measurements": [_measurement(one) for one in page],
            "next_cursor": written(*page[-1].place) if more else None,
        }
    )


def _measurement(one: Seen) -> dict[str, Any]:
    given = one.measurement
    return {
        "key": given.key,
        "at": given.at.isoformat(),
        "good": plain(given.good),
        "total": plain(given.total),
        "value": given.value,
        "cause": None if given.cause is None else given.cause.value,
        "bad": one.is_bad,
        "attributes": dict(given.attributes),
        "recorded_at": moment(given.recorded_at),
    }
