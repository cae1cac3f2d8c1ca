"""The SLO store: one database, one repository."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_ai_slo.store.connection import MEMORY, Store, default_url, open_store

__all__ = ["MEMORY", "Store", "default_url", "open_store"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from airflow_ai_slo.store import connection

        return getattr(connection, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
