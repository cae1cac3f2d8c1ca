"""The plugin that Airflow's processes load. Nothing heavy: the scheduler imports it too."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from airflow.plugins_manager import AirflowPlugin

from airflow_ai_slo.hooks.settings import is_on
from airflow_ai_slo.operators.links import SLOPageLink, SLOReportLink

log = logging.getLogger(__name__)


class _Made:
    """An attribute that is made when somebody looks at it: only the API server asks for applications and pages."""

    def __init__(self, make: Callable[[], list[Any]]) -> None:
        self._make = make

    def __get__(self, plugin: object, owner: type) -> list[Any]:
        return self._make()


@lru_cache(maxsize=1)
def _apps() -> list[dict[str, Any]]:
    try:
        from airflow_ai_slo.plugin import api, ui

        return [
            {"app": api.build(), "url_prefix": api.PREFIX, "name": "AI SLO"},
            {"app": ui.build(), "url_prefix": ui.PREFIX, "name": "AI SLO UI"},
        ]
    except Exception:  # whatever it is, Airflow's own API server must start
        log.exception("the REST API of airflow-ai-slo cannot be built; /ai-slo answers nothing")
        return []


@lru_cache(maxsize=1)
def _pages() -> list[dict[str, Any]]:
    from airflow_ai_slo.plugin import ui

    return ui.apps() if _apps() else []


def _background() -> list[dict[str, Any]]:
    """What the API server puts around itself to measure in the background: nothing, unless it was asked for."""
    from airflow_ai_slo.plugin import background

    return background.middlewares()


def _listeners() -> list[Any]:
    """The listener, where ``[ai_slo] listener`` asks for it."""
    if not is_on("listener"):
        return []
    from airflow_ai_slo.plugin import listener

    return [listener]


class AiSloPlugin(AirflowPlugin):
    """Registers links of tasks, the REST API, the pages in Airflow's UI, and where asked for the listener."""

    name = "ai_slo"
    operator_extra_links = [SLOPageLink(), SLOReportLink()]  # noqa: RUF012
    fastapi_apps = _Made(_apps)
    fastapi_root_middlewares = _Made(_background)
    react_apps = _Made(_pages)
    listeners = _Made(_listeners)
