"""The use cases: apply, record, evaluate, tell, deliver, gate, override, report.

Time always comes in as an argument.
"""

from __future__ import annotations

from airflow_ai_slo.engine.agreeing import agreements
from airflow_ai_slo.engine.applying import apply
from airflow_ai_slo.engine.attributing import attribution
from airflow_ai_slo.engine.browsing import measurements
from airflow_ai_slo.engine.correcting import add_correction, corrections, preview_correction, revoke_correction
from airflow_ai_slo.engine.deciding import audit_log, override, release, renew, revoke
from airflow_ai_slo.engine.delivering import Delivered, deliver
from airflow_ai_slo.engine.detailing import detail, latest_detail
from airflow_ai_slo.engine.digesting import acknowledge, digest, say
from airflow_ai_slo.engine.evaluating import evaluate, status
from airflow_ai_slo.engine.exposing import exposition, is_openmetrics, negotiated
from airflow_ai_slo.engine.families import MOST_SERIES, families, store_is_away
from airflow_ai_slo.engine.feeding import fed_by
from airflow_ai_slo.engine.forecasting import forecasts
from airflow_ai_slo.engine.freezing import freeze_modes, freeze_policies, frozen_services
from airflow_ai_slo.engine.gating import gate
from airflow_ai_slo.engine.gauges import Snapshot, snapshot
from airflow_ai_slo.engine.latest import latest
from airflow_ai_slo.engine.listing import listing
from airflow_ai_slo.engine.looking_back import audit_page, incidents
from airflow_ai_slo.engine.pausing import pause, paused, resume
from airflow_ai_slo.engine.percentiles import percentiles
from airflow_ai_slo.engine.profiling import list_profiles, read_profile, save_profile
from airflow_ai_slo.engine.recording import Recorded, record, record_or_spool
from airflow_ai_slo.engine.reporting import report
from airflow_ai_slo.engine.services import frozen, service, services
from airflow_ai_slo.engine.silencing import silences
from airflow_ai_slo.engine.telling import tell_report
from airflow_ai_slo.engine.trending import trends
from airflow_ai_slo.store.definitions import Applied

__all__ = [
    "MOST_SERIES",
    "Applied",
    "Delivered",
    "Recorded",
    "Snapshot",
    "acknowledge",
    "add_correction",
    "agreements",
    "apply",
    "attribution",
    "audit_log",
    "audit_page",
    "corrections",
    "deliver",
    "detail",
    "digest",
    "evaluate",
    "exposition",
    "families",
    "fed_by",
    "forecasts",
    "freeze_modes",
    "freeze_policies",
    "frozen",
    "frozen_services",
    "gate",
    "incidents",
    "is_openmetrics",
    "latest",
    "latest_detail",
    "list_profiles",
    "listing",
    "measurements",
    "negotiated",
    "override",
    "pause",
    "paused",
    "percentiles",
    "preview_correction",
    "read_profile",
    "record",
    "record_or_spool",
    "release",
    "renew",
    "report",
    "resume",
    "revoke",
    "revoke_correction",
    "save_profile",
    "say",
    "service",
    "services",
    "silences",
    "snapshot",
    "status",
    "store_is_away",
    "tell_report",
    "trends",
]
