"""The REST API under Airflow's: what it serves, behind Airflow's own authentication. The API server builds it."""

from __future__ import annotations

from fastapi import Depends, FastAPI

PREFIX = "/ai-slo/api/v1"
"""Where Airflow mounts it."""


def build() -> FastAPI:
    """The application. Nothing of it answers without a login, not even what it says of itself."""
    from airflow.api_fastapi.core_api.security import requires_authenticated

    from airflow_ai_slo.plugin.api import (
        dags,
        decisions,
        errors,
        freezes,
        log,
        measurements,
        services,
        slos,
        summary,
        writes,
    )

    app = FastAPI(
        title="AI SLO",
        dependencies=[Depends(requires_authenticated())],
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    errors.install(app)
    # Routes with a fixed end come before those whose last part is a name, which may hold slashes.
    for one in (measurements, slos, services, decisions, freezes, dags, summary, log, writes):
        app.include_router(one.router)
    return app
