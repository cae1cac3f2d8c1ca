"""SLI: how good and total are measured."""

from __future__ import annotations

from typing import Any

from airflow_ai_slo.openslo.documents.values import Table
from airflow_ai_slo.openslo.problems import Notes, Path
from airflow_ai_slo.openslo.rules import checks
from airflow_ai_slo.openslo.rules.common import description, inline_metadata
from airflow_ai_slo.openslo.rules.record import exclusive, expected, optional, record, required


def _reference(value: Any, at: Path, notes: Notes) -> None:
    if value != "":
        checks.name(value, at, notes)


def _has_type(source: Table, at: Path, notes: Notes) -> None:
    if not source.get("type") and not source.get("metricSourceRef"):
        notes.warn((*at, "type"), "is missing, and no metricSourceRef names a DataSource that would tell it")


_source = record(
    {
        "metricSourceRef": optional(_reference),
        "type": optional(checks.text()),
        "spec": expected(checks.free_table, "an empty spec"),
    },
    _has_type,
)
_metric = record({"metricSource": required(_source)})


def _ratio_parts(ratio: Table, at: Path, notes: Notes) -> None:
    """Good or bad over total, or one ready-made ratio."""
    given = {key for key in ("good", "bad", "total", "raw") if ratio.get(key) is not None}
    if given >= {"total", "raw"}:
        notes.error(at, "gives both total and raw; keep one")
    elif not given & {"total", "raw"}:
        notes.error(at, "needs total (with good or bad), or raw")
    elif len(given & {"good", "bad", "raw"}) > 1:
        notes.error(at, f"gives {' and '.join(sorted(given - {'total'}))}; only one of good, bad and raw may be set")
    elif given == {"total"}:
        notes.error(at, "needs good or bad beside total")
    elif "raw" in given:
        required(checks.choice("success", "failure")).apply(ratio.get("rawType"), (*at, "rawType"), notes)


_ratio = record(
    {
        "counter": optional(checks.flag),
        "good": optional(_metric),
        "bad": optional(_metric),
        "total": optional(_metric),
        "rawType": optional(checks.text()),
        "raw": optional(_metric),
    },
    _ratio_parts,
)

sli_spec = record(
    {
        "description": optional(description),
        "thresholdMetric": optional(_metric),
        "ratioMetric": optional(_ratio),
    },
    exclusive("ratioMetric", "thresholdMetric"),
)

inline = record({"metadata": expected(inline_metadata, "an unnamed one"), "spec": required(sli_spec)})
