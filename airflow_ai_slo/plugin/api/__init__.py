"""The REST API under Airflow's: what it serves, behind Airflow's own authentication. The API server builds it."""

from __future__ import annotations

from fastapi import Depends, FastAPI

PREFIX = "/ai-slo/api/v1"
"""Where Airflow mounts it."""


def build() -> FastAPI:
    """The application. Nothing of it answers without a login, not even what it says of itself."""
    from airflow.api_fastapi.core_api.security import requires_authenticated

    from airflow_ai_slo.plugin.api import freezes, imports

    app = FastAPI(
        title="AI SLO",
        dependencies=[Depends(requires_authenticated())],
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.include_router(freezes.router)
    app.include_router(imports.router)
    return app
