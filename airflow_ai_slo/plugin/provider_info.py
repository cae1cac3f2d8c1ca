"""What Airflow is told about this provider; read at every start of Airflow, so it imports nothing."""

from __future__ import annotations

from typing import Any


def get_provider_info() -> dict[str, Any]:
    """The provider's metadata, in the shape of Airflow's ``provider_info.schema.json``."""
    return {
        "package-name": "airflow-ai-slo",
        "name": "AI SLO",
        "description": "Service level objectives, error budgets and freezes for the pipelines behind AI services.",
        "integrations": [
            {
                "integration-name": "AI SLO",
                "external-doc-url": "https://openslo.com/",
                "tags": ["software"],
            }
        ],
    }
