"""Which SLOs a DAG or a task feeds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_ai_slo.core.definition import Indicator
from airflow_ai_slo.engine.listing import Listed, Listing
from airflow_ai_slo.store import Store, browsing

_METRICS = ("good", "bad", "total", "raw")


def fed_by(store: Store, seen: Listing, dag_id: str, task_id: str | None = None) -> list[Listed]:
    """SLOs with a measurement of a DAG's or of one task's, or whose definition selects its runs; by name."""
    if task_id is None:
        prefixes = [f"{dag_id}/"]
    else:
        prefixes = [f"{dag_id}/{task_id}/", f"{dag_id}/{task_id}["]
    with store.read() as connection:
        rows = browsing.fed_by(connection, prefixes)
    return [
        one for one in seen.slos if one.stored.slo_id in rows or _selects(one.stored.slo.indicator, dag_id, task_id)
    ]


def _selects(indicator: Indicator, dag_id: str, task_id: str | None) -> bool:
    """Whether an indicator over Airflow's own runs names the DAG, and the task if there is one asked for."""
    if indicator.source != "airflow":
        return False
    return any(
        dag_id in _names(spec, "dag_id") and (task_id is None or task_id in _names(spec, "task_id"))
        for spec in _specs(indicator.spec)
    )


def _specs(measured: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    ratio = measured.get("ratioMetric") or {}
    metrics = [measured.get("thresholdMetric"), *(ratio.get(name) for name in _METRICS)]
    found = [((metric or {}).get("metricSource") or {}).get("spec") for metric in metrics]
    return [spec for spec in found if isinstance(spec, Mapping)]


def _names(spec: Mapping[str, Any], field: str) -> list[Any]:
    given = [spec.get(field), spec.get(f"{field}s")]
    return [name for one in given for name in (one if isinstance(one, list) else [one])]
