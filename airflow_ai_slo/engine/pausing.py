"""Pauses: while an SLO is paused none of its runs are expected."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.core.expected import Pauses
from airflow_ai_slo.core.instants import utc
from airflow_ai_slo.engine.moments import settle
from airflow_ai_slo.store import Store, definitions, expecting


def pause(store: Store, slos: Collection[str] | None = None, *, author: str, reason: str, now: datetime) -> list[str]:
    """Expect no runs from an instant on, until :func:`resume`. What comes in still counts.

    A run that was due before is missing all the same.

    :param slos: only these; None means all.
    :returns: names of those that were not paused already.
    :raises ConfigurationError: no author or reason.
    :raises UnknownSLOError: a name that nothing carries.
    """
    if not author.strip() or not reason.strip():
        raise ConfigurationError("a pause needs an author and a reason")
    now = utc(now)
    settle(store, at=now)
    with store.write() as connection:
        names = {one.slo_id: one.slo.name for one in definitions.active(connection, slos)}
        started = expecting.start_pause(connection, list(names), now, author.strip(), reason.strip())
        return sorted(names[slo_id] for slo_id in started)


def resume(store: Store, slos: Collection[str] | None = None, *, now: datetime) -> list[str]:
    """Expect runs again from an instant on.

    :returns: names of those that had been paused.
    :raises UnknownSLOError: a name that nothing carries.
    """
    now = utc(now)
    settle(store, at=now)
    with store.write() as connection:
        names = {one.slo_id: one.slo.name for one in definitions.active(connection, slos)}
        return sorted(names[slo_id] for slo_id in expecting.end_pause(connection, list(names), now))


def paused(store: Store) -> dict[str, Pauses]:
    """Every pause there was, by SLO; the open one has no end."""
    with store.read() as connection:
        found = expecting.pauses(connection)
        return {one.slo.name: found[one.slo_id] for one in definitions.active(connection) if one.slo_id in found}
