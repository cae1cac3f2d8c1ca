"""The plugin that Airflow loads: operator links."""

from __future__ import annotations

from airflow.plugins_manager import AirflowPlugin


class AiSloPlugin(AirflowPlugin):
    """Registers what Airflow's processes need to know about this package."""

    name = "ai_slo"
