"""Where rows to measure are: a frame, a file, or a table or a query of a database."""

from __future__ import annotations

from airflow_ai_slo.measure.data.source import Source

__all__ = ["Source"]
