"""Transactions on the driver itself, on a connection kept aside: the pool's and SQLAlchemy's own cost half a write."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Dialect, Engine
from sqlalchemy.pool import Pool, StaticPool

IDLE_SECONDS = 30
"""A connection that was idle for longer is asked whether its server is still there."""


@dataclass(slots=True, eq=False)
class Direct:
    """A connection for prepared statements alone, in a transaction.

    :param cursors: one for each statement, which knows the types of its values from the last time.
    """

    dialect: Dialect
    driver: Any
    pool: Pool
    close: Callable[[], None]
    cursors: dict[object, Any] = field(default_factory=dict)
    used: float = field(default_factory=time.monotonic)

    def cursor(self, statement: object) -> Any:
        """The cursor of a statement: its results are to be fetched before it is executed again."""
        found = self.cursors.get(statement)
        if found is None:
            found = self.cursors[statement] = self.driver.cursor()
        return found


class Aside:
    """Keeps a connection of its own for the next transaction of this process.

    A database in memory lives in the one connection of its pool, which then is borrowed instead.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._in_memory = isinstance(engine.pool, StaticPool)
        self._kept: dict[int, Direct] = {}

    @contextmanager
    def transaction(self, *, together: bool) -> Iterator[Direct]:
        """Commit as a whole, or not at all.

        :param together: send statements, COMMIT included, without waiting for each answer, where the driver can.
        """
        direct = self._take()
        try:
            if direct.dialect.name == "sqlite":
                _execute(direct, "BEGIN IMMEDIATE")
                yield direct
                _execute(direct, "COMMIT")
            else:
                with direct.driver.pipeline() if together else nullcontext():
                    _execute(direct, "BEGIN ISOLATION LEVEL READ COMMITTED")
                    yield direct
                    _execute(direct, "COMMIT")
        except BaseException:
            # Whatever it is in the middle of is rolled back; SQLite waits with that for the last open statement.
            if direct.dialect.name == "sqlite":
                direct.driver.rollback()
            direct.close()
            raise
        self._keep(direct, together=together)

    def close(self) -> None:
        """Close the connection that this process has kept."""
        kept = self._kept.pop(os.getpid(), None)
        if kept is not None:
            kept.close()

    def _take(self) -> Direct:
        direct = self._kept.pop(os.getpid(), None)
        if direct is not None:
            # An engine that was disposed of, because its server was lost, has another pool.
            if direct.pool is self._engine.pool and _answers(direct):
                return direct
            direct.close()
        pooled = self._engine.raw_connection()
        driver: Any = pooled.driver_connection
        if self._in_memory:
            return Direct(self._engine.dialect, driver, self._engine.pool, pooled.close)
        pooled.detach()
        if self._engine.dialect.name == "postgresql":
            # Left to itself, psycopg sends a BEGIN and waits for the answer.
            driver.autocommit = True
        return Direct(self._engine.dialect, driver, self._engine.pool, driver.close)

    def _keep(self, direct: Direct, *, together: bool) -> None:
        if not together:
            # They hold results, which may be large.
            direct.cursors.clear()
        direct.used = time.monotonic()
        if self._in_memory or self._kept.setdefault(os.getpid(), direct) is not direct:
            direct.close()


def _execute(direct: Direct, text: str) -> None:
    direct.cursor(text).execute(text)


def _answers(direct: Direct) -> bool:
    if direct.dialect.name == "sqlite" or time.monotonic() - direct.used < IDLE_SECONDS:
        return True
    driver: Any = direct.dialect.dbapi
    try:
        direct.driver.execute("SELECT 1")
    except driver.Error:
        return False
    return True
