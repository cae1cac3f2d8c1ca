"""How loud an incident was, as a report of any instant shows it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from slo_kit import DAY, HOUR, an_slo

from airflow_ai_slo import engine
from airflow_ai_slo.core.definition import Severity
from airflow_ai_slo.core.incident import Transition
from airflow_ai_slo.core.periods import ending, period_of
from airflow_ai_slo.reports import render_json
from airflow_ai_slo.reports.model import Report, SLOReport
from airflow_ai_slo.reports.verdict import badges
from airflow_ai_slo.store import Store, definitions, incidents

START = datetime(2025, 11, 3, 5, tzinfo=UTC)
JANUARY = period_of("month", datetime(2026, 2, 1, tzinfo=UTC))


def test_an_incident_shows_the_highest_severity_it_had_by_the_end(store: Store) -> None:
    engine.apply(store, [an_slo(freeze=False)], now=START)
    opened = JANUARY.start + DAY
    steps = [
        (Transition.OPENED, Severity.TICKET, opened),
        (Transition.ESCALATED, Severity.PAGE, opened + DAY),
        (Transition.DEESCALATED, Severity.TICKET, opened + 5 * DAY),
        (Transition.ESCALATED, Severity.PAGE, JANUARY.end + DAY),
    ]
    with store.write() as connection:
        [stored] = definitions.active(connection)
        for transition, severity, at in steps:
            incidents.advance(connection, stored.slo_id, transition, severity, at=at, reason="burn")

    def shown(end: datetime) -> tuple[str, str, str]:
        [row] = only(engine.report(store, period=ending(end, 10 * DAY))).incidents
        return row.severity, row.highest, row.severities

    assert shown(opened + HOUR) == ("ticket", "ticket", "ticket")
    assert shown(opened + 2 * DAY) == ("page", "page", "page")
    assert shown(opened + 6 * DAY) == ("ticket", "page", "page, now ticket")
    found = engine.report(store, period=JANUARY)
    [incident] = json.loads(render_json(found))["services"][0]["slos"][0]["incidents"]
    assert (incident["severity"], incident["highest_severity"]) == ("ticket", "page")
    assert [badge.label for badge in badges(only(found))] == ["Ticket open", "Unknown"]


def only(report: Report) -> SLOReport:
    [service] = report.services
    [slo] = service.slos
    return slo
