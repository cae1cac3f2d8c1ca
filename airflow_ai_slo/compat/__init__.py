"""What Airflow tells a task about its run, in this package's words; what moves between Airflow's minors stays here."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

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
    ignored = why_ignored(dag_run, count_manual=not _scheduled(context) if count_manual is None else count_manual)
    map_index = -1 if ti.map_index is None else ti.map_index
    stands_in = is_test_run(dag_run) and not ignored
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
    return at_of_run(context["dag_run"])


def at_of_run(dag_run: Any) -> datetime:
    """The same of a run itself, or of a row of Airflow's database with its columns."""
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


def is_dropped_test_run(dag_run: Any) -> bool:
    """Whether ``dag.test()`` made this run, and neither its conf nor the environment asks to count it."""
    return is_test_run(dag_run) and bool(why_ignored(dag_run, count_manual=True))


def why_ignored(dag_run: Any, *, count_manual: bool) -> str:
    """Why a run does not count; empty where it does.

    :param count_manual: whether runs started by hand count, unless their conf says otherwise.
    """
    asked = _asked(dag_run.conf)
    if asked is not None:
        return "" if asked else "its conf says so"
    if is_test_run(dag_run):
        wanted = os.environ.get(COUNT_TEST_RUNS, "").strip().lower() in ("1", "true", "yes")
        return "" if wanted else f"it is a dag.test() run; {COUNT_TEST_RUNS}=1 or conf ai_slo.count=true counts it"
    if _text(dag_run.run_type) == "manual" and not count_manual:
        return "it was started by hand; count_manual=True or conf ai_slo.count=true counts it"
    return ""


def has_schedule(timetable_summary: str | None) -> bool:
    """Whether anything but people starts a DAG's runs, by what Airflow's table of DAGs says of its timetable."""
    return timetable_summary not in (None, "", "None")


def has_clock(dag: Any) -> bool:
    """Whether the clock makes a DAG's runs, so that it can be told which it would have made.

    :param dag: as Airflow keeps it.
    """
    timetable, allowed = dag.timetable, getattr(dag, "allowed_run_types", None)
    by_clock = bool(timetable.periodic and timetable.can_be_scheduled)
    return by_clock and (allowed is None or "scheduled" in {_text(one) for one in allowed})


def is_by_clock_face(dag: Any) -> bool:
    """Whether its times are fixed, rather than so long after the run before."""
    return "Delta" not in type(dag.timetable).__name__


def is_by_cron(dag: Any) -> bool:
    """Whether a cron expression tells its times, and one of Airflow's own timetables reads it."""
    kind = type(dag.timetable)
    names = ("CronTriggerTimetable", "CronDataIntervalTimetable")
    return kind.__name__ in names and kind.__module__.startswith("airflow.timetables.")


def trigger_interval(dag: Any) -> Any:
    """How long before its ``at`` a run's interval begins; None where it is the slot before."""
    return getattr(dag.timetable, "_interval", None)


def at_of_slot(info: Any) -> datetime:
    """The instant at which a run's interval will end, of what a timetable says of a run to come."""
    interval = getattr(info, "data_interval", None)
    return _utc(interval.end if interval is not None else info.logical_date or info.run_after)


def page_of(dag_id: str, run_id: str, task_id: str = "", map_index: int = -1) -> str:
    """The page of a run or a task instance; empty where Airflow's ``[api] base_url`` is not set."""
    from urllib.parse import quote

    base = _base_url()
    if not base:
        return ""
    run = f"{base}/dags/{quote(dag_id, safe='')}/runs/{quote(run_id, safe='')}"
    task = f"{run}/tasks/{quote(task_id, safe='')}" if task_id else run
    return f"{task}/mapped/{map_index}" if map_index >= 0 else task


@lru_cache(maxsize=1)
def _base_url() -> str:
    from airflow.configuration import conf

    return str(conf.get("api", "base_url", fallback="") or "").rstrip("/")


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
