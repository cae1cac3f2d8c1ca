"""The API that tasks talk to, as Airflow makes it for ``dag.test()``, without what nobody asks for in the demo."""

from __future__ import annotations

from typing import Any

EARLIER_ONLY = "_CADWYN_DELETED_ROUTE"
"""The tag of routes that only earlier versions have."""


def trim(app: Any) -> None:
    """Leave out earlier versions and tokens.

    :param app: Airflow's task execution API, before its first request.
    """
    _of_newest_version(app)
    _without_tokens(app)


def _of_newest_version(app: Any) -> None:
    """Building all nine versions at the first request takes seconds; tasks of this process ask for the newest."""
    from cadwyn import HeadVersion, Version, VersionBundle

    every = app.versions
    app.versions = VersionBundle(HeadVersion(), Version(every.versions[0].value), api_version_var=every.api_version_var)
    router = app._latest_version_router
    router.routes = [route for route in router.routes if EARLIER_ONLY not in getattr(route, "tags", ())]


def _without_tokens(app: Any) -> None:
    """Tokens that are not there need no renewal, and no request leads from one process's log to another's."""
    app.user_middleware = [one for one in app.user_middleware if one.cls.__module__.partition(".")[0] != "airflow"]
