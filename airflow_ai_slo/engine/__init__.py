"""The use cases: apply, record, evaluate, tell, deliver, gate, override, report.

Time always comes in as an argument.
"""

from __future__ import annotations

from airflow_ai_slo.engine.applying import apply
from airflow_ai_slo.engine.delivering import Delivered, deliver
from airflow_ai_slo.engine.digesting import acknowledge, digest, say
from airflow_ai_slo.engine.evaluating import evaluate, status
from airflow_ai_slo.engine.freezing import audit_log, frozen_services, gate, override, release
from airflow_ai_slo.engine.recording import Recorded, record, record_or_spool
from airflow_ai_slo.engine.reporting import report
from airflow_ai_slo.store.definitions import Applied

__all__ = [
    "Applied",
    "Delivered",
    "Recorded",
    "acknowledge",
    "apply",
    "audit_log",
    "deliver",
    "digest",
    "evaluate",
    "frozen_services",
    "gate",
    "override",
    "record",
    "record_or_spool",
    "release",
    "report",
    "say",
    "status",
]
