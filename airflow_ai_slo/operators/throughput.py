"""Measures how fast a run worked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.core.errors import ConfigurationError, DataError, MeasurementError
from airflow_ai_slo.core.measurement import Measurement
from airflow_ai_slo.operators.base import MeasureOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_ai_slo.measure.throughput import OnZero


class ThroughputOperator(MeasureOperator):
    """One event for each run: good when it worked at least so fast. Value: the rate per hour.

    A count of 0 says that there was nothing to work on: total 0, neither good nor bad, unless ``on_zero="bad"``.
    Slower than asked is bad, cause ``latency``.

    The time taken is ``seconds``; else from the first start to the last end of the watched tasks; in runs without a
    logical date, whose tasks' times Airflow does not tell, from the run's start until now.

    :param slo: name of the SLO the measurement belongs to.
    :param count: what was worked on: a number, a template, or a task's output. Or instead:
    :param sql: a SELECT whose first value is the count (NULL, as of a sum over no rows, is 0); a template or a file.
    :param conn_id: Airflow connection of the database, for ``sql``.
    :param parameters: bound to the placeholders in ``sql``, in order.
    :param at_least: the rate asked for, per hour.
    :param seconds: how long it took: a number, a template, or a task's output.
    :param watch: ids of the tasks or task groups whose time counts; by default the tasks directly upstream.
    :param unit: what is counted, for people.
    :param on_zero: what a count of 0 is: ``nothing`` (happened) or ``bad``.
    :param fail_on_bad: whether too slow a run fails this task, after it was recorded.
    :param count_manual: whether runs started by hand count; see the base class.
    :param slo_conn_id: Airflow connection of the store.
    """

    template_fields: Sequence[str] = (
        "slo",
        "slo_conn_id",
        "attributes",
        "count",
        "sql",
        "conn_id",
        "parameters",
        "at_least",
        "seconds",
        "watch",
    )
    template_ext: Sequence[str] = (".sql",)
    template_fields_renderers = {"sql": "sql", "parameters": "json"}  # noqa: RUF012

    def __init__(
        self,
        *,
        slo: str,
        at_least: float | str,
        count: Any = None,
        sql: str | None = None,
        conn_id: str | None = None,
        parameters: Sequence[Any] = (),
        seconds: Any = None,
        watch: Sequence[str] | None = None,
        unit: str = "rows",
        on_zero: OnZero = "nothing",
        **kwargs: Any,
    ) -> None:
        super().__init__(slo=slo, **kwargs)
        if (count is None) == (sql is None) or (sql is None) != (conn_id is None):
            raise ConfigurationError("give either count, or sql and conn_id")
        if on_zero not in ("nothing", "bad"):
            raise ConfigurationError(f"on_zero={on_zero!r} is neither 'nothing' nor 'bad'")
        if isinstance(watch, str) or (watch is not None and not watch):
            raise ConfigurationError(
                f"watch={watch!r}: give a list of task ids, or leave it out for the tasks upstream"
            )
        self.at_least = at_least
        self.count = count
        self.sql = sql
        self.conn_id = conn_id
        self.parameters = parameters
        self.seconds = seconds
        self.watch = watch
        self.unit = unit
        self.on_zero = on_zero

    def measure(self, context: Context) -> Measurement:
        """One event; value: the rate per hour."""
        from airflow_ai_slo.measure.throughput import throughput

        judged = throughput(
            self.count if self.sql is None else self._counted(),
            self._elapsed(context),
            at_least=self.at_least,
            unit=self.unit,
            on_zero=self.on_zero,
        )
        self.log.info("Throughput: %s", judged.detail)
        return self.measurement(
            context,
            good=judged.good,
            total=judged.total,
            value=judged.value,
            cause=judged.cause,
            attributes={"detail": judged.detail, "unit": self.unit},
        )

    def _counted(self) -> Any:
        from airflow_ai_slo.hooks.sql import Warehouse
        from airflow_ai_slo.operators.asking import asking

        with asking(self.conn_id or ""):
            row = Warehouse(self.conn_id or "").first(self.sql or "", self.parameters)
        if row is None:
            raise DataError("sql returned no row; its first value must be the count, such as SELECT COUNT(*)")
        return 0 if row[0] is None else row[0]

    def _elapsed(self, context: Context) -> timedelta:
        if self.seconds is not None:
            return _seconds(self.seconds)
        from airflow_ai_slo.operators.watched import instances_of, times_of, watched_by

        ti, dag_run = context["ti"], context["dag_run"]
        ran = [one for one in instances_of(ti, watched_by(self, self.watch)) if one.state in ("success", "failed")]
        times = [times_of(ti, one, dag_run.logical_date) for one in ran]
        known = [one for one in times if one is not None]
        if known and len(known) == len(times):
            return max(end for _, end in known) - min(start for start, _ in known)
        run = self.run_of(context)
        self.log.info("Airflow does not tell when the watched tasks ran; counting from the start of the run")
        started: datetime = dag_run.start_date or dag_run.run_after
        return run.now - started


def _seconds(value: Any) -> timedelta:
    from airflow_ai_slo.core.numbers import exact

    try:
        return timedelta(microseconds=round(exact(value) * 1_000_000))
    except (ValueError, OverflowError) as error:
        raise MeasurementError(f"seconds: {error}; give the time taken in seconds") from None
