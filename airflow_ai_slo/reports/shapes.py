"""What is shown as JSON values, one shape for commands and the REST API: plain numbers, instants in ISO 8601."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from airflow_ai_slo.core.burn import RuleOutcome
from airflow_ai_slo.core.compliance import Agreement, Compliance
from airflow_ai_slo.core.corrections import Correction
from airflow_ai_slo.core.evaluation import Evaluation
from airflow_ai_slo.core.freeze import Override
from airflow_ai_slo.core.numbers import Exact, plain
from airflow_ai_slo.core.periods import Period
from airflow_ai_slo.core.sketch import Percentiles
from airflow_ai_slo.core.sla import SLA


def evaluation_json(
    seen: Evaluation, timed: Percentiles | None = None, agreed: Agreement | None = None
) -> dict[str, Any]:
    """One evaluation in the shape other people's scripts hold on to.

    :param timed: percentiles over the SLO's window, where it has any.
    :param agreed: how its SLA stands, where it has one.
    """
    return {
        "slo": seen.slo.name,
        "at": seen.at.isoformat(),
        "objective": float(seen.slo.objective),
        "window": str(seen.slo.window),
        "good": plain(seen.counts.good),
        "total": plain(seen.counts.total),
        "sli": number(seen.sli),
        "budget": budget_json(seen),
        "burn_rates": burn_rates_json(seen),
        "alerts": alerts_json(seen.alerts),
    } | _beside(timed, agreed)


def _beside(timed: Percentiles | None, agreed: Agreement | None) -> dict[str, Any]:
    found: dict[str, Any] = {} if timed is None else {"percentiles": percentiles_json(timed)}
    return found if agreed is None else found | {"sla": agreement_json(agreed)}


def budget_json(seen: Evaluation) -> dict[str, Any]:
    """Allowed, consumed and remaining."""
    left = seen.budget
    return {
        "allowed": number(left.allowed),
        "consumed": plain(left.consumed),
        "remaining": number(left.remaining),
        "coverage": float(left.coverage),
        "estimate": left.estimate,
    }


def burn_rates_json(seen: Evaluation) -> dict[str, float | None]:
    """Burn rate by window."""
    return {window: number(rate) for window, rate in seen.burn_rates.items()}


def alerts_json(alerts: Iterable[RuleOutcome]) -> list[dict[str, Any]]:
    """Rules as resolved, judged."""
    return [
        {
            "severity": alert.rule.severity.label,
            "long": str(alert.rule.long),
            "short": None if alert.rule.short is None else str(alert.rule.short),
            "factor": float(alert.rule.factor),
            "outcome": alert.outcome.value,
        }
        for alert in alerts
    ]


def percentiles_json(timed: Percentiles) -> dict[str, Any]:
    """Percentiles in milliseconds, to the digits that mean something."""
    return {"unit": "ms", "count": timed.count, **{name: float(f"{v:.4g}") for name, v in timed.values.items()}}


def correction_json(one: Correction) -> dict[str, Any]:
    """One correction, as ``ai-slo correct list`` writes it and its commands without a store read it."""
    period = one.period
    return {
        "id": one.id,
        "slo": one.slo,
        "from": period.start.isoformat(),
        "to": moment(period.end),
        "rrule": period.rrule,
        "duration": None if period.duration is None else str(period.duration),
        "zone": period.zone,
        "author": one.author,
        "reason": one.reason,
        "created_at": one.created_at.isoformat(),
        "revoked_at": moment(one.revoked_at),
    }


def agreement_json(found: Agreement) -> dict[str, Any]:
    """An SLA and how it stands."""
    return {**_sla(found.sla), "now": _compliance(found.now), "past": [_compliance(one) for one in found.past]}


def _sla(sla: SLA) -> dict[str, Any]:
    return {
        "target": float(sla.target),
        "window": sla.period,
        "timezone": sla.zone.key,
        "credits": [{"below": float(tier.below), "share": float(tier.share)} for tier in sla.credits],
    }


def _compliance(found: Compliance) -> dict[str, Any]:
    return {
        **period_json(found.period),
        "over": found.over,
        "outlook": found.outlook.value,
        "good": plain(found.counts.good),
        "total": plain(found.counts.total),
        "compliance": number(found.compliance),
        "interval": None if found.interval is None else list(found.interval),
        "coverage": float(found.coverage),
        "allowed": number(found.allowed),
        "bears": found.bears_whole,
        "credit": number(found.credit),
        "most_credit": number(found.most_credit),
    }


def period_json(period: Period) -> dict[str, Any]:
    """A calendar period, in its zone."""
    return {
        "period": period.slug,
        "label": period.label,
        "start": period.start.isoformat(),
        "end": period.end.isoformat(),
        "timezone": period.zone.key,
    }


def override_json(given: Override | None) -> dict[str, Any] | None:
    """Who lets changes pass, why, until when."""
    if given is None:
        return None
    return {"author": given.author, "reason": given.reason, "until": given.expires_at.isoformat()}


def number(value: Exact | None) -> float | None:
    """The nearest float; None while unknown."""
    return None if value is None else float(value)


def moment(at: datetime | None) -> str | None:
    """ISO 8601; None for never."""
    return None if at is None else at.isoformat()
