"""Airflow's own metrics, as its minors set them up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal


def metrics_backend() -> Literal["plain", "tagged", "otel"] | None:
    """Where Airflow's own metrics go: StatsD without tags, one with tags, OpenTelemetry; None where they are off."""
    from airflow.sdk.configuration import conf

    def on(option: str) -> bool:
        return bool(conf.getboolean("metrics", option, fallback=False))

    if on("statsd_datadog_enabled"):
        return "tagged" if conf.getboolean("metrics", "statsd_datadog_metrics_tags", fallback=True) else "plain"
    if on("statsd_on"):
        return "tagged" if on("statsd_influxdb_enabled") else "plain"
    return "otel" if on("otel_on") else None


class Stats:
    """Airflow's metrics in this process.

    :param stats: Airflow's own object.
    """

    def __init__(self, stats: Any) -> None:
        self._stats = stats

    @classmethod
    def found(cls) -> Stats:
        """As Airflow has set them up in a task's process."""
        from airflow.sdk.observability.stats import Stats as AirflowStats

        return cls(AirflowStats)

    @classmethod
    def started(cls) -> Stats:
        """Set up by ourselves, where no part of Airflow does."""
        from airflow.sdk.configuration import conf
        from airflow.sdk.observability.metrics import stats_utils

        found = cls.found()
        try:
            legacy = conf.getboolean("metrics", "legacy_names_on", fallback=True)
            found._stats.initialize(factory=stats_utils.get_stats_factory(), export_legacy_names=legacy)
        except TypeError:  # Airflow 3.2
            found._stats.initialize(factory=stats_utils.get_stats_factory(found._stats))  # type: ignore[call-arg]
        return found

    def gauge(self, name: str, value: float, tags: Mapping[str, str]) -> None:
        """Send one figure."""
        self._stats.gauge(name, value, tags=dict(tags))

    def normal(self, text: str) -> str:
        """A text with nothing in it that StatsD takes for something else."""
        from airflow.sdk.observability.stats import normalize_name_for_stats

        return str(normalize_name_for_stats(text, log_warning=False))
