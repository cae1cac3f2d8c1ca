"""Task decorators: ``@task.freeze_gate(service=…)`` and ``@task.slo_probe(slo=…)``, or the same by import."""

from __future__ import annotations

from airflow_ai_slo.decorators.gate import freeze_gate
from airflow_ai_slo.decorators.probe import slo_probe

__all__ = ["freeze_gate", "slo_probe"]
