"""The report as one JSON document: exact figures as the nearest floats, unknown as null."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow_ai_slo.core.comparing import Compared, InPeriod, change
from airflow_ai_slo.core.numbers import plain
from airflow_ai_slo.reports.model import Report, ServiceReport, SLOReport
from airflow_ai_slo.reports.shapes import agreement_json, budget_json, moment, number, period_json
from airflow_ai_slo.reports.verdict import badges, met, unit_of


def document(report: Report) -> dict[str, Any]:
    """The report as JSON values."""
    return {
        "title": report.title,
        "period": None if report.period is None else period_json(report.period),
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
            {"since": row.since.isoformat(), "until": moment(row.until), "slos": [*row.slos]} for row in service.freezes
        ],
        "slos": [_slo(slo) for slo in service.slos],
    }


def _slo(slo: SLOReport) -> dict[str, Any]:
    evaluation = slo.evaluation
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
        "sli": number(evaluation.sli),
        "interval": None if evaluation.interval is None else list(evaluation.interval),
        "budget": budget_json(evaluation),
        "incidents": [
            {
                "opened_at": row.opened_at.isoformat(),
                "resolved_at": moment(row.resolved_at),
                "severity": row.severity,
                "highest_severity": row.highest,
                "reason": row.reason,
            }
            for row in slo.incidents
        ],
        "compared": None if slo.compared is None else _compared(slo.compared),
        "sla": None if slo.agreement is None else agreement_json(slo.agreement),
    }


def _compared(found: Compared) -> dict[str, Any]:
    return {
        "standing": found.standing.value,
        "since": moment(found.since),
        "now": _in_period(found.now),
        "before": None if found.before is None else _in_period(found.before),
        "change": _changes(found),
        "periods": [
            {"period": one.period.slug, "met": one.met, "sli": number(one.sli), "spent": number(one.spent)}
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
        **period_json(one.period),
        "good": plain(one.counts.good),
        "total": plain(one.counts.total),
        "bad_runs": one.counts.bad_runs,
        "runs": one.counts.runs,
        "sli": number(one.sli),
        "met": one.met,
        "spent": number(one.spent),
        "remaining": number(one.remaining),
        "incidents": one.incidents,
        "frozen_seconds": one.frozen / timedelta(seconds=1),
        "spent_by": [
            {"by": by.by, "name": by.name, "bad": plain(by.bad), "of_budget": number(one.spent_by(by.bad))}
            for by in one.spenders
        ],
    }
