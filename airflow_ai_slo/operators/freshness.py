"""Measures how old the newest data is: of tables, files, Airflow's assets and Feast's feature views."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.operators.fresh import FreshnessOperator
from airflow_ai_slo.operators.fresh_assets import AssetFreshnessOperator
from airflow_ai_slo.operators.fresh_feast import FeastFreshnessOperator
from airflow_ai_slo.operators.fresh_files import FileFreshnessOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_ai_slo.hooks.watermark import WatermarkQuery
    from airflow_ai_slo.measure.freshness import Freshness
    from airflow_ai_slo.measure.loads import Loads

__all__ = [
    "AssetFreshnessOperator",
    "FeastFreshnessOperator",
    "FeatureFreshnessOperator",
    "FileFreshnessOperator",
    "FreshnessOperator",
]


class FeatureFreshnessOperator(FreshnessOperator):
    """One check: good when the newest data is at most ``max_age`` old. Value: its age in seconds.

    An empty or all-null column, or one that holds nothing but stamps over five minutes in the future, is unknown:
    total 0, never fresh. Older than asked is bad, cause ``stale_features``.

    With ``key``, every key is judged by itself: good = keys fresh, total = keys. With ``over``, seconds are counted.

    Stamps are timestamps, dates (their first instant), ISO 8601 text, or seconds since 1970. Those without an offset
    need ``timezone``.

    The share of checks that found the data fresh says nothing about the time between them: schedule this apart from
    the load, at the times when the data is read.

    :param slo: name of the SLO the measurement belongs to.
    :param max_age: the highest age that is still fresh.
    :param watermark: how far the data reaches: a value, a template, or a task's output; with ``over``, a list of
        (available at, watermark). Or, with ``conn_id``:
    :param sql: a SELECT whose first value is the watermark; a template or a file. With ``over``, its rows are
        (available at, watermark); with ``key``, it is what is looked at instead of a table.
    :param parameters: bound to the placeholders in ``sql``, in order.
    :param table: the table to look at, and
    :param column: its time stamps.
    :param key: the column, or columns, whose every value is a key.
    :param partition: look only at rows that hold these values, such as ``{"region": "eu"}``.
    :param arrived_column: for ``over``, the table's ingestion stamps: when a row came in.
    :param conn_id: Airflow connection of the database.
    :param over: measure the share of time in so long a time up to the run's ``at``.
    :param timezone: IANA zone of stamps that carry no offset.
    :param as_of: the instant of looking, as a template; by default now. For history that is measured afterwards.
    :param fail_on_bad: whether stale data fails this task, after it was recorded; so does unknown, which is not fresh.
    :param count_manual: whether runs started by hand count; see the base class.
    :param slo_conn_id: Airflow connection of the store.
    """

    template_fields: Sequence[str] = (
        *FreshnessOperator.template_fields,
        "watermark",
        "sql",
        "parameters",
        "table",
        "column",
        "key",
        "partition",
        "arrived_column",
        "conn_id",
    )
    template_ext: Sequence[str] = (".sql",)
    template_fields_renderers = {"sql": "sql", "parameters": "json", "partition": "json"}  # noqa: RUF012

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
        key: str | Sequence[str] | None = None,
        partition: Mapping[str, Any] | None = None,
        arrived_column: str | None = None,
        conn_id: str | None = None,
        over: timedelta | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(slo=slo, max_age=max_age, over=over, **kwargs)
        ways = [watermark is not None, sql is not None, table is not None and column is not None]
        if sum(ways) != 1 or (table is None) != (column is None or (sql is not None and key is not None)):
            raise ConfigurationError("give one of watermark, sql, or table and column")
        if (watermark is None) != (conn_id is not None):
            raise ConfigurationError("sql, and table and column, need conn_id; a watermark has none")
        if (arrived_column is not None) != (over is not None and table is not None):
            raise ConfigurationError("over with table needs arrived_column, and only that: when did a row come in?")
        if key is not None and (over is not None or watermark is not None):
            raise ConfigurationError("key counts keys of a table or of sql, at an instant: it goes without over")
        self.watermark = watermark
        self.sql = sql
        self.parameters = parameters
        self.table = table
        self.column = column
        self.key = key
        self.partition = partition
        self.arrived_column = arrived_column
        self.conn_id = conn_id
        if conn_id is not None:
            self._query()

    @property
    def method(self) -> str:
        """``check``, ``keys`` or ``time``."""
        return "keys" if self.key else super().method

    def look(self, context: Context, now: datetime) -> Freshness:
        """One check, or one count of keys."""
        from airflow_ai_slo.measure.freshness import freshness
        from airflow_ai_slo.measure.watermark import instant_of, zone_of

        if self.conn_id is None:
            return freshness([instant_of(self.watermark, zone=zone_of(self.timezone))], now=now, max_age=self.max_age)
        return self._query().freshness(now=now, max_age=self.max_age)

    def loads(self, context: Context, start: datetime, end: datetime) -> Loads:
        """The table's loads, the rows of ``sql``, or the pairs of ``watermark``."""
        from airflow_ai_slo.measure.loads import loads_of
        from airflow_ai_slo.measure.watermark import zone_of

        if self.conn_id is None:
            return loads_of(self.watermark or (), zone=zone_of(self.timezone))
        return self._query().loads(until=end)

    def _query(self) -> WatermarkQuery:
        from airflow_ai_slo.hooks.watermark import WatermarkQuery

        return WatermarkQuery(
            conn_id=self.conn_id or "",
            sql=self.sql,
            parameters=self.parameters,
            table=self.table,
            column=self.column,
            key=self.key,
            partition=self.partition or {},
            arrived=self.arrived_column,
            timezone=self.timezone,
        )
