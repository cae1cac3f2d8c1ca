"""Percentiles of what was timed, over any window: from merged sketches, never an average of percentiles."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from airflow_ai_slo.core.instants import utc
from airflow_ai_slo.core.sketch import Percentiles
from airflow_ai_slo.core.sketch import percentiles as shown
from airflow_ai_slo.core.windows import RollingWindow
from airflow_ai_slo.engine.moments import one_moment
from airflow_ai_slo.store import Store, definitions, sketches
from airflow_ai_slo.store.definitions import Stored

if TYPE_CHECKING:
    from sqlalchemy import Connection


def percentiles(
    store: Store, *, at: datetime, slos: Collection[str] | None = None, window: RollingWindow | None = None
) -> dict[str, Percentiles]:
    """P50, P90, P95 and P99 of each SLO over its window at an instant; of those that have any.

    :param slos: only these; None means all.
    :param window: another window than the SLO's own.
    :raises UnknownSLOError: a name that nothing carries.
    """
    with one_moment(store) as connection:
        return percentiles_of(connection, definitions.active(connection, slos), utc(at), window)


def percentiles_of(
    connection: Connection, stored: Sequence[Stored], at: datetime, window: RollingWindow | None = None
) -> dict[str, Percentiles]:
    """The same within a transaction."""
    timed = sketches.sketched(connection, [one.slo_id for one in stored])
    found = {}
    for one in stored:
        if one.slo_id not in timed:
            continue
        start = (window or one.slo.window).bounds(at).start
        seen = shown(sketches.within(connection, one.slo_id, start, at))
        if seen is not None:
            found[one.slo.name] = seen
    return found
