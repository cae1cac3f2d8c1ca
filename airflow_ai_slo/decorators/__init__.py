"""Task decorators: ``@task.freeze_gate``, ``@task.measure_slo`` and ``@task.slo_probe``, or the same by import."""

from __future__ import annotations

from airflow_ai_slo.decorators.gate import freeze_gate
from airflow_ai_slo.decorators.measure import measure_slo
from airflow_ai_slo.decorators.probe import slo_probe

__all__ = ["freeze_gate", "measure_slo", "slo_probe"]
