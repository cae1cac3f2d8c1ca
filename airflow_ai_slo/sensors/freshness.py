"""Waits until features are fresh enough to be used."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseSensorOperator, PokeReturnValue
from airflow.sdk.configuration import conf
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.hooks.watermark import WatermarkQuery

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_ai_slo.measure.freshness import Freshness


class FeatureFreshnessSensor(BaseSensorOperator):
    """Waits until the newest data is at most ``max_age`` old. Empty, all-null and never seen are never fresh.

    Takes the usual sensor parameters (``timeout``, ``poke_interval``, ``mode``, ``soft_fail``…).

    :param max_age: the highest age that is still fresh.
    :param conn_id: Airflow connection of the database.
    :param sql: a SELECT whose first value is the watermark.
    :param table: table to look at, with ``column`` instead of ``sql``.
    :param column: its time stamps.
    :param watermark: a function without parameters that returns the watermark, instead of a database.
    :param timezone: IANA zone of stamps that carry none.
    :param deferrable: whether to wait in the triggerer, where ``poke_interval`` is 30 seconds at least. A ``watermark``
        function cannot move there: such a sensor pokes.
    """

    template_fields: Sequence[str] = ("conn_id", "sql", "table", "column")
    template_ext: Sequence[str] = (".sql",)
    template_fields_renderers = {"sql": "sql"}  # noqa: RUF012
    ui_color = "#e6f4ea"

    def __init__(
        self,
        *,
        max_age: timedelta,
        conn_id: str | None = None,
        sql: str | None = None,
        table: str | None = None,
        column: str | None = None,
        watermark: Callable[[], Any] | None = None,
        timezone: str | None = None,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not isinstance(max_age, timedelta) or max_age < timedelta(0):
            raise ConfigurationError(f"max_age={max_age!r}: give a timedelta, such as timedelta(hours=26)")
        if (watermark is None) == (conn_id is None):
            raise ConfigurationError("give either conn_id with sql, or with table and column, or a watermark function")
        self.max_age = max_age
        self.conn_id = conn_id
        self.sql = sql
        self.table = table
        self.column = column
        self.watermark = watermark
        self.timezone = timezone
        self.deferrable = deferrable
        if watermark is None:
            self._query()

    def poke(self, context: Context) -> PokeReturnValue:
        """Look once; the age in seconds becomes the XCom of the poke that passes."""
        try:
            seen = self._look(datetime.now(UTC))
        except ConfigurationError as error:
            raise AirflowFailException(str(error)) from error
        fresh = bool(seen.total) and seen.good == seen.total
        self.log.info("%s%s", "" if fresh else "Waiting: ", seen.detail)
        return PokeReturnValue(is_done=fresh, xcom_value={"age": seen.value, "detail": seen.detail})

    def execute(self, context: Context) -> Any:
        """Look, then wait: in the triggerer where deferrable, else by poking."""
        if not self.deferrable or self.watermark is not None:
            return super().execute(context)
        from airflow_ai_slo.triggers.freshness import FeatureFreshnessTrigger
        from airflow_ai_slo.triggers.polling import SHORTEST

        first = self.poke(context)
        if first.is_done:
            return first.xcom_value
        trigger = FeatureFreshnessTrigger(
            max_age=self.max_age.total_seconds(),
            conn_id=self.conn_id or "",
            sql=self.sql,
            table=self.table,
            column=self.column,
            timezone=self.timezone,
            poll_interval=max(self.poke_interval, SHORTEST),
        )
        self.defer(trigger=trigger, method_name="execute_complete", timeout=timedelta(seconds=self.timeout))

    def execute_complete(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:
        """What the trigger saw, as XCom."""
        if "error" in event:
            raise AirflowException(event["error"])
        self.log.info("%s", event["detail"])
        return event

    def _look(self, now: datetime) -> Freshness:
        if self.watermark is None:
            return self._query().freshness(now=now, max_age=self.max_age)
        from airflow_ai_slo.measure.freshness import freshness
        from airflow_ai_slo.measure.watermark import instant_of, zone_of

        reached = instant_of(self.watermark(), zone=zone_of(self.timezone))
        return freshness([reached], now=now, max_age=self.max_age)

    def _query(self) -> WatermarkQuery:
        return WatermarkQuery(
            conn_id=self.conn_id or "", sql=self.sql, table=self.table, column=self.column, timezone=self.timezone
        )
