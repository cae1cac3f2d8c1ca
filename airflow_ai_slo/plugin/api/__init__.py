"""The REST API under Airflow's: what it serves, behind Airflow's own authentication. The API server builds it."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import APIRouter, Depends, FastAPI

PREFIX = "/ai-slo/api/v1"
"""Where Airflow mounts it."""


def build() -> FastAPI:
    """The application. Nothing of it answers without a login, not even what it says of itself."""
    from airflow.api_fastapi.core_api.security import requires_authenticated

    from airflow_ai_slo.plugin.api import errors, schema

    app = FastAPI(
        title="AI SLO",
        version="1",
        description="Service level objectives, error budgets and freezes, behind Airflow's authentication.",
        servers=[{"url": PREFIX}],
        dependencies=[Depends(requires_authenticated())],
        responses=schema.PROBLEMS,
        generate_unique_id_function=lambda route: route.name,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    errors.install(app)
    for router in _routers():
        app.include_router(router)
    return app


def _routers() -> Iterator[APIRouter]:
    """Routes with a fixed end come before those whose last part is a name, which may hold slashes."""
    from airflow_ai_slo.plugin.api import (
        by_name,
        dags,
        decisions,
        freezes,
        imports,
        log,
        measurements,
        metrics,
        schema,
        services,
        slos,
        summary,
        writes,
    )

    named = (measurements, slos, services, decisions, freezes, dags)
    for module in (*named, by_name, summary, log, writes, imports, metrics, schema):
        yield module.router
