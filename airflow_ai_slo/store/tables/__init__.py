"""Tables of the SLO store. Instants are microseconds since 1970 UTC; counts are whole numbers of 1/scale."""

from __future__ import annotations

from airflow_ai_slo.store.tables.base import VERSION_TABLE, metadata
from airflow_ai_slo.store.tables.counted import (
    correction,
    day,
    dropped,
    measurement,
    pause,
    reconciled,
    run,
    settled,
    sketch,
    sketch_day,
)
from airflow_ai_slo.store.tables.decided import audit, evaluation, freeze, incident, incident_event, override, silence
from airflow_ai_slo.store.tables.defined import profile, service, slo, target
from airflow_ai_slo.store.tables.jobs import job
from airflow_ai_slo.store.tables.shared import lease
from airflow_ai_slo.store.tables.told import hold, outbox, thread

__all__ = [
    "VERSION_TABLE",
    "audit",
    "correction",
    "day",
    "dropped",
    "evaluation",
    "freeze",
    "hold",
    "incident",
    "incident_event",
    "job",
    "lease",
    "measurement",
    "metadata",
    "outbox",
    "override",
    "pause",
    "profile",
    "reconciled",
    "run",
    "service",
    "settled",
    "silence",
    "sketch",
    "sketch_day",
    "slo",
    "target",
    "thread",
]
