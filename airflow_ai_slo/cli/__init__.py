"""The ``ai-slo`` command."""

from __future__ import annotations

from airflow_ai_slo.cli.main import main

__all__ = ["main"]
