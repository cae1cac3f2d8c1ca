"""Questions to a database: what a driver says becomes one line that names the connection."""

from __future__ import annotations

from airflow_ai_slo.hooks.asking import asking

__all__ = ["asking"]
