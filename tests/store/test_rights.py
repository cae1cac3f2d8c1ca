"""What the store's user must be allowed on PostgreSQL, once somebody else has migrated."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from slo_kit import NOW, an_slo, daily
from sqlalchemy import text

from airflow_ai_slo import engine
from airflow_ai_slo.core.freeze import Gate
from airflow_ai_slo.store import Store
from airflow_ai_slo.store.connection import fresh

pytestmark = pytest.mark.postgres

GRANTS = (
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO writer",
    "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO writer",
)


@pytest.fixture
def writer(postgres_url: str) -> Iterator[Store]:
    """The store as a user who owns nothing has it."""
    owner = fresh(postgres_url)
    with owner.write() as connection:
        connection.execute(text("CREATE ROLE writer LOGIN"))
        for grant in GRANTS:
            connection.execute(text(grant))
    store = fresh(postgres_url.replace("//postgres:", "//writer:"))
    yield store
    store.close()
    with owner.write() as connection:
        connection.execute(text("DROP OWNED BY writer"))
        connection.execute(text("DROP ROLE writer"))
    owner.close()


def test_reading_and_writing_rows_is_enough_for_everything_but_migrating(writer: Store) -> None:
    with writer.read() as connection:
        assert connection.execute(text("SELECT current_user")).scalar() == "writer"
    writer.check()
    engine.apply(writer, [an_slo(alerting="seed")], now=NOW)
    engine.record(writer, daily("....xxxx"), now=NOW)
    assert engine.evaluate(writer, at=NOW)[0].exhausted
    assert engine.gate(lambda: writer, "scoring", now=NOW, actor="a test").outcome is Gate.FROZEN
    until = NOW + timedelta(hours=1)
    engine.override(writer, "scoring", author="ann", reason="a fix", until=until, now=NOW)
    assert engine.gate(lambda: writer, "scoring", now=NOW, actor="a test").outcome is Gate.ALLOWED
    engine.deliver(writer, {}, now=NOW)
