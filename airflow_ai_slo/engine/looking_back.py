"""What was decided and what happened, page by page."""

from __future__ import annotations

from datetime import datetime

from airflow_ai_slo.core.instants import utc
from airflow_ai_slo.store import Store, audit
from airflow_ai_slo.store import incidents as kept
from airflow_ai_slo.store.audit import Entry
from airflow_ai_slo.store.incidents import Opened

__all__ = ["Opened", "audit_page", "incidents"]

Place = tuple[int, int]
"""Where a line stands among all: its instant in microseconds, and its row."""


def audit_page(
    store: Store,
    service: str | None = None,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int,
    before: Place | None = None,
) -> list[tuple[Place, Entry]]:
    """Decisions of ``(since, until]``, the newest first, each with its place.

    :param before: the place after which to go on.
    """
    bounds = [None if at is None else utc(at) for at in (since, until)]
    with store.read() as connection:
        return audit.page(connection, service, since=bounds[0], until=bounds[1], limit=limit, before=before)


def incidents(
    store: Store,
    service: str | None = None,
    *,
    is_open: bool | None = None,
    limit: int,
    before: Place | None = None,
) -> list[Opened]:
    """Incidents of all SLOs and their generations, the one that opened last first.

    :param is_open: only those that are, or that are not; None means all.
    :param before: the place after which to go on.
    """
    with store.read() as connection:
        return kept.page(connection, service, is_open=is_open, limit=limit, before=before)
