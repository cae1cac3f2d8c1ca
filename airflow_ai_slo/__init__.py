"""Service level objectives for the batch and data pipelines that feed AI services, inside Apache Airflow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_ai_slo.core.airflow_spec import from_airflow
    from airflow_ai_slo.core.definition import SLO, Service
    from airflow_ai_slo.core.freeze_policy import FreezePolicy
    from airflow_ai_slo.core.target import Target

__version__ = "0.1.0"
__all__ = ["SLO", "FreezePolicy", "Service", "Target", "__version__", "from_airflow"]


def __getattr__(name: str) -> Any:
    if name in ("SLO", "Service", "FreezePolicy"):
        from airflow_ai_slo.core import definition

        return getattr(definition, name)
    if name == "Target":
        from airflow_ai_slo.core.target import Target

        return Target
    if name == "from_airflow":
        from airflow_ai_slo.core.airflow_spec import from_airflow

        return from_airflow
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
