"""Recorded history through the whole engine, on its own clock and a throw-away store."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from airflow_ai_slo.core.definition import SLO, Service
from airflow_ai_slo.core.measurement import Measurement
from airflow_ai_slo.engine.applying import apply
from airflow_ai_slo.engine.evaluating import evaluate
from airflow_ai_slo.engine.recording import record
from airflow_ai_slo.store import MEMORY, Store, definitions, freezes, incidents
from airflow_ai_slo.store.connection import fresh
from airflow_ai_slo.store.freezes import Freeze
from airflow_ai_slo.store.incidents import Event

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_END = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Tick:
    """One moment of a replay: what comes in, and whether the SLOs are evaluated then."""

    at: datetime
    measurements: tuple[Measurement, ...] = ()
    evaluates: bool = False


@dataclass(frozen=True, slots=True)
class Replay:
    """What would have happened, oldest first."""

    transitions: tuple[Event, ...]
    freezes: tuple[Freeze, ...]


def replay(slos: Sequence[SLO], ticks: Iterable[Tick], services: Sequence[Service] = ()) -> Replay:
    """Play ticks, in the order of their instants, through record and evaluate.

    :param services: how services freeze, where that is not the default.
    :raises UnknownSLOError: a measurement of an SLO that is not among ``slos``.
    """
    store = fresh(MEMORY)
    store.migrate()
    apply(store, slos, services, now=_BEGINNING)
    for tick in ticks:
        record(store, tick.measurements, now=tick.at)
        if tick.evaluates:
            evaluate(store, at=tick.at)
    return _happened(store)


def _happened(store: Store) -> Replay:
    with store.read() as connection:
        active = definitions.active(connection)
        events = [e for one in active for e in incidents.events(connection, one.slo_id, _BEGINNING, _END)]
        services = sorted({one.slo.service for one in active})
        held = [one for name in services for one in freezes.history(connection, name, _BEGINNING, _END)]
    store.engine.dispose()
    return Replay(
        tuple(sorted(events, key=lambda event: (event.at, event.slo))),
        tuple(sorted(held, key=lambda one: (one.since, one.service))),
    )
