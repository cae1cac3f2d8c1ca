"""Airflow's own care of its database leaves the SLO store alone, and the store leaves Airflow's migrations alone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from backing import LOCAL, Postgres, postgres
from slo_kit import NOW, an_slo, daily

from airflow_ai_slo import engine
from airflow_ai_slo.store import Store
from airflow_ai_slo.store.connection import fresh
from airflow_ai_slo.store.tables import metadata

pytestmark = [pytest.mark.airflow, pytest.mark.postgres]

SECRETS = {
    "POSTGRES_USER": "airflow",
    "POSTGRES_PASSWORD": "a",
    "POSTGRES_DB": "airflow",
    "AI_SLO_POSTGRES_PASSWORD": "b",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    with postgres(tmp_path_factory.mktemp("airflow-database") / "postgres", SECRETS) as running:
        yield running


def airflow(server: Postgres, home: Path, *command: str) -> str:
    """Run one of Airflow's commands on its own database, this package installed beside it; return what it said."""
    home.mkdir(exist_ok=True)
    address = f"postgresql+psycopg2://airflow:a@{LOCAL}:{server.port}/airflow"
    environment = {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": address,
    }
    ran = subprocess.run(
        ["airflow", *command], env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-4000:]
    return ran.stdout + ran.stderr


def a_store(server: Postgres, user: str, database: str) -> Store:
    store = fresh(f"postgresql+psycopg://{user}:x@{LOCAL}:{server.port}/{database}")
    store.migrate()
    engine.apply(store, [an_slo(alerting="seed")], now=NOW)
    engine.record(store, daily("....xxxx"), now=NOW)
    engine.evaluate(store, at=NOW)
    return store


def rows(store: Store) -> dict[str, int]:
    with store.read() as connection:
        return {table.name: len(connection.execute(table.select()).all()) for table in metadata.sorted_tables}


def alembic_tables(server: Postgres) -> set[str]:
    with server.connect("airflow") as connection:
        found = connection.execute("SELECT tablename FROM pg_tables WHERE tablename ~ '(alembic|ai_slo)_version'")
        return {name for (name,) in found.fetchall()}


def test_check_clean_and_reset_of_airflow_and_our_migrations_do_not_touch_each_other(
    server: Postgres, tmp_path: Path
) -> None:
    """Both where the store has a database of its own and where somebody laid it into Airflow's."""
    airflow(server, tmp_path / "home", "db", "migrate")
    stores = [a_store(server, "ai_slo", "ai_slo"), a_store(server, "airflow", "airflow")]
    before = [rows(store) for store in stores]
    assert all(count["ai_slo_measurement"] == 8 and count["ai_slo_freeze"] == 1 for count in before)
    assert {"alembic_version", "ai_slo_version"} <= alembic_tables(server)

    for command in (
        ("check-migrations", "--migration-wait-timeout", "5"),
        ("clean", "--clean-before-timestamp", "2999-01-01T00:00:00+00:00", "--skip-archive", "--yes"),
        ("reset", "--yes"),
        ("check-migrations", "--migration-wait-timeout", "5"),
    ):
        airflow(server, tmp_path / "home", "db", *command)
        assert [rows(store) for store in stores] == before, command
    for store in stores:
        store.check()
        assert store.migrate()
        store.close()
    airflow(server, tmp_path / "home", "db", "check-migrations", "--migration-wait-timeout", "5")
