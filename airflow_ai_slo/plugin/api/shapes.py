"""SLOs, services and freezes as the REST API writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from airflow_ai_slo.alerts.outlook import forecast_at, forecast_line
from airflow_ai_slo.alerts.words import events_left
from airflow_ai_slo.core.attribution import Attribution
from airflow_ai_slo.core.compliance import Agreement
from airflow_ai_slo.core.corrections import Correction
from airflow_ai_slo.core.numbers import plain
from airflow_ai_slo.core.units import unit_of
from airflow_ai_slo.engine.detailing import Detail, Happened
from airflow_ai_slo.engine.listing import Health, Listed
from airflow_ai_slo.engine.trending import Trend
from airflow_ai_slo.openslo import writing
from airflow_ai_slo.reports import promised
from airflow_ai_slo.reports.model import BudgetPoint
from airflow_ai_slo.reports.shapes import (
    agreement_json,
    alerts_json,
    budget_json,
    burn_rates_json,
    correction_json,
    moment,
    number,
    percentiles_json,
)


def row(one: Listed, trend: Trend | None = None) -> dict[str, Any]:
    """An SLO as lists show it.

    :param trend: budget left at some instants up to now, where asked for.
    """
    seen, slo, held = one.seen, one.seen.slo, one.incident
    return {
        "name": slo.name,
        "title": slo.title,
        "service": slo.service,
        "objective": float(slo.objective),
        "window": str(slo.window),
        "source": slo.indicator.source,
        "unit": unit_of(seen),
        "good": plain(seen.counts.good),
        "total": plain(seen.counts.total),
        "sli": number(seen.sli),
        "budget": {**budget_json(seen), "text": events_left(seen)},
        "burn": number(seen.counts.burn_rate(slo.objective)),
        "state": one.health.value,
        "incident": None
        if held is None
        else {"opened_at": held.opened_at.isoformat(), "severity": held.severity, "reason": held.reason},
        "freeze": one.freeze,
        "evaluated_at": moment(one.evaluated_at),
        "labels": dict(slo.labels),
    } | ({} if trend is None else {"trend": [number(left) for left in trend]})


def rows(slos: Sequence[Listed], trends: Mapping[str, Trend] | None = None) -> list[dict[str, Any]]:
    """SLOs as lists show them.

    :param trends: by name, where asked for.
    """
    return [row(one, None if trends is None else trends.get(one.name, ())) for one in slos]


def counts(given: Mapping[Health, int]) -> dict[str, int]:
    """How many SLOs have each state."""
    return {health.value: given.get(health, 0) for health in sorted(Health)}


def detail(found: Detail) -> dict[str, Any]:
    """Everything about one SLO."""
    seen = found.listed.seen
    slo, bounds = seen.slo, seen.needs.bounds
    return row(found.listed) | {
        "description": slo.description,
        "alerts": alerts_json(seen.alerts),
        "burn_rates": burn_rates_json(seen),
        "history": [_point(point) for point in found.history],
        "window_start": bounds.start.isoformat(),
        "allowed_line": [[bounds.start.isoformat(), 1.0], [bounds.end.isoformat(), 0.0]],
        "spent": [_spent(one) for one in found.spent],
        "incidents": [_incident(one) for one in found.incidents],
        "corrections": [_correction(one) for one in found.corrections],
        "percentiles": None if found.percentiles is None else percentiles_json(found.percentiles),
        "forecast": {
            "outlook": found.forecast.outlook.value,
            "text": forecast_line(found.forecast, seen.at),
            "at": moment(forecast_at(found.forecast)),
        },
        "definition": writing.document(slo),
        "yaml": writing.yaml_text(slo),
        "dags": list(found.dags),
        "sla": None if found.agreement is None else _sla(found.agreement, unit_of(seen)),
    }


def _sla(found: Agreement, unit: str) -> dict[str, Any]:
    words, _ = promised.outlook(found)
    return agreement_json(found) | {"text": f"{words}: {promised.detail(found, unit)}"}


def _point(point: BudgetPoint) -> dict[str, Any]:
    return {
        "at": point.at.isoformat(),
        "remaining": number(point.remaining),
        "sli": number(point.sli),
        "burn": number(point.burn),
    }


def _spent(found: Attribution) -> dict[str, Any]:
    groups = [{"name": one.name, "bad": plain(one.bad), "share": float(one.share)} for one in found.groups]
    return {"by": found.by, "groups": groups}


def _incident(one: Happened) -> dict[str, Any]:
    return {
        "opened_at": one.incident.opened_at.isoformat(),
        "resolved_at": moment(one.incident.resolved_at),
        "severity": one.incident.severity.label,
        "reason": one.reason,
        "events": [
            {
                "at": event.at.isoformat(),
                "transition": event.transition.value,
                "severity": event.severity.label,
                "reason": event.reason,
            }
            for event in one.events
        ],
    }


def _correction(one: Correction) -> dict[str, Any]:
    written = correction_json(one)
    written["start"], written["end"] = written.pop("from"), written.pop("to")
    return written
