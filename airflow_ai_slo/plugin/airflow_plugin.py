"""The plugin that Airflow's processes load. Nothing heavy: the scheduler imports it too."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from airflow.plugins_manager import AirflowPlugin

from airflow_ai_slo.operators.links import SLOPageLink, SLOReportLink


class _Built:
    """An attribute that is made when somebody looks at it: only the API server asks for applications and pages."""

    def __init__(self, make: Callable[[], list[dict[str, Any]]]) -> None:
        self._make = make

    def __get__(self, plugin: object, owner: type) -> list[dict[str, Any]]:
        return self._make()


@lru_cache(maxsize=1)
def _apps() -> list[dict[str, Any]]:
    from airflow_ai_slo.plugin import api, ui

    return [
        {"app": api.build(), "url_prefix": api.PREFIX, "name": "AI SLO"},
        {"app": ui.build(), "url_prefix": ui.PREFIX, "name": "AI SLO UI"},
    ]


@lru_cache(maxsize=1)
def _pages() -> list[dict[str, Any]]:
    from airflow_ai_slo.plugin import ui

    return ui.apps()


class AiSloPlugin(AirflowPlugin):
    """Registers the links that tasks of this package show, the REST API, and the pages in Airflow's UI."""

    name = "ai_slo"
    operator_extra_links = [SLOPageLink(), SLOReportLink()]  # noqa: RUF012
    fastapi_apps = _Built(_apps)
    react_apps = _Built(_pages)
