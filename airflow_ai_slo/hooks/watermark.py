"""How far a table's data reaches, asked through an Airflow connection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.hooks.asking import asking
from airflow_ai_slo.hooks.sql import Warehouse, name_of

if TYPE_CHECKING:
    from airflow_ai_slo.measure.freshness import Freshness
    from airflow_ai_slo.measure.loads import Loads
    from airflow_ai_slo.measure.watermark import Reach


@dataclass(frozen=True, slots=True, kw_only=True)
class WatermarkQuery:
    """Where a watermark is found: the largest stamp of a column, or the first value of one's own SQL.

    :param sql: a SELECT whose first value is the watermark. For loads, one whose rows are (available at, watermark).
        With ``key``, one with a row for each key and stamp: the table that is looked at.
    :param parameters: bound to the placeholders in ``sql``, in order.
    :param table: the table, instead of ``sql``, and
    :param column: its stamps.
    :param key: columns whose every combination of values is judged by itself.
    :param partition: only rows that hold these values.
    :param arrived: for loads from a table, the column that says when a row came in.
    :param timezone: IANA zone of stamps that carry none.
    :raises ConfigurationError: options that do not fit together.
    """

    conn_id: str
    sql: str | None = None
    parameters: Sequence[Any] = ()
    table: str | None = None
    column: str | None = None
    key: str | Sequence[str] | None = None
    partition: Mapping[str, Any] = field(default_factory=dict)
    arrived: str | None = None
    timezone: str | None = None

    def __post_init__(self) -> None:
        if not self.conn_id:
            raise ConfigurationError("conn_id is empty: name the Airflow connection of the database")
        if self.sql and self.key:
            if self.table or not self.column:
                raise ConfigurationError("sql with key needs column, the stamps among its columns, and no table")
        elif bool(self.sql) == bool(self.table and self.column) or bool(self.table) != bool(self.column):
            raise ConfigurationError("give either sql, or table and column")
        if self.sql and (self.partition or self.arrived):
            raise ConfigurationError("partition and arrived_column belong to table and column; sql says it itself")
        if self.parameters and not self.sql:
            raise ConfigurationError("parameters belong to sql")

    def reach(self, *, now: datetime) -> Reach:
        """Ask the database.

        :raises DataError: it holds no stamps there, or stamps without a zone and none is declared; or what the driver
            says.
        """
        from airflow_ai_slo.measure.watermark import Reach, instant_of, table_reach, zone_of

        zone, warehouse = zone_of(self.timezone), Warehouse(self.conn_id)
        with asking(self.conn_id):
            if self.sql:
                row = warehouse.first(self.sql, self.parameters)
                return Reach(instant_of(row[0] if row else None, zone=zone))
            return table_reach(_ours(warehouse, warehouse.first), now=now, zone=zone, **self._columns(warehouse))

    def freshness(self, *, now: datetime, max_age: timedelta) -> Freshness:
        """Whether it is fresh now; with ``key``, how many keys are."""
        from airflow_ai_slo.measure.freshness import freshness
        from airflow_ai_slo.measure.freshness_keys import keys_fresh
        from airflow_ai_slo.measure.watermark import zone_of

        if not self.key:
            reach = self.reach(now=now)
            return freshness([reach.watermark], now=now, max_age=max_age, future=reach.future)
        zone, warehouse = zone_of(self.timezone), Warehouse(self.conn_id)
        names = [self.key] if isinstance(self.key, str) else self.key
        keys = [_doubled(warehouse, name_of("key", name)) for name in names]
        with asking(self.conn_id):
            return keys_fresh(
                _ours(warehouse, warehouse.first),
                keys=keys,
                now=now,
                max_age=max_age,
                zone=zone,
                **self._columns(warehouse),
            )

    def loads(self, *, until: datetime) -> Loads:
        """What arrived when: from a table one load for each of its ingestion stamps, from ``sql`` one for each row.

        :param until: later loads of a table are left out.
        :raises DataError: a row is no pair of stamps; or what the driver says.
        """
        from airflow_ai_slo.measure.loads import loads_of, table_loads
        from airflow_ai_slo.measure.watermark import zone_of

        zone, warehouse = zone_of(self.timezone), Warehouse(self.conn_id)
        with asking(self.conn_id):
            if self.sql:
                return loads_of(warehouse.rows(self.sql, self.parameters), zone=zone)
            arrived = _doubled(warehouse, name_of("arrived_column", self.arrived or ""))
            rows, first = _ours(warehouse, warehouse.rows), _ours(warehouse, warehouse.first)
            return table_loads(rows, first, arrived=arrived, until=until, zone=zone, **self._columns(warehouse))

    def _columns(self, warehouse: Warehouse) -> dict[str, Any]:
        placeholder = warehouse.placeholder
        held = {_doubled(warehouse, name_of("partition", name)): value for name, value in self.partition.items()}
        sql = self.sql if self.sql is None or self.parameters else _doubled(warehouse, self.sql)
        table = (
            f"({sql.rstrip().rstrip(';')}\n) ours" if sql else _doubled(warehouse, name_of("table", self.table or ""))
        )
        return {
            "table": table,
            "column": _doubled(warehouse, name_of("column", self.column or "")),
            "placeholder": placeholder,
            "where": " AND ".join(
                f"{n} IS NULL" if value is None else f"{n} = {placeholder}" for n, value in held.items()
            ),
            "bound": (*self.parameters, *(value for value in held.values() if value is not None)),
        }


def _doubled(warehouse: Warehouse, text: str) -> str:
    """A text for a statement of ours, where drivers that write parameters as ``%s`` take ``%%`` for ``%``."""
    return text.replace("%", "%%") if warehouse.placeholder == "%s" else text


def _ours(warehouse: Warehouse, run: Any) -> Any:
    """Run such statements: those without parameters are not looked through by the driver, and so have single ``%``."""

    def asked(sql: str, bound: Sequence[Any] = ()) -> Any:
        return run(sql if bound or warehouse.placeholder != "%s" else sql.replace("%%", "%"), bound)

    return asked
