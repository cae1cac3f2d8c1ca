"""``GET /freezes/{service}``: may a change to a service go out?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import APIRouter, HTTPException, Path, Query, Request, Response

from airflow_ai_slo import engine
from airflow_ai_slo.core.errors import AiSloError
from airflow_ai_slo.core.freeze import MAX_AGE
from airflow_ai_slo.core.names import LONGEST_NAME
from airflow_ai_slo.engine.services import FrozenService
from airflow_ai_slo.hooks.store import SLOHook
from airflow_ai_slo.plugin.api.answers import NowDep, StoreDep, polled
from airflow_ai_slo.reports.shapes import moment, override_json

router = APIRouter(prefix="/freezes", tags=["freezes"])

_LONGEST_AGE = 1e6
_UNAVAILABLE = 503

Label = Annotated[
    list[str] | None, Query(description="Label of the change, as often as there are; exempt ones pass a freeze.")
]
MaxAge = Annotated[float, Query(gt=0, le=_LONGEST_AGE, description="Hours; an older evaluation is no answer.")]


@router.get("")
def freezes(request: Request, store: StoreDep, now: NowDep) -> Response:
    """The freezes that hold now, and why."""
    seen = engine.latest(store, now=now)
    found = engine.frozen(store, seen, now=now)
    return polled(request, {"freezes": [_freeze(one) for one in found]}, at=seen.at)


@router.get("/{service:path}")
def check(
    service: Annotated[str, Path(max_length=LONGEST_NAME)],
    user: GetUserDep,
    label: Label = None,
    max_age_hours: MaxAge = MAX_AGE / timedelta(hours=1),
) -> dict[str, Any]:
    """The gate's answer, in the shape of ``ai-slo freeze check --format json``, audited under the user's name.

    ``outcome`` is ``allowed``, ``frozen`` or ``unknown``. Who asks must block on anything but ``allowed``, and on any
    other status than 200: a store that cannot be asked is an ``unknown`` with status 200, a wrong connection a 503.
    """
    labels = [part.strip() for one in label or () for part in one.split(",") if part.strip()]
    try:
        answer = SLOHook().gate(
            service,
            now=datetime.now(UTC),
            labels=labels,
            max_age=timedelta(hours=max_age_hours),
            actor=f"REST ({user.get_name()})",
        )
    except AiSloError as error:
        raise HTTPException(_UNAVAILABLE, str(error)) from None
    return answer.to_dict()


def _freeze(one: FrozenService) -> dict[str, Any]:
    held = one.listed.frozen
    return {
        "service": one.listed.service.name,
        "since": None if held is None else held.freeze.since.isoformat(),
        "mode": None if held is None else held.policy.mode,
        "reasons": [reason.to_dict() for reason in one.reasons],
        "override": override_json(one.listed.override),
        "ends_at": moment(one.listed.ends_at),
    }
