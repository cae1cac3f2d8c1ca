"""The plugin that Airflow's processes load. Nothing heavy: the scheduler imports it too."""

from __future__ import annotations

from airflow.plugins_manager import AirflowPlugin

from airflow_ai_slo.operators.links import SLOReportLink


class AiSloPlugin(AirflowPlugin):
    """Registers the links that tasks of this package show."""

    name = "ai_slo"
    operator_extra_links = [SLOReportLink()]  # noqa: RUF012
