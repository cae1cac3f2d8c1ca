"""Questions that do not hang on each other's answers, asked in one round trip."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection

from airflow_ai_slo.store.prepared import Prepared

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ask(Generic[T]):
    """One question: a statement, its values, and how its rows read."""

    statement: Prepared
    values: tuple[Any, ...]
    read: Callable[[Sequence[Any]], T]

    def of(self, connection: Connection) -> T:
        """Ask this alone."""
        return self.read(self.statement.all(connection, *self.values))


def together(connection: Connection, *asks: Ask[Any]) -> tuple[Any, ...]:
    """The answers, in order; PostgreSQL is sent all questions before the first is answered."""
    driver: Any = connection.connection.driver_connection
    with driver.pipeline() if connection.dialect.name == "postgresql" else nullcontext():
        cursors = [one.statement.start(connection, *one.values) for one in asks]
    return tuple(one.read(cursor.fetchall()) for one, cursor in zip(asks, cursors, strict=True))
