"""Measures how fast a run worked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.core.errors import ConfigurationError, DataError, MeasurementError
from airflow_ai_slo.operators.base import MeasureOperator

if TYPE_CHECKING:
    from airflow.sdk import Asset, AssetAlias, Context
    from airflow.sdk.definitions.asset import AssetRef

    from airflow_ai_slo.core.measurement import Measurement
    from airflow_ai_slo.measure.throughput import OnZero
    from airflow_ai_slo.operators.watched import Instance


class ThroughputOperator(MeasureOperator):
    """One event for each run: good when it worked at least so fast. Value: the rate per hour.

    A count of 0 says that there was nothing to work on: total 0, neither good nor bad, unless ``on_zero="bad"``.
    Slower than asked is bad, cause ``latency``.

    The time taken is ``seconds``, or clock time, ``over``; else from the first start to the last end of the watched
    tasks; in runs without a logical date, whose tasks' times Airflow does not tell, from the run's start until now.

    :param slo: name of the SLO the measurement belongs to.
    :param count: what was worked on: a number, a template, or a task's output; several in a list, or a mapped task's
        output, are summed. Or instead:
    :param count_tasks: count the watched task instances that succeeded: each is a job. Or instead:
    :param asset: count the asset's events in the time ``over``: each is a job of whatever DAG and run updated it. Or:
    :param sql: a SELECT whose first value is the count (NULL, as of a sum over no rows, is 0); a template or a file.
    :param conn_id: Airflow connection of the database, for ``sql``.
    :param parameters: bound to the placeholders in ``sql``, in order.
    :param entry: which entry of a task's output, or of an asset event's ``extra``, is the count: ``rows``, or
        ``usage.tokens`` for an entry of an entry.
    :param at_least: the rate asked for, per hour.
    :param seconds: how long it took: a number, a template, or a task's output.
    :param over: so long a time up to the run's ``at``, whether or not there was work all the time.
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
        "entry",
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
        count_tasks: bool = False,
        asset: Asset | AssetAlias | AssetRef | None = None,
        entry: str | None = None,
        sql: str | None = None,
        conn_id: str | None = None,
        parameters: Sequence[Any] = (),
        seconds: Any = None,
        over: timedelta | None = None,
        watch: Sequence[str] | None = None,
        unit: str = "rows",
        on_zero: OnZero = "nothing",
        **kwargs: Any,
    ) -> None:
        if asset is not None:
            kwargs["inlets"] = [asset, *(kwargs.get("inlets") or ())]
        super().__init__(slo=slo, **kwargs)
        ways = [count is not None, sql is not None, asset is not None, bool(count_tasks)]
        if sum(ways) != 1 or (sql is None) != (conn_id is None):
            raise ConfigurationError("give either count, or sql and conn_id, or asset, or count_tasks=True")
        if entry is not None and count is None and asset is None:
            raise ConfigurationError(
                f"entry={entry!r} belongs to count or asset: an entry of an output, or of an extra"
            )
        if over is not None and (not isinstance(over, timedelta) or over <= timedelta(0)):
            raise ConfigurationError(f"over={over!r}: give a timedelta above zero, such as timedelta(hours=1)")
        if (over is not None and (seconds is not None or count_tasks)) or (asset is not None and over is None):
            raise ConfigurationError("asset needs over; over, clock time, goes with neither seconds nor count_tasks")
        if on_zero not in ("nothing", "bad"):
            raise ConfigurationError(f"on_zero={on_zero!r} is neither 'nothing' nor 'bad'")
        if isinstance(watch, str) or (watch is not None and not watch):
            raise ConfigurationError(
                f"watch={watch!r}: give a list of task ids, or leave it out for the tasks upstream"
            )
        self.at_least = at_least
        self.count = count
        self.count_tasks = count_tasks
        self.asset = asset
        self.entry = entry
        self.sql = sql
        self.conn_id = conn_id
        self.parameters = parameters
        self.seconds = seconds
        self.over = over
        self.watch = watch
        self.unit = unit
        self.on_zero = on_zero

    def measure(self, context: Context) -> Measurement:
        """One event; value: the rate per hour."""
        from airflow_ai_slo.measure.throughput import throughput

        judged = throughput(
            self._counted(context),
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

    def _counted(self, context: Context) -> Any:
        from airflow_ai_slo.measure.throughput import total_of

        if self.sql is not None:
            return self._asked()
        if self.count_tasks:
            return sum(one.state == "success" for one in self._watched(context))
        if self.asset is None:
            return total_of(self.count, entry=self.entry, unit=self.unit)
        extras = self._updates(context, self.asset)
        return len(extras) if self.entry is None else total_of(extras, entry=self.entry, unit=self.unit)

    def _updates(self, context: Context, asset: Asset | AssetAlias | AssetRef) -> list[Any]:
        """The extras of the asset's events in ``(at - over, at]``."""
        end = self.at_of(context)
        start = end - (self.over or timedelta(0))
        events = context["inlet_events"][asset].after(start.isoformat()).before(end.isoformat())
        return [one.extra or {} for one in events if one.timestamp > start]

    def _watched(self, context: Context) -> list[Instance]:
        from airflow_ai_slo.operators.watched import instances_of, watched_by

        return instances_of(context["ti"], watched_by(self, self.watch))

    def _asked(self) -> Any:
        from airflow_ai_slo.hooks.asking import asking
        from airflow_ai_slo.hooks.sql import Warehouse

        with asking(self.conn_id or ""):
            row = Warehouse(self.conn_id or "").first(self.sql or "", self.parameters)
        if row is None:
            raise DataError("sql returned no row; its first value must be the count, such as SELECT COUNT(*)")
        return 0 if row[0] is None else row[0]

    def _elapsed(self, context: Context) -> timedelta:
        if self.over is not None:
            return self.over
        if self.seconds is not None:
            return _seconds(self.seconds)
        from airflow_ai_slo.operators.watched import times_of

        ti, dag_run = context["ti"], context["dag_run"]
        ran = [one for one in self._watched(context) if one.state in ("success", "failed")]
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
