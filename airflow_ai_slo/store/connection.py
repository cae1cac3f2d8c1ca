"""Where the store is, how it is opened, and what its failures are called."""

from __future__ import annotations

import math
import os
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError, DisconnectionError, NoSuchModuleError, TimeoutError
from sqlalchemy.pool import StaticPool

from airflow_ai_slo.core.errors import ConfigurationError, StoreNotMigratedError, StoreUnavailableError
from airflow_ai_slo.store import schema
from airflow_ai_slo.store.direct import IDLE_SECONDS, Aside, Direct

BUSY_SECONDS = 30
CONNECT_SECONDS = 5
MEMORY = "sqlite://"


def default_url(environ: Mapping[str, str] = os.environ) -> str:
    """Where the store is when no Airflow connection names it: ``AI_SLO_STORE_URL``, else SQLite in ``AIRFLOW_HOME``."""
    if environ.get("AI_SLO_STORE_URL"):
        return environ["AI_SLO_STORE_URL"]
    home = Path(environ.get("AIRFLOW_HOME") or Path.home() / "airflow")
    return f"sqlite:///{home.expanduser() / 'ai_slo.db'}"


@dataclass(frozen=True)
class Store:
    """The SLO store: transactions on one database.

    :raises StoreUnavailableError: the database does not answer or is locked.
    :raises StoreNotMigratedError: its tables are missing or of another version.
    """

    engine: Engine
    _aside: Aside = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_aside", Aside(self.engine))

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads; on SQLite it sees one moment."""
        # Begun here, because prepared statements go past SQLAlchemy, which would begin one at its first statement.
        with self.guarded(), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self, *, patience: timedelta | None = None) -> Iterator[Connection]:
        """A transaction that commits as a whole, or not at all. On SQLite it takes the write lock at once.

        :param patience: how long it waits for a lock, where that is less than usual.
        """
        with self.guarded(), self.engine.connect() as connection:
            writing = connection.execution_options(ai_slo_write=True, ai_slo_patience=patience)
            with writing.begin():
                yield writing

    @contextmanager
    def write_prepared(self, *, together: bool) -> Iterator[Direct]:
        """A transaction as of :meth:`write`, for prepared statements alone.

        :param together: send statements without waiting for each answer, where the driver can.
        """
        with self.guarded(), self._aside.transaction(together=together) as direct:
            yield direct

    def check(self) -> None:
        """Make sure the tables are there and of this version; SQLite migrates itself."""
        with self.guarded():
            schema.ensure(self.engine)

    def migrate(self) -> str:
        """Bring the tables to this version and return it."""
        with self.guarded():
            return schema.upgrade(self.engine)

    def close(self) -> None:
        """Close this process's connections; the next transaction opens one anew. Before a fork SQLite asks for it."""
        self._aside.close()
        self.engine.dispose()

    @property
    def where(self) -> str:
        """The address, without its password."""
        return shown(self.engine.url)

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Failures of the database as this package's errors."""
        try:
            yield
        except _driver_errors(self.engine) as error:
            if self._is_lost(error):
                # What dropped this connection has dropped the others of the pool too.
                self.engine.dispose()
            raise _translated(error, self.where) from error

    def _is_lost(self, error: Exception) -> bool:
        original = error.orig if isinstance(error, DBAPIError) else error
        driver: Any = self.engine.dialect.dbapi
        return self.engine.dialect.name == "postgresql" and isinstance(original, driver.OperationalError)


def shown(url: URL) -> str:
    """An address without its password, wherever it stands."""
    query = {name: value for name, value in url.query.items() if "pass" not in name}
    return url.set(query=query).render_as_string(hide_password=True)


def _driver_errors(engine: Engine) -> tuple[type[Exception], ...]:
    ours = (DBAPIError, TimeoutError)
    return (*ours, engine.dialect.dbapi.Error) if engine.dialect.dbapi else ours


def _translated(error: Exception, where: str) -> StoreNotMigratedError | StoreUnavailableError:
    original = error.orig if isinstance(error, DBAPIError) else error
    cause = str(original).strip().splitlines()[0] if str(original).strip() else type(original).__name__
    missing = "no such table" in cause or 'relation "ai_slo_' in cause or "no such column" in cause
    if missing:
        return StoreNotMigratedError(f"{where}: {cause}; run `ai-slo db upgrade`")
    return StoreUnavailableError(f"{where}: {cause}")


def open_store(url: str) -> Store:
    """Open the store, once per process and address.

    :param url: SQLAlchemy URL: ``sqlite:////path/to/ai_slo.db``, ``postgresql+psycopg://…``.
    :raises ConfigurationError: not such a URL, or its driver is not installed.
    :raises StoreError: it does not answer, or is not migrated.
    """
    store = unchecked(url)
    store.check()
    return store


def fresh(url: str) -> Store:
    """A store with an engine of its own, unchecked."""
    return Store(_engine(_parse(url)))


def unchecked(url: str) -> Store:
    """Open the store without looking at its tables: for those who are about to migrate it."""
    return _open(url, os.getpid())


@lru_cache(maxsize=16)
def _open(url: str, pid: int) -> Store:
    return fresh(url)


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise ConfigurationError(
            "the store's address is not a database URL; write sqlite:////path/ai_slo.db or postgresql+psycopg://…"
        ) from None
    if parsed.drivername in ("postgres", "postgresql"):
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise ConfigurationError(f"{parsed.drivername}: the store is SQLite or PostgreSQL")
    if parsed.drivername not in ("sqlite", "sqlite+pysqlite", "postgresql+psycopg"):
        raise ConfigurationError(f"{parsed.drivername}: write sqlite:///… or postgresql+psycopg://…")
    return parsed


def _engine(url: URL) -> Engine:
    try:
        if url.get_backend_name() == "postgresql":
            return _postgres_engine(url)
        return _sqlite_engine(url)
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise ConfigurationError(f"{url.drivername}: {error}; pip install 'airflow-ai-slo[postgres]'") from None


def _postgres_engine(url: URL) -> Engine:
    engine = create_engine(url, pool_size=2, connect_args={"connect_timeout": CONNECT_SECONDS})

    @event.listens_for(engine, "connect")
    def _one_type_of_integer(connection: Any, _: object) -> None:
        from psycopg.types.numeric import Int8Dumper

        # By default each size of number has a type of its own, and each mix of types is planned anew.
        connection.adapters.register_dumper(int, Int8Dumper)

    @event.listens_for(engine, "checkin")
    def _note_use(connection: Any, record: Any) -> None:
        record.info["used"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _check_when_idle(connection: Any, record: Any, proxy: object) -> None:
        # A server that restarted leaves dead connections; one used a moment ago need not be asked.
        if time.monotonic() - record.info.get("used", math.inf) > IDLE_SECONDS:
            try:
                connection.execute("SELECT 1")
                connection.rollback()
            except _driver_errors(engine):
                raise DisconnectionError from None

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        patience = connection.get_execution_options().get("ai_slo_patience")
        if patience is not None:
            limit, driver = patience // timedelta(milliseconds=1), connection.connection.driver_connection
            with driver.pipeline():  # type: ignore[union-attr]
                for name in ("lock_timeout", "statement_timeout"):
                    driver.execute(f"SET LOCAL {name} = {limit}")  # type: ignore[union-attr]

    return engine


def _use_wal(connection: Any) -> None:
    """Switch to WAL. SQLite does not wait here by itself while another process makes the same new file."""
    patience = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > patience:
                raise
            time.sleep(0.01)
        else:
            return


@contextmanager
def _waiting(driver: Any, patience: timedelta | None) -> Iterator[None]:
    """Wait for SQLite's locks no longer than this."""
    if patience is None:
        yield
        return
    driver.execute(f"PRAGMA busy_timeout = {min(patience.total_seconds(), BUSY_SECONDS) * 1000:.0f}")
    try:
        yield
    finally:
        driver.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000:.0f}")


def _sqlite_engine(url: URL) -> Engine:
    options: dict[str, Any] = {"connect_args": {"timeout": BUSY_SECONDS, "check_same_thread": False}}
    if url.database in (None, "", ":memory:"):
        options["poolclass"] = StaticPool
    engine = create_engine(url, **options)

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _: object) -> None:
        connection.isolation_level = None
        _use_wal(connection)
        for pragma in ("synchronous=FULL", "foreign_keys=ON", "cache_size=-32768"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        driver: Any = connection.connection.dbapi_connection
        with _waiting(driver, options.get("ai_slo_patience")):
            driver.execute("BEGIN IMMEDIATE" if options.get("ai_slo_write") else "BEGIN")

    return engine
