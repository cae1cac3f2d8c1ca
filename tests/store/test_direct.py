"""Recording on a connection of its own: what fails leaves nothing, and many rows are stored as one is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from slo_kit import DAY, HOUR, MINUTE, NOW, an_slo, seen
from sqlalchemy import select, text

from airflow_ai_slo import engine
from airflow_ai_slo.core.errors import MeasurementError, UnknownSLOError
from airflow_ai_slo.core.measurement import Cause, Measurement
from airflow_ai_slo.store import MEMORY, Store, ahead, direct, open_store, prepared, recording
from airflow_ai_slo.store.connection import fresh
from airflow_ai_slo.store.tables import measurement, slo


@pytest.fixture
def applied(store: Store) -> Store:
    engine.apply(store, [an_slo("a"), an_slo("b")], now=NOW)
    return store


def totals(store: Store) -> list[Any]:
    return [one.counts.total for one in engine.status(store, at=NOW + DAY)]


def interrupted(store: Store, measurements: list[Measurement]) -> None:
    """Written, and not committed."""
    with store.write_prepared(together=len(measurements) < prepared.MANY) as connection:
        recording.record(connection, measurements, 0)
        raise KeyboardInterrupt


def half_done(store: Store) -> None:
    with store.write() as connection:
        connection.execute(slo.update().values(scale=10))
        raise KeyboardInterrupt


def terminate_others(url: str) -> None:
    administrator = fresh(url)
    with administrator.write() as connection:
        others = "pid <> pg_backend_pid() AND backend_type = 'client backend'"
        connection.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"))
    administrator.engine.dispose()


@pytest.mark.parametrize("many", [1, prepared.MANY])
def test_what_fails_after_the_first_writes_leaves_nothing_and_the_next_one_is_recorded(
    applied: Store, many: int
) -> None:
    good = [seen(NOW + n * MINUTE, slo="a") for n in range(many)]
    with pytest.raises(UnknownSLOError, match="no SLO named z; known: a, b"):
        engine.record(applied, [*good, seen(slo="z")], now=NOW)
    with pytest.raises(MeasurementError, match="too large"):
        engine.record(applied, [*good, seen(slo="b", good=2**63, total=2**63)], now=NOW)
    with pytest.raises(KeyboardInterrupt):
        interrupted(applied, good)
    assert totals(applied) == [0, 0]
    assert engine.record(applied, good, now=NOW) == many
    assert totals(applied) == [many, 0]


def test_recording_leaves_the_other_transactions_as_they_are(applied: Store) -> None:
    engine.record(applied, [seen(slo="a")], now=NOW)
    with pytest.raises(KeyboardInterrupt):
        half_done(applied)
    with applied.read() as connection:
        assert connection.execute(select(slo.c.scale)).scalars().all() == [1, 1]


@pytest.mark.postgres
def test_a_connection_that_was_lost_while_idle_is_replaced(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = fresh(postgres_url)
    engine.apply(store, [an_slo("a")], now=NOW)
    engine.record(store, [seen(slo="a")], now=NOW)
    terminate_others(postgres_url)
    open_store(postgres_url).engine.dispose()
    monkeypatch.setattr(direct, "IDLE_SECONDS", 0)
    store.engine.pool.dispose()
    assert engine.record(store, [seen(NOW + HOUR, slo="a")], now=NOW) == 1
    store.engine.dispose()


def test_a_store_in_memory_records() -> None:
    store = fresh(MEMORY)
    store.check()
    engine.apply(store, [an_slo("a")], now=NOW)
    with pytest.raises(UnknownSLOError):
        engine.record(store, [seen(slo="a"), seen(slo="z")], now=NOW)
    engine.record(store, [seen(slo="a")], now=NOW)
    engine.record(store, [seen(NOW - n * MINUTE, slo="a") for n in range(prepared.MANY)], now=NOW)
    assert totals(store) == [prepared.MANY]


def test_many_at_once_are_stored_as_they_would_be_one_by_one(applied: Store) -> None:
    odd = ["\t", "\\", "\n", "\\N", '"', "a,b", "'", "\r\n", "✓", "\\.", " "]

    def made(name: str, number: int, shift: int) -> Measurement:
        return seen(
            NOW - (number % 7 * HOUR + number * MINUTE),
            number % 3,
            number % 3 + shift,
            slo=name,
            key=f"{odd[number % len(odd)]}{number}",
            value=None if number % 2 else number / 3,
            cause=Cause.LATE if number % 5 == 0 else None,
            attributes={odd[number % len(odd)]: "\\N\t"} if number % 4 == 0 else {},
        )

    count = 2 * prepared.MANY
    for shift, numbers in ((1, range(count)), (2, range(count // 2, count + count // 2))):
        now = NOW + shift * HOUR
        engine.record(applied, [made("a", number, shift) for number in numbers], now=now)
        for number in numbers:
            engine.record(applied, [made("b", number, shift)], now=now)
    bulk, single = engine.status(applied, at=NOW)
    assert bulk.counts == single.counts
    with applied.read() as connection:
        columns = [column for column in measurement.columns if column is not measurement.c.slo_id]
        query = select(*columns).join(slo).order_by(measurement.c.key)
        one, other = (connection.execute(query.where(slo.c.name == name)).all() for name in "ab")
    assert one == other
    assert len(one) == count + count // 2


def test_few_that_come_to_be_many_are_recorded_together_too(applied: Store) -> None:
    with applied.write_prepared(together=True) as connection:
        recording.record(connection, [seen(NOW - n * MINUTE, slo="a") for n in range(2 * prepared.MANY)], 0)
    assert totals(applied) == [2 * prepared.MANY, 0]


@pytest.fixture
def never_analyzed(postgres_server: str) -> Iterator[Store]:
    """A database in which PostgreSQL has no statistics yet, as on the first day."""
    administrator = fresh(postgres_server).engine.execution_options(isolation_level="AUTOCOMMIT")
    with administrator.connect() as connection:
        connection.execute(text("CREATE DATABASE never_analyzed"))
    store = fresh(postgres_server.replace("/postgres?", "/never_analyzed?"))
    store.migrate()
    yield store
    store.engine.dispose()
    with administrator.connect() as connection:
        connection.execute(text("DROP DATABASE never_analyzed WITH (FORCE)"))
    administrator.dispose()


@pytest.mark.postgres
def test_a_key_is_found_by_its_key_although_the_plan_was_made_when_the_store_was_empty(never_analyzed: Store) -> None:
    query = "PREPARE found (text, bigint, bigint, bigint, bigint, bigint, bigint, bigint) AS "
    asked = ahead._read_one._for(never_analyzed.engine.dialect)[0].split("%s")
    for number, piece in enumerate(asked[:-1], start=1):
        query += f"{piece}${number}"
    with never_analyzed.read() as connection:
        driver: Any = connection.connection.driver_connection
        driver.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        driver.execute(query + asked[-1])
        plan = "\n".join(row[0] for row in driver.execute("EXPLAIN EXECUTE found ('a', 0, 0, 0, 0, 0, 0, 0)"))
    assert "pk_ai_slo_measurement" in plan
    assert "ix_ai_slo_measurement_at" not in plan
