"""The connection to the SLO store: which database, named how."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException

from airflow_ai_slo.core.errors import ConfigurationError, StoreError, StoreUnavailableError, UnknownSLOError

if TYPE_CHECKING:
    from airflow.sdk import Connection

    from airflow_ai_slo.core.freeze import GateAnswer
    from airflow_ai_slo.measure.drift import ReferenceProfile
    from airflow_ai_slo.store import Store

_POSTGRES = ("postgres", "postgresql")
_LIBPQ = frozenset({"application_name", "channel_binding", "connect_timeout", "options", "passfile", "service"})
_LIBPQ_FAMILIES = ("ssl", "keepalives", "target_session_attrs", "tcp_user_timeout")


class SLOHook(BaseHook):
    """Opens the SLO store named by an Airflow connection.

    The default connection may be missing: then ``AI_SLO_STORE_URL`` names the store, and without it the store is the
    SQLite file ``$AIRFLOW_HOME/ai_slo.db``. Any other connection has to exist.

    A connection of type ``ai_slo`` with a host is PostgreSQL, without one an SQLite file whose path is in its schema
    (database) field. Connections of type ``postgres`` and ``sqlite`` serve as they are.

    :param slo_conn_id: the Airflow connection.
    """

    conn_name_attr = "slo_conn_id"
    default_conn_name = "slo_default"
    conn_type = "ai_slo"
    hook_name = "AI SLO store"

    def __init__(self, slo_conn_id: str = default_conn_name) -> None:
        super().__init__()
        self.slo_conn_id = slo_conn_id

    def get_store(self) -> Store:
        """The store, one engine a process and URL.

        :raises ConfigurationError: the connection cannot name a store.
        :raises StoreError: the store, or Airflow's answer about the connection, is not to be had.
        """
        from airflow_ai_slo.store import open_store

        return open_store(self.url)

    def get_conn(self) -> Store:
        """See :meth:`get_store`."""
        return self.get_store()

    def open(self) -> Store:
        """As :meth:`get_store`, for those who hold on whatever is wrong with the store: it raises StoreError alone."""
        try:
            return self.get_store()
        except ConfigurationError as error:
            raise StoreUnavailableError(str(error)) from error

    def gate(
        self,
        service: str,
        *,
        now: datetime,
        max_age: timedelta,
        labels: Collection[str] = (),
        actor: str = "",
    ) -> GateAnswer:
        """Whether a change to a service may go out now; unknown, with the reason, where the store cannot tell.

        :param max_age: the oldest evaluation that still counts as an answer.
        :param actor: who asks, for the audit log.
        """
        from airflow_ai_slo import engine

        return engine.gate(self.open, service, now=now, labels=labels, max_age=max_age, actor=actor)

    def test_connection(self) -> tuple[bool, str]:
        """Whether the store answers and its tables are there; Airflow's connection form calls it."""
        try:
            self.get_store().check()
        except (ConfigurationError, StoreError) as error:
            return False, str(error)
        return True, "The SLO store answers and its tables are up to date"

    def objective(self, slo: str) -> Fraction | None:
        """The SLO's objective; None while the store cannot tell."""
        from airflow_ai_slo.store import definitions

        try:
            with self.open().read() as connection:
                return definitions.active(connection, [slo])[0].slo.objective
        except (StoreError, UnknownSLOError):
            return None

    def profile(self, name: str) -> ReferenceProfile:
        """A reference profile that the store keeps: its newest version, or that of ``name@version``.

        :raises ConfigurationError: the store holds none of that name.
        :raises StoreError: the store cannot be used.
        """
        from airflow_ai_slo import engine

        return engine.read_profile(self.open(), name)

    def save_profile(self, profile: ReferenceProfile, *, now: datetime, name: str | None = None) -> int:
        """Keep a reference profile and return its version; saving the same again changes nothing.

        :param name: another name than the profile's own.
        """
        from airflow_ai_slo import engine

        kept, _ = engine.save_profile(self.get_store(), profile, now=now, name=name)
        return kept.version

    @property
    def url(self) -> str:
        """SQLAlchemy URL of the store, its driver named.

        :raises ConfigurationError: the connection cannot name a store.
        :raises StoreUnavailableError: Airflow does not answer about the connection.
        """
        try:
            connection = self.get_connection(self.slo_conn_id)
        except AirflowNotFoundException:
            if self.slo_conn_id != self.default_conn_name:
                raise ConfigurationError(
                    f"slo_conn_id={self.slo_conn_id!r}: no such Airflow connection; create it with type ai_slo"
                ) from None
            return _distinct(_default_url(), "AI_SLO_STORE_URL")
        except ConfigurationError:
            raise
        except Exception as error:
            raise StoreUnavailableError(f"Airflow does not answer about {self.slo_conn_id!r}: {error}") from error
        return _distinct(url_of(connection), f"slo_conn_id={self.slo_conn_id!r}")

    @property
    def spool(self) -> Path:
        """Where measurements wait while the store is away: ``AI_SLO_SPOOL``, else in ``$AIRFLOW_HOME``.

        Those for the store of another connection than the default one wait in a file of their own beside it.
        """
        from airflow_ai_slo.store.spool import default_path

        path = default_path()
        if self.slo_conn_id == self.default_conn_name:
            return path
        return path.with_name(f"{path.stem}.{quote(self.slo_conn_id, safe='')}{path.suffix}")


def url_of(connection: Connection, *, field: str = "slo_conn_id") -> str:
    """SQLAlchemy URL of an Airflow connection of type ``ai_slo``, ``postgres`` or ``sqlite``, its driver named.

    :param field: the option that named the connection, for errors.
    :raises ConfigurationError: another type, or a field that such a database cannot have.
    """
    where, kind = f"{field}={connection.conn_id!r}", connection.conn_type or ""
    if kind in _POSTGRES or (kind == SLOHook.conn_type and connection.host):
        return _postgres_url(connection, where)
    if kind in ("sqlite", SLOHook.conn_type):
        return _sqlite_url(connection, where)
    raise ConfigurationError(f"{where}: type {kind!r} cannot hold the SLO store; use ai_slo, postgres or sqlite")


def _postgres_url(connection: Connection, where: str) -> str:
    from sqlalchemy import URL

    extra = connection.extra_dejson
    if extra.get("iam"):
        raise ConfigurationError(f"{where}: extra 'iam' is not supported; give a password")
    if not connection.schema:
        raise ConfigurationError(f"{where}: the database (schema) is empty; name one")
    options = {name: str(value) for name, value in extra.items() if name in _LIBPQ or name.startswith(_LIBPQ_FAMILIES)}
    host = connection.host or None
    if host is not None and host.startswith("/"):  # the folder of a socket has no place in a URL's host
        options["host"], host = host, None
    url = URL.create(
        "postgresql+psycopg",
        username=connection.login or None,
        password=connection.password or None,
        host=host,
        port=connection.port or None,
        database=connection.schema,
        query=options,
    )
    return url.render_as_string(hide_password=False)


def _sqlite_url(connection: Connection, where: str) -> str:
    path = connection.schema or connection.host or ""
    if not path or path == ":memory:":
        raise ConfigurationError(f"{where}: SQLite is a file here; write its path into the database (schema)")
    if not Path(path).is_absolute():
        raise ConfigurationError(
            f"{where}: {path!r} is relative, and every process has a folder of its own; write an absolute path"
        )
    return f"sqlite:///{path}"


def _distinct(url: str, where: str) -> str:
    """Refuse Airflow's own SQLite file: the two would lock each other out, and Airflow's migrations own its tables."""
    if url.startswith("sqlite:"):
        path = Path(url.partition(":///")[2].partition("?")[0])
        if path.name == "airflow.db":
            raise ConfigurationError(f"{where}: {path} is Airflow's own database; give the SLO store a file of its own")
    return url


def _default_url() -> str:
    from airflow_ai_slo.store import default_url

    return default_url()
