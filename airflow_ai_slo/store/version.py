"""Which state of the store a reader sees: the same text means that nothing was committed in between."""

from __future__ import annotations

import threading
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, text

from airflow_ai_slo.store.connection import Store

_watches: WeakKeyDictionary[Engine, _Watch] = WeakKeyDictionary()
_lock = threading.Lock()


def version(store: Store) -> str | None:
    """A text that changes with every commit, whoever makes it; None where a store cannot tell.

    Asked before reading, it is never newer than what is read. Texts of two processes cannot be compared.

    :raises StoreError: the store does not answer.
    """
    if store.engine.dialect.name == "postgresql":
        with store.read() as connection:
            return str(connection.execute(text("SELECT pg_current_snapshot()::text")).scalar())
    if store.engine.url.database in (None, "", ":memory:"):
        return None
    with _lock:
        watch = _watches.get(store.engine)
        if watch is None:
            watch = _watches[store.engine] = _Watch()
    return watch.version(store)


class _Watch:
    """A connection that never writes: SQLite tells it of the commits of all others."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._driver: Any = None
        self._opened = 0

    def version(self, store: Store) -> str:
        with self._lock, store.guarded():
            if self._driver is None:
                proxy: Any = store.engine.raw_connection()
                proxy.detach()
                self._driver, self._opened = proxy.dbapi_connection, self._opened + 1
            return f"{self._opened}:{self._driver.execute('PRAGMA data_version').fetchone()[0]}"
