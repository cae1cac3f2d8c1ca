"""Measures how old the newest data is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.core.measurement import Measurement
from airflow_ai_slo.operators.base import MeasureOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_ai_slo.measure.watermark import Reach


class FeatureFreshnessOperator(MeasureOperator):
    """One check: good when the newest data is at most ``max_age`` old. Value: its age in seconds.

    An empty or all-null column, or one that holds nothing but stamps over five minutes in the future, is unknown:
    total 0, never fresh. Older than asked is bad, cause ``stale_features``.

    Stamps are timestamps, dates (their first instant), ISO 8601 text, or seconds since 1970. Those without an offset
    need ``timezone``.

    The share of checks that found the data fresh says nothing about the time between them: schedule this apart from
    the load, at the times when the data is read.

    :param slo: name of the SLO the measurement belongs to.
    :param max_age: the highest age that is still fresh.
    :param watermark: how far the data reaches: a value, a template, or a task's output. Or, with ``conn_id``:
    :param sql: a SELECT whose first value is the watermark; a template or a file.
    :param parameters: bound to the placeholders in ``sql``, in order.
    :param table: the table to look at, and
    :param column: its time stamps.
    :param conn_id: Airflow connection of the database.
    :param timezone: IANA zone of stamps that carry no offset.
    :param as_of: the instant of looking, as a template; by default now. For history that is measured afterwards.
    :param fail_on_bad: whether stale data fails this task, after it was recorded; so does unknown, which is not fresh.
    :param count_manual: whether runs started by hand count; see the base class.
    :param slo_conn_id: Airflow connection of the store.
    """

    template_fields: Sequence[str] = (
        "slo",
        "slo_conn_id",
        "attributes",
        "watermark",
        "sql",
        "parameters",
        "table",
        "column",
        "conn_id",
        "timezone",
        "as_of",
    )
    template_ext: Sequence[str] = (".sql",)
    template_fields_renderers = {"sql": "sql", "parameters": "json"}  # noqa: RUF012

    def __init__(
        self,
        *,
        slo: str,
        max_age: timedelta,
        watermark: Any = None,
        sql: str | None = None,
        parameters: Sequence[Any] = (),
        table: str | None = None,
        column: str | None = None,
        conn_id: str | None = None,
        timezone: str | None = None,
        as_of: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(slo=slo, **kwargs)
        if not isinstance(max_age, timedelta) or max_age < timedelta(0):
            raise ConfigurationError(f"max_age={max_age!r}: give a timedelta, such as timedelta(hours=26)")
        ways = [watermark is not None, sql is not None, table is not None and column is not None]
        if sum(ways) != 1 or (table is None) != (column is None):
            raise ConfigurationError("give one of watermark, sql, or table and column")
        if (watermark is None) != (conn_id is not None):
            raise ConfigurationError("sql, and table and column, need conn_id; a watermark has none")
        self.max_age = max_age
        self.watermark = watermark
        self.sql = sql
        self.parameters = parameters
        self.table = table
        self.column = column
        self.conn_id = conn_id
        self.timezone = timezone
        self.as_of = as_of

    def measure(self, context: Context) -> Measurement:
        """One check; value: the age in seconds."""
        from airflow_ai_slo.measure.freshness import freshness

        now = self._now(context)
        reach = self._reach(now)
        seen = freshness([reach.watermark], now=now, max_age=self.max_age, future=reach.future)
        log = self.log.info if seen.total and seen.good == seen.total else self.log.warning
        log("Freshness: %s", seen.detail)
        reached = {"watermark": reach.watermark.isoformat()} if reach.watermark else {}
        return self.measurement(
            context,
            good=int(seen.good),
            total=int(seen.total),
            value=seen.value,
            cause=seen.cause,
            attributes={"detail": seen.detail, "method": "check"} | reached,
        )

    def _now(self, context: Context) -> datetime:
        from airflow_ai_slo.measure.watermark import instant_of

        if self.as_of is None:
            return self.run_of(context).now
        now = instant_of(self.as_of)
        if now is None:
            raise ConfigurationError(f"as_of={self.as_of!r} is no instant; give ISO 8601, such as {{{{ run_after }}}}")
        return now

    def _reach(self, now: datetime) -> Reach:
        from airflow_ai_slo.hooks.sql import Warehouse
        from airflow_ai_slo.hooks.watermark import WatermarkQuery
        from airflow_ai_slo.measure.watermark import Reach, instant_of, zone_of
        from airflow_ai_slo.operators.asking import asking

        zone = zone_of(self.timezone)
        if self.conn_id is None:
            return Reach(instant_of(self.watermark, zone=zone))
        with asking(self.conn_id):
            if self.sql is not None:
                row = Warehouse(self.conn_id).first(self.sql, self.parameters)
                return Reach(instant_of(row[0] if row else None, zone=zone))
            query = WatermarkQuery(conn_id=self.conn_id, table=self.table, column=self.column, timezone=self.timezone)
            return query.reach(now=now)

    def _is_bad(self, measured: Measurement) -> bool:
        return not measured.total or super()._is_bad(measured)
