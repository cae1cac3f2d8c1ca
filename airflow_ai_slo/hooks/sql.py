"""Small SELECTs on whatever database an Airflow connection names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.hooks.store import url_of

if TYPE_CHECKING:
    from airflow.sdk import Connection
    from sqlalchemy import Engine

_NAME = r'(?:[A-Za-z_][\w$]*|"[^"]+"|`[^`]+`|\[[^\]]+\])'
_POOLED = 5
"""Connections that SQLAlchemy keeps anyway."""

_NAMES = re.compile(rf"{_NAME}(?:\.{_NAME})*")


def name_of(field: str, name: str) -> str:
    """A table or column as it may stand in SQL: plain, dotted or quoted names, nothing else.

    :raises ConfigurationError: anything else; SQL of one's own goes into ``sql``.
    """
    if not _NAMES.fullmatch(name):
        raise ConfigurationError(f"{field}={name!r} is not a name; quote it as your database does, or write sql=…")
    return name


class Warehouse:
    """A database behind an Airflow connection: its provider's hook; without one, SQLAlchemy for SQLite and PostgreSQL.

    :param conn_id: the Airflow connection.
    :param at_once: how many connections are used at once; by default what SQLAlchemy thinks.
    """

    def __init__(self, conn_id: str, *, at_once: int = 1) -> None:
        self.conn_id = conn_id
        self._options = {"pool_size": at_once} if at_once > _POOLED else {}

    @property
    def placeholder(self) -> str:
        """How a bound parameter is written: ``?`` or ``%s``."""
        if self._hook is not None:
            return str(self._hook.placeholder)
        return "?" if self.engine.dialect.paramstyle == "qmark" else "%s"

    def first(self, sql: str, parameters: Sequence[Any] = ()) -> Sequence[Any] | None:
        """The first row of one statement; None where there is none."""
        if self._hook is not None:
            row: Sequence[Any] | None = self._hook.get_first(sql, parameters=tuple(parameters) or None)
            return row
        with self.engine.connect() as connection:
            first: Sequence[Any] | None = _executed(connection, sql, parameters).first()
            return first

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> Sequence[Sequence[Any]]:
        """Every row of one statement."""
        if self._hook is not None:
            return list(self._hook.get_records(sql, parameters=tuple(parameters) or None))
        with self.engine.connect() as connection:
            rows: Sequence[Sequence[Any]] = _executed(connection, sql, parameters).all()
            return rows

    @cached_property
    def engine(self) -> Engine:
        """An SQLAlchemy engine on the same database."""
        if self._hook is not None:
            given = (self._options,) if self._options else ()
            engine: Engine = self._hook.get_sqlalchemy_engine(*given)
            return engine
        from sqlalchemy import create_engine

        return create_engine(url_of(self._connection, field="conn_id"), **self._options)

    @cached_property
    def _connection(self) -> Connection:
        try:
            return BaseHook.get_connection(self.conn_id)
        except AirflowNotFoundException:
            raise ConfigurationError(f"conn_id={self.conn_id!r}: no such Airflow connection; create it") from None

    @cached_property
    def _hook(self) -> Any | None:
        connection = self._connection
        try:
            hook = connection.get_hook()  # type: ignore[no-untyped-call]
        except Exception as error:
            if connection.conn_type in ("sqlite", "postgres", "postgresql"):
                return None
            raise ConfigurationError(
                f"conn_id={self.conn_id!r}: no installed provider knows type {connection.conn_type!r}; install its own"
            ) from error
        if not hasattr(hook, "get_first"):
            raise ConfigurationError(f"conn_id={self.conn_id!r}: type {connection.conn_type!r} does not speak SQL")
        return hook


def _executed(connection: Any, sql: str, parameters: Sequence[Any]) -> Any:
    """Where nothing is bound, a % is a %, as with the providers' hooks."""
    if parameters:
        return connection.exec_driver_sql(sql, tuple(parameters))
    return connection.execution_options(no_parameters=True).exec_driver_sql(sql)
