"""Task decorators: ``@task.freeze_gate(service=…)``, or the same by import."""

from __future__ import annotations

from airflow_ai_slo.decorators.gate import freeze_gate

__all__ = ["freeze_gate"]
