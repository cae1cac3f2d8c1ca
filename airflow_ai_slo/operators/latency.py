"""Measures latency and availability from a request log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowFailException

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.operators import keeping
from airflow_ai_slo.operators.base import WRONG_SETTINGS
from airflow_ai_slo.operators.tabular import TabularOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_ai_slo.core.measurement import Measurement
    from airflow_ai_slo.measure.latency import RequestRules, Requests, TimeUnit


class RequestLogOperator(TabularOperator):
    """As many events as requests: good when in time, and answered well. Value: P95 in milliseconds.

    Give ``at_most`` for latency, ``status_column`` or ``good_when`` for availability, or both for one SLO of the two.
    Of the run's data interval, ``[start, end)``. Late requests are laid to ``latency``, failed ones to
    ``infrastructure``. Percentiles are kept beside the counts and merge over runs.

    :param slo: name of the SLO the measurement belongs to.
    :param conn_id: Airflow connection of the database that holds the log, with ``table`` or ``sql``; the counting is
        done there. Or ``path``, a CSV or Parquet file; or ``dataframe``, a function that returns a frame.
    :param time_column: when a request was; without it every row counts.
    :param latency_column: how long it took, in
    :param unit: ``s``, ``ms``, ``us`` or ``ns``.
    :param at_most: how long it may take. Without it latencies are shown and not judged.
    :param status_column: its status; below ``bad_from`` it was answered well.
    :param bad_from: the lowest bad status.
    :param good_when: a column that is true, or not 0, where it was answered well.
    :param timezone: IANA zone of stamps that carry no offset.
    :param interval: what lies before the run's end counts, this far back; by default the run's data interval.
    :param every: a measurement for each such part of the interval, instead of one.
    :param lookback: how far before the interval its parts are counted again, for lines that came late; needs ``every``.
    :param fail_on_bad: whether too many bad requests fail this task, after they were recorded.
    :param count_manual: whether runs started by hand count; see the base class.
    :param slo_conn_id: Airflow connection of the store.
    """

    template_fields: Sequence[str] = (
        *TabularOperator.template_fields,
        *("time_column", "latency_column", "status_column", "good_when", "timezone"),
    )

    def __init__(
        self,
        *,
        time_column: str | None = None,
        latency_column: str | None = None,
        unit: TimeUnit = "ms",
        at_most: timedelta | None = None,
        status_column: str | None = None,
        bad_from: int = 500,
        good_when: str | None = None,
        timezone: str | None = None,
        interval: timedelta | None = None,
        every: timedelta | None = None,
        lookback: timedelta | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        for name, length in (("interval", interval), ("every", every), ("lookback", lookback)):
            if length is not None and (not isinstance(length, timedelta) or length <= timedelta(0)):
                raise ConfigurationError(f"{name}={length!r}: give a timedelta above zero, such as timedelta(hours=1)")
        if time_column is None and (interval or every or lookback):
            raise ConfigurationError("interval, every and lookback need time_column: when each request was")
        if lookback and not every:
            raise ConfigurationError(
                "lookback needs every: it counts parts of the time before again, and replaces them"
            )
        self.time_column = time_column
        self.latency_column = latency_column
        self.unit = unit
        self.at_most = at_most
        self.status_column = status_column
        self.bad_from = bad_from
        self.good_when = good_when
        self.timezone = timezone
        self.interval = interval
        self.every = every
        self.lookback = lookback
        self.rules(zoned=False)

    def rules(self, *, zoned: bool = True) -> RequestRules:
        """What makes a request good.

        :raises ConfigurationError: options that make no rule.
        """
        from airflow_ai_slo.measure.latency.requests import RequestRules
        from airflow_ai_slo.measure.watermark import zone_of

        return RequestRules(
            latency_column=self.latency_column,
            at_most=self.at_most,
            unit=self.unit,
            status_column=self.status_column,
            bad_from=self.bad_from,
            good_when=self.good_when,
            time_column=self.time_column,
            zone=zone_of(self.timezone) if zoned else None,
        )

    def execute(self, context: Context) -> dict[str, Any]:
        """Measure, record, and fail where asked to. Returns a small dict as XCom: what the run's interval as a whole
        holds, percentiles in milliseconds, and how many measurements there were."""
        try:
            edges = self.edges(context)
            counted = self._counted(edges)
            return self._record(context, edges, counted)
        except WRONG_SETTINGS as error:
            raise AirflowFailException(str(error)) from None

    def edges(self, context: Context) -> list[datetime]:
        """Where the parts of the interval begin and end, those of the lookback first.

        :raises ConfigurationError: the run has no interval, or ``every`` does not divide it.
        """
        end = self.at_of(context)
        if self.time_column is None:
            return [end, end]
        start = self._start(context, end)
        if self.every is None:
            return [start, end]
        if (end - start) % self.every:
            raise ConfigurationError(f"every={self.every} does not divide the run's interval of {end - start}")
        back = 0 if self.lookback is None else -(-self.lookback // self.every)
        return [start + n * self.every for n in range(-back, (end - start) // self.every + 1)]

    def _start(self, context: Context, end: datetime) -> datetime:
        from airflow_ai_slo.core.instants import utc

        if self.interval is not None:
            return end - self.interval
        start = getattr(context["dag_run"], "data_interval_start", None)
        if start is None or utc(start) >= end:
            raise ConfigurationError(
                "the run's data interval is empty; say how far back requests count: interval=timedelta(days=1)"
            )
        return utc(start)

    def _counted(self, edges: Sequence[datetime]) -> list[Requests]:
        from airflow_ai_slo.hooks.asking import asking
        from airflow_ai_slo.measure.latency import count_requests

        source, rules = self.source(), self.rules()
        if self.conn_id is None:
            return count_requests(source, rules, edges)
        with asking(self.conn_id):
            return count_requests(source, rules, edges)

    def _record(self, context: Context, edges: Sequence[datetime], counted: Sequence[Requests]) -> dict[str, Any]:
        from airflow_ai_slo.core.sketch import percentiles
        from airflow_ai_slo.measure.latency.requests import Requests

        run, parts = self.run_of(context), self._measurements(context, edges, counted)
        if parts[:-1] and not run.ignored:
            keeping.keep(self, parts[:-1], run)
        seen = Requests.together(counted[-self._parts(edges) :])
        timed = None if seen.sketch is None else percentiles(seen.sketch)
        self.log.info("Requests: %s%s", seen.detail, f"; {len(parts)} parts" if len(parts) > 1 else "")
        whole = replace(parts[-1], good=seen.good, total=seen.total, value=seen.value, cause=seen.cause)
        more = keeping.summary(whole) | {
            "percentiles": dict(timed.values) if timed else None,
            "measurements": len(parts),
        }
        return self.record(context, parts[-1], bad=self.fail_on_bad and self._is_bad(whole), more=more)

    def _parts(self, edges: Sequence[datetime]) -> int:
        """How many parts are of the run's own interval."""
        back = 0 if self.lookback is None or self.every is None else -(-self.lookback // self.every)
        return len(edges) - 1 - back

    def _measurements(
        self, context: Context, edges: Sequence[datetime], counted: Sequence[Requests]
    ) -> list[Measurement]:
        found = []
        for end, seen in zip(edges[1:], counted, strict=True):
            one = self.measurement(
                context,
                good=seen.good,
                total=seen.total,
                value=seen.value,
                cause=seen.cause,
                attributes={"detail": seen.detail, "unit": "requests"},
                at=end,
            )
            key = one.key if self.every is None else self.interval_key(context, end)
            found.append(replace(one, key=key, sketch=seen.sketch))
        return found
