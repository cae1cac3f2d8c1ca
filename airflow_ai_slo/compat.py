"""What Airflow tells a task about its run, in this package's words; what moves between Airflow's minors stays here."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

COUNT_TEST_RUNS = "AI_SLO_COUNT_TEST_RUNS"
"""Environment variable: ``1`` makes ``dag.test()`` runs count as the scheduled runs they stand for."""

_SCHEDULED = ("scheduled", "backfill")
_TESTER = "dag_test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One task instance's run.

    :param at: the instant its measured interval ends: data interval end, else logical date, else run_after; UTC.
    :param key: natural key of what this task measures in this run; a retry or a clear has the same one.
    :param now: the clock. A ``dag.test()`` run that counts happens at its ``run_after``, every other run now.
    :param ignored: why the run does not count; empty where it does.
    :param url: the task's log page, empty where Airflow's ``[api] base_url`` is not set.
    """

    dag_id: str
    task_id: str
    map_index: int
    run_id: str
    run_type: str
    at: datetime
    key: str
    now: datetime
    ignored: str
    url: str

    @property
    def actor(self) -> str:
        """Who asks, for the audit log."""
        return f"{self.dag_id}/{self.task_id} {self.run_id}"

    @property
    def attributes(self) -> dict[str, str]:
        """What a measurement remembers of its run."""
        known = {"dag": self.dag_id, "task": self.task_id, "run": self.run_id, "run_type": self.run_type}
        return known | ({"run_url": self.url} if self.url else {})


def run_of(context: Mapping[str, Any], *, count_manual: bool | None = None) -> Run:
    """Read a task's run from its context.

    Runs started by hand count only when asked for, by ``count_manual=True`` or by the run's own
    ``conf={"ai_slo": {"count": true}}``; without either they count where the DAG has no schedule, since every run of
    it is started by somebody. ``dag.test()`` runs count when the conf or :data:`COUNT_TEST_RUNS` asks for it.

    :param context: Airflow's task context.
    :param count_manual: whether runs started by hand count; None decides by the DAG's schedule.
    """
    dag_run, ti = context["dag_run"], context["ti"]
    run_type = _text(dag_run.run_type)
    tested = is_test_run(dag_run)
    ignored = _ignored(dag_run, tested, run_type, _scheduled(context) if count_manual is None else not count_manual)
    map_index = -1 if ti.map_index is None else ti.map_index
    stands_in = tested and not ignored
    return Run(
        dag_id=ti.dag_id,
        task_id=ti.task_id,
        map_index=map_index,
        run_id=dag_run.run_id,
        run_type=run_type,
        at=at_of(context),
        key=natural_key(
            dag_id=ti.dag_id,
            task_id=ti.task_id,
            map_index=map_index,
            run_type="scheduled" if stands_in else run_type,
            run_id=dag_run.run_id,
            logical_date=dag_run.logical_date,
            partition_key=getattr(dag_run, "partition_key", None),
        ),
        now=_utc(dag_run.run_after) if stands_in else datetime.now(UTC),
        ignored=ignored,
        url=_url(ti),
    )


def at_of(context: Mapping[str, Any]) -> datetime:
    """The instant a run's measured interval ends: data interval end, else logical date, else run_after; UTC."""
    dag_run = context["dag_run"]
    return _utc(getattr(dag_run, "data_interval_end", None) or dag_run.logical_date or dag_run.run_after)


def natural_key(
    *,
    dag_id: str,
    task_id: str,
    map_index: int,
    run_type: str,
    run_id: str,
    logical_date: datetime | None,
    partition_key: str | None,
) -> str:
    """The key under which a task's measurement of one run is kept.

    Partitioned runs go by partition key, scheduled and backfill runs by logical date (a backfill repeats the run it
    fills), all others by run id, which is taken whole and never parsed.
    """
    task = task_id if map_index < 0 else f"{task_id}[{map_index}]"
    if partition_key is not None:
        identity = f"partition:{partition_key}"
    elif run_type in _SCHEDULED and logical_date is not None:
        identity = _utc(logical_date).strftime("%Y-%m-%dT%H:%M:%S.%fZ").replace(".000000Z", "Z")
    else:
        identity = f"run:{run_id}"
    return f"{dag_id}/{task}/{identity}"


def is_test_run(dag_run: Any) -> bool:
    """Whether ``dag.test()`` made this run. Tasks see who triggered a run, not how, so the name it signs with tells."""
    triggered_by = getattr(dag_run, "triggered_by", None)
    if triggered_by is not None:
        return _text(triggered_by).lower() == "test"
    return getattr(dag_run, "triggering_user_name", None) == _TESTER and _text(dag_run.run_type) == "manual"


def _ignored(dag_run: Any, tested: bool, run_type: str, manual_is_extra: bool) -> str:
    asked = _asked(dag_run.conf)
    if asked is not None:
        return "" if asked else "its conf says so"
    if tested:
        wanted = os.environ.get(COUNT_TEST_RUNS, "").strip().lower() in ("1", "true", "yes")
        return "" if wanted else f"it is a dag.test() run; {COUNT_TEST_RUNS}=1 or conf ai_slo.count=true counts it"
    if run_type == "manual" and manual_is_extra:
        return "it was started by hand; count_manual=True or conf ai_slo.count=true counts it"
    return ""


def _asked(conf: Any) -> bool | None:
    ours = conf.get("ai_slo") if isinstance(conf, Mapping) else None
    asked = ours.get("count") if isinstance(ours, Mapping) else None
    return asked if isinstance(asked, bool) else None


def _scheduled(context: Mapping[str, Any]) -> bool:
    timetable = getattr(context.get("dag"), "timetable", None)
    return bool(getattr(timetable, "can_be_scheduled", True))


def _url(ti: Any) -> str:
    from airflow.sdk.configuration import conf

    return str(ti.log_url) if conf.get("api", "base_url", fallback="") else ""


def _utc(value: datetime) -> datetime:
    # Airflow hands out pendulum's subclass, which astimezone would keep.
    value = value.astimezone(UTC)
    return datetime(
        value.year, value.month, value.day, value.hour, value.minute, value.second, value.microsecond, tzinfo=UTC
    )


def _text(value: Any) -> str:
    return str(getattr(value, "value", value))


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
