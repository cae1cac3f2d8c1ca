"""How far a table's data reaches, asked through an Airflow connection."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.hooks.sql import Warehouse, name_of

if TYPE_CHECKING:
    from airflow_ai_slo.measure.freshness import Freshness
    from airflow_ai_slo.measure.watermark import Reach


@dataclass(frozen=True, slots=True, kw_only=True)
class WatermarkQuery:
    """Where a watermark is found: the largest stamp of a column, or the first value of one's own SQL.

    :param timezone: IANA zone of stamps that carry none.
    :raises ConfigurationError: neither, or both, or no connection.
    """

    conn_id: str
    sql: str | None = None
    table: str | None = None
    column: str | None = None
    timezone: str | None = None

    def __post_init__(self) -> None:
        if not self.conn_id:
            raise ConfigurationError("conn_id is empty: name the Airflow connection of the database")
        if bool(self.sql) == bool(self.table and self.column) or bool(self.table) != bool(self.column):
            raise ConfigurationError("give either sql, or table and column")

    def reach(self, *, now: datetime) -> Reach:
        """Ask the database.

        :raises DataError: it holds no stamps there, or stamps without a zone and none is declared.
        """
        from airflow_ai_slo.measure.watermark import Reach, instant_of, table_reach, zone_of

        zone, warehouse = zone_of(self.timezone), Warehouse(self.conn_id)
        if self.sql:
            row = warehouse.first(self.sql)
            return Reach(instant_of(row[0] if row else None, zone=zone))
        return table_reach(
            warehouse.first,
            table=name_of("table", self.table or ""),
            column=name_of("column", self.column or ""),
            placeholder=warehouse.placeholder,
            now=now,
            zone=zone,
        )

    def freshness(self, *, now: datetime, max_age: timedelta) -> Freshness:
        """Whether it is fresh now."""
        from airflow_ai_slo.measure.freshness import freshness

        reach = self.reach(now=now)
        return freshness([reach.watermark], now=now, max_age=max_age, future=reach.future)
