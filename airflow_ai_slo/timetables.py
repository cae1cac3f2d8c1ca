"""When runs are expected, read from the schedule of an Airflow DAG.

>>> SLO(name="scores-complete", service="scores", objective="0.99", schedule=schedule_of(dag))
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from airflow_ai_slo.core.cadence import Cadence
from airflow_ai_slo.core.cron import MACROS
from airflow_ai_slo.core.definition import Schedule
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.errors import ConfigurationError, DefinitionError

_BY_CRON = ("CronTriggerTimetable", "CronDataIntervalTimetable")
_BY_INTERVAL = ("DeltaTriggerTimetable", "DeltaDataIntervalTimetable")
_MICROSECOND = timedelta(microseconds=1)
_UNITS = (("w", timedelta(weeks=1)), ("d", timedelta(days=1)), ("h", timedelta(hours=1)), ("m", timedelta(minutes=1)))


def schedule_of(
    dag: Any,
    *,
    deadline: Duration | Literal["cadence"] | None = "cadence",
    late: Literal["bad", "accept"] = "bad",
) -> Schedule:
    """Cadence, zone, start and end from a DAG with a schedule by cron or by a fixed interval.

    The start is the DAG's only with ``catchup=True``: without it Airflow makes no runs for the time before the DAG was
    switched on, so that expectation begins with the first measurement.

    :param dag: a DAG as a DAG file has it, or as Airflow keeps it.
    :param deadline: how long after a run's ``at`` it may come in; see ``Schedule``.
    :raises ConfigurationError: the schedule is none that the clock tells beforehand.
    """
    timetable = dag.timetable
    kind = type(timetable).__name__
    if kind in _BY_CRON:
        cadence, zone = _cron(timetable), _zone(dag, timetable)
    elif kind in _BY_INTERVAL:
        cadence, zone = _interval(dag, _of(timetable, "delta")), "UTC"
    else:
        raise ConfigurationError(
            f"DAG {dag.dag_id!r} runs by {kind}, which is no cron expression and no fixed interval; write the cadence"
        )
    rhythm = Schedule(cadence=cadence, zone=zone)
    try:
        Cadence.of(rhythm)
    except DefinitionError as error:
        raise ConfigurationError(f"DAG {dag.dag_id!r}: {error.message}") from None
    # A data interval begins at its run's logical date, and the run's `at` is where it ends, one step later.
    step_later = kind.endswith("DataIntervalTimetable")
    start = _utc(dag.start_date) if getattr(dag, "catchup", False) else None
    end = _utc(dag.end_date)
    return Schedule(
        cadence=cadence,
        zone=zone,
        start=None if start is None else _start(rhythm, start, step_later=step_later),
        end=None if end is None else _end(rhythm, end, step_later=step_later),
        deadline=deadline,
        late=late,
    )


def schedule_in_airflow(dag_id: str) -> Schedule:
    """:func:`schedule_of` a DAG as Airflow's database has it; for commands beside it, not for tasks.

    :raises ConfigurationError: no such DAG, no such database, or no schedule by the clock.
    """
    from airflow.models.serialized_dag import SerializedDagModel
    from sqlalchemy.exc import SQLAlchemyError

    try:
        dag = SerializedDagModel.get_dag(dag_id)
    except (SQLAlchemyError, RuntimeError) as error:
        said = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise ConfigurationError(f"Airflow's database does not tell: {said}; write the cadence itself") from None
    if dag is None:
        raise ConfigurationError(f"Airflow knows no DAG {dag_id!r} (yet); `airflow dags list` shows those it knows")
    return schedule_of(dag)


def _of(timetable: Any, name: str) -> Any:
    """A field that DAG files have under its name, and Airflow's own copy with an underscore."""
    return getattr(timetable, name, None) or getattr(timetable, f"_{name}", None)


def _cron(timetable: Any) -> str:
    """The five fields; Airflow 3.2 leaves ``@daily`` as it was written."""
    written = str(_of(timetable, "expression"))
    return MACROS.get(written.lower(), written)


def _zone(dag: Any, timetable: Any) -> str:
    zone = _of(timetable, "timezone")
    name = str(getattr(zone, "name", None) or getattr(zone, "key", None) or zone)
    try:
        Cadence.of(Schedule(cadence="1d", zone=name))
    except DefinitionError as error:
        raise ConfigurationError(f"DAG {dag.dag_id!r}: timezone: {error.message}") from None
    return name


def _interval(dag: Any, delta: Any) -> str:
    if isinstance(delta, timedelta) and delta > timedelta(0):
        for letter, unit in _UNITS:
            if not delta % unit:
                return f"{delta // unit}{letter}"
    raise ConfigurationError(
        f"DAG {dag.dag_id!r} runs every {delta}; a cadence is a whole number of minutes, hours, days or weeks"
    )


def _start(rhythm: Schedule, first: datetime, *, step_later: bool) -> datetime:
    """What a schedule has to start at for its first slot to be the ``at`` of the DAG's first run."""
    cadence = Cadence.of(rhythm)
    if not isinstance(cadence.rhythm, timedelta):
        begin = cadence.slot_of(first, first) or first
        return begin if step_later else begin - _MICROSECOND
    return first if step_later else first - cadence.rhythm


def _end(rhythm: Schedule, last: datetime, *, step_later: bool) -> datetime:
    """The DAG's end date is the last logical date there may be."""
    cadence = Cadence.of(rhythm)
    if not step_later:
        return last
    if isinstance(cadence.rhythm, timedelta):
        return last + cadence.rhythm
    return cadence.slot_of(last + _MICROSECOND, last) or last


def _utc(moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    there = moment.astimezone(UTC)
    return datetime(*there.timetuple()[:6], there.microsecond, tzinfo=UTC)
