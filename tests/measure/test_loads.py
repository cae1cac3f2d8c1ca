"""Reading when data arrived and how far it then reached."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine

from airflow_ai_slo.core.errors import DataError
from airflow_ai_slo.measure.freshness import freshness_over
from airflow_ai_slo.measure.loads import Loads, loads_of, table_loads

DAY = datetime(2024, 5, 1, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def h(hours: float) -> datetime:
    return DAY + timedelta(hours=hours)


def read(rows: Sequence[tuple[object, ...]], **options: Any) -> Loads:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE features (event TEXT, loaded TEXT, region TEXT)")
    connection.executemany("INSERT INTO features VALUES (?, ?, ?)", rows)
    return table_loads(
        lambda sql, bound: connection.execute(sql, tuple(bound)).fetchall(),
        lambda sql, bound: connection.execute(sql, tuple(bound)).fetchone(),
        **({"table": "features", "column": "event", "arrived": "loaded", "placeholder": "?", "until": h(24)} | options),
    )


def row(event: datetime | None, loaded: datetime | None, region: str = "eu") -> tuple[object, ...]:
    return (event and event.isoformat(), loaded and loaded.isoformat(), region)


def test_each_ingestion_stamp_is_a_load_that_reaches_as_far_as_its_rows() -> None:
    loads = read([row(h(0), h(2)), row(h(1), h(2)), row(h(1), h(5)), row(None, h(6)), row(h(7), None)])
    assert sorted(loads.pairs, key=str) == [(h(2), h(1)), (h(5), h(1)), (h(6), None)]


def test_a_stamp_beyond_its_own_arrival_is_left_out_and_the_one_below_counts() -> None:
    loads = read([row(h(1), h(2)), row(h(2) + 5 * MINUTE, h(3)), row(h(4), h(3)), row(h(9), h(3)), row(h(5), h(4))])
    assert sorted(loads.pairs, key=str) == [(h(2), h(1)), (h(3), h(2) + 5 * MINUTE), (h(4), None)]
    assert loads.future == 3


def test_a_partition_has_loads_of_its_own() -> None:
    rows = [row(h(1), h(2)), row(h(1.5), h(2), "us"), row(h(9), h(3), "us"), row(h(2), h(3), "us"), row(h(9), h(3))]
    loads = read(rows, where="region = ?", bound=("us",))
    assert (sorted(loads.pairs, key=str), loads.future) == ([(h(2), h(1.5)), (h(3), h(2))], 1)


def test_rows_of_pairs_are_read_in_any_spelling() -> None:
    rows = [("2024-05-01T02:00:00Z", h(1)), (h(5).timestamp(), None), [None, h(1)]]
    assert loads_of(rows).pairs == [(h(2), h(1)), (h(5), None)]


@pytest.mark.parametrize("wrong", [[h(1)], [(h(1),)], ["2024"], [(h(1), h(1), h(1))], [3]])
def test_what_is_no_pair_is_refused(wrong: list[object]) -> None:
    with pytest.raises(DataError, match="is no pair of"):
        loads_of(wrong)


@pytest.mark.postgres
def test_a_table_of_postgresql_gives_the_same_pairs(postgres_server: str) -> None:
    engine = create_engine(postgres_server)
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TEMPORARY TABLE features (event timestamptz, loaded timestamptz)")
        for event, loaded in [(h(0), h(2)), (h(1), h(2)), (h(2), h(3)), (h(9), h(3))]:
            connection.exec_driver_sql("INSERT INTO features VALUES (%s, %s)", (event, loaded))
        loads = table_loads(
            lambda sql, bound: connection.exec_driver_sql(sql, tuple(bound)).all(),
            lambda sql, bound: connection.exec_driver_sql(sql, tuple(bound)).first(),
            table="features",
            column="event",
            arrived="loaded",
            placeholder="%s",
            until=h(24),
        )
    engine.dispose()
    assert (sorted(loads.pairs, key=str), loads.future) == ([(h(2), h(1)), (h(3), h(2))], 1)


hours = st.integers(-10, 30)


@given(rows=st.lists(st.tuples(hours, hours), max_size=10), age=st.integers(0, 12))
def test_a_tables_loads_give_the_share_of_time_of_its_rows_one_by_one(rows: list[tuple[int, int]], age: int) -> None:
    # Semantics: each row is a pair by itself. Grouped by its ingestion stamp, a table says the same.
    period = {"start": h(0), "end": h(24), "max_age": age * HOUR}
    one_by_one = freshness_over([(h(loaded), h(event)) for event, loaded in rows], **period)
    loads = read([row(h(event), h(loaded)) for event, loaded in rows])
    grouped = freshness_over(loads.pairs, **period, future=loads.future)
    assert grouped == one_by_one
