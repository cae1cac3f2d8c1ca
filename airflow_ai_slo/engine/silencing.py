"""SLOs that nobody feeds any more: told once when data stays away, and once when it is back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from airflow_ai_slo.alerts import Message
from airflow_ai_slo.alerts.silences import data_again, no_data
from airflow_ai_slo.core.instants import utc
from airflow_ai_slo.core.silence import Silence, awaited, is_told, silence
from airflow_ai_slo.core.target import ALERTS_ONLY, DEFAULT_TARGET
from airflow_ai_slo.engine import messages
from airflow_ai_slo.engine.moments import one_moment
from airflow_ai_slo.store import Store, definitions, expecting, targets
from airflow_ai_slo.store import silences as kept
from airflow_ai_slo.store.definitions import Stored

if TYPE_CHECKING:
    from sqlalchemy import Connection

_LOOK_AGAIN_AFTER = timedelta(hours=1)


def silences(store: Store, *, at: datetime, slos: Collection[str] | None = None) -> dict[str, Silence]:
    """SLOs for which nothing came in for longer than usual, by name.

    :param slos: only these; None means all.
    :raises UnknownSLOError: a name that nothing carries.
    """
    with one_moment(store) as connection:
        stored = definitions.active(connection, slos)
        found = silences_of(connection, stored, utc(at))
        return {one.slo.name: found[one.slo_id] for one in stored if one.slo_id in found}


def silences_of(connection: Connection, stored: Sequence[Stored], at: datetime) -> dict[int, Silence]:
    """The same of some SLOs, by row."""
    watched = [one for one in stored if is_told(one.slo)]
    if not watched:
        return {}
    runs = kept.newest_runs(connection, [one.slo_id for one in watched], at)
    paused = expecting.pauses(connection)
    found = {one.slo_id: silence(one.slo, runs.get(one.slo_id, ()), at, paused.get(one.slo_id, ())) for one in watched}
    return {slo_id: one for slo_id, one in found.items() if one is not None}


def tell_silences(connection: Connection, stored: Sequence[Stored], at: datetime) -> None:
    """Post a notice for each silence that has lasted for too long, and for each that has ended.

    Only those are looked at whose data was awaited until before now, one look-up for all.

    :param stored: the SLOs that this evaluation decides for.
    """
    waiting = {one.slo_id: one.told for one in kept.due(connection, at)}
    # In the order of their names, whatever order a database finds them in.
    look = [one for one in stored if one.slo_id in waiting]
    if not look:
        return
    runs = kept.newest_runs(connection, [one.slo_id for one in look], at)
    paused = expecting.pauses(connection)
    rows = []
    for one in look:
        slo_id, told = one.slo_id, waiting[one.slo_id]
        found = awaited(one.slo, runs.get(slo_id, ()), at, paused.get(slo_id, ()))
        is_over = found is not None and at > found.expected_by
        if told is not None:
            _post(connection, one, data_again(one.slo, slo_id, told, runs[slo_id][-1], at=at))
        if found is not None and is_over:
            _post(connection, one, no_data(one.slo, slo_id, found, at=at))
        until = found.expected_by if found is not None else at + _LOOK_AGAIN_AFTER
        rows.append((slo_id, until, found.since if found is not None and is_over else None))
    kept.keep(connection, rows)


def _post(connection: Connection, one: Stored, message: Message) -> None:
    """To those who take tickets; pagers take incidents alone."""
    known = targets.known(connection)
    told = messages.whom(connection, [one.slo], ["ticket"])
    told = [name for name in told if name not in known or known[name].kind.lower() not in ALERTS_ONLY]
    messages.post(connection, message, told or [DEFAULT_TARGET])
