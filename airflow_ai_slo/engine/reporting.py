"""What a report shows, read from the store."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from airflow_ai_slo.core.budget import budget
from airflow_ai_slo.core.definition import Service
from airflow_ai_slo.core.errors import UnknownSLOError
from airflow_ai_slo.core.evaluation import budget_plan, coverage_of
from airflow_ai_slo.core.instants import utc
from airflow_ai_slo.core.units import unit_of
from airflow_ai_slo.engine.attributing import attribution_of
from airflow_ai_slo.engine.percentiles import percentiles_of
from airflow_ai_slo.engine.reading import Seen, evaluate_named, watched_since
from airflow_ai_slo.reports.model import (
    AuditRow,
    BudgetPoint,
    FreezeRow,
    IncidentRow,
    Report,
    ServiceReport,
    SLOReport,
)
from airflow_ai_slo.store import (
    Store,
    audit,
    corrections,
    counting,
    curve,
    definitions,
    evaluations,
    freezes,
    incidents,
)
from airflow_ai_slo.store.definitions import Stored
from airflow_ai_slo.store.freezes import Freeze

if TYPE_CHECKING:
    from sqlalchemy import Connection

_POINTS = 90
_AUDIT_LINES = 50
_SPENT_BY = ("cause", "version", "task")


def report(
    store: Store,
    *,
    at: datetime,
    period: timedelta,
    services: Collection[str] | None = None,
    title: str = "Service level objectives",
) -> Report:
    """Everything a report shows over ``(at - period, at]``; budgets of the past are recomputed from the counts.

    :param services: only these; None means all.
    :raises UnknownSLOError: a service that no SLO names.
    """
    at = utc(at)
    with store.read() as connection:
        evaluations.one_snapshot(connection)
        seen = evaluate_named(connection, at, None)
        known = definitions.services(connection)
        wanted = sorted({s.slo.service for s, _ in seen} if services is None else set(services))
        missing = [name for name in wanted if name not in known]
        if missing:
            raise UnknownSLOError(f"no service {', '.join(missing)}; known: {', '.join(sorted(known)) or 'none'}")
        start = at - period
        parts = tuple(_service(connection, known[name], seen, start, at) for name in wanted)
    return Report(title, start, at, parts, at)


def _service(
    connection: Connection, service: Service, seen: Sequence[Seen], start: datetime, at: datetime
) -> ServiceReport:
    members = [one for one in seen if one[0].slo.service == service.name]
    history = budget_history(connection, [stored for stored, _ in members], start, at)
    held = freezes.history(connection, service.name, start, at)
    frozen = next((_freeze_row(one) for one in held if one.until is None), None)
    decisions = audit.read(connection, service.name, limit=_AUDIT_LINES)
    return ServiceReport(
        service=service,
        frozen=frozen,
        slos=tuple(_slo(connection, one, history[one[0].slo_id], start, at) for one in members),
        freezes=tuple(_freeze_row(one) for one in reversed(held)),
        audit=tuple(AuditRow(e.at, e.actor, e.action, e.detail) for e in decisions),
        override=freezes.override_of(connection, service.name, at),
    )


def _slo(
    connection: Connection, one: Seen, history: tuple[BudgetPoint, ...], start: datetime, at: datetime
) -> SLOReport:
    stored, evaluation = one
    window = stored.slo.window.bounds(at).start
    return SLOReport(
        evaluation=evaluation,
        unit=unit_of(evaluation),
        history=history,
        spent=tuple(attribution_of(connection, one, by) for by in _SPENT_BY),
        worst=tuple(counting.worst(connection, stored.slo_id, stored.slo.name, window, at, stored.scale)),
        incidents=tuple(
            IncidentRow(i.opened_at, i.resolved_at, i.severity.label, reason)
            for i, reason in incidents.history(connection, stored.slo_id, start, at)
        ),
        corrections=tuple(corrections.reaching(connection, stored, min(start, window), at)),
        percentiles=percentiles_of(connection, [stored], at).get(stored.slo.name),
    )


def _freeze_row(one: Freeze) -> FreezeRow:
    return FreezeRow(one.since, one.until, tuple(one.causes))


def budget_history(
    connection: Connection, stored: Sequence[Stored], start: datetime, end: datetime, points: int = _POINTS
) -> dict[int, tuple[BudgetPoint, ...]]:
    """Budget over ``[start, end]`` at evenly spaced instants, by SLO row, oldest first."""
    instants = [start + (end - start) * number / points for number in range(points + 1)]
    ids = [one.slo_id for one in stored]
    watched = watched_since(connection, stored)
    starts = {(one.slo.window, at): one.slo.window.bounds(at).start for one in stored for at in instants}
    upto = curve.prefixes(connection, [*instants, *starts.values()], ids)
    result = {}
    for one in stored:
        row = []
        for previous, at in zip([instants[0], *instants], instants, strict=False):
            now = upto[at][one.slo_id]
            counts = counting.difference(now, upto[starts[one.slo.window, at]][one.slo_id], one.unit)
            step = counting.difference(now, upto[previous][one.slo_id], one.unit)
            covered = coverage_of(budget_plan(one.slo, at), counts, watched[one.slo_id])
            left = budget(counts, one.slo.objective, covered)
            row.append(BudgetPoint(at, left.remaining, counts.sli, step.burn_rate(one.slo.objective)))
        result[one.slo_id] = tuple(row)
    return result
