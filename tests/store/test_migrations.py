"""A store of an earlier version becomes one of this version, with everything that is in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from slo_kit import NOW, an_slo, daily
from sqlalchemy import text

from airflow_ai_slo import engine
from airflow_ai_slo.store import schema
from airflow_ai_slo.store.connection import fresh
from airflow_ai_slo.store.tables import VERSION_TABLE, metadata


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def first_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A store at the first version."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'first.db'}"
    else:
        server: str = request.getfixturevalue("postgres_server")
        admin = fresh(server).engine.execution_options(isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(text("CREATE DATABASE first"))
        admin.dispose()
        url = server.replace("/postgres?", "/first?")
    store = fresh(url)
    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).parent / "migrations"))
    with store.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    store.close()
    return url


def test_a_store_of_the_first_version_keeps_what_it_holds(first_url: str) -> None:
    store, slo = fresh(first_url), an_slo()
    engine.apply(store, [slo], now=NOW)
    engine.record(store, daily("." * 9 + "x", until=NOW, slo=slo.name), now=NOW)
    before = [one.counts for one in engine.status(store, at=NOW)]
    assert before[0].total == 10
    assert store.migrate() == schema.HEAD
    assert [one.counts for one in engine.status(store, at=NOW)] == before
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, metadata) == []
        if store.engine.dialect.name == "postgresql":
            kept = text(
                "SELECT table_name FROM information_schema.columns "
                "WHERE collation_name = 'C' AND table_schema = 'public' ORDER BY 1"
            )
            assert connection.scalars(kept).all() == ["ai_slo_measurement", "ai_slo_sketch"]
    store.close()
