"""Task decorators: ``@task.freeze_gate(service=…)`` and ``@task.measure_slo(slo=…)``, or the same by import."""

from __future__ import annotations

from airflow_ai_slo.decorators.gate import freeze_gate
from airflow_ai_slo.decorators.measure import measure_slo

__all__ = ["freeze_gate", "measure_slo"]
