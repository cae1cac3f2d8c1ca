"""What a report shows, read from the store."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from airflow_ai_slo.core.attribution import attribute, parse_by
from airflow_ai_slo.core.compliance import Agreement
from airflow_ai_slo.core.corrections import Correction
from airflow_ai_slo.core.definition import Service, Severity
from airflow_ai_slo.core.errors import ConfigurationError, UnknownSLOError
from airflow_ai_slo.core.instants import utc
from airflow_ai_slo.core.periods import Period, ending
from airflow_ai_slo.core.sketch import Percentiles
from airflow_ai_slo.core.units import unit_of
from airflow_ai_slo.engine.agreeing import agreements_of
from airflow_ai_slo.engine.attributing import attribution_of
from airflow_ai_slo.engine.comparing import SPENT_BY, Past, compare, read_past
from airflow_ai_slo.engine.history import budget_history
from airflow_ai_slo.engine.moments import one_moment, settle
from airflow_ai_slo.engine.percentiles import percentiles_of
from airflow_ai_slo.engine.reading import Seen, evaluate_all
from airflow_ai_slo.reports.model import (
    AuditRow,
    BudgetPoint,
    Ended,
    FreezeRow,
    IncidentRow,
    Report,
    ServiceReport,
    SLOReport,
)
from airflow_ai_slo.store import Store, audit, corrections, counting, definitions, freezes
from airflow_ai_slo.store.definitions import Origin, Stored
from airflow_ai_slo.store.freezes import Freeze
from airflow_ai_slo.store.incidents import Incident

if TYPE_CHECKING:
    from sqlalchemy import Connection

_POINTS = 90
_FEW_POINTS = 30
_MANY = 100
"""From so many SLOs on, budgets are drawn with fewer points."""
_AUDIT_LINES = 50


def report(
    store: Store,
    *,
    period: timedelta | Period,
    at: datetime | None = None,
    services: Collection[str] | None = None,
    title: str = "Service level objectives",
    now: datetime | None = None,
) -> Report:
    """Everything a report shows over a period, as it stood at the period's end; budgets are recomputed from the counts.

    What came in later (late data, corrections, reruns) is in it, so the same period may read differently in a year.

    :param period: a length of time up to ``at``; or a period, which has an end of its own.
    :param services: only these; None means all.
    :param now: when it is written, by default its end; runs that were due by then and did not come are missing.
    :raises UnknownSLOError: a service that no SLO names.
    :raises ConfigurationError: a length without its end, or one that leaves the calendar.
    """
    if isinstance(period, timedelta):
        if at is None:
            raise ConfigurationError("at is missing: a length of time needs an end")
        period = ending(at, period)
    end = utc(period.end)
    settle(store, at=min(end, datetime.now(UTC)) if now is None else utc(now))
    with one_moment(store) as connection:
        seen = evaluate_all(connection, end, _stored_at(connection, end))
        known = definitions.services(connection)
        wanted = sorted({s.slo.service for s, _ in seen} if services is None else set(services))
        missing = [name for name in wanted if name not in known]
        if missing:
            raise UnknownSLOError(f"no service {', '.join(missing)}; known: {', '.join(sorted(known)) or 'none'}")
        origins = definitions.origins(connection)
        chosen = [one for one in seen if one[0].slo.service in wanted]
        read = _read(connection, chosen, period, origins)
        parts = tuple(_service(connection, known[name], read) for name in wanted)
    return Report(
        title,
        period.start,
        end,
        tuple(one for one in parts if one.slos or services is not None),
        end if now is None else utc(now),
        period,
        _ended(origins, period, wanted if services is not None else None),
    )


def _stored_at(connection: Connection, at: datetime) -> list[Stored]:
    """Every SLO by name, as the generation that was measured at an instant: not one that began to be measured later."""
    active = definitions.active(connection)
    replaced = definitions.replaced_after(connection, at)
    if not replaced:
        return active
    firsts = counting.first_instants(connection, [one.slo_id for one in active if one.slo.name in replaced])
    measured = {slo_id for slo_id, first in firsts.items() if first <= at}
    return [one if one.slo_id in measured else replaced.get(one.slo.name, one) for one in active]


@dataclass(frozen=True, slots=True)
class _Read:
    """What is read for all SLOs at once, by SLO row."""

    period: Period
    seen: Sequence[Seen]
    past: Past
    history: Mapping[int, tuple[BudgetPoint, ...]]
    earlier: Mapping[int, tuple[BudgetPoint, ...]]
    corrections: Mapping[str, Sequence[Correction]]
    percentiles: Mapping[str, Percentiles]
    agreements: Mapping[int, Agreement]


def _read(connection: Connection, seen: Sequence[Seen], period: Period, origins: Mapping[str, Origin]) -> _Read:
    past = read_past(connection, [one for one, _ in seen], period, origins)
    there = [one for one in seen if past.was_there(one[0], period.end)]
    stored = [one for one, _ in there]
    points = _POINTS if len(stored) < _MANY else _FEW_POINTS
    previous = period.before()
    earlier = [one for one in stored if past.was_there(one, previous.end)]
    return _Read(
        period,
        there,
        past,
        budget_history(connection, stored, period.start, period.end, points),
        budget_history(connection, earlier, previous.start, previous.end, points),
        corrections.reaching_any(connection, stored, period.start, period.end),
        percentiles_of(connection, stored, period.end),
        agreements_of(connection, stored, period.end),
    )


def _service(connection: Connection, service: Service, read: _Read) -> ServiceReport:
    period = read.period
    both = freezes.history(connection, service.name, period.before().start, period.end)
    held = [one for one in both if one.until is None or one.until > period.start]
    rows = tuple(_freeze_row(one, period.end) for one in reversed(held))
    decisions = audit.read(connection, service.name, until=period.end, limit=_AUDIT_LINES)
    return ServiceReport(
        service=service,
        frozen=next((row for row in rows if row.until is None), None),
        slos=tuple(_slo(connection, one, read, both) for one in read.seen if one[0].slo.service == service.name),
        freezes=rows,
        audit=tuple(AuditRow(e.at, e.actor, e.action, e.detail) for e in decisions),
        override=freezes.override_of(connection, service.name, period.end),
    )


def _slo(connection: Connection, one: Seen, read: _Read, held: Sequence[Freeze]) -> SLOReport:
    stored, evaluation = one
    end, slo_id, name = read.period.end, stored.slo_id, stored.slo.name
    window = stored.slo.window.bounds(end).start
    bad = bool(evaluation.counts.bad)
    opened = read.past.opened.get(slo_id, ())
    return SLOReport(
        evaluation=evaluation,
        unit=unit_of(evaluation),
        history=read.history[slo_id],
        spent=tuple(
            attribution_of(connection, one, by) if bad else attribute(parse_by(by), (), evaluation, window)
            for by in SPENT_BY
        ),
        worst=tuple(counting.worst(connection, slo_id, name, window, end, stored.scale)) if bad else (),
        incidents=tuple(
            _incident_row(found, reason, read.past.severities.get(found.id, ()), end)
            for found, reason in opened
            if found.resolved_at is None or found.resolved_at > read.period.start
        ),
        corrections=tuple(read.corrections.get(name, ())),
        percentiles=read.percentiles.get(name),
        earlier=read.earlier.get(slo_id, ()),
        compared=compare(connection, one, read.past, held),
        agreement=read.agreements.get(slo_id),
    )


def _incident_row(found: Incident, reason: str, had: Sequence[Severity], end: datetime) -> IncidentRow:
    """An incident as it stood at the end.

    :param had: its severities until then, oldest first.
    """
    resolved = None if found.resolved_at is None or found.resolved_at > end else found.resolved_at
    last, highest = (had[-1], max(had)) if had else (found.severity, found.severity)
    return IncidentRow(found.opened_at, resolved, last.label, reason, highest.label)


def _freeze_row(one: Freeze, end: datetime) -> FreezeRow:
    """A freeze as it stood at the end."""
    return FreezeRow(one.since, None if one.until is None or one.until > end else one.until, tuple(one.causes))


def _ended(origins: Mapping[str, Origin], period: Period, services: Collection[str] | None) -> tuple[Ended, ...]:
    since = period.before().start
    return tuple(
        Ended(name, one.service, one.ended)
        for name, one in origins.items()
        if one.ended is not None and since < one.ended <= period.end and (services is None or one.service in services)
    )
