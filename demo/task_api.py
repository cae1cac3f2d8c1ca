"""The API that tasks talk to, as Airflow makes it for ``dag.test()``, without what nobody asks for in the demo."""

from __future__ import annotations

from typing import Any


def trim(app: Any) -> None:
    """Leave out earlier versions, and what comes before each request: choosing one, renewing tokens, numbering.

    :param app: Airflow's task execution API, before its first request.
    """
    from cadwyn import HeadVersion, Version, VersionBundle
    from cadwyn.route_generation import _DELETED_ROUTE_TAG as EARLIER_ONLY

    # Building all nine versions at the first request takes seconds; tasks of this process ask for the newest.
    every, newest = app.versions, app.versions.versions[0].value
    app.versions = VersionBundle(HeadVersion(), Version(newest), api_version_var=every.api_version_var)
    router = app._latest_version_router
    router.routes = [route for route in router.routes if EARLIER_ONLY not in getattr(route, "tags", ())]
    every.api_version_var.set(newest)
    app.user_middleware.clear()
