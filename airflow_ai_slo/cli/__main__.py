"""``python -m airflow_ai_slo.cli``."""

from __future__ import annotations

from airflow_ai_slo.cli.main import main

main()
