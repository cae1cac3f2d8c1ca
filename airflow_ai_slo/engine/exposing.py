"""Families of metrics as the text that Prometheus reads: its own format, and OpenMetrics.

The lines are written here, because Prometheus' client takes four times as long over them as all the rest takes.
"""

from __future__ import annotations

from collections.abc import Iterable

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.engine.families import Family

PLAIN = "text/plain; version=0.0.4; charset=utf-8"
_OPENMETRICS = "application/openmetrics-text"
_EXTRA = "pip install 'airflow-ai-slo[metrics]'"


def exposition(families: Iterable[Family], *, openmetrics: bool = False) -> str:
    """The text of families.

    :param openmetrics: as OpenMetrics 1.0 asks for, which knows units and infos; else in Prometheus' text format 0.0.4.
    """
    lines = []
    for family in families:
        name = f"{family.name}_info" if family.kind == "info" else family.name
        shown, kind = (family.name, family.kind) if openmetrics else (name, "gauge")
        lines.append(f"# HELP {shown} {family.help}\n# TYPE {shown} {kind}\n")
        if openmetrics and family.unit:
            lines.append(f"# UNIT {shown} {family.unit}\n")
        lines.extend([f"{name}{labels} {value!r}\n" for labels, value in family.samples.items()])
    if openmetrics:
        lines.append("# EOF\n")
    return "".join(lines)


def negotiated(accept: str) -> str:
    """The content type of an answer to a request with this ``Accept`` header.

    :raises ConfigurationError: Prometheus' client is not installed.
    """
    try:
        from prometheus_client.exposition import choose_encoder
    except ImportError:
        raise ConfigurationError(f"metrics over HTTP need prometheus-client; {_EXTRA}") from None
    return str(choose_encoder(accept)[1])


def is_openmetrics(content_type: str) -> bool:
    """Whether a content type asks for OpenMetrics."""
    return content_type.startswith(_OPENMETRICS)
