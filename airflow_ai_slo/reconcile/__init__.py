"""Measurements from Airflow's own record of runs, for processes that may read its database: API server and commands."""

from __future__ import annotations

from airflow_ai_slo.reconcile.reconciling import reconcile, reconcile_runs
from airflow_ai_slo.reconcile.result import Progress, Reconciled, SLOReconciled

__all__ = ["Progress", "Reconciled", "SLOReconciled", "reconcile", "reconcile_runs"]
