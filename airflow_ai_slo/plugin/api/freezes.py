"""``GET /freezes/{service}``: may a change to a service go out?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import APIRouter, HTTPException, Query, Request, Response

from airflow_ai_slo import engine
from airflow_ai_slo.core.errors import AiSloError
from airflow_ai_slo.core.freeze import MAX_AGE
from airflow_ai_slo.core.names import LONGEST_NAME, is_name
from airflow_ai_slo.engine.services import FrozenService
from airflow_ai_slo.hooks.store import SLOHook
from airflow_ai_slo.plugin.api.answers import NowDep, StoreDep, named, polled
from airflow_ai_slo.plugin.api.errors import UNAVAILABLE, WRONG
from airflow_ai_slo.plugin.api.schema import told
from airflow_ai_slo.plugin.api.service_models import FreezePage, GateAnswer
from airflow_ai_slo.reports.shapes import moment, override_json

router = APIRouter(prefix="/freezes", tags=["freezes"])

_LONGEST_AGE = 1e6
_LONGEST_LABELS = 1000

Label = Annotated[
    list[Annotated[str, Query(max_length=_LONGEST_LABELS)]] | None,
    Query(max_length=50, description="Label of the change, as often as there are; exempt ones pass a freeze."),
]
MaxAge = Annotated[float, Query(gt=0, le=_LONGEST_AGE, description="Hours; an older evaluation is no answer.")]


@router.get("", responses=told(FreezePage, polled=True))
def list_freezes(request: Request, store: StoreDep, now: NowDep) -> Response:
    """The freezes that hold now, and why."""
    seen = engine.latest(store, now=now)
    found = engine.frozen(store, seen, now=now)
    return polled(request, {"freezes": [_freeze(one) for one in found]}, at=seen.at)


@router.get("/{service:path}", responses=told(GateAnswer))
def check_freeze(
    service: str,
    user: GetUserDep,
    label: Label = None,
    max_age_hours: MaxAge = MAX_AGE / timedelta(hours=1),
) -> dict[str, Any]:
    """The gate's answer, in the shape of ``ai-slo freeze check --format json``, audited under the user's name.

    ``outcome`` is ``allowed``, ``frozen`` or ``unknown``. Who asks must block on anything but ``allowed``, and on any
    other status than 200: a store that cannot be asked is an ``unknown`` with status 200, a wrong connection a 503.
    """
    named(service, "service")
    labels = [part.strip() for one in label or () for part in one.split(",") if part.strip()]
    if not all(is_name(one, LONGEST_NAME) for one in labels):
        raise HTTPException(WRONG, f"query label: a label is text of 1 to {LONGEST_NAME} characters, none of them NUL")
    try:
        answer = SLOHook().gate(
            service,
            now=datetime.now(UTC),
            labels=labels,
            max_age=timedelta(hours=max_age_hours),
            actor=f"REST ({user.get_name()})",
        )
    except AiSloError as error:
        raise HTTPException(UNAVAILABLE, str(error)) from None
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
