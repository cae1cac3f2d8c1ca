"""``POST`` and ``DELETE /freezes/{service}/override``, ``POST /freezes/{service}/release``: audited decisions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Response
from pydantic import AwareDatetime, Field

from airflow_ai_slo import engine
from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.plugin.api.answers import NowDep, StoreDep, answer, named
from airflow_ai_slo.plugin.api.bodies import Body, WriterDep, body, described
from airflow_ai_slo.plugin.api.errors import NOT_FOUND
from airflow_ai_slo.plugin.api.schema import WRITE_PROBLEMS, told
from airflow_ai_slo.plugin.api.service_models import Overridden, Released
from airflow_ai_slo.reports.shapes import override_json
from airflow_ai_slo.store import Store

router = APIRouter(prefix="/freezes", tags=["freezes"])

_CREATED, _NOTHING = 201, 204
_LONGEST_REASON = 2000

Reason = Annotated[str, Field(min_length=1, max_length=_LONGEST_REASON, description="Why, for the audit log.")]


class Override(Body):
    """Let changes through a freeze."""

    reason: Reason
    until: Annotated[AwareDatetime, Field(description="When it ends, in ISO 8601 with a zone.")]


class Release(Body):
    """End a freeze."""

    reason: Reason


@router.post(
    "/{service:path}/override",
    openapi_extra=described(Override),
    status_code=_CREATED,
    responses=told(Overridden, _CREATED) | WRITE_PROBLEMS,
)
def override_freeze(
    store: StoreDep,
    now: NowDep,
    author: WriterDep,
    service: str,
    given: Annotated[Override, Depends(body(Override))],
) -> Response:
    """Let changes to a service through a freeze until an instant. Of several overrides the longest holds."""
    made = engine.override(
        store, named(service, "service"), author=author, reason=given.reason, until=given.until, now=now
    )
    return answer({"service": service, **(override_json(made) or {})}, _CREATED)


@router.delete("/{service:path}/override", status_code=_NOTHING)
def revoke_override(
    store: StoreDep,
    now: NowDep,
    author: WriterDep,
    service: str,
    reason: Annotated[
        str, Query(min_length=1, max_length=_LONGEST_REASON, description="Why, for the audit log.")
    ] = "revoked",
) -> Response:
    """End every override of a service that is in force."""
    _known(store, now, service)
    try:
        engine.revoke(store, service, author=author, reason=reason, now=now)
    except ConfigurationError as error:
        raise HTTPException(NOT_FOUND, str(error)) from None
    return Response(status_code=_NOTHING)


@router.post("/{service:path}/release", openapi_extra=described(Release), responses=told(Released) | WRITE_PROBLEMS)
def release_freeze(
    store: StoreDep,
    now: NowDep,
    author: WriterDep,
    service: str,
    given: Annotated[Release, Depends(body(Release))],
) -> Response:
    """Thaw a service by hand; only a bad run after this freezes it again."""
    _known(store, now, service)
    engine.release(store, service, author=author, reason=given.reason, now=now)
    said: dict[str, Any] = {"service": service, "released_by": author, "reason": given.reason.strip()}
    return answer(said)


def _known(store: Store, now: datetime, service: str) -> None:
    """:raises UnknownSLOError: nothing names the service."""
    engine.service(store, engine.latest(store, now=now), named(service, "service"), now=now)
