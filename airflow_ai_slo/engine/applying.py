"""Definitions into the store."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from airflow_ai_slo.core.definition import SLO, Service
from airflow_ai_slo.core.incident import Transition
from airflow_ai_slo.core.instants import to_micros
from airflow_ai_slo.engine import messages
from airflow_ai_slo.engine.reading import evaluate_ended
from airflow_ai_slo.store import Store, definitions, evaluations, incidents
from airflow_ai_slo.store.definitions import Applied

if TYPE_CHECKING:
    from sqlalchemy import Connection


def apply(store: Store, slos: Iterable[SLO], services: Iterable[Service] = (), *, now: datetime) -> list[Applied]:
    """Store definitions, all of them or none.

    Editing an objective or a window re-reads history under the new values. Editing what is measured starts a new
    generation with an empty history; the old one's open incident closes as superseded.

    :raises StoreError: the store cannot be used; nothing is applied.
    """
    with store.write() as connection:
        for service in services:
            definitions.apply_service(connection, service)
        applied = [definitions.apply_slo(connection, slo, to_micros(now)) for slo in slos]
        for change in applied:
            if change.replaced_id is not None:
                _end_generation(connection, change.replaced_id, now)
    return applied


def _end_generation(connection: Connection, slo_id: int, now: datetime) -> None:
    found = incidents.open_of(connection, slo_id)
    if found is not None:
        stored, seen = evaluate_ended(connection, slo_id, now)
        reason = f"what {stored.slo.name} measures has changed"
        closed = incidents.advance(connection, slo_id, Transition.SUPERSEDED, None, at=now, reason=reason)
        messages.post_incident(connection, stored, seen, Transition.SUPERSEDED, closed, reason=reason)
    evaluations.forget(connection, slo_id)
