"""Incidents: at most one open per SLO, and what happened to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, insert, or_, select, update

from airflow_ai_slo.core.definition import Severity
from airflow_ai_slo.core.incident import Transition
from airflow_ai_slo.core.instants import from_micros, to_micros
from airflow_ai_slo.store.definitions import parse
from airflow_ai_slo.store.tables import incident, incident_event, slo


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident; ``resolved_at`` is None while open."""

    id: int
    slo_id: int
    opened_at: datetime
    resolved_at: datetime | None
    severity: Severity


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to an incident."""

    slo: str
    incident_id: int
    at: datetime
    transition: Transition
    severity: Severity
    reason: str


@dataclass(frozen=True, slots=True)
class Opened:
    """An incident with whose it is, and why it opened."""

    incident: Incident
    slo: str
    title: str
    service: str
    reason: str

    @property
    def place(self) -> tuple[int, int]:
        """Where it stands among all: when it opened, in microseconds, and its row."""
        return to_micros(self.incident.opened_at), self.incident.id


def open_of(connection: Connection, slo_id: int) -> Incident | None:
    """The SLO's open incident."""
    row = connection.execute(
        select(incident).where(incident.c.slo_id == slo_id, incident.c.resolved_at.is_(None))
    ).one_or_none()
    return None if row is None else _incident(row)


def all_open(connection: Connection) -> dict[int, Incident]:
    """Every open incident, by its SLO row."""
    rows = connection.execute(select(incident).where(incident.c.resolved_at.is_(None))).all()
    return {row.slo_id: _incident(row) for row in rows}


def open_with_reasons(connection: Connection) -> dict[int, tuple[Incident, str]]:
    """Every open incident with the reason of what happened to it last, by its SLO row."""
    newest = (
        select(func.max(incident_event.c.id))
        .where(incident_event.c.incident_id == incident.c.id)
        .correlate(incident)
        .scalar_subquery()
    )
    query = (
        select(incident, incident_event.c.reason)
        .join(incident_event, incident_event.c.id == newest)
        .where(incident.c.resolved_at.is_(None))
    )
    return {row.slo_id: (_incident(row), row.reason) for row in connection.execute(query)}


def advance(
    connection: Connection,
    slo_id: int,
    transition: Transition,
    severity: Severity | None,
    *,
    at: datetime,
    reason: str,
) -> Incident:
    """Apply one transition and write it down.

    :param severity: after the transition; None when it closes the incident.
    """
    if transition is Transition.OPENED and severity is not None:
        opened = insert(incident).values(slo_id=slo_id, opened_at=to_micros(at), severity=int(severity))
        incident_id = connection.execute(opened).inserted_primary_key[0]  # type: ignore[index]
        current = Incident(incident_id, slo_id, at, None, severity)
    else:
        found = open_of(connection, slo_id)
        if found is None:
            raise LookupError(f"SLO row {slo_id} has no open incident to be {transition}")
        current = _changed(connection, found, severity, at)
    connection.execute(
        insert(incident_event).values(
            incident_id=current.id,
            at=to_micros(at),
            transition=transition.value,
            severity=int(current.severity),
            reason=reason,
        )
    )
    return current


def _changed(connection: Connection, found: Incident, severity: Severity | None, at: datetime) -> Incident:
    if severity is None:
        changed = Incident(found.id, found.slo_id, found.opened_at, at, found.severity)
        values = {"resolved_at": to_micros(at)}
    else:
        changed = Incident(found.id, found.slo_id, found.opened_at, None, severity)
        values = {"severity": int(severity)}
    connection.execute(update(incident).where(incident.c.id == found.id).values(**values))
    return changed


def severities(connection: Connection, incident_id: int) -> list[Severity]:
    """Every severity an incident has had so far, the quietest first."""
    query = select(incident_event.c.severity).where(incident_event.c.incident_id == incident_id).distinct()
    return sorted(Severity(number) for number in connection.execute(query).scalars())


def events(connection: Connection, slo_id: int, since: datetime, until: datetime) -> list[Event]:
    """What happened to an SLO's incidents in ``(since, until]``, oldest first."""
    query = (
        select(slo.c.name, incident_event)
        .join(incident, incident.c.id == incident_event.c.incident_id)
        .join(slo, slo.c.id == incident.c.slo_id)
        .where(
            incident.c.slo_id == slo_id,
            incident_event.c.at > to_micros(since),
            incident_event.c.at <= to_micros(until),
        )
        .order_by(incident_event.c.at, incident_event.c.id)
    )
    return [
        Event(
            row.name,
            row.incident_id,
            from_micros(row.at),
            Transition(row.transition),
            Severity(row.severity),
            row.reason,
        )
        for row in connection.execute(query)
    ]


def history(connection: Connection, slo_id: int, since: datetime, until: datetime) -> list[tuple[Incident, str]]:
    """An SLO's incidents that were open at some time in ``(since, until]``, oldest first, with why each opened."""
    query = _history(since, until).where(incident.c.slo_id == slo_id)
    return [(_incident(row), row.reason) for row in connection.execute(query)]


def histories(connection: Connection, since: datetime, until: datetime) -> dict[int, list[tuple[Incident, str]]]:
    """The same of every SLO that has any, by its row."""
    found: dict[int, list[tuple[Incident, str]]] = {}
    for row in connection.execute(_history(since, until)):
        found.setdefault(row.slo_id, []).append((_incident(row), row.reason))
    return found


def severities_until(connection: Connection, since: datetime, until: datetime) -> dict[int, list[Severity]]:
    """Severities that incidents open at some time in ``(since, until]`` had by then, oldest first, by incident."""
    query = (
        select(incident_event.c.incident_id, incident_event.c.severity)
        .join(incident, incident.c.id == incident_event.c.incident_id)
        .where(*_open_within(since, until), incident_event.c.at <= to_micros(until))
        .order_by(incident_event.c.at, incident_event.c.id)
    )
    found: dict[int, list[Severity]] = {}
    for incident_id, severity in connection.execute(query):
        found.setdefault(incident_id, []).append(Severity(severity))
    return found


def _open_within(since: datetime, until: datetime) -> tuple[ColumnElement[bool], ...]:
    resolved = incident.c.resolved_at
    return incident.c.opened_at <= to_micros(until), resolved.is_(None) | (resolved > to_micros(since))


def _history(since: datetime, until: datetime) -> Select[Any]:
    return (
        select(incident, incident_event.c.reason)
        .join(incident_event, incident_event.c.incident_id == incident.c.id)
        .where(*_open_within(since, until), incident_event.c.transition == Transition.OPENED.value)
        .order_by(incident.c.opened_at)
    )


def page(
    connection: Connection,
    service: str | None = None,
    *,
    is_open: bool | None = None,
    limit: int,
    before: tuple[int, int] | None = None,
) -> list[Opened]:
    """Incidents of every generation of every SLO, the one that opened last first.

    :param is_open: only those that are, or that are not; None means all.
    :param before: those after this :attr:`Opened.place`.
    """
    query = (
        select(incident, slo.c.name, slo.c.service, slo.c.definition, incident_event.c.reason)
        .join(slo, slo.c.id == incident.c.slo_id)
        .join(incident_event, incident_event.c.incident_id == incident.c.id)
        .where(incident_event.c.transition == Transition.OPENED.value)
        .order_by(incident.c.opened_at.desc(), incident.c.id.desc())
        .limit(limit)
    )
    if service is not None:
        query = query.where(slo.c.service == service)
    if is_open is not None:
        query = query.where(incident.c.resolved_at.is_(None) if is_open else incident.c.resolved_at.is_not(None))
    if before is not None:
        at, row_id = before
        query = query.where(incident.c.opened_at <= at, or_(incident.c.opened_at < at, incident.c.id < row_id))
    return [
        Opened(_incident(row), row.name, parse(row.definition).title, row.service, row.reason)
        for row in connection.execute(query)
    ]


def _incident(row: Row[tuple[object, ...]]) -> Incident:
    return Incident(
        row.id,
        row.slo_id,
        from_micros(row.opened_at),
        None if row.resolved_at is None else from_micros(row.resolved_at),
        Severity(row.severity),
    )
