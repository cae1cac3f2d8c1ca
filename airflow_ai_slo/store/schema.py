"""The store's version: checked on every open, raised by Alembic."""

from __future__ import annotations

import threading
from pathlib import Path
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, inspect, text

from airflow_ai_slo.core.errors import StoreNotMigratedError
from airflow_ai_slo.store.tables import VERSION_TABLE

HEAD = "0002"
_ROOT = Path(__file__).parent / "migrations"
_checked: WeakKeyDictionary[Engine, str] = WeakKeyDictionary()
_lock = threading.Lock()


def version(connection: Connection) -> str | None:
    """The version the tables are at; None where there are none."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608


def ensure(engine: Engine) -> None:
    """Check the version once per process; migrate SQLite, ask for a migration elsewhere."""
    if _checked.get(engine) == HEAD:
        return
    with engine.connect() as connection:
        found = version(connection)
    if found != HEAD:
        _refuse_newer(found)
        if engine.dialect.name != "sqlite":
            state = "has no tables yet" if found is None else f"is at version {found}, this package needs {HEAD}"
            where = engine.url.render_as_string(hide_password=True)
            raise StoreNotMigratedError(f"{where}: the store {state}; run `ai-slo db upgrade`")
        upgrade(engine)
    _checked[engine] = HEAD


def upgrade(engine: Engine) -> str:
    """Migrate to this package's version; two processes may try at once."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_ROOT).replace("%", "%%"))
    with _lock, engine.connect() as connection:
        writing = connection.execution_options(ai_slo_write=True)
        with writing.begin():
            if engine.dialect.name == "postgresql":
                writing.execute(text("SELECT pg_advisory_xact_lock(hashtext('airflow-ai-slo-migrate'))"))
            found = version(writing)
            _refuse_newer(found)
            if found != HEAD:
                config.attributes["connection"] = writing
                command.upgrade(config, "head")
    return HEAD


def _refuse_newer(found: str | None) -> None:
    if found is not None and found > HEAD:
        raise StoreNotMigratedError(
            f"the store is at version {found}, newer than this package's {HEAD}; upgrade airflow-ai-slo"
        )
