"""The plugin that Airflow's processes load. Nothing heavy: the scheduler imports it too."""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import Any

from airflow.plugins_manager import AirflowPlugin

from airflow_ai_slo.hooks.settings import is_on
from airflow_ai_slo.operators.links import SLOReportLink

log = logging.getLogger(__name__)


class _Built:
    """An attribute that is made when somebody looks at it: only the API server asks for applications."""

    def __get__(self, plugin: object, owner: type) -> list[dict[str, Any]]:
        return _apps()


class _Background:
    """What the API server puts around itself to measure in the background: nothing, unless it was asked for."""

    def __get__(self, plugin: object, owner: type) -> list[dict[str, Any]]:
        from airflow_ai_slo.plugin import background

        return background.middlewares()


class _Heard:
    """The listener, where ``[ai_slo] listener`` asks for it."""

    def __get__(self, plugin: object, owner: type) -> list[Any]:
        if not is_on("listener"):
            return []
        from airflow_ai_slo.plugin import listener

        return [listener]


@lru_cache(maxsize=1)
def _apps() -> list[dict[str, Any]]:
    try:
        from airflow_ai_slo.plugin import api

        return [{"app": api.build(), "url_prefix": api.PREFIX, "name": "AI SLO"}]
    except Exception:  # whatever it is, Airflow's own API server must start
        log.exception("the REST API of airflow-ai-slo cannot be built; /ai-slo answers nothing")
        return []


class AiSloPlugin(AirflowPlugin):
    """Registers the links that tasks of this package show, the REST API, and where asked for the listener."""

    name = "ai_slo"
    operator_extra_links = [SLOReportLink()]  # noqa: RUF012
    fastapi_apps = _Built()
    fastapi_root_middlewares = _Background()
    listeners = _Heard()
