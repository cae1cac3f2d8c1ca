"""An SLO that expects the runs of one DAG is paused while the DAG is."""

from __future__ import annotations

from datetime import datetime

from airflow_ai_slo.core.expected import Pauses, is_paused
from airflow_ai_slo.core.instants import to_micros
from airflow_ai_slo.store import Store, expecting, reconciled, recording
from airflow_ai_slo.store.definitions import Stored

AUTHOR = "airflow"
"""Who pauses an SLO because its DAG is paused; pauses by anybody else are left alone."""


def follow(
    store: Store, one: Stored, dag_id: str, paused: Pauses, *, horizon: datetime, now: datetime
) -> tuple[bool, bool]:
    """Let an SLO's pauses be those of its DAG. Runs that were missing in a pause that only now is known are no longer.

    :returns: whether it was paused by this before, and whether it is now.
    """
    wanted = [(start, end) for start, end in paused if end is None or end > horizon]
    with store.read() as connection:
        there = expecting.authored(connection, one.slo_id, AUTHOR)
    was, is_ = (any(end is None for _, end in some) for some in (there, wanted))
    new = [each for each in wanted if each not in there]
    if new or was != is_:
        with store.write() as connection:
            reason = f"DAG {dag_id} is paused"
            expecting.follow_pauses(connection, one.slo_id, wanted, author=AUTHOR, reason=reason, now=now)
    if new:
        _take_back(store, one, new, now)
    return was, is_


def _take_back(store: Store, one: Stored, new: Pauses, now: datetime) -> None:
    since, until = min(start for start, _ in new), to_micros(now)
    with store.read() as connection:
        found = reconciled.missing(connection, one.slo_id, one.slo.name, one.scale, to_micros(since), until)
    gone = [missing for missing in found if is_paused(missing.at, new)]
    if gone:
        with store.write_prepared(together=False) as connection:
            recording.withdraw(connection, gone, until)
