"""``GET /slos`` and ``GET /slos/{name}``."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException, Query, Request, Response

from airflow_ai_slo import engine
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.engine.choosing import Choice, choose
from airflow_ai_slo.engine.listing import Health
from airflow_ai_slo.plugin.api import shapes
from airflow_ai_slo.plugin.api.answers import NowDep, StoreDep, named, polled
from airflow_ai_slo.plugin.api.errors import WRONG
from airflow_ai_slo.plugin.api.models import SLODetail, SLOPage
from airflow_ai_slo.plugin.api.schema import told

router = APIRouter(prefix="/slos", tags=["slos"])

MOST = 500
Trends = Annotated[bool, Query(description="Budget left at the last fourteen days' same time of day.")]
Period = Annotated[
    str | None, Query(max_length=20, description="How far its history goes back, such as 28d; else its window.")
]
_LONGEST_PERIOD = timedelta(days=3660)
_RENEWED = timedelta(minutes=5)


@router.get("", responses=told(SLOPage, polled=True))
def list_slos(
    request: Request,
    store: StoreDep,
    now: NowDep,
    search: Annotated[
        str, Query(max_length=200, description="Stands in the name, title, service, description or a label.")
    ] = "",
    service: Annotated[list[str] | None, Query(description="Only of these services.")] = None,
    state: Annotated[list[Health] | None, Query(description="Only those in these states.")] = None,
    freeze: Annotated[
        list[Literal["hard", "soft", "none"]] | None, Query(description="Only those whose service is so frozen.")
    ] = None,
    order_by: Annotated[
        str,
        Query(
            max_length=40,
            description="state (the most urgent first), name, title, service, objective, sli, remaining, burn or "
            "evaluated_at; after a - the largest first. Unknown ones come last.",
        ),
    ] = "state",
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    trend: Trends = False,
) -> Response:
    """SLOs with their figures, a page at a time. ``counts`` says how many have each state, ``state`` left aside."""
    seen = engine.latest(store, now=now)
    choice = Choice(search=search, services=service or (), states=state or (), freezes=freeze or (), order_by=order_by)
    chosen = choose(seen.slos, choice)
    page = chosen.slos[offset : offset + limit]
    trends = engine.trends(store, page, at=seen.at, now=now) if trend else None
    body = {
        "slos": shapes.rows(page, trends),
        "total_entries": len(chosen.slos),
        "counts": shapes.counts(chosen.counts),
    }
    return polled(request, body, at=seen.at)


@router.get("/{name:path}", responses=told(SLODetail, polled=True))
def get_slo(request: Request, store: StoreDep, now: NowDep, name: str, period: Period = None) -> Response:
    """One SLO: figures, rules, budget over time, what spent it, incidents, corrections, forecast, definition."""
    found = engine.latest_detail(store, named(name), now=now, period=_period(period))
    moving = ("history", "allowed_line", "window_start", "forecast")
    return polled(
        request, shapes.detail(found), at=found.listed.seen.at, moving=moving, renewed=_RENEWED, also=found.ever
    )


def _period(given: str | None) -> timedelta | None:
    if given is None:
        return None
    try:
        length = Duration.parse(given).length
    except (ValueError, OverflowError) as error:
        raise HTTPException(WRONG, f"query period: {error}") from None
    if length > _LONGEST_PERIOD:
        raise HTTPException(WRONG, f"query period: {given} is too long; write at most 3660d")
    return length
