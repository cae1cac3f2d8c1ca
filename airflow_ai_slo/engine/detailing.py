"""One SLO with all that is known of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from airflow_ai_slo.core.attribution import Attribution
from airflow_ai_slo.core.compliance import Agreement
from airflow_ai_slo.core.corrections import Correction
from airflow_ai_slo.core.forecast import Forecast
from airflow_ai_slo.core.instants import utc
from airflow_ai_slo.core.sketch import Percentiles
from airflow_ai_slo.engine.agreeing import agreements_of
from airflow_ai_slo.engine.attributing import attribution_of
from airflow_ai_slo.engine.forecasting import forecasts_of
from airflow_ai_slo.engine.history import budget_history
from airflow_ai_slo.engine.latest import remembered
from airflow_ai_slo.engine.listing import Listed, listed
from airflow_ai_slo.engine.moments import settled_moment
from airflow_ai_slo.engine.percentiles import percentiles_of
from airflow_ai_slo.reports.model import BudgetPoint
from airflow_ai_slo.store import Store, browsing, corrections, curve, definitions, incidents
from airflow_ai_slo.store.incidents import Event, Incident

if TYPE_CHECKING:
    from sqlalchemy import Connection

_POINTS = 90
_MOST_INCIDENTS = 100
_SPENT_BY = ("cause", "version", "task")


@dataclass(frozen=True, slots=True)
class Happened:
    """One incident and all that happened to it, oldest first."""

    incident: Incident
    reason: str
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Detail:
    """One SLO at one instant.

    :param history: oldest first, over the period asked for.
    :param spent: who spent the budget of the SLO's window; only groupings that its measurements say something of.
    :param incidents: those open at some time in the period or the window, the newest first, a hundred at most.
    :param corrections: all of them, by start, revoked ones included.
    :param dags: ids of the DAGs that its newest measurements name.
    :param ever: sums of all that was measured up to the instant: they change with every count, wherever in the past.
    :param agreement: how its SLA stands; None where it has none.
    """

    listed: Listed
    history: tuple[BudgetPoint, ...]
    spent: tuple[Attribution, ...]
    incidents: tuple[Happened, ...]
    corrections: tuple[Correction, ...]
    percentiles: Percentiles | None
    forecast: Forecast
    dags: tuple[str, ...]
    agreement: Agreement | None
    ever: tuple[int, ...]


def detail(
    store: Store, name: str, *, at: datetime, period: timedelta | None = None, now: datetime | None = None
) -> Detail:
    """Everything about one SLO.

    :param period: how far its history goes back; None takes its window as it stands.
    :param now: runs that were due by then and did not come are missing; None is the clock's.
    :raises UnknownSLOError: no such SLO.
    """
    at = utc(at)
    with settled_moment(store, at=at, now=now) as connection:
        (one,) = listed(connection, at, definitions.active(connection, [name])).slos
        return _detail(connection, one, at, period)


def latest_detail(store: Store, name: str, *, now: datetime, period: timedelta | None = None) -> Detail:
    """The same now, or as it was within the last seconds if nothing was written since.

    :raises UnknownSLOError: no such SLO.
    """
    now = utc(now)

    def make(at: datetime) -> Detail:
        return detail(store, name, at=at, period=period, now=at)

    return remembered(store, ("detail", name, period), now=now, make=make)


def _detail(connection: Connection, one: Listed, at: datetime, period: timedelta | None) -> Detail:
    stored, window = one.stored, one.seen.needs.bounds.start
    start = window if period is None else at - period
    seen = (stored, one.seen)
    spent = [attribution_of(connection, seen, by) for by in _SPENT_BY]
    return Detail(
        listed=one,
        history=budget_history(connection, [stored], start, at, _POINTS)[stored.slo_id],
        spent=tuple(found for found in spent if found.is_given),
        incidents=tuple(_incidents(connection, stored.slo_id, min(start, window), at)),
        corrections=tuple(corrections.of(connection, [stored], revoked=True)),
        percentiles=percentiles_of(connection, [stored], at).get(one.name),
        forecast=forecasts_of(connection, [seen])[stored.slo_id],
        dags=tuple(browsing.dags_of(connection, stored.slo_id)),
        ever=tuple(curve.prefixes(connection, [at], [stored.slo_id])[at].get(stored.slo_id)),
        agreement=agreements_of(connection, [stored], at).get(stored.slo_id),
    )


def _incidents(connection: Connection, slo_id: int, start: datetime, at: datetime) -> list[Happened]:
    found = incidents.history(connection, slo_id, start, at)[-_MOST_INCIDENTS:]
    if not found:
        return []
    since = min(incident.opened_at for incident, _ in found) - timedelta(microseconds=1)
    events: dict[int, list[Event]] = {}
    for event in incidents.events(connection, slo_id, since, at):
        events.setdefault(event.incident_id, []).append(event)
    return [Happened(one, reason, tuple(events.get(one.id, ()))) for one, reason in reversed(found)]
