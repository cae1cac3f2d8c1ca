"""Measures the time between failures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from airflow.sdk.exceptions import AirflowFailException

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.operators import keeping
from airflow_ai_slo.operators.base import WRONG_SETTINGS
from airflow_ai_slo.operators.tabular import TabularOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_ai_slo.core.measurement import Measurement


class MTBFOperator(TabularOperator):
    """Mean time between failures over a window: one event for each run. Or each hour of a run's interval as an event.

    With ``event="run"`` a run is good where operating time / failures is at least ``at_least``; value: that mean time
    in hours. Without a failure there is none: the run is good, and its ``detail`` says how much that means.

    With ``event="hours"`` each whole UTC hour of the window is an event at its own time, good where nothing failed in
    it: for objectives such as "99% of hours without failure", and for Timeslices of an hour.

    :param slo: name of the SLO the measurement belongs to.
    :param failed_at: column of the instants of failures, one row for each.
    :param window: how far back from the run's ``at`` it looks.
    :param at_least: the shortest mean time that is good, for ``event="run"``.
    :param operating_hours: the hours of operation in the window, for ``event="run"``: a number, a template or a task's
        output; by default the whole window.
    :param event: ``run`` or ``hours``.
    :param timezone: IANA zone of stamps that carry no offset.
    :param conn_id: Airflow connection of the database, with ``table`` or ``sql``; or ``path``, or ``dataframe``.
    :param fail_on_bad: whether a bad measurement fails this task, after all was recorded.
    :param count_manual: whether runs started by hand count; see the base class.
    :param slo_conn_id: Airflow connection of the store.
    """

    template_fields: Sequence[str] = (*TabularOperator.template_fields, "failed_at", "operating_hours", "timezone")

    def __init__(
        self,
        *,
        failed_at: str,
        window: timedelta,
        at_least: timedelta | None = None,
        operating_hours: Any = None,
        event: Literal["run", "hours"] = "run",
        timezone: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if event not in ("run", "hours"):
            raise ConfigurationError(f"event={event!r} is neither 'run' nor 'hours'")
        if not isinstance(window, timedelta) or window <= timedelta(0):
            raise ConfigurationError(f"window={window!r}: give a timedelta above zero, such as timedelta(days=30)")
        if (event == "run") != isinstance(at_least, timedelta) or (at_least is not None and at_least <= timedelta(0)):
            raise ConfigurationError(
                f"at_least={at_least!r}: event='run' needs a timedelta above zero, 'hours' has none"
            )
        if event == "hours" and operating_hours is not None:
            raise ConfigurationError("operating_hours is for event='run'; with 'hours' every hour of the window counts")
        self.failed_at = failed_at
        self.window = window
        self.at_least = at_least
        self.operating_hours = operating_hours
        self.event = event
        self.timezone = timezone

    def execute(self, context: Context) -> dict[str, Any]:
        """Count and record; of hours, returns their sums."""
        if self.event == "run":
            return super().execute(context)
        try:
            return self._hours(context)
        except WRONG_SETTINGS as error:
            raise AirflowFailException(str(error)) from None

    def measure(self, context: Context) -> Measurement:
        """One event; value: hours between failures, none without a failure."""
        from airflow_ai_slo.measure.reliability.mtbf import mtbf

        seen = mtbf(sum(self._failures(context).values()), self._operating(), at_least=self.at_least or self.window)
        self.log.info("MTBF: %s", seen.detail)
        bound = {} if seen.lower_bound is None else {"lower_bound_hours": f"{seen.lower_bound:.6g}"}
        attributes = {"detail": seen.detail, "failures": str(seen.failures)} | bound
        return self.measurement(
            context, good=seen.good, total=seen.total, value=seen.value, cause=seen.cause, attributes=attributes
        )

    def _hours(self, context: Context) -> dict[str, Any]:
        """One measurement for each hour, under a key of its own: windows of runs may overlap."""
        from airflow_ai_slo.core.measurement import Cause
        from airflow_ai_slo.measure.reliability.mtbf import hours_without, whole_hours

        at, run = self.at_of(context), self.run_of(context)
        failures = self._failures(context)
        hours = hours_without(failures, whole_hours(at - self.window, at))
        measured = [
            self.measurement(
                context,
                at=hour,
                key=self.interval_key(context, hour),
                good=good,
                total=1,
                value=float(failures.get(hour, 0)),
                cause=Cause.INFRASTRUCTURE,
                attributes={"failures": str(failures.get(hour, 0))},
            )
            for hour, good in hours
        ]
        good = sum(good for _, good in hours)
        self.log.info("Hours without failure: %d of %d; %d failures", good, len(hours), sum(failures.values()))
        recorded = False
        if run.ignored:
            self.log.info("Not recorded: this run does not count, %s", run.ignored)
        else:
            recorded = keeping.keep(self, measured, run) == len(measured)
        result = {"slo": self.slo, "at": at.isoformat(), "good": good, "total": len(hours), "recorded": recorded}
        if self.fail_on_bad and good < len(hours):
            context["ti"].xcom_push(key="return_value", value=result)
            raise AirflowFailException(
                f"{len(hours) - good} of {len(hours)} hours with a failure, and fail_on_bad is set"
            )
        return result

    def _failures(self, context: Context) -> dict[datetime, int]:
        from airflow_ai_slo.measure.reliability.mtbf import failures_by_hour
        from airflow_ai_slo.measure.watermark import zone_of

        at = self.at_of(context)
        return failures_by_hour(
            self.source(), self.failed_at, start=at - self.window, end=at, zone=zone_of(self.timezone)
        )

    def _operating(self) -> timedelta:
        from airflow_ai_slo.core.numbers import exact

        if self.operating_hours is None:
            return self.window
        try:
            return timedelta(microseconds=round(exact(self.operating_hours) * 3_600_000_000))
        except (ValueError, OverflowError) as error:
            raise ConfigurationError(f"operating_hours: {error}; give the hours of operation in the window") from None
