"""The plugin that Airflow's processes load. Nothing heavy: the scheduler imports it too."""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import Any

from airflow.plugins_manager import AirflowPlugin

from airflow_ai_slo.operators.links import SLOReportLink

log = logging.getLogger(__name__)


class _Built:
    """An attribute that is made when somebody looks at it: only the API server asks for applications."""

    def __get__(self, plugin: object, owner: type) -> list[dict[str, Any]]:
        return _apps()


@lru_cache(maxsize=1)
def _apps() -> list[dict[str, Any]]:
    try:
        from airflow_ai_slo.plugin import api

        return [{"app": api.build(), "url_prefix": api.PREFIX, "name": "AI SLO"}]
    except Exception:  # whatever it is, Airflow's own API server must start
        log.exception("the REST API of airflow-ai-slo cannot be built; /ai-slo answers nothing")
        return []


class AiSloPlugin(AirflowPlugin):
    """Registers the links that tasks of this package show, and the REST API."""

    name = "ai_slo"
    operator_extra_links = [SLOReportLink()]  # noqa: RUF012
    fastapi_apps = _Built()
