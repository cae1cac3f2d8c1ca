"""Tables whose columns are words of SQL."""

from __future__ import annotations

import pytest
from slo_kit import NOW, an_slo
from sqlalchemy import Table, select

from airflow_ai_slo import engine
from airflow_ai_slo.store import Store, tables
from airflow_ai_slo.store.prepared import MANY, Rows


@pytest.mark.parametrize("table", [tables.dropped, tables.settled, tables.day], ids=lambda table: str(table.name))
def test_many_rows_go_into_any_table_at_once(store: Store, table: Table) -> None:
    [applied] = engine.apply(store, [an_slo()], now=NOW)
    width = len(table.columns) - 1
    rows = [(applied.slo_id, *range(number, number + width)) for number in range(MANY + 1)]
    with store.write() as connection:
        Rows(table).add(connection, rows)
    with store.read() as connection:
        found = connection.execute(select(table).order_by(table.columns[1])).all()
    assert [tuple(row) for row in found] == rows
