"""Measures how reliable agents and detectors are: tasks that succeed, alerts in time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.operators.tabular import TabularOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_ai_slo.core.measurement import Measurement


class TaskSuccessOperator(TabularOperator):
    """Tasks that succeeded, of those that are settled; each counts once, however often it was tried.

    :param slo: name of the SLO the measurement belongs to.
    :param key: column of the task's id.
    :param success: column of booleans (or 0 and 1; null while a task is not finished). Or instead:
    :param status: column of outcomes, with
    :param succeeded: those that are a success, and
    :param pending: those that are none yet. All others are failures.
    :param attempt: column that orders the attempts of one task, a number or a time.
    :param counts: the attempt that counts: the ``last`` (did it get done) or the ``first`` (at once).
    :param conn_id: Airflow connection of the database, with ``table`` or ``sql``; or ``path``, or ``dataframe``.
    :param fail_on_bad: whether a bad measurement fails this task, after it was recorded.
    :param count_manual: whether runs started by hand count; see the base class.
    :param slo_conn_id: Airflow connection of the store.
    """

    template_fields: Sequence[str] = (*TabularOperator.template_fields, "key", "success", "status", "attempt")

    def __init__(
        self,
        *,
        key: str,
        success: str | None = None,
        status: str | None = None,
        succeeded: Sequence[str] | None = None,
        pending: Sequence[str] = (),
        attempt: str | None = None,
        counts: Literal["last", "first"] = "last",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if (success is None) == (status is None):
            raise ConfigurationError("give either success, a column of booleans, or status with succeeded")
        if (status is None) != (succeeded is None) or isinstance(succeeded, str) or isinstance(pending, str):
            raise ConfigurationError(
                "status needs succeeded, a list of outcomes such as ['done']; pending is a list too"
            )
        if counts not in ("last", "first"):
            raise ConfigurationError(f"counts={counts!r} is neither 'last' nor 'first'")
        self.key = key
        self.success = success
        self.status = status
        self.succeeded = succeeded
        self.pending = pending
        self.attempt = attempt
        self.counts = counts

    def measure(self, context: Context) -> Measurement:
        """Tasks; value: the share that succeeded."""
        from airflow_ai_slo.measure.reliability.tasks import FALSE, TRUE, Outcome, task_success

        order: dict[str, Any] = {"attempt": self.attempt, "counts": self.counts}
        if self.success is not None:
            means = Outcome(key=self.key, column=self.success, succeeded=TRUE, failed=FALSE, any_case=True, **order)
        else:
            means = Outcome(
                key=self.key, column=self.status or "", succeeded=self.succeeded or (), pending=self.pending, **order
            )
        seen = task_success(self.source(), means)
        (self.log.info if seen.total else self.log.warning)("Task success: %s", seen.detail)
        attributes = {"detail": seen.detail, "not_finished": str(seen.waiting)}
        return self.measurement(
            context, good=seen.good, total=seen.total, value=seen.value, cause=seen.cause, attributes=attributes
        )


class AlertLatencyOperator(TabularOperator):
    """Events that were alerted in time, of those that should alert. Value: their P95 latency in seconds.

    An event without an alert is bad once ``max_wait`` has passed since it happened; until then it is not settled, and
    not counted. A missed event's latency is endless, so it may leave no P95.

    :param slo: name of the SLO the measurement belongs to.
    :param occurred_at: column of when it happened; one row for each event that should alert.
    :param alerted_at: column of when the alert came, null where none has.
    :param at_most: the longest latency that is good.
    :param max_wait: how long an alert is waited for; by default ``at_most``.
    :param over: count only events whose wait ended in the last ``over`` before the run's ``at``, so that each event of
        a table belongs to one run; by default all rows.
    :param timezone: IANA zone of stamps that carry no offset.
    :param as_of: the instant of looking, as a template; by default now, with ``over`` the run's ``at``.
    :param conn_id: Airflow connection of the database, with ``table`` or ``sql``; or ``path``, or ``dataframe``.
    :param fail_on_bad: whether a bad measurement fails this task, after it was recorded.
    :param count_manual: whether runs started by hand count; see the base class.
    :param slo_conn_id: Airflow connection of the store.
    """

    template_fields: Sequence[str] = (
        *TabularOperator.template_fields,
        "occurred_at",
        "alerted_at",
        "timezone",
        "as_of",
    )

    def __init__(
        self,
        *,
        occurred_at: str,
        alerted_at: str,
        at_most: timedelta,
        max_wait: timedelta | None = None,
        over: timedelta | None = None,
        timezone: str | None = None,
        as_of: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        for name, given in (("at_most", at_most), ("max_wait", max_wait), ("over", over)):
            if (given is not None or name == "at_most") and (not isinstance(given, timedelta) or given < timedelta(0)):
                raise ConfigurationError(f"{name}={given!r}: give a timedelta, such as timedelta(minutes=1)")
        if max_wait is not None and max_wait < at_most:
            raise ConfigurationError(f"max_wait={max_wait} is below at_most={at_most}: an alert may still come in time")
        self.occurred_at = occurred_at
        self.alerted_at = alerted_at
        self.at_most = at_most
        self.max_wait = max_wait
        self.over = over
        self.timezone = timezone
        self.as_of = as_of

    def measure(self, context: Context) -> Measurement:
        """Events; value: P95 in seconds, none where it is not reached."""
        from airflow_ai_slo.measure.reliability.alert_latency import Asked, alert_latency
        from airflow_ai_slo.measure.watermark import zone_of

        asked = Asked(
            occurred=self.occurred_at,
            alerted=self.alerted_at,
            at_most=self.at_most,
            max_wait=self.max_wait,
            over=self.over,
            now=self._now(context),
            zone=zone_of(self.timezone),
        )
        seen = alert_latency(self.source(), asked)
        log = self.log.info if seen.total and not seen.missed and not seen.undated else self.log.warning
        log("Alert latency: %s", seen.detail)
        attributes = {"detail": seen.detail, "missed": str(seen.missed), "waiting": str(seen.waiting)}
        return self.measurement(
            context, good=seen.good, total=seen.total, value=seen.value, cause=seen.cause, attributes=attributes
        )

    def _now(self, context: Context) -> datetime:
        from airflow_ai_slo.measure.watermark import instant_of

        if self.as_of is None:
            return self.run_of(context).now if self.over is None else self.at_of(context)
        now = instant_of(self.as_of)
        if now is None:
            raise ConfigurationError(f"as_of={self.as_of!r} is no instant; give ISO 8601, such as {{{{ run_after }}}}")
        return now
