"""The report as one JSON document: exact figures as the nearest floats, unknown as null."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from typing import Any

from airflow_ai_slo.core.comparing import Compared, InPeriod, change
from airflow_ai_slo.core.compliance import Agreement, Compliance
from airflow_ai_slo.core.numbers import plain
from airflow_ai_slo.core.periods import Period
from airflow_ai_slo.core.sla import SLA
from airflow_ai_slo.reports.model import Report, ServiceReport, SLOReport
from airflow_ai_slo.reports.verdict import badges, met, unit_of


def document(report: Report) -> dict[str, Any]:
    """The report as JSON values."""
    return {
        "title": report.title,
        "period": None if report.period is None else _period(report.period),
        "start": report.start.isoformat(),
        "end": report.end.isoformat(),
        "services": [_service(service) for service in report.services],
        "ended": [{"slo": one.slo, "service": one.service, "at": one.at.isoformat()} for one in report.ended],
    }


def _service(service: ServiceReport) -> dict[str, Any]:
    return {
        "service": service.service.name,
        "frozen_since": service.frozen.since.isoformat() if service.frozen else None,
        "freezes": [
            {"since": row.since.isoformat(), "until": row.until.isoformat() if row.until else None, "slos": [*row.slos]}
            for row in service.freezes
        ],
        "slos": [_slo(slo) for slo in service.slos],
    }


def _slo(slo: SLOReport) -> dict[str, Any]:
    evaluation = slo.evaluation
    left = evaluation.budget
    return {
        "slo": evaluation.slo.name,
        "title": evaluation.slo.title,
        "objective": float(evaluation.slo.objective),
        "window": str(evaluation.slo.window),
        "unit": unit_of(slo),
        "states": [badge.state.value for badge in badges(slo)],
        "met": met(evaluation),
        "good": plain(evaluation.counts.good),
        "total": plain(evaluation.counts.total),
        "sli": _float(evaluation.sli),
        "interval": None if evaluation.interval is None else list(evaluation.interval),
        "budget": {
            "allowed": _float(left.allowed),
            "consumed": plain(left.consumed),
            "remaining": _float(left.remaining),
            "coverage": float(left.coverage),
            "estimate": left.estimate,
        },
        "incidents": [
            {
                "opened_at": row.opened_at.isoformat(),
                "resolved_at": row.resolved_at.isoformat() if row.resolved_at else None,
                "severity": row.severity,
                "reason": row.reason,
            }
            for row in slo.incidents
        ],
        "compared": None if slo.compared is None else _compared(slo.compared),
        "sla": None if slo.agreement is None else agreement(slo.agreement),
    }


def _compared(found: Compared) -> dict[str, Any]:
    return {
        "standing": found.standing.value,
        "since": found.since.isoformat() if found.since else None,
        "now": _in_period(found.now),
        "before": None if found.before is None else _in_period(found.before),
        "change": _changes(found),
        "periods": [
            {"period": one.period.slug, "met": one.met, "sli": _float(one.sli), "spent": _float(one.spent)}
            for one in found.run_up
        ],
    }


def _changes(found: Compared) -> dict[str, str]:
    """What became of each figure: better, worse, as before or unknown."""
    now, before = found.now, found.before

    def word(name: str, *, more_is_better: bool) -> str:
        mine, theirs = getattr(now, name), None if before is None else getattr(before, name)
        return change(mine, theirs, more_is_better=more_is_better).value

    return {
        "overall": found.overall.value,
        "sli": word("sli", more_is_better=True),
        "spent": word("spent", more_is_better=False),
        "incidents": word("incidents", more_is_better=False),
        "frozen_seconds": word("frozen", more_is_better=False),
        "remaining": word("remaining", more_is_better=True),
    }


def _in_period(one: InPeriod) -> dict[str, Any]:
    return {
        **_period(one.period),
        "good": plain(one.counts.good),
        "total": plain(one.counts.total),
        "bad_runs": one.counts.bad_runs,
        "runs": one.counts.runs,
        "sli": _float(one.sli),
        "met": one.met,
        "spent": _float(one.spent),
        "remaining": _float(one.remaining),
        "incidents": one.incidents,
        "frozen_seconds": one.frozen / timedelta(seconds=1),
        "spent_by": [
            {"by": by.by, "name": by.name, "bad": plain(by.bad), "of_budget": _float(one.spent_by(by.bad))}
            for by in one.spenders
        ],
    }


def agreement(found: Agreement) -> dict[str, Any]:
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
        **_period(found.period),
        "over": found.over,
        "outlook": found.outlook.value,
        "good": plain(found.counts.good),
        "total": plain(found.counts.total),
        "compliance": _float(found.compliance),
        "interval": None if found.interval is None else list(found.interval),
        "coverage": float(found.coverage),
        "allowed": _float(found.allowed),
        "bears": found.bears_whole,
        "credit": _float(found.credit),
        "most_credit": _float(found.most_credit),
    }


def _period(period: Period) -> dict[str, Any]:
    return {
        "period": period.slug,
        "label": period.label,
        "start": period.start.isoformat(),
        "end": period.end.isoformat(),
        "timezone": period.zone.key,
    }


def _float(number: Fraction | None) -> float | None:
    return None if number is None else float(number)
