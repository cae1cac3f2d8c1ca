"""What Airflow is told about this provider. Airflow reads it whenever it starts, so it imports nothing."""

from __future__ import annotations

from typing import Any

_INTEGRATION = "AI SLO"


def get_provider_info() -> dict[str, Any]:
    """The provider's metadata, in the shape of Airflow's ``provider_info.schema.json``."""
    return {
        "package-name": "airflow-ai-slo",
        "name": "AI SLO",
        "description": "Objectives, error budgets and release freezes for the pipelines that feed AI services.",
        "integrations": [
            {"integration-name": _INTEGRATION, "external-doc-url": "https://openslo.com/", "tags": ["software"]}
        ],
        "operators": _modules(
            "operators.completion",
            "operators.data_quality",
            "operators.definitions",
            "operators.digest",
            "operators.drift",
            "operators.embedding_drift",
            "operators.evaluate",
            "operators.freshness",
            "operators.gate",
            "operators.judged",
            "operators.latency",
            "operators.mtbf",
            "operators.probe",
            "operators.profile",
            "operators.quality",
            "operators.ranking",
            "operators.reliability",
            "operators.report",
            "operators.sampling",
            "operators.throughput",
        ),
        "sensors": _modules("sensors.freshness", "sensors.gate"),
        "hooks": _modules("hooks.store"),
        "triggers": _modules("triggers.freshness", "triggers.gate"),
        "connection-types": [
            {
                "connection-type": "ai_slo",
                "hook-class-name": "airflow_ai_slo.hooks.store.SLOHook",
                "hook-name": "AI SLO store",
                "ui-field-behaviour": {
                    "hidden-fields": [],
                    "relabeling": {
                        "host": "PostgreSQL host",
                        "schema": "Database, or SQLite file",
                    },
                    "placeholders": {
                        "host": "empty for SQLite",
                        "schema": "/var/lib/airflow/ai_slo.db",
                        "extra": '{"sslmode": "require"}',
                    },
                },
            }
        ],
        "notifications": [
            "airflow_ai_slo.notifications.record.RecordMeasurementNotifier",
            "airflow_ai_slo.notifications.state.SLOStateNotifier",
        ],
        "extra-links": [
            "airflow_ai_slo.operators.links.SLOPageLink",
            "airflow_ai_slo.operators.links.SLOReportLink",
        ],
        "task-decorators": [
            {"name": "freeze_gate", "class-name": "airflow_ai_slo.decorators.gate.freeze_gate"},
            {"name": "measure_slo", "class-name": "airflow_ai_slo.decorators.measure.measure_slo"},
            {"name": "slo_probe", "class-name": "airflow_ai_slo.decorators.probe.slo_probe"},
        ],
        "plugins": [{"name": "ai_slo", "plugin-class": "airflow_ai_slo.plugin.airflow_plugin.AiSloPlugin"}],
        "cli": ["airflow_ai_slo.plugin.commands.get_commands"],
        "config": {"ai_slo": {"description": "Measuring without a line in a DAG.", "options": _options()}},
    }


def _modules(*names: str) -> list[dict[str, Any]]:
    return [{"integration-name": _INTEGRATION, "python-modules": [f"airflow_ai_slo.{name}" for name in names]}]


def _options() -> dict[str, dict[str, Any]]:
    return {
        "listener": _option(
            "boolean",
            "False",
            "Whether schedulers, workers and API servers write down on their machine's disk which runs ended, so that "
            "`ai-slo reconcile --follow` and API servers measure them at once. No DAG with end_from_trigger=True loads "
            "while any listener is there.",
        ),
        "listener_spool": _option(
            "string",
            "",
            "The file they write to; empty: ai_slo_events.jsonl in AIRFLOW_HOME.",
            example="/var/lib/airflow/ai_slo_events.jsonl",
        ),
        "reconcile_every": _option(
            "integer",
            "0",
            "Seconds between two passes over Airflow's record of runs that API servers do in the background; 0: none.",
            example="300",
        ),
        "reconcile_evaluate": _option(
            "boolean",
            "False",
            "Whether API servers evaluate all SLOs and send messages after they measured.",
        ),
    }


def _option(kind: str, default: str, description: str, example: str | None = None) -> dict[str, Any]:
    return {
        "description": description,
        "version_added": None,
        "type": kind,
        "example": example,
        "default": default,
    }
