"""``GET /services`` and ``GET /services/{name}``."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from airflow_ai_slo import engine
from airflow_ai_slo.core.freeze_policy import FreezePolicy
from airflow_ai_slo.engine.services import ServiceListed
from airflow_ai_slo.plugin.api.answers import NowDep, StoreDep, named, polled
from airflow_ai_slo.plugin.api.schema import told
from airflow_ai_slo.plugin.api.service_models import ServiceDetail, ServicePage
from airflow_ai_slo.reports.shapes import moment, number, override_json
from airflow_ai_slo.store.audit import Entry
from airflow_ai_slo.store.freezes import Freeze

router = APIRouter(prefix="/services", tags=["services"])


@router.get("", responses=told(ServicePage, polled=True))
def list_services(request: Request, store: StoreDep, now: NowDep) -> Response:
    """Every service: how many SLOs it has, the worst of their states, the least budget left, whether it is frozen."""
    seen = engine.latest(store, now=now)
    found = engine.services(store, seen, now=now)
    return polled(request, {"services": [service_json(one) for one in found]}, at=seen.at)


@router.get("/{name:path}", responses=told(ServiceDetail, polled=True))
def get_service(request: Request, store: StoreDep, now: NowDep, name: str) -> Response:
    """One service, its freeze policy, its freezes of a year and the newest decisions about it."""
    seen = engine.latest(store, now=now)
    found = engine.service(store, seen, named(name, "service"), now=now)
    body = service_json(found.listed) | {
        "policy": policy_json(found.listed.service.freeze),
        "labels": dict(found.listed.service.labels),
        "audit": [entry_json(one) for one in found.audit],
        "freezes": [freeze_json(one) for one in found.freezes],
    }
    return polled(request, body, at=seen.at)


def service_json(one: ServiceListed) -> dict[str, Any]:
    """A service as lists show it."""
    held = one.frozen
    return {
        "name": one.service.name,
        "description": one.service.description,
        "slos": len(one.slos),
        "frozen": held is not None,
        "freeze": None
        if held is None
        else {
            "since": held.freeze.since.isoformat(),
            "mode": held.policy.mode,
            "slos": sorted(held.freeze.causes),
            "ends_at": moment(one.ends_at),
        },
        "override": override_json(one.override),
        "state": one.health.value,
        "remaining": number(one.remaining),
    }


def policy_json(policy: FreezePolicy) -> dict[str, Any]:
    """How a service freezes and thaws."""
    return {
        "slos": list(policy.slos),
        "mode": policy.mode,
        "thaw_above": number(policy.thaw_above),
        "thaw_after_good_runs": policy.thaw_after_good_runs,
        "for_at_most": None if policy.for_at_most is None else str(policy.for_at_most),
        "exempt_labels": list(policy.exempt_labels),
    }


def entry_json(entry: Entry) -> dict[str, Any]:
    """One line of the audit log, as ``ai-slo freeze log`` writes it."""
    return {
        "at": entry.at.isoformat(),
        "service": entry.service,
        "actor": entry.actor,
        "action": entry.action,
        "labels": entry.labels,
        "detail": entry.detail,
    }


def freeze_json(one: Freeze) -> dict[str, Any]:
    """One freeze; ``until`` is null while it holds."""
    return {"since": one.since.isoformat(), "until": moment(one.until), "slos": sorted(one.causes)}
