"""Expected runs in the store: pauses, and runs that settled with nothing recorded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, select, update

from airflow_ai_slo.core.corrections import as_pauses
from airflow_ai_slo.core.expected import Pauses
from airflow_ai_slo.core.instants import from_micros, to_micros
from airflow_ai_slo.store import arrivals, definitions, dropping, recording
from airflow_ai_slo.store.absent import Expectation, find
from airflow_ai_slo.store.prepared import Prepared
from airflow_ai_slo.store.tables import pause, slo

_due = Prepared(("at",), lambda _: select(slo.c.id).where(slo.c.active, slo.c.next_due < bindparam("at")).limit(1))
_all_pauses = Prepared((), lambda _: select(pause.c.slo_id, pause.c.start, pause.c.end).order_by(pause.c.start))


def is_due(connection: Connection, at: datetime) -> bool:
    """Whether any expected run is to be looked at."""
    return bool(_due.all(connection, to_micros(at)))


class Settled(NamedTuple):
    """What looking at expected runs came to.

    :param missing: how many runs are missing that were not before.
    :param is_all: whether every run that was due was looked at.
    """

    missing: int
    is_all: bool


def settle(connection: Connection, at: datetime) -> Settled:
    """Record runs whose deadline has passed with nothing recorded: bad runs, cause ``missing_run``."""
    columns = (slo.c.id, slo.c.definition, slo.c.scale, slo.c.anchor, slo.c.settled_slot, slo.c.corrected)
    query = select(*columns).where(slo.c.active, slo.c.next_due < to_micros(at)).with_for_update(key_share=True)
    # Locked in the order in which recording takes the same locks, so that neither waits for the other.
    rows = connection.execute(query.order_by(slo.c.name)).all()
    paused = pauses(connection) if rows else {}
    found = [_settle(connection, row, to_micros(at), paused.get(row[0], ())) for row in rows]
    return Settled(sum(one.missing for one in found), all(one.is_all for one in found))


def _settle(connection: Connection, row: Any, now: int, paused: Pauses) -> Settled:
    slo_id, definition, scale, anchor, settled_slot, corrected = row
    if corrected:
        paused = [*paused, *as_pauses(dropping.stretches(connection, slo_id))]
    anchor = arrivals.anchor(connection, slo_id) if anchor is None else anchor
    expectation = Expectation(slo_id, definitions.parse(definition), scale, anchor, settled_slot)
    absent = find(connection, expectation, now, paused)
    missing = recording.record_missing(connection, absent.measurements, now) if absent.measurements else 0
    return Settled(missing, absent.is_all)


def pauses(connection: Connection) -> dict[int, Pauses]:
    """When no runs are expected, by SLO row."""
    found: dict[int, list[tuple[datetime, datetime | None]]] = {}
    for slo_id, start, end in _all_pauses.all(connection):
        found.setdefault(slo_id, []).append((from_micros(start), None if end is None else from_micros(end)))
    return dict(found)


def start_pause(connection: Connection, ids: Sequence[int], at: datetime, author: str, reason: str) -> list[int]:
    """Stop expecting runs of SLOs; those that are paused already stay as they are.

    :returns: those that were paused.
    """
    open_ones = select(pause.c.slo_id).where(pause.c.end.is_(None), pause.c.slo_id.in_(ids))
    there = set(connection.execute(open_ones).scalars())
    new = [slo_id for slo_id in ids if slo_id not in there]
    given = {"start": to_micros(at), "author": author, "reason": reason}
    if new:
        connection.execute(pause.insert(), [{"slo_id": slo_id, **given} for slo_id in new])
    return new


def end_pause(connection: Connection, ids: Sequence[int], at: datetime) -> list[int]:
    """Expect runs again; returns the SLOs that had been paused."""
    open_ones = (pause.c.end.is_(None), pause.c.slo_id.in_(ids))
    there = list(connection.execute(select(pause.c.slo_id).where(*open_ones)).scalars())
    connection.execute(update(pause).where(*open_ones).values(end=to_micros(at)))
    return there


def authored(connection: Connection, slo_id: int, author: str) -> Pauses:
    """Pauses of one author, in order; that which lasts has no end."""
    mine = pause.c.slo_id == slo_id, pause.c.author == author
    rows = connection.execute(select(pause.c.start, pause.c.end).where(*mine).order_by(pause.c.start))
    return [(from_micros(start), None if end is None else from_micros(end)) for start, end in rows]


def follow_pauses(
    connection: Connection, slo_id: int, wanted: Pauses, *, author: str, reason: str, now: datetime
) -> None:
    """Let the pauses of one author be these, by their starts. Others stay, but for one that lasts: it ends now."""
    there = dict(authored(connection, slo_id, author))
    mine = pause.c.slo_id == slo_id, pause.c.author == author
    changed = {start: now for start, end in there.items() if end is None and start not in dict(wanted)}
    for start, end in [*changed.items(), *(one for one in wanted if one[0] in there and there[one[0]] != one[1])]:
        values = {"end": None if end is None else to_micros(end)}
        connection.execute(update(pause).where(*mine, pause.c.start == to_micros(start)).values(values))
    new = [
        {"slo_id": slo_id, "author": author, "reason": reason, "start": to_micros(start), "end": end and to_micros(end)}
        for start, end in wanted
        if start not in there
    ]
    if new:
        connection.execute(pause.insert(), new)
