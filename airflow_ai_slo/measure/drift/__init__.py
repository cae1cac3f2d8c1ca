"""Drift: how far current data moved from a reference profile, column by column.

>>> profile = build_profile(january, name="january", now=datetime.now(UTC))     # once; save_profile keeps it
>>> result = measure_frame(profile, july)                                       # or measure_table for a database
>>> result.good, result.total, result.share_drifted
"""

from __future__ import annotations

from airflow_ai_slo.measure.drift.build import build_profile
from airflow_ai_slo.measure.drift.build_from import build_from
from airflow_ai_slo.measure.drift.files import read_reference, read_table
from airflow_ai_slo.measure.drift.frames import in_words, measure_frame
from airflow_ai_slo.measure.drift.profile import ColumnProfile, Kind, ReferenceProfile
from airflow_ai_slo.measure.drift.profile_json import (
    load_profile,
    parse_profile,
    profile_from_dict,
    profile_to_dict,
    save_profile,
)
from airflow_ai_slo.measure.drift.result import Check, ColumnDrift, DriftResult, Thresholds, Verdict
from airflow_ai_slo.measure.drift.spark import measure_spark
from airflow_ai_slo.measure.drift.tables import measure_table

__all__ = [
    "Check",
    "ColumnDrift",
    "ColumnProfile",
    "DriftResult",
    "Kind",
    "ReferenceProfile",
    "Thresholds",
    "Verdict",
    "build_from",
    "build_profile",
    "in_words",
    "load_profile",
    "measure_frame",
    "measure_spark",
    "measure_table",
    "parse_profile",
    "profile_from_dict",
    "profile_to_dict",
    "read_reference",
    "read_table",
    "save_profile",
]
