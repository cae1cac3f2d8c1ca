"""Waiting for fresh features, without a worker."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow_ai_slo.hooks.watermark import WatermarkQuery
from airflow_ai_slo.triggers.polling import SHORTEST, PollingTrigger


class FeatureFreshnessTrigger(PollingTrigger):
    """Fires once the data is fresh: its newest stamp is at most ``max_age`` old.

    :param max_age: seconds.
    :param conn_id: Airflow connection of the database.
    :param sql: a SELECT whose first value is the watermark; or else ``table`` and ``column``.
    :param timezone: IANA zone of stamps that carry none.
    :param poll_interval: seconds between two looks.
    """

    def __init__(
        self,
        *,
        max_age: float,
        conn_id: str,
        sql: str | None = None,
        table: str | None = None,
        column: str | None = None,
        timezone: str | None = None,
        poll_interval: float = SHORTEST,
    ) -> None:
        super().__init__(poll_interval=poll_interval)
        self.max_age = max_age
        self.conn_id = conn_id
        self.sql = sql
        self.table = table
        self.column = column
        self.timezone = timezone

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Class path and arguments, as plain JSON values."""
        names = ("max_age", "conn_id", "sql", "table", "column", "timezone", "poll_interval")
        return f"{type(self).__module__}.{type(self).__qualname__}", {name: getattr(self, name) for name in names}

    def look(self) -> dict[str, Any] | None:
        """``{"age": seconds, "detail": …}`` once the data is fresh."""
        query = WatermarkQuery(
            conn_id=self.conn_id, sql=self.sql, table=self.table, column=self.column, timezone=self.timezone
        )
        seen = query.freshness(now=datetime.now(UTC), max_age=timedelta(seconds=self.max_age))
        if not seen.total or seen.good < seen.total:
            self.log.info("Waiting: %s", seen.detail)
            return None
        return {"age": seen.value, "detail": seen.detail}
